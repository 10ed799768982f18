"""Sums of whole days, kept beside the hours, so that long windows and burn-downs need not read every minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from firebell.domain.slo import counts_store, evaluation
from firebell.domain.slo.counts_store import DayKey, day_of
from firebell.domain.slo.model import DAY_S, Bucket, Calendar, Objective, Slo
from firebell.domain.slo.records import SeriesInfo, SloRecord
from firebell.domain.slo.tally import Slot, Tally, slot_s, slots, tally
from firebell.kernel.work import Read, Work


def origin(slo: Slo) -> int:
    """Where slices are counted from."""
    return evaluation.origin(slo) if isinstance(slo.window, Calendar) else 0


def slot_length(record: SloRecord, objective: int) -> int:
    """How long a slot of this objective is, in seconds."""
    return slot_s(record.slo.method, record.slo.objectives[objective], record.slo.bucket_s)


def whole(start: int, end: int, length: int, from_: int) -> tuple[int, int]:
    """The stretch of whole slots that *start* in ``[start, end)``, on the grid from ``from_``."""
    first = start + (from_ - start) % length
    last = end + (from_ - end) % length
    return first, max(first, last)


def as_slots(slo: Slo, objective: Objective, buckets: Iterable[Bucket]) -> list[Slot]:
    return list(slots(slo.method, objective, buckets, origin=origin(slo)))


def read_slots(read: Read, record: SloRecord, info: SeriesInfo, objective: int, start: int, end: int) -> list[Slot]:
    """The slots that start in ``[start, end)``. One that still runs comes as far as it is filled."""
    first, last = whole(start, end, slot_length(record, objective), origin(record.slo))
    one = record.slo.objectives[objective]
    return as_slots(record.slo, one, counts_store.buckets(read, info, first, last))


def by_day(found: Iterable[Slot]) -> dict[int, Tally]:
    """The sums of each UTC day that a slot starts in."""
    days: dict[int, list[int]] = {}
    for slot in found:
        sums = days.setdefault(slot.start - slot.start % DAY_S, [0, 0, 0])
        sums[0] += slot.bad
        sums[1] += slot.total
        sums[2] += 1
    return {day: Tally(bad, total, covered) for day, (bad, total, covered) in days.items()}


def read_tally(read: Read, record: SloRecord, info: SeriesInfo, objective: int, start: int, end: int) -> Tally:
    """The sum of the slots that start in ``[start, end)``: whole days from their sums, the edges from the hours."""
    first, last = day_of(start + DAY_S - 1), day_of(end)
    if first >= last:
        return tally(read_slots(read, record, info, objective, start, end))
    found = Tally()
    for one in counts_store.day_sums(read, [info.id], first, last, objective).values():
        found += one
    for since, until in ((start, first), (last, end)):
        if since < until:
            found += tally(read_slots(read, record, info, objective, since, until))
    return found


def changes(
    record: SloRecord, objectives: Sequence[int], before: Mapping[int, Bucket], after: Mapping[int, Bucket]
) -> dict[tuple[int, int], Tally]:
    """By how much day sums change when the buckets of a stretch of whole slots go from ``before`` to ``after``:
    (objective, day) → difference."""
    found: dict[tuple[int, int], Tally] = {}
    for index in objectives:
        one = record.slo.objectives[index]
        was, now = (
            by_day(as_slots(record.slo, one, (buckets[start] for start in sorted(buckets))))
            for buckets in (before, after)
        )
        for day in was.keys() | now.keys():
            found[index, day] = now.get(day, Tally()) - was.get(day, Tally())
    return found


def rebuild(work: Work, record: SloRecord) -> None:
    """Add every day up anew: the document says otherwise how buckets become slots."""
    standing = counts_store.series_of(work, [record.id])
    for part in record.parts:
        info = standing.get((record.id, part.number))
        if info is None:
            continue
        counts_store.drop_days(work, info.id)
        if info.first_start is None or info.newest_end is None:
            continue
        buckets = counts_store.buckets(work, info, info.first_start, info.newest_end)
        sums = {
            DayKey(info.id, index, day): one
            for index in part.objectives
            for day, one in by_day(as_slots(record.slo, record.slo.objectives[index], buckets)).items()
        }
        counts_store.put_days(work, sums)
