"""Counts that add up: buckets become slots of bad and total, slots become the sum over a window.

Every budgeting method is a stream of ``(bad, total)`` slots, so that windows, burn rates, forecasts and attribution
have one arithmetic: for Occurrences a slot is a bucket, for the sliced methods it is a slice. Ratios are never
averaged over a window; that is what RatioTimeslices means, and only it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo.model import Bucket, Method, Objective

SLICE = 10**15
"""A slice's ratio is kept in this many parts: the one place that rounds (halves up, at the fifteenth digit)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """``start`` in seconds since 1970. ``bad`` and ``total`` in atoms, in slices, or in parts of a slice's ratio."""

    start: int
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over a window. ``covered``: how many slots had data. Adding and taking away are exact and in any order."""

    bad: int = 0
    total: int = 0
    covered: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.bad + other.bad, self.total + other.total, self.covered + other.covered)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.bad - other.bad, self.total - other.total, self.covered - other.covered)

    @property
    def error(self) -> Fraction | None:
        """Bad by total; 0 without traffic; ``None`` when nothing is known."""
        if self.total:
            return Fraction(self.bad, self.total)
        return Fraction(0) if self.covered else None

    @property
    def sli(self) -> Fraction | None:
        """Good by total. This is not the remaining budget."""
        error = self.error
        return None if error is None else 1 - error


def slot_s(method: Method, objective: Objective, bucket_s: int) -> int:
    """How long one slot is."""
    return bucket_s if method is Method.OCCURRENCES or objective.slice_s is None else objective.slice_s


def one_bad(method: Method, atoms: int) -> int:
    """What a single bad event, or a single bad slice, is in a tally. ``atoms``: of one event."""
    return {Method.OCCURRENCES: atoms, Method.TIMESLICES: 1, Method.RATIO_TIMESLICES: SLICE}[method]


def slots(method: Method, objective: Objective, buckets: Iterable[Bucket], *, origin: int = 0) -> Iterator[Slot]:
    """The buckets as slots of the method, ascending as they come. Buckets must ascend.

    Slices lie on whole multiples of their length from ``origin`` (the calendar's start, or the epoch). A slice
    without any bucket is left out; a covered one without traffic is good. The last slice comes out as far as it is
    filled: leave out the buckets of a slice that still runs.
    """
    if method is Method.OCCURRENCES or objective.slice_s is None:
        for bucket in buckets:
            yield Slot(bucket.start, bucket.total - bucket.good, bucket.total)
        return
    length, start, good, total = objective.slice_s, None, 0, 0
    for bucket in buckets:
        begins = bucket.start - (bucket.start - origin) % length
        if begins != start:
            if start is not None:
                yield _slice(method, objective, start, good, total)
            start, good, total = begins, 0, 0
        good += bucket.good
        total += bucket.total
    if start is not None:
        yield _slice(method, objective, start, good, total)


def _slice(method: Method, objective: Objective, start: int, good: int, total: int) -> Slot:
    if method is Method.TIMESLICES:
        least = objective.slice_target if objective.slice_target is not None else Fraction(1)
        return Slot(start, int(total > 0 and good * least.denominator < least.numerator * total), 1)
    bad = (2 * (total - good) * SLICE + total) // (2 * total) if total else 0
    return Slot(start, bad, SLICE)


def tally(found: Iterable[Slot]) -> Tally:
    """The sum of them."""
    bad = total = covered = 0
    for slot in found:
        bad += slot.bad
        total += slot.total
        covered += 1
    return Tally(bad, total, covered)


def within(found: Iterable[Slot], start: int, end: int, length: int) -> Iterator[Slot]:
    """Those that *end* in ``(start, end]``: a slot that still runs is not judged yet."""
    return (slot for slot in found if start < slot.start + length <= end)
