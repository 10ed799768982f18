"""Counts that are pushed to us: whole buckets, additions, or counters that only grow until their process restarts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from firebell.domain.slo.coverage import AHEAD_MAX_S, Anomaly
from firebell.domain.slo.exact import exact
from firebell.domain.slo.model import Bucket
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Invalid

POINTS_MAX = 10_000
ATOMS_MAX = 2**62


class Mode(StrEnum):
    """``replace``: the bucket is this. ``add``: this comes on top. ``counter``: the counter stands at this."""

    REPLACE = "replace"
    ADD = "add"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A point that was left out, and why. The others are stored."""

    index: int
    words: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """``buckets``, ascending, one for each start. ``last``: where the counter stands now, for the next push."""

    buckets: tuple[Bucket, ...]
    refused: tuple[Refusal, ...] = ()
    anomalies: frozenset[Anomaly] = frozenset()
    last: Bucket | None = None


def read_points(
    points: Sequence[Mapping[str, Any]], *, mode: Mode, bucket_s: int, atoms: int, now: Instant,
    last: Bucket | None = None,
) -> Pushed:  # fmt: skip
    """What a push says. ``last``: the counter's newest reading so far, as a bucket of cumulative values.

    Raises Invalid naming the index of the first point that cannot be: not aligned, before 1970, good above total.
    Points from the future are refused one by one: that is a clock, not a mistake in the counts.
    """
    if not isinstance(points, list | tuple) or not points:
        raise Invalid("There are no points.", field="points", hint='[{"start": …, "good": 993, "total": 1000}]')
    if len(points) > POINTS_MAX:
        raise Invalid(f"At most {POINTS_MAX} points at once.", field="points", hint="Send them in parts.")
    read: dict[int, Bucket] = {}
    places: dict[int, int] = {}
    refused: list[Refusal] = []
    newest = micros(now) // 1_000_000 + AHEAD_MAX_S
    for index, point in enumerate(points):
        bucket = _point(point, index, bucket_s, atoms)
        if bucket.start > newest:
            refused.append(Refusal(index, "It starts more than two minutes in the future: compare the clocks."))
            continue
        if bucket.start in read:
            raise Invalid("There are two points for the same bucket.", field=f"points[{index}].start")
        read[bucket.start], places[bucket.start] = bucket, index
    ascending = [read[start] for start in sorted(read)]
    if mode is Mode.COUNTER:
        return _deltas(ascending, places, refused, last)
    return Pushed(tuple(ascending), tuple(refused))


def _point(point: Mapping[str, Any], index: int, bucket_s: int, atoms: int) -> Bucket:
    where = f"points[{index}]"
    if not isinstance(point, Mapping):
        raise Invalid("A point is an object.", field=where, hint='{"start": …, "good": 993, "total": 1000}')
    try:
        us = micros(Instant.parse_iso(str(point.get("start", ""))))
    except ValueError:
        raise Invalid(
            "The start is no instant.", field=f"{where}.start", hint="2026-11-02T10:00:00Z, with its zone."
        ) from None
    start, rest = divmod(us, 1_000_000)
    if start < 0:
        raise Invalid("The start lies before 1970.", field=f"{where}.start", hint="Check the clock of the sender.")
    if rest or start % bucket_s:
        raise Invalid(
            f"The start is not a whole bucket of {bucket_s} s.", field=f"{where}.start", hint="Round it down."
        )
    good, total = _count(point, "good", where, atoms), _count(point, "total", where, atoms)
    if good > total:
        raise Invalid("There is more good than total.", field=f"{where}.good", hint="total counts good and bad.")
    return Bucket(start, good, total)


def _count(point: Mapping[str, Any], name: str, where: str, atoms: int) -> int:
    if name not in point:
        raise Invalid(f"{name} is missing.", field=f"{where}.{name}", hint="0 when there was none.")
    value = exact(point[name], f"{where}.{name}") * atoms
    if value < 0:
        raise Invalid(f"{name} is below 0.", field=f"{where}.{name}", hint="Counts are at least 0.")
    if value.denominator != 1:
        raise Invalid(f"{name} has more digits than are kept.", field=f"{where}.{name}", hint="Six are kept.")
    if value > ATOMS_MAX:
        raise Invalid(f"{name} is too large.", field=f"{where}.{name}", hint="Send what happened in this bucket only.")
    return int(value)


def _deltas(
    ascending: Sequence[Bucket], places: Mapping[int, int], refused: list[Refusal], last: Bucket | None
) -> Pushed:
    """Differences to the point before. The first one ever gives none; a decrease of either is a restart of both."""
    found: list[Bucket] = []
    reset = False
    for point in ascending:
        if last is not None and point.start <= last.start:
            refused.append(Refusal(places[point.start], "The counter has been read for a later time already."))
            continue
        if last is not None:
            restarted = point.good < last.good or point.total < last.total
            reset = reset or restarted
            good = point.good if restarted else point.good - last.good
            total = point.total if restarted else point.total - last.total
            if good > total:
                refused.append(Refusal(places[point.start], "Good grew more than total."))
            else:
                found.append(Bucket(point.start, good, total))
        last = point
    flags = frozenset({Anomaly.COUNTER_RESET}) if reset else frozenset()
    return Pushed(tuple(found), tuple(refused), flags, last)
