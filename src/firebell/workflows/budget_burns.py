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

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import Alert, Arrival
from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import burn, evaluation_queries, evaluations, queries
from firebell.domain.slo.burn import Happens, Judged, Standing, StreamState, Verdict
from firebell.domain.slo.coverage import LEAST, Absence, Presence, absence, settled_end
from firebell.domain.slo.evaluation import Evaluated
from firebell.domain.slo.model import Bucket, Evaluator, Stream
from firebell.domain.slo.policy import next_state
from firebell.domain.slo.records import ObjectiveState, SeriesInfo, SloClock, SloRecord
from firebell.domain.slo.running import Running
from firebell.kernel.clock import Instant, from_micros, micros, plus
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import alert_arrives, alert_over, budget_composites, budget_declared, budget_signals
from firebell.workflows.budget_signals import About
from firebell.workflows.budget_sums import RECENT_S, Sums, judged_by

log = structlog.get_logger()
EVERY_S = 30
LIMIT = 2000
FAILED_S = 60
AGAIN_S = 900
"""An alert of a stream that still fires is told so again: its numbers are new, and if somebody has resolved it while
the budget burns on, it opens again."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One objective as it was found. ``allowed``: β it is judged by. ``number`` -1: a composite as a whole."""

    number: int
    evaluated: Evaluated
    allowed: Fraction
    rates: Mapping[int, Fraction]
    alerts: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """One SLO as it was found. ``newest_end``: of its newest data; of several series the one that lags most."""

    record: SloRecord
    settled: int
    newest_end: int | None
    absence: Absence
    looked: tuple[Looked, ...]


@dataclass(slots=True)
class Written:
    """What was written: the states by SLO and objective."""

    states: dict[tuple[str, int], ObjectiveState] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)


class Burns:
    """The worker's line. ``off``: shares that adjustments and exemptions take off what is charged."""

    def __init__(self, runner: Runner, base_url: str) -> None:
        self._runner = runner
        self._base_url = base_url
        self.sums = Sums()
        self.off: dict[tuple[str, int], Fraction] = {}
        self._declared = budget_declared.Declared()
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
        due = set(queries.due(read, read.now, LIMIT))
        if not due:
            return []
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
        for number in range(len(record.slo.objectives)):
            info = infos.get((record.id, record.part_of(number)))
            if info is None:
                continue
            ends.append(info.newest_end)
            rows = queries.rows(read, record, number).rows
            recent = counted.get((record.id, info.part), ())
            summed = self.sums.evaluate(read, record, number, info, rows, settled, recent)
            allowed = judged_by(record.slo, number).allowed
            rates = _rates(summed.running, allowed)
            looked.append(Looked(number, summed.evaluated, allowed, rates, budget_composites.alerts(record.slo)))
            members.append(budget_composites.Part(record.slo.objectives[number], summed, rows))
        whole = budget_composites.whole(record.slo, members)
        if whole is not None:
            looked.append(Looked(budget_composites.WHOLE, whole.evaluated, whole.allowed, whole.rates, whole.alerts))
        newest = None if not ends or None in ends else min(end for end in ends if end is not None)
        missing = absence(newest, read.now, record.slo.absent, expected_since=record.created_at)
        return Found(record, settled, newest, missing, tuple(looked))

    # ---- writing

    def _write(self, work: Work, found: Sequence[Found]) -> Written:
        ids = sorted(str(one.record.id) for one in found)
        clocks = evaluation_queries.take_clocks(work, ids)
        states = queries.states(work, ids)
        teller = _Teller(work, self._base_url)
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
        evaluations.note_evaluated(work, list(written.states.values()))
        evaluations.note_clocks(work, moved)
        teller.tell()
        return written

    def _judge(
        self, found: Found, looked: Looked, before: ObjectiveState, now: Instant, teller: _Teller
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


def _clock(found: Found, clock: SloClock, now: Instant, teller: _Teller) -> SloClock:
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


class _Teller:
    """Collects what the intake is told at the end of a unit."""

    def __init__(self, work: Work, base_url: str) -> None:
        self._work = work
        self._base_url = base_url
        self._arrivals: list[Arrival] = []
        self._quietly: list[str] = []
        self._notes: list[tuple[About, Stream, str]] = []
        self._services: dict[str, Service] | None = None

    def say(self, arrival: Arrival) -> None:
        self._arrivals.append(arrival)

    def about(self, found: Found, looked: Looked | None = None, remaining: Fraction | None = None) -> About:
        if self._services is None:
            self._services = {str(one.id): one for one in services.services(self._work)}
        service = self._services.get(found.record.service_id or "")
        return About(
            found.record, 0 if looked is None else looked.number, Fraction(1) if looked is None else looked.allowed,
            0 if looked is None else looked.evaluated.period_s, remaining,
            self._work.now if looked is None else looked.evaluated.at,
            policy_id=None if service is None else service.policy_id,
            service=found.record.slo.service if service is None else service.display_name or service.name,
            base_url=self._base_url,
        )  # fmt: skip

    def heard(
        self, found: Found, looked: Looked, before: ObjectiveState, after: Mapping[Stream, StreamState],
        changes: Sequence[burn.Change], remaining: Fraction | None,
    ) -> None:  # fmt: skip
        """What the streams of one objective did, and whether one that still fires is due to say so again."""
        slo = found.record.slo
        if slo.evaluator is not Evaluator.INTERNAL:
            return
        about: About | None = None
        told = set()
        for change in changes:
            about = about or self.about(found, looked, remaining)
            told.add(change.stream)
            match change.happens:
                case Happens.OPENS if slo.notify_on_open:
                    self.say(budget_signals.burning(about, change.stream, change.rows))
                case Happens.CLEARS if change.notify and slo.notify_on_resolve:
                    self.say(budget_signals.cleared(about, change.stream))
                case Happens.CLEARS if change.notify:
                    self._quietly.append(budget_signals.key_of(about, change.stream))
                case Happens.JOINS:
                    self._notes.append((about, Stream.PAGE, budget_signals.JOINED))
                case Happens.FREEZES if after[change.stream].standing is Standing.OPEN:
                    self._notes.append((about, change.stream, budget_signals.frozen_note(found.newest_end)))
                case Happens.THAWS if after[change.stream].standing is Standing.OPEN:
                    self._notes.append((about, change.stream, budget_signals.THAWED))
        if not slo.notify_on_open or not _again(before.at, looked.evaluated.at):
            return
        for stream, standing in after.items():
            rows = tuple(one for one in looked.evaluated.rows if one.row.stream is stream)
            if stream not in told and standing.standing is Standing.OPEN and _true(rows):
                about = about or self.about(found, looked, remaining)
                self.say(budget_signals.burning(about, stream, rows))

    def tell(self) -> None:
        """Everything at once, through the same door as any sender's signals."""
        for about, stream, note in self._notes:
            alert = self._open(budget_signals.key_of(about, stream))
            if alert is not None:
                self.say(budget_signals.noted(about, stream, alert.details, note))
        if self._arrivals:
            alert_arrives.arrive(self._work, self._arrivals)
        for key in self._quietly:
            alert = self._open(key)
            if alert is not None:
                alert_over.end_quietly(self._work, alert.id, "the budget no longer burns")

    def _open(self, key: str) -> Alert | None:
        stored = f"{budget_signals.SOURCE}|{key}"
        known = alert_rows.keys(self._work, [stored]).get(stored)
        if known is None or known.open_alert_id is None:
            return None
        return alert_queries.by_ids(self._work, [known.open_alert_id]).get(known.open_alert_id)


def _true(rows: Sequence[Judged]) -> bool:
    return any(one.verdict is Verdict.TRUE for one in rows)


def _again(before: Instant | None, at: Instant) -> bool:
    """Whether a quarter of an hour has begun since the last evaluation."""
    step = AGAIN_S * 1_000_000
    return before is not None and micros(before) // step != micros(at) // step
