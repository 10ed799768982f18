"""Sums over every objective's windows, kept in memory from one evaluation to the next.

They begin from the store at the first evaluation of a process, and anew whenever the document, the series or its past
have changed: nothing is kept here that the store could not give again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from firebell.domain.slo import evaluation, queries, windows
from firebell.domain.slo.evaluation import Evaluated, kept_s
from firebell.domain.slo.model import Bucket, BurnRow, Calendar, Composite, Objective, Slo
from firebell.domain.slo.records import SeriesInfo, SloRecord
from firebell.domain.slo.running import KEPT_MAX_S, Running
from firebell.domain.slo.tally import Slot, slot_s, slots
from firebell.kernel.clock import from_micros, micros
from firebell.kernel.work import Read

REREAD_S = 900
"""What is written later than so long after it began is history (``counting.LATE_S``)."""
AHEAD_S = 3600
"""After a longer stop the sums begin anew, which costs less than catching up."""
RECENT_S = REREAD_S + 300
HORIZONS_S = (3600, 6 * 3600, 3 * 86_400)
"""Windows whose burn rates forecasts want."""


@dataclass(slots=True)
class _Kept:
    key: tuple[int, int, tuple[int, ...]]
    history: int
    running: Running


@dataclass(frozen=True, slots=True)
class Summed:
    """One objective as of ``evaluated.at``. ``running`` answers for its windows until the next evaluation."""

    objective: Objective
    evaluated: Evaluated
    running: Running


class Sums:
    """One per process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], _Kept] = {}
        self.begun = 0
        """How many were begun from the store, ever."""

    def forget(self, slo_ids: Sequence[str]) -> None:
        """They are gone, or not to be trusted."""
        wanted = set(slo_ids)
        for key in [key for key in self._kept if key[0] in wanted]:
            del self._kept[key]

    def keep_only(self, slo_ids: Collection[str]) -> None:
        """Forget all others."""
        known = set(slo_ids)
        self.forget([slo_id for slo_id, _ in self._kept if slo_id not in known])

    def evaluate(
        self, read: Read, record: SloRecord, number: int, info: SeriesInfo, rows: Sequence[BurnRow], settled: int,
        recent: Sequence[Bucket],
    ) -> Summed:  # fmt: skip
        """Objective ``number``, up to ``settled``. ``recent``: the buckets of the last :data:`RECENT_S`."""
        slo, objective = record.slo, judged_by(record.slo, number)
        running = self._running(read, record, number, info, rows, settled, recent)
        _turn_over(read, record, number, running)
        found = evaluation.evaluate(
            slo, objective, running, rows, read.now, expected_since=record.created_at,
            bad_events_min=slo.bad_events_min, counted=(info.newest_end, settled),
        )  # fmt: skip
        return Summed(objective, found, running)

    def _running(
        self, read: Read, record: SloRecord, number: int, info: SeriesInfo, rows: Sequence[BurnRow], settled: int,
        recent: Sequence[Bucket],
    ) -> Running:  # fmt: skip
        slo, objective = record.slo, record.slo.objectives[number]
        length, origin = slot_s(slo.method, objective, info.bucket_s), evaluation.origin(slo)
        end = settled - (settled - origin) % length
        wanted = set(evaluation.lengths(slo, objective, rows, info.bucket_s))
        wanted |= {kept_s(one, length) for one in HORIZONS_S}
        key = (record.version, info.id, tuple(sorted(wanted)))
        kept = self._kept.get((record.id, number))
        since = None if kept is None or kept.key != key else _from(kept, info, end)
        if kept is None or since is None:
            running = _begun(read, record, number, info, key[2], length, end, origin)
            self._kept[record.id, number] = _Kept(key, info.history, running)
            self.begun += 1
            return running
        kept.history, running = info.history, kept.running
        since -= (since - origin) % length
        if length != info.bucket_s or since < settled - RECENT_S:
            recent = queries.buckets(read, record, record.part_of(number), since, end)
        arriving = [
            one
            for one in slots(slo.method, objective, (b for b in recent if since <= b.start < end), origin=origin)
            if one.start + length <= end
        ]
        running.advance(end, arriving, lambda start, until: queries.slots(read, record, number, start, until))
        return running


def _from(kept: _Kept, info: SeriesInfo, end: int) -> int | None:
    """From where on slots are read again; ``None``: begin anew.

    What was written since the last look began at most a quarter of an hour before it, or it is said to be history.
    """
    running = kept.running
    if not 0 <= end - running.end <= AHEAD_S or not kept.history <= info.history <= kept.history + 1:
        return None
    since = running.end - REREAD_S
    if info.history == kept.history:
        return since
    written = info.rewritten_from
    return None if written is None or written < end - KEPT_MAX_S + running.slot_s else min(since, written)


def judged_by(slo: Slo, number: int) -> Objective:
    """The objective as it is judged: in a composite of ``any`` its burn rate counts by its weight."""
    objective = slo.objectives[number]
    if slo.composite is not Composite.ANY or objective.weight == 1:
        return objective
    return replace(objective, target=1 - objective.allowed / objective.weight)


def _begun(
    read: Read, record: SloRecord, number: int, info: SeriesInfo, lengths: Sequence[int], length: int, end: int,
    origin: int,
) -> Running:  # fmt: skip
    recent: Sequence[Slot] = queries.slots(read, record, number, end - KEPT_MAX_S, end)
    sums = {one: queries.tally(read, record, number, end - one, end) for one in lengths if one > KEPT_MAX_S}
    first = None if info.first_start is None else info.first_start - (info.first_start - origin) % length
    if first is not None and first >= end:
        first = None
    running = Running.begin(lengths, length, end, recent, sums, first, origin=origin)
    if running.newest_end is None and info.newest_end is not None and first is not None:
        running.newest_end = min(info.newest_end, end)
    return running


def _turn_over(read: Read, record: SloRecord, number: int, running: Running) -> None:
    """A calendar window that has begun anew, or that nobody has added up yet, is added up from its edge."""
    window = record.slo.window
    if not isinstance(window, Calendar):
        return
    span = windows.current(window, from_micros(running.end * 1_000_000))
    since = None if span is None else micros(span.start) // 1_000_000
    if since is not None and since != running.since:
        running.grow_from(since, queries.tally(read, record, number, since, running.end))
