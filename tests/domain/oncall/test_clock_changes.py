"""Every row of the clock-change table, in the zone's own words."""

from __future__ import annotations

from itertools import pairwise

import pytest

from firebell.domain.oncall.clockwork import first, last, minutes_of
from firebell.domain.oncall.model import SkipReason
from firebell.domain.oncall.rotation import plan_of, stretches
from firebell.domain.oncall.rules import agenda, next_change, shifts, who
from firebell.kernel.clock import Instant
from tests.domain.oncall.roster import BERLIN, CHICAGO, hours, layer, lengths_h, schedule, z

HAVANA, TROLL = "America/Havana", "Antarctica/Troll"


def handoffs(zone: str, anchor: str, every: int, unit: str, begin: str, count: int) -> list[str]:
    """Local times, with abbreviation, at which a turn of some length begins, from the local time ``begin``."""
    plan = plan_of(layer(zone, anchor, every, unit, "A B"))
    k = plan.index_at(first(zone, minutes_of(layer(zone, begin, 1, "day").anchor)))
    return [_shown(zone, plan.handoff(k + step)) for step in range(count)]


def _shown(zone: str, at: Instant) -> str:
    there = at.to_tz(zone)
    return f"{there.month:02}-{there.day:02} {there.hour:02}:{there.minute:02} {there.tz_abbrev()}"


def test_a_daily_handoff_in_the_gap_falls_on_the_first_instant_after_it() -> None:
    assert handoffs(CHICAGO, "2020-03-01 02:30", 1, "day", "2020-03-07 02:30", 3) == [
        "03-07 02:30 CST",
        "03-08 03:00 CDT",
        "03-09 02:30 CDT",
    ]


def test_hourly_at_half_past_over_the_gap() -> None:
    assert handoffs(CHICAGO, "2020-03-01 00:30", 1, "hour", "2020-03-08 00:30", 5) == [
        "03-08 00:30 CST",
        "03-08 01:30 CST",
        "03-08 03:00 CDT",
        "03-08 03:30 CDT",
        "03-08 04:30 CDT",
    ]


def test_hourly_at_the_full_hour_over_the_gap_skips_one_turn() -> None:
    people = schedule(layer(CHICAGO, "2020-03-08 00:00", 1, "hour", "A B C D E"))
    day = agenda(people, z("2020-03-08 07:00"), z("2020-03-08 10:00"))
    assert [(_shown(CHICAGO, s.starts_at), s.user_id) for s in day.shifts] == [
        ("03-08 01:00 CST", "B"),
        ("03-08 03:00 CDT", "D"),
        ("03-08 04:00 CDT", "E"),
    ]
    assert [(s.at, s.slot, s.reason) for s in day.skipped] == [(z("2020-03-08 08:00"), ("C",), SkipReason.CLOCK_CHANGE)]
    assert day.gaps == ()


def test_hourly_at_half_past_over_the_repeated_hour_has_one_shift_of_two_hours() -> None:
    assert handoffs(CHICAGO, "2020-03-01 00:30", 1, "hour", "2020-11-01 00:30", 4) == [
        "11-01 00:30 CDT",
        "11-01 01:30 CDT",
        "11-01 02:30 CST",
        "11-01 03:30 CST",
    ]


@pytest.mark.parametrize(("every", "unit"), [(1, "day"), (24, "hour")])
def test_daily_in_the_repeated_hour_takes_the_first_and_24_hours_are_a_day(every: int, unit: str) -> None:
    assert handoffs(CHICAGO, "2020-03-01 01:30", every, unit, "2020-11-01 01:30", 2) == [
        "11-01 01:30 CDT",
        "11-02 01:30 CST",
    ]


@pytest.mark.parametrize(
    ("anchor", "every", "unit", "length_h"),
    [
        ("2017-03-11 08:00", 1, "day", 23),
        ("2017-11-04 08:00", 1, "day", 25),
        ("2017-03-12 00:00", 3, "hour", 2),
        ("2017-11-05 00:00", 3, "hour", 4),
        ("2017-03-10 08:00", 1, "week", 7 * 24 - 1),
        ("2017-11-04 08:00", 1, "week", 7 * 24 + 1),
        ("2017-03-01 00:00", 1, "month", 31 * 24 - 1),
        ("2017-11-01 00:00", 2, "month", 61 * 24 + 1),
    ],
)
def test_turns_over_a_change_are_longer_or_shorter(anchor: str, every: int, unit: str, length_h: float) -> None:
    plan = plan_of(layer(CHICAGO, anchor, every, unit))
    assert (plan.handoff(1).timestamp() - plan.handoff(0).timestamp()) / 3600 == length_h


def test_a_weekly_handoff_at_midnight_keeps_midnight() -> None:
    plan = plan_of(layer(CHICAGO, "2024-10-29 00:00", 1, "week", "A B"))
    assert [plan.handoff(k) for k in (0, 1, 18, 19)] == [
        z("2024-10-29 05:00"),
        z("2024-11-05 06:00"),
        z("2025-03-04 06:00"),
        z("2025-03-11 05:00"),
    ]


@pytest.mark.parametrize("zone", [CHICAGO, BERLIN, HAVANA, TROLL, "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
def test_twelve_hours_anchored_at_midnight_end_at_noon(zone: str) -> None:
    for anchor, day in (("2020-01-01 00:00", "2026-07-15"), ("2026-07-15 00:00", "2026-07-15")):
        at = first(zone, minutes_of(layer(zone, f"{day} 06:00", 1, "day").anchor))
        turns = schedule(layer(zone, anchor, 12, "hour", "A B"))
        ends = next_change(turns, at)
        assert ends is not None
        assert str(ends.to_tz(zone).to_plain()) == f"{day}T12:00:00"


def test_havana_loses_midnight_and_repeats_it() -> None:
    assert handoffs(HAVANA, "2026-01-01 00:00", 1, "day", "2026-03-07 00:00", 3) == [
        "03-07 00:00 CST",
        "03-08 01:00 CDT",
        "03-09 00:00 CDT",
    ]
    assert handoffs(HAVANA, "2026-01-01 00:00", 1, "day", "2026-11-01 00:00", 2) == [
        "11-01 00:00 CDT",
        "11-02 00:00 CST",
    ]


def test_troll_jumps_two_hours_and_skips_two_turns() -> None:
    hourly = layer(TROLL, "2026-03-29 00:00", 1, "hour", "A B C D E F")
    plan = plan_of(hourly)
    assert [plan.handoff(k) for k in range(5)] == [
        z("2026-03-29 00:00"),
        z("2026-03-29 01:00"),
        z("2026-03-29 01:00"),
        z("2026-03-29 01:00"),
        z("2026-03-29 02:00"),
    ]
    asked = list(stretches(hourly, z("2026-03-29 01:00"), z("2026-03-29 02:00")))
    assert ["".join(piece.turn.slot) for piece in asked] == ["B", "C", "D"]
    day = agenda(schedule(hourly), z("2026-03-29 01:00"), z("2026-03-29 02:00"))
    assert [s.slot for s in day.skipped] == [("B",), ("C",)]
    assert [s.user_id for s in day.shifts] == ["D"]
    assert who(schedule(hourly), z("2026-03-29 01:00")).user_ids == ("D",)


def test_hours_inside_the_gap_are_empty() -> None:
    nightly = layer(BERLIN, "2026-03-01 00:00", 1, "day", "A", restrictions=(hours("02:00", "02:30"),))
    day = agenda(schedule(nightly), z("2026-03-28 12:00"), z("2026-03-29 12:00"))
    assert day.shifts == ()
    assert [s.at for s in day.skipped] == [z("2026-03-29 01:00")]


@pytest.mark.parametrize(("day", "length_h"), [("2026-03-28", 7), ("2026-10-24", 9)])
def test_a_night_over_the_change_is_an_hour_shorter_or_longer(day: str, length_h: float) -> None:
    night = layer(BERLIN, "2026-01-01 12:00", 1, "day", "A", restrictions=(hours("22:00", "06:00"),))
    noon = z(f"{day} 12:00")
    assert lengths_h(shifts(schedule(night), noon, Instant.from_timestamp(noon.timestamp() + 86400))) == [length_h]


def test_adjacent_hours_of_two_layers_overlap_by_the_repeated_hour() -> None:
    early = layer(BERLIN, "2026-10-01 00:00", 1, "day", "A", "early", restrictions=(hours("00:00", "02:30"),))
    late = layer(BERLIN, "2026-10-01 00:00", 1, "day", "B", "late", restrictions=(hours("02:30", "10:00"),))
    both = schedule(early, late)
    found = shifts(both, z("2026-10-24 12:00"), z("2026-10-25 12:00"))
    assert [(s.user_id, s.starts_at, s.ends_at) for s in found] == [
        ("A", z("2026-10-24 22:00"), z("2026-10-25 01:30")),
        ("B", z("2026-10-25 00:30"), z("2026-10-25 09:00")),
    ]
    assert who(both, z("2026-10-25 01:00")).user_ids == ("A", "B")


def test_a_gap_that_swallows_a_whole_day_skips_that_days_turn() -> None:
    apia = layer("Pacific/Apia", "2011-12-28 00:00", 1, "day", "A B C D")
    days = agenda(schedule(apia), z("2011-12-28 10:00"), z("2011-12-31 10:00"))
    assert [s.user_id for s in days.shifts] == ["A", "B", "D"]
    assert [s.slot for s in days.skipped] == [("C",)]


def test_the_first_and_the_last_occurrence() -> None:
    half_past_two = minutes_of(layer(BERLIN, "2026-10-25 02:30", 1, "day").anchor)
    assert first(BERLIN, half_past_two) == z("2026-10-25 00:30")
    assert last(BERLIN, half_past_two) == z("2026-10-25 01:30")
    lost = minutes_of(layer(BERLIN, "2026-03-29 02:30", 1, "day").anchor)
    assert first(BERLIN, lost) == last(BERLIN, lost) == z("2026-03-29 01:00")


def test_turns_of_a_layer_meet_without_hole_or_overlap_over_both_changes() -> None:
    hourly = layer(BERLIN, "2026-01-01 00:15", 1, "hour", "A B C")
    for day in ("2026-03-28", "2026-10-24"):
        begin = z(f"{day} 00:00")
        found = list(stretches(hourly, begin, Instant.from_timestamp(begin.timestamp() + 3 * 86400)))
        assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
