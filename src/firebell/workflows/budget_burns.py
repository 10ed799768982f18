"""A budget burns: every half minute each objective is looked at, and what has changed is said to those it concerns.

Look (nothing is written), then write in one short unit: states, clocks, and a signal for each stream that opened,
cleared, froze or thawed. Two nodes may look at the same time; the first to commit is right, and the other one finds
that its minute has been judged already and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import structlog

from firebell.domain.slo import burn, evaluation_queries, evaluations, queries
from firebell.domain.slo.coverage import LEAST, Anomaly, Presence, absence, anomalies, settled_end
from firebell.domain.slo.model import Bucket, Evaluator
from firebell.domain.slo.policy import next_state
from firebell.domain.slo.records import ObjectiveState, SeriesInfo, SloClock, SloRecord
from firebell.domain.slo.running import Running
from firebell.kernel.clock import Instant, from_micros, micros, plus
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import budget_composites, budget_declared, budget_signals
from firebell.workflows.budget_sums import RECENT_S, Sums, judged_by
from firebell.workflows.budget_told import Found, Looked, Teller

log = structlog.get_logger()
EVERY_S = 30
LIMIT = 100
"""So many are written in one unit: what wakes people waits for a unit, and none may be long."""
FAILED_S = 60
WEEK_S = 7 * 86_400
LOOK_BACK_EVERY_S = 3600
LOOK_BACKS = 5
"""Whether a week of data looks odd is asked once an hour, of a few objectives at a time."""


@dataclass(slots=True)
class Written:
    """What was written: the states by SLO and objective."""

    states: dict[tuple[str, int], ObjectiveState] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)


class Burns:
    """The worker's line. ``off``: shares that adjustments and exemptions take off what is charged. ``worst``: by SLO,
    the labels with the most errors, as the polls of this process saw them."""

    def __init__(self, runner: Runner, base_url: str, worst: Mapping[str, str] | None = None) -> None:
        self._worst = {} if worst is None else worst
        self._runner = runner
        self._base_url = base_url
        self.sums = Sums()
        self.off: dict[tuple[str, int], Fraction] = {}
        self._declared = budget_declared.Declared()
        self._seen: dict[str, tuple[object, ...]] = {}
        self._looked_back: dict[str, int] = {}
        self._looks_left = 0
        self._pruned_hour = 0
        self.last = Written()
        """What the last evaluation wrote."""

    def next_due(self, read: Read) -> Instant | None:
        return evaluation_queries.next_evaluation(read)

    def act(self) -> bool:
        """Evaluate everything that is due. True when anything was."""
        now = self._runner.clock.now()
        due = self._runner.read(evaluation_queries.next_evaluation, lane="engine")
        if due is None or due > now:
            return False
        counts = self._runner.read(self._declared.due, lane="engine")
        if counts:
            self._runner.run(lambda work: budget_declared.store(work, counts), lane="engine")
        failed: list[str] = []
        found = self._runner.read(lambda read: self._look(read, failed), lane="engine")
        try:
            self.last = self._runner.run(lambda work: self._write(work, found), lane="engine")
        except Unavailable:
            raise
        except Exception:  # one that cannot be written must not hold the others
            log.exception("evaluation_not_written", objectives=len(found))
            self.last = Written()
            for one in found:
                self._alone(one, failed)
        self._seen |= {one.record.id: one.seen for one in self.last.found}
        if failed:
            self._runner.run(lambda work: _put_off(work, failed), lane="engine")
        return bool(found)

    def _alone(self, one: Found, failed: list[str]) -> None:
        try:
            written = self._runner.run(lambda work: self._write(work, [one]), lane="engine")
            self.last.states |= written.states
            self.last.found += written.found
        except Unavailable:
            raise
        except Exception:
            log.exception("objective_not_written", slo=one.record.name)
            failed.append(str(one.record.id))

    # ---- looking

    def _look(self, read: Read, failed: list[str]) -> list[Found]:
        failed.clear()
        self._looks_left = LOOK_BACKS
        due = set(queries.due(read, read.now, LIMIT))
        if not due:
            return []
        self._forget_the_deleted(read)
        records = queries.those(read, due)
        infos = queries.series_of(read, [one.id for one in records])
        settled = {one.id: settled_end(read.now, one.slo.bucket_s) for one in records}
        latest = max(settled.values(), default=0)
        # A bucket of five minutes may end so much before one of a minute.
        counted = evaluation_queries.counted(read, infos, latest - RECENT_S - 300, latest)
        found = []
        for record in records:
            try:
                found.append(self._one(read, record, infos, settled[record.id], counted))
            except Unavailable:
                raise
            except Exception:  # a faulty document must not blind the others; the law says that it is not looked at
                log.exception("evaluation_failed", slo=record.name)
                self.sums.forget([record.id])
                failed.append(str(record.id))
        return found

    def _one(
        self, read: Read, record: SloRecord, infos: Mapping[tuple[str, int], SeriesInfo], settled: int,
        counted: Mapping[tuple[str, int], Sequence[Bucket]],
    ) -> Found:  # fmt: skip
        looked: list[Looked] = []
        members: list[budget_composites.Part] = []
        ends: list[int | None] = []
        mine = {part.number: infos.get((record.id, part.number)) for part in record.parts}
        seen = (settled, record.version, *mine.values())
        known = self._seen.get(record.id) == seen
        for number in range(len(record.slo.objectives)):
            info = mine.get(record.part_of(number))
            if info is None:
                continue
            ends.append(info.newest_end)
            if known:
                continue
            rows = queries.rows(read, record, number).rows
            recent = counted.get((record.id, info.part), ())
            summed = self.sums.evaluate(read, record, number, info, rows, settled, recent)
            allowed = judged_by(record.slo, number).allowed
            rates = _rates(summed.running, allowed)
            looked.append(Looked(number, summed.evaluated, allowed, rates, budget_composites.alerts(record.slo)))
            members.append(budget_composites.Part(record.slo.objectives[number], summed, rows))
        whole = budget_composites.whole(record.slo, members) if members else None
        if whole is not None:
            looked.append(Looked(budget_composites.WHOLE, whole.evaluated, whole.allowed, whole.rates, whole.alerts))
        newest = None if not ends or None in ends else min(end for end in ends if end is not None)
        missing = absence(newest, read.now, record.slo.absent, expected_since=record.created_at)
        return Found(record, settled, newest, missing, tuple(looked), seen, self._odd(read, record, settled))

    def _forget_the_deleted(self, read: Read) -> None:
        """Once an hour, what is kept of objectives that are gone."""
        hour = micros(read.now) // (LOOK_BACK_EVERY_S * 1_000_000)
        if hour == self._pruned_hour:
            return
        self._pruned_hour = hour
        living = {str(one.id) for one in queries.every(read)}
        self.sums.keep_only(living)
        self._seen = {key: one for key, one in self._seen.items() if key in living}
        self._looked_back = {key: one for key, one in self._looked_back.items() if key in living}
        self.off = {key: one for key, one in self.off.items() if key[0] in living}

    def _odd(self, read: Read, record: SloRecord, settled: int) -> frozenset[Anomaly] | None:
        """What a week of data shows by itself, if it is time to look: nothing, no error ever, or always the same."""
        if settled - self._looked_back.get(record.id, 0) < LOOK_BACK_EVERY_S or self._looks_left <= 0:
            return None
        self._looks_left -= 1
        self._looked_back[record.id] = settled
        found: set[Anomaly] = set()
        for part in record.parts:
            found |= anomalies(queries.buckets(read, record, part.number, settled - WEEK_S, settled))
        return frozenset(found)

    # ---- writing

    def _write(self, work: Work, found: Sequence[Found]) -> Written:
        ids = sorted(str(one.record.id) for one in found)
        clocks = evaluation_queries.take_clocks(work, ids)
        states = queries.states(work, ids)
        teller = Teller(work, self._base_url, self._worst)
        written, moved = Written(), []
        for one in found:
            clock = clocks.get(one.record.id)
            if clock is None or (clock.settled_end is not None and clock.settled_end > one.settled):
                continue
            for looked in one.looked:
                key = (str(one.record.id), looked.number)
                before = states.get(key, ObjectiveState(str(one.record.id), looked.number))
                written.states[key] = self._judge(one, looked, before, work.now, teller)
            moved.append(_clock(one, clock, work.now, teller))
            written.found.append(one)
        evaluations.note_evaluated(work, list(written.states.values()), states)
        evaluations.note_clocks(work, moved)
        teller.tell()
        return written

    def _judge(
        self, found: Found, looked: Looked, before: ObjectiveState, now: Instant, teller: Teller
    ) -> ObjectiveState:
        evaluated, budget = looked.evaluated, looked.evaluated.budget
        key = (before.slo_id, before.objective)
        charged = None
        if budget.consumed is not None:
            off = self.off.get(key)
            if off is None:
                # After a restart, until it is reckoned anew, as much is taken off as before.
                off = (before.measured or Fraction(0)) - (before.charged or Fraction(0))
            charged = max(Fraction(0), budget.consumed - off)
        remaining = None if charged is None else 1 - charged
        unknown = evaluated.stale or budget.coverage < LEAST
        state = next_state(before.state, remaining, frozen=unknown)
        streams = dict(before.streams)
        if looked.alerts:
            after, changes = burn.turn(before.streams, evaluated.rows)
            streams = dict(after)
            teller.heard(found, looked, before, streams, changes, remaining)
        attributed = None
        if budget.consumed is not None and before.unattributed is not None and before.measured is not None:
            # What incidents were charged stands until it is reckoned anew; the rest is nobody's.
            attributed = before.measured - before.unattributed
        return ObjectiveState(
            slo_id=before.slo_id, objective=before.objective, state=state,
            state_since=before.state_since if state is before.state and before.state_since else now,
            streams=streams, at=evaluated.at, window=evaluated.window, period_s=evaluated.period_s,
            elapsed_s=budget.elapsed_s, knowing=budget.knowing, coverage=budget.coverage, error=budget.error,
            measured=budget.consumed, charged=charged,
            unattributed=None if attributed is None or budget.consumed is None else budget.consumed - attributed,
            missed=before.missed, rows=evaluated.rows, rates=looked.rates, stale=evaluated.stale,
        )  # fmt: skip


def _rates(running: Running, allowed: Fraction) -> Mapping[int, Fraction]:
    found = {}
    for window in running.windows:
        error = running.reading(window).error
        if error is not None:
            found[window] = error / allowed
    return found


def _clock(found: Found, clock: SloClock, now: Instant, teller: Teller) -> SloClock:
    """When to look again, and whether data are missing: of that there is one alert for the whole SLO."""
    missing = found.absence
    gone = missing.presence is Presence.ABSENT
    is_open = clock.nodata_open
    if found.record.slo.evaluator is Evaluator.INTERNAL:
        if gone and missing.opens is not None and not is_open:
            teller.say(budget_signals.silent(teller.about(found), missing))
            is_open = True
        elif not gone and is_open:
            teller.say(budget_signals.heard(teller.about(found)))
            is_open = False
    return replace(
        clock, settled_end=found.settled, due_at=next_look(now), presence=missing.presence, nodata_open=is_open,
        quiet_since=None if missing.presence is Presence.PRESENT else missing.since,
        anomalies=clock.anomalies if found.anomalies is None else found.anomalies,
    )  # fmt: skip


def _put_off(work: Work, slo_ids: Sequence[str]) -> None:
    """They raised: tried again in a minute, so that they neither hold the others nor are forgotten. The law says who
    has not been judged."""
    clocks = evaluation_queries.take_clocks(work, slo_ids)
    evaluations.note_clocks(work, [replace(one, due_at=plus(work.now, FAILED_S)) for one in clocks.values()])


def next_look(now: Instant) -> Instant:
    """The next whole half minute."""
    step = EVERY_S * 1_000_000
    return from_micros((micros(now) // step + 1) * step)
