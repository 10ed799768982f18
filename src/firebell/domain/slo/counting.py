"""Counts come in: pushed by whoever counts, or read by the house from Prometheus and from declared impact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from firebell.domain.slo import commands, counts_store, day_sums, store
from firebell.domain.slo.counts_store import DayKey
from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.exact import shown
from firebell.domain.slo.facts import HistoryReplaced
from firebell.domain.slo.hours import decode, hour_of
from firebell.domain.slo.model import HOUR_S, Bucket, Source
from firebell.domain.slo.records import SeriesInfo, SloClock, SloRecord
from firebell.domain.slo.series import ATOMS_MAX, Mode, Pushed, Refusal, read_points
from firebell.domain.slo.tally import Tally
from firebell.kernel.actor import Permission
from firebell.kernel.clock import micros
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.work import Work

HISTORY_S = HOUR_S
"""A bucket that changes later than so long after it began is replaced history, and is flagged."""
LATE_S = 900
"""Samples that come later than so long after they began are no longer late but history: sums are begun anew."""
Item = tuple[SloRecord, int, Sequence[Bucket]]
"""(SLO, part, buckets with distinct starts)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """``stored`` are new, ``replaced`` were another before. ``changed``: the starts of both, ascending.

    ``before``: what the replaced ones were, by start.
    """

    stored: int = 0
    replaced: int = 0
    changed: tuple[int, ...] = ()
    before: Mapping[int, Bucket] | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a push. ``replaced`` are among ``stored``."""

    stored: int
    replaced: int
    refused: tuple[Refusal, ...]
    anomalies: frozenset[Anomaly] = frozenset()


def push(
    work: Work, slo_id: str, points: Sequence[Mapping[str, Any]], *, mode: Mode = Mode.REPLACE, objective: int = 0
) -> Receipt:
    """Counts that somebody sends. Raises Invalid naming the point, Conflict for an objective that is not pushed.

    ``add`` is not idempotent: whoever calls makes sure that a repetition does not count twice.
    """
    record = commands.take(work, slo_id, needs=Permission.SLOS_PUSH)
    if not 0 <= objective < len(record.slo.objectives):
        raise Invalid(f"There is no objective {objective}.", field="objective", hint="They count from 0.")
    part = record.part_of(objective)
    indicator = record.indicator(part)
    if indicator.source is not Source.PUSHED:
        words = f"The counts of {record.name} come from {indicator.source}."
        raise Conflict(words, hint="Counts can be pushed to an SLO whose metricSource has the type push.")
    info = counts_store.take_series(work, [record.id])[record.id, part]
    read = read_points(points, mode=mode, bucket_s=info.bucket_s, atoms=info.atoms, now=work.now, last=info.last)
    if mode is Mode.COUNTER and read.last is not None:
        info = replace(info, last=read.last)
        counts_store.save_series(work, info)
    buckets = _added(work, info, read) if mode is Mode.ADD else read.buckets
    stored = store_counts(work, [(record, part, buckets)]).get((record.id, part), Stored())
    flags = set(read.anomalies)
    old = micros(work.now) // 1_000_000 - HISTORY_S
    history = [start for start in (stored.before or {}) if start < old]
    if history:
        flags.add(Anomaly.REPLACED_HISTORY)
        said = HistoryReplaced(
            name=record.name, buckets=len(history), since=history[0], until=history[-1] + info.bucket_s
        )
        work.record(record.id, said)
    if flags:
        flag(work, record.id, flags)
    work.publish(commands.TOPIC, record.id)
    # A minute that is sent twice, once as a correction, is one that is stored.
    return Receipt(stored.stored + stored.replaced, stored.replaced, read.refused, frozenset(flags))


def flag(work: Work, slo_id: str, anomalies: Iterable[Anomaly]) -> None:
    """These looked wrong in counts as they came, just now."""
    at = micros(work.now) // 1_000_000
    clock = store.clocks_of(work, [slo_id]).get(slo_id, SloClock(slo_id))
    store.put_fetched(work, [replace(clock, flags={**clock.flags, **dict.fromkeys(anomalies, at)})])


def store_counts(work: Work, items: Sequence[Item]) -> dict[tuple[str, int], Stored]:
    """Write buckets of any number of objectives; what is the same already is left alone. Day sums follow.

    What has been deleted meanwhile is left out.
    """
    work.needs(Permission.SLOS_PUSH, _team(items))
    standing = counts_store.take_series(work, [record.id for record, _, _ in items])
    jobs = [
        _Job(record, part, standing[record.id, part], {one.start: one for one in buckets})
        for record, part, buckets in items
        if (record.id, part) in standing
    ]
    encoded = _load(work, jobs)
    days: dict[DayKey, Tally] = {}
    dirty: list[tuple[SeriesInfo, int, Mapping[int, Bucket]]] = []
    ends: list[SeriesInfo] = []
    results: dict[tuple[str, int], Stored] = {}
    for job in jobs:
        results[job.record.id, job.part] = job.merge(encoded, dirty, days)
        if job.reaches_on(micros(work.now) // 1_000_000):
            ends.append(job.info)
    counts_store.put_hours(work, dirty)
    _add_days(work, days)
    counts_store.save_ends(work, ends)
    return results


class _Job:
    """The new buckets of one series, and what was there."""

    def __init__(self, record: SloRecord, part: int, info: SeriesInfo, new: Mapping[int, Bucket]) -> None:
        self.record, self.part, self.info, self.new = record, part, info, new
        self.objectives = next(one.objectives for one in record.parts if one.number == part)
        self.since, self.until = (0, 0)
        self.changed: tuple[int, ...] = ()
        if new:
            self.since, self.until = self._slotted(min(new), max(new) + info.bucket_s)

    def _slotted(self, since: int, until: int) -> tuple[int, int]:
        """Out to whole slots of every objective, for their sums change as a whole."""
        start, end = since, until
        from_ = day_sums.origin(self.record.slo)
        for index in self.objectives:
            length = day_sums.slot_length(self.record, index)
            start = min(start, since - (since - from_) % length)
            end = max(end, until + (from_ - until) % length)
        return start, end

    def merge(
        self,
        encoded: Mapping[tuple[int, int], bytes],
        dirty: list[tuple[SeriesInfo, int, Mapping[int, Bucket]]],
        days: dict[DayKey, Tally],
    ) -> Stored:
        before: dict[int, Bucket] = {}
        hours: dict[int, dict[int, Bucket]] = {}
        for hour in range(hour_of(self.since), self.until, HOUR_S):
            data = encoded.get((self.info.id, hour))
            hours[hour] = {one.start: one for one in decode(data, hour, self.info.bucket_s)} if data else {}
            before.update(hours[hour])
        changed = sorted(start for start, one in self.new.items() if before.get(start) != one)
        if not changed:
            return Stored()
        self.changed = tuple(changed)
        after = dict(before)
        for start in changed:
            hours[hour_of(start)][start] = after[start] = self.new[start]
        dirty += [(self.info, hour, hours[hour]) for hour in sorted({hour_of(start) for start in changed})]
        self._sums(before, after, days)
        was = {start: before[start] for start in changed if start in before}
        return Stored(len(changed) - len(was), len(was), self.changed, was)

    def _sums(self, before: Mapping[int, Bucket], after: Mapping[int, Bucket], days: dict[DayKey, Tally]) -> None:
        for index in self.objectives:
            # Only the slots that something changed in: the others of the stretch would cancel out.
            length, from_ = day_sums.slot_length(self.record, index), day_sums.origin(self.record.slo)
            touched = {start - (start - from_) % length for start in self.changed}
            was, now = (
                {s: one for s, one in buckets.items() if s - (s - from_) % length in touched}
                if length != self.info.bucket_s
                else {s: buckets[s] for s in self.changed if s in buckets}
                for buckets in (before, after)
            )
            for (objective, day), difference in day_sums.changes(self.record, [index], was, now).items():
                key = DayKey(self.info.id, objective, day)
                days[key] = days.get(key, Tally()) + difference

    def reaches_on(self, now: int) -> bool:
        """Whether the series begins earlier or ends later now, or its past is another; ``info`` then says so."""
        if not self.changed:
            return False
        first, newest = self.changed[0], self.changed[-1] + self.info.bucket_s
        info = self.info
        self.info = replace(
            info,
            first_start=first if info.first_start is None else min(info.first_start, first),
            newest_end=newest if info.newest_end is None else max(info.newest_end, newest),
        )
        if first < now - LATE_S:
            self.info = replace(self.info, history=info.history + 1, rewritten_from=first)
        return self.info != info


def _load(work: Work, jobs: Sequence[_Job]) -> dict[tuple[int, int], bytes]:
    """The hours of all jobs, with one query for those that ask for the same stretch."""
    found: dict[tuple[int, int], bytes] = {}
    stretches: dict[tuple[int, int], list[int]] = {}
    for job in jobs:
        if job.new:
            stretch = hour_of(job.since), hour_of(job.until - 1) + HOUR_S
            stretches.setdefault(stretch, []).append(job.info.id)
    for (since, until), wanted in stretches.items():
        for at in range(0, len(wanted), 500):
            found |= counts_store.load(work, wanted[at : at + 500], since, until)
    return found


def _add_days(work: Work, differences: Mapping[DayKey, Tally]) -> None:
    if not differences:
        return
    since, until = min(key.day for key in differences), max(key.day for key in differences) + 1
    wanted = sorted({key.series for key in differences})
    standing: dict[DayKey, Tally] = {}
    for at in range(0, len(wanted), 500):
        standing |= counts_store.day_sums(work, wanted[at : at + 500], since, until)
    counts_store.put_days(
        work,
        {
            key: standing.get(key, Tally()) + one
            for key, one in sorted(
                differences.items(), key=lambda pair: (pair[0].series, pair[0].objective, pair[0].day)
            )
        },
    )


def _added(work: Work, info: SeriesInfo, read: Pushed) -> tuple[Bucket, ...]:
    """On top of what there is. Raises Invalid where the sum is more than can be kept."""
    if not read.buckets:
        return ()
    since, until = read.buckets[0].start, read.buckets[-1].start + info.bucket_s
    standing = {one.start: one for one in counts_store.buckets(work, info, since, until)}
    found = []
    for one in read.buckets:
        was = standing.get(one.start, Bucket(one.start, 0, 0))
        total = was.total + one.total
        if total > ATOMS_MAX:
            raise Invalid("The sum is too large.", field="points", hint=_count(total, info.atoms))
        found.append(Bucket(one.start, was.good + one.good, total))
    return tuple(found)


def _count(atoms: int, one: int) -> str:
    """So many atoms as a count for people."""
    return shown(Fraction(atoms, one), 6)


def _team(items: Sequence[Item]) -> str | None:
    teams = {record.team_id for record, _, _ in items}
    return teams.pop() if len(teams) == 1 else None
