"""A run's deadline has come: take the next step, tell whoever is on call at this instant, say aloud what is empty.

Steps are the frozen copy the run started with; people are resolved now. An empty step costs no time. A pass that
reaches nobody pages the fallback and raises a coverage gap; so does the end of the ladder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import Alert, AlertKind, AlertState
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import rules, store
from firebell.domain.escalation.model import (
    Climb,
    CoverageGapFound,
    FallbackPaged,
    Run,
    RunExhausted,
    RunKind,
    RunState,
    Step,
    StepEmpty,
    StepEntered,
    Target,
    TargetKind,
)
from firebell.domain.incidents import queries as incidents
from firebell.domain.paging.model import Page
from firebell.domain.people import queries as people
from firebell.domain.people.model import Person
from firebell.kernel import ids
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import plus, seconds_between
from firebell.kernel.crash import crashpoint
from firebell.kernel.work import Read, Work
from firebell.workflows import audience, own_alert, page_due
from firebell.workflows.audience import Audience, Chosen

LATE_S = 30
POISONED_AFTER = 3
TRY_AGAIN_S = 5


def climb(work: Work, run_id: str, alert_id: str) -> bool:
    """Take the due step of one run. False when there was nothing to do (somebody else did it, or it is over)."""
    return climb_all(work, [(run_id, alert_id)])


def climb_all(work: Work, due: Sequence[tuple[str, str]]) -> bool:
    """Take the due steps of several runs, (run id, alert id), in one unit: one read and one write per table."""
    alerts_due = alert_rows.take_many(work, (alert_id for _, alert_id in due))
    runs_due = store.take_many(work, (run_id for run_id, _ in due))
    if len(runs_due) > 1:
        ladders = [escalation.ladder_of(work, run) for run in runs_due.values()]
        named = (t for ladder in ladders for step in ladder.steps[:2] for t in step.notify)
        audience.warm(work, {target.id for target in named if target.kind is TargetKind.USER})
    out = _Out()
    worked = False
    for run_id, alert_id in due:
        run = runs_due.get(run_id)
        if run is None or not rules.is_due(run, work.now):
            continue
        worked = True
        if run.alert_id != alert_id:
            continue  # another alert has come to lead it since the list was made: it is on the next one
        _step(work, run, alerts_due.get(alert_id), out)
    store.save(work, *out.runs)
    page_due.begin(work, out.told)
    return worked


@dataclass(slots=True)
class _Out:
    """What a group of climbs leaves to be written."""

    runs: list[Run] = field(default_factory=list)
    told: list[tuple[Page, Person]] = field(default_factory=list)


def _step(work: Work, run: Run, alert: Alert | None, out: _Out) -> None:
    if alert is None or alert.state == AlertState.RESOLVED:
        escalation.end(work, run.id, "resolved")
        return
    also: tuple[Target, ...] = ()
    late_s = int(seconds_between(run.due_at, work.now)) if run.due_at else 0
    if run.state == RunState.ACKNOWLEDGED:
        if _is_commanded(work, alert.id):
            escalation.keep_ack(work, run)
            return
        if run.acker_id:
            also = (Target(TargetKind.USER, run.acker_id),)
        run = escalation.expire_ack(work, run)
        _, alert = alerts.unacknowledge(work, alert.id, "the acknowledgement expired")
        if run.kind == RunKind.STORM:
            for member in alert_queries.members(work, run.id):
                if member.state == AlertState.ACKNOWLEDGED:
                    alerts.unacknowledge(work, member.id, "the acknowledgement expired")
    ladder = escalation.ladder_of(work, run)
    _Climb(work, run, alert, ladder, also, late_s if late_s >= LATE_S else 0, out).go()


def _is_commanded(work: Work, alert_id: str) -> bool:
    """Whether the alert belongs to an active incident with a commander, who sees to it that somebody is on it."""
    incident = incidents.of_alert(Read(work.connection, work.now, SYSTEM), alert_id)
    return incident is not None and incident.active and incident.commander_id is not None


def failed(work: Work, run_id: str, alert_id: str) -> None:
    """A step raised. After three times the fallback is paged with what there is, and the run rests as a fault."""
    alert = alert_rows.take(work, alert_id)
    run = store.take(work, run_id)
    if run is None or not rules.is_due(run, work.now):
        return
    if run.failures + 1 < POISONED_AFTER or alert is None:
        store.save(work, replace(run, failures=run.failures + 1, due_at=plus(work.now, TRY_AGAIN_S)))
        return
    # A movement of its own, or a fallback who has been told at this one already could not be told again.
    moved = replace(rules.exhaust(run), failures=run.failures + 1, movement=run.movement + 1)
    store.save(work, moved)
    page_due.begin(work, page_fallback(work, moved, alert, Climb((), ()), "this alert could not be processed"))


class _Climb:
    """One run on its way to the next step that reaches somebody."""

    def __init__(
        self, work: Work, run: Run, alert: Alert, ladder: Climb, also: tuple[Target, ...], late_s: int, out: _Out
    ) -> None:
        self.work, self.run, self.alert, self.ladder = work, run, alert, ladder
        self.also, self.late_s, self.out = also, late_s, out

    def go(self) -> None:
        for _ in range(len(self.ladder.steps) + 1):
            before = self.run
            moved, after = rules.climb(self.run, self.ladder)
            if moved is not rules.Moved.STEP and not before.reached:
                self._nobody_in_a_whole_pass()
                return
            if moved is rules.Moved.EXHAUSTED:
                self._exhausted()
                return
            self.run = after
            if self._enter(self.ladder.steps[self.run.step]):
                return
        self._nobody_in_a_whole_pass()

    def _enter(self, step: Step) -> bool:
        found = audience.resolve(self.work, (*step.notify, *self.also))
        run, work = self.run, self.work
        if not found.reached:
            work.record(self.alert.id, StepEmpty(run_id=run.id, step=run.step, loop=run.loop, reasons=found.reasons))
            return False
        self.run = rules.settle(run, step, work.now)
        self.out.runs.append(self.run)
        due = self.run.due_at
        work.record(
            self.alert.id,
            StepEntered(
                run_id=run.id, step=run.step, loop=run.loop, people=[one.user_id for one in found.people],
                next_at=due.format_iso() if due else None, late_s=self.late_s,
            ),
        )  # fmt: skip
        self.out.told += to_tell(work, self.run, self.alert, found.people, late_s=self.late_s)
        work.publish(self.alert.id)
        return True

    def _nobody_in_a_whole_pass(self) -> None:
        """Nobody at all: the fallback is told now, the hole is an alert of its own, and the ladder is tried again."""
        work = self.work
        self.run = rules.wait_after_empty_pass(self.run, self.ladder, work.now)
        self.out.runs.append(self.run)
        if self.run.state == RunState.EXHAUSTED:
            work.record(self.alert.id, RunExhausted(run_id=self.run.id))
        self._page_fallback("no step reached anybody")
        raise_gap(work, self.run, self.alert)
        work.publish(self.alert.id)

    def _exhausted(self) -> None:
        work = self.work
        self.run = replace(rules.exhaust(self.run), movement=self.run.movement + 1)
        self.out.runs.append(self.run)
        work.record(self.alert.id, RunExhausted(run_id=self.run.id))
        self._page_fallback("nobody answered on any step")
        work.publish(self.alert.id)

    def _page_fallback(self, why: str) -> None:
        self.out.told += page_fallback(self.work, self.run, self.alert, self.ladder, why)


def page_fallback(work: Work, run: Run, alert: Alert, ladder: Climb, why: str) -> list[tuple[Page, Person]]:
    """Tell the policy's fallback, else the team's managers, else the installation's fallback, else administrators."""
    if alert.kind == AlertKind.TEST or own_alert.is_drill(alert):
        return []  # somebody tried whether they can be reached, or plays: nobody else is to be woken by that
    found = Audience()
    for targets in _fallbacks(work, run, ladder):
        found = audience.resolve(work, targets)
        if found.reached:
            break
    chosen = [Chosen(one.person, f"fallback: {why}") for one in found.reached]
    work.record(alert.id, FallbackPaged(run_id=run.id, people=[one.user_id for one in chosen], why=why))
    return to_tell(work, run, alert, chosen)


def _fallbacks(work: Work, run: Run, ladder: Climb) -> Iterator[Sequence[Target]]:
    """One circle after another, each looked up only when the one before reached nobody."""
    yield ladder.fallback
    if run.team_id:
        yield [Target(TargetKind.USER, user_id) for user_id in people.team_owners(work, run.team_id)]
    yield store.fallback(work)
    yield [Target(TargetKind.USER, user_id) for user_id in people.admins(work)]


def to_tell(
    work: Work, run: Run, alert: Alert, chosen: Sequence[Chosen], *, late_s: int = 0
) -> list[tuple[Page, Person]]:
    """One page per person, to be begun with ``page_due.begin``."""
    crashpoint("escalation.before_pages")
    told = []
    for one in chosen:
        why = one.why if not late_s else f"{one.why}; delayed {late_s // 60} min"
        page = Page(
            id=ids.new("pag", work.now), alert_id=alert.id, run_id=run.id, movement=run.movement, loop=run.loop,
            step=run.step, user_id=one.user_id, service_id=alert.service_id, severity=run.severity,
            urgency=run.urgency, why=why, shadow=one.shadow, started_at=work.now,
        )  # fmt: skip
        told.append((page, one.person))
    return told


def raise_gap(work: Work, run: Run, alert: Alert) -> None:
    """The hole in the coverage is an alert of its own, to the team's owners; a hole in its own ladder raises none."""
    if alert.kind in (AlertKind.COVERAGE_GAP, AlertKind.TEST) or own_alert.is_drill(alert):
        return
    work.record(alert.id, CoverageGapFound(run_id=run.id, policy_id=run.policy_id))
    policy = store.get(work, run.policy_id) if run.policy_id else None
    name = policy.name if policy else "no policy"
    owners = people.team_owners(work, run.team_id) if run.team_id else []
    own_alert.raise_alert(
        work, kind=AlertKind.COVERAGE_GAP, dedup_key=f"coverage-gap:{run.policy_id or alert.service_id}",
        summary=f"Coverage gap: {name} reaches nobody",
        details=f"The alert {alert.summary!r} found nobody on any step of the escalation policy {name}. "
        "Fix the schedule or the policy.",
        targets=[Target(TargetKind.USER, u) for u in owners or people.admins(work)], fallback=store.fallback(work),
        service_id=alert.service_id, team_id=run.team_id,
    )  # fmt: skip
