"""How much of a window is known, and what becomes of alerts when it is not. Silence never resolves and never opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.model import Absent, Bucket
from firebell.kernel.clock import Instant, from_micros, micros

LEAST = Fraction(9, 10)
STALE_S = 300
ABSENT_S = 900
SETTLE_S = 60
AHEAD_MAX_S = 120
"""Samples further ahead than this are a wrong clock and are refused."""
QUIET_S = 7 * 86_400


def settled_end(now: Instant, bucket_s: int, settle_s: int = SETTLE_S) -> int:
    """The end (seconds since 1970) of the newest bucket that is old enough to be judged: late samples come until
    ``settle_s`` after it."""
    at = micros(now) // 1_000_000 - settle_s
    return max(0, at - at % bucket_s)


def coverage(covered: int, elapsed: int) -> Fraction:
    """Covered by elapsed slots, in [0, 1]; 0 of 0 is 0: nothing is known."""
    return min(Fraction(1), Fraction(covered, elapsed)) if elapsed > 0 else Fraction(0)


def stale(newest_end: int | None, settled: int) -> bool:
    """Whether the newest bucket ended longer than 5 minutes before the newest one that could be judged."""
    return newest_end is None or settled - newest_end > STALE_S


def frozen(long: Fraction, short: Fraction, *, is_stale: bool) -> bool:
    """Whether a row with such coverage decides nothing."""
    return is_stale or long < LEAST or short < LEAST


class Presence(StrEnum):
    """``absent``: long enough without data for an alert of its own. ``waiting``: no data yet, ever."""

    PRESENT = "present"
    LATE = "late"
    ABSENT = "absent"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Absence:
    """``opens``: what the absent rule opens (``None``: nothing). ``since`` is the end of the newest data."""

    presence: Presence
    since: Instant | None
    opens: Absent | None


def absence(newest_end: int | None, now: Instant, rule: Absent, *, expected_since: Instant) -> Absence:
    """Whether data are missing. An SLO that never had any counts from ``expected_since``, when it was made."""
    since = micros(expected_since) // 1_000_000 if newest_end is None else newest_end
    quiet = micros(now) // 1_000_000 - since
    at = from_micros(since * 1_000_000)
    if quiet >= ABSENT_S:
        return Absence(Presence.ABSENT, at, None if rule is Absent.OFF else rule)
    if newest_end is None:
        return Absence(Presence.WAITING, at, None)
    return Absence(Presence.LATE if quiet > STALE_S else Presence.PRESENT, at, None)


class Anomaly(StrEnum):
    """What looks wrong in the data. Flagged, never silently mended."""

    NO_DATA = "no_data"
    NO_BURN = "no_burn"
    CONSTANT_BURN = "constant_burn"
    GOOD_OVER_TOTAL = "good_over_total"
    COUNTER_RESET = "counter_reset"
    REPLACED_HISTORY = "replaced_history"


def anomalies(buckets: Sequence[Bucket]) -> frozenset[Anomaly]:
    """What seven days of buckets (ascending) show by themselves: nothing, no error ever, or always the same ratio."""
    if not buckets:
        return frozenset({Anomaly.NO_DATA})
    busy = [one for one in buckets if one.total]
    # A week has to be there: an hour without errors is what everybody hopes for.
    if not busy or buckets[-1].start - buckets[0].start < QUIET_S - 3600:
        return frozenset()
    if all(one.good == one.total for one in busy):
        return frozenset({Anomaly.NO_BURN})
    first = busy[0]
    if len(busy) > 1 and all(_same(first, one) for one in busy):
        return frozenset({Anomaly.CONSTANT_BURN})
    return frozenset()


def _same(one: Bucket, other: Bucket) -> bool:
    return one.good * other.total == other.good * one.total


def gaps(starts: Iterable[int], since: int, until: int, bucket_s: int) -> list[tuple[int, int]]:
    """Stretches of ``[since, until)`` without a bucket, as (start, end) in seconds since 1970."""
    found, reached = [], since
    for start in sorted(set(starts)):
        if start >= until:
            break
        if start > reached:
            found.append((reached, start))
        reached = max(reached, start + bucket_s)
    if reached < until:
        found.append((reached, until))
    return found
