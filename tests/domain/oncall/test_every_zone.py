"""Every zone, every clock change of 2024 to 2030, against an oracle that knows nothing of gaps and repeats.

The oracle reads the standard library's ``zoneinfo``, minute by minute. Let ``M(t)`` be the highest the wall clock has
shown up to ``t``, and ``m(t)`` the lowest it will show from ``t`` on. Then turn ``k`` has begun iff its wall-clock
start is at most ``M(t)``, hours have opened iff their start is at most ``M(t)``, and they have not closed for good iff
``m(t)`` is below their end. Nothing is inverted, so there is no ambiguity to get wrong.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

import pytest
import whenever

from firebell.domain.oncall.model import RotationLayer
from firebell.domain.oncall.rotation import stretches, turn_at
from firebell.kernel.clock import Instant
from tests.domain.oncall.roster import hours, layer

BEGIN = int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp())
END = int(dt.datetime(2031, 1, 1, tzinfo=dt.UTC).timestamp())
PARTS = 8
AROUND_MIN = 200  # minutes looked at before and after a change

PEOPLE = "A B C D E F G"
LAYERS = (
    (0, 60, "00:00", 1, "hour", None),
    (30, 60, "00:30", 1, "hour", None),
    (0, 180, "00:00", 3, "hour", None),
    (150, 1440, "02:30", 1, "day", None),
    (0, 1440, "00:00", 1, "day", None),
    (0, 1440, "00:00", 1, "day", (75, 150)),
    (45, 10080, "00:45", 1, "week", (1380, 170)),
)


@dataclass(frozen=True)
class Minute:
    at: int
    highest: int
    lowest: int


@cache
def zone_of(name: str) -> zoneinfo.ZoneInfo:
    zoneinfo.reset_tzpath([str(path) for path in whenever.get_tzpath()])  # both libraries read the same files
    return zoneinfo.ZoneInfo(name)


def offset_s(zone: zoneinfo.ZoneInfo, at: int) -> int:
    found = dt.datetime.fromtimestamp(at, zone).utcoffset()
    assert found is not None
    return int(found.total_seconds())


def changes(name: str) -> Iterator[int]:
    """Seconds since 1970 at which the zone's offset changes, found by sampling and halving."""
    zone = zone_of(name)
    step = 43_200
    before = offset_s(zone, BEGIN)
    for at in range(BEGIN + step, END, step):
        after = offset_s(zone, at)
        if after != before:
            low, high = at - step, at
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_s(zone, middle) == before else (low, middle)
            yield high
        before = after


def minutes_around(name: str, change: int) -> list[Minute]:
    zone = zone_of(name)
    times = [change + 60 * step for step in range(-2 * AROUND_MIN, 2 * AROUND_MIN)]
    shown = [(at + offset_s(zone, at)) // 60 for at in times]
    highest = list(accumulate(shown, max))
    lowest = list(accumulate(reversed(shown), min))[::-1]
    all_minutes = [Minute(*row) for row in zip(times, highest, lowest, strict=True)]
    return all_minutes[AROUND_MIN:-AROUND_MIN]


def expected(seen: Minute, anchor: int, length: int, open_min: tuple[int, int] | None) -> int | None:
    """Index of the turn whose people are on, by the oracle."""
    turn = (seen.highest - anchor) // length
    if open_min is None:
        return turn
    opens, closes = open_min
    lasts = (closes - opens) % 1440
    today = seen.highest // 1440 * 1440
    starts = [today + day * 1440 + opens for day in (-2, -1, 0, 1)]
    return turn if any(start <= seen.highest and seen.lowest < start + lasts for start in starts) else None


def layers_of(name: str) -> list[tuple[int, int, tuple[int, int] | None, RotationLayer]]:
    made = []
    for minute, length, clock, every, unit, open_min in LAYERS:
        text = "" if open_min is None else " ".join(f"{m // 60:02}:{m % 60:02}" for m in open_min)
        rules = () if open_min is None else (hours(*text.split()),)
        of = layer(name, f"2023-12-04 {clock}", every, unit, PEOPLE, restrictions=rules)
        anchor = (dt.date(2023, 12, 4) - dt.date(1970, 1, 1)).days * 1440 + minute
        made.append((anchor, length, open_min, of))
    return made


def check_change(name: str, change: int) -> None:
    seen = minutes_around(name, change)
    sample = seen[::7] + seen[AROUND_MIN - 3 : AROUND_MIN + 4]
    begin, end = Instant.from_timestamp(seen[0].at), Instant.from_timestamp(seen[-1].at)
    for anchor, length, open_min, of in layers_of(name):
        pieces = [s for s in stretches(of, begin, end) if s.starts_at < s.ends_at]
        for one, other in pairwise(pieces):
            assert one.ends_at == other.starts_at if open_min is None else one.ends_at <= other.starts_at
        for minute in sample:
            at = Instant.from_timestamp(minute.at)
            turn = turn_at(of, at)
            wanted = expected(minute, anchor, length, open_min)
            assert (None if turn is None else turn.index) == wanted, (name, str(at), of.unit, of.every)
            if begin <= at < end:
                held = [s.turn.index for s in pieces if s.starts_at <= at < s.ends_at]
                assert held == ([] if wanted is None else [wanted]), (name, str(at), of.unit, of.every)


NAMES = sorted(whenever.available_timezones())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_change_of_every_zone_agrees_with_the_wall_clock_read_minute_by_minute(part: int) -> None:
    looked_at = 0
    for name in NAMES[part::PARTS]:
        for change in changes(name):
            check_change(name, change)
            looked_at += 1
    assert looked_at > 100


def test_the_oracle_knows_the_strange_zones() -> None:
    steps = {}
    for name in ("Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "Asia/Tokyo"):
        zone = zone_of(name)
        steps[name] = sorted({abs(offset_s(zone, at) - offset_s(zone, at - 1)) // 60 for at in changes(name)})
    assert steps == {
        "Europe/Berlin": [60],
        "Australia/Lord_Howe": [30],
        "Antarctica/Troll": [120],
        "Africa/Casablanca": [60],
        "Asia/Tokyo": [],
    }
