"""Alerts as rows and what happens to them next, for every page that lists or shows alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.escalation import queries as escalation
from firebell.domain.escalation import rules as escalation_rules
from firebell.domain.escalation.model import Run, RunState
from firebell.entrypoints.web import moments
from firebell.entrypoints.web.moments import Moment
from firebell.entrypoints.web.names import Names, look_up
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import audience


@dataclass(frozen=True, slots=True)
class AlertRow:
    """What ``ui.alert_row`` draws."""

    id: str
    href: str
    title: str
    severity: str
    state: str
    service: str
    since: Moment | None
    acked_by: str
    count: int
    next_step: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What will happen by itself. ``people`` are (name, why, link); ``at`` is when, or ``None``: nothing will."""

    text: str
    at: Instant | None = None
    people: tuple[tuple[str, str, str], ...] = ()
    loud: bool = False


def rows(read: Read, found: Sequence[Alert], zone: str) -> list[AlertRow]:
    """Rows in the given order."""
    names = look_up(read, {i for a in found for i in (a.service_id, a.acknowledged_by)})
    return [_row(read, alert, names, zone) for alert in found]


def _row(read: Read, alert: Alert, names: Names, zone: str) -> AlertRow:
    run = escalation.run(read, alert.run_id) if alert.run_id and alert.unresolved else None
    return AlertRow(
        id=alert.id,
        href=f"/alerts/{alert.id}",
        title=alert.summary,
        severity=alert.severity,
        state=alert.state,
        service=names.of(alert.service_id) or "Firebell itself",
        since=moments.moment(alert.opened_at, read.now, zone),
        acked_by=names.of(alert.acknowledged_by),
        count=alert.count,
        next_step=_short(run, read.now, zone),
    )


def _short(run: Run | None, now: Instant, zone: str) -> str:
    if run is None or run.state == RunState.ENDED:
        return ""
    if run.state == RunState.EXHAUSTED:
        return "nobody answered, fallback told"
    if run.due_at is None:
        return ""
    if run.due_at <= now:
        return "being told now"
    at = moments.clock(run.due_at, zone, now)
    return f"opens again at {at}" if run.state == RunState.ACKNOWLEDGED else f"next step at {at}"


def next_step(read: Read, alert: Alert, zone: str) -> Next:
    """What happens next to ``alert`` if nobody does anything."""
    run = escalation.run(read, alert.run_id) if alert.run_id else None
    if alert.state == AlertState.RESOLVED or run is None or run.state == RunState.ENDED:
        over = alert.state == AlertState.RESOLVED
        return Next("Nothing more: it is over." if over else "Nothing: nobody is being told.", loud=not over)
    if run.state == RunState.ACKNOWLEDGED:
        if run.due_at is None:
            return Next("Nothing until somebody acts.")
        return Next(f"Opens again at {moments.clock(run.due_at, zone, read.now)} unless it is resolved.", run.due_at)
    if run.state == RunState.RESTING:
        return Next("Low urgency: told once, nobody else will be.")
    if run.state == RunState.EXHAUSTED:
        return Next("Every step was tried and the fallback was told. Nobody else will be.", loud=True)
    ladder = escalation.ladder_of(read, run)
    moved, after = escalation_rules.climb(run, ladder)
    last = moved is escalation_rules.Moved.EXHAUSTED or not ladder.steps
    if last and not ladder.fallback:
        return Next("Nobody else will be told.", run.due_at, loud=True)
    if last:
        found = audience.resolve(read, ladder.fallback)
        what = "the fallback"
    else:
        found = audience.resolve(read, ladder.steps[after.step].notify)
        what = f"step {after.step + 1}" + (f", round {after.loop + 1}" if after.loop else "")
    people = tuple((one.person.user.display_name, one.why, f"/people/{one.user_id}") for one in found.reached)
    who = ", ".join(name for name, _, _ in people) or "nobody"
    if run.due_at is None or run.due_at <= read.now:
        return Next(f"Being told now: {who} ({what}).", run.due_at, people, not people)
    at = moments.clock(run.due_at, zone, read.now)
    return Next(f"{who} at {at} ({what}).", run.due_at, people, not people)
