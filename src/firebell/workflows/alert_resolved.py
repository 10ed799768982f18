"""An alert is over: its run ends (or passes to the next open member), nothing more is sent, those paged are told."""

from __future__ import annotations

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts import rules as alert_rules
from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.escalation.model import RunKind
from firebell.domain.paging import commands as paging
from firebell.kernel.work import Work
from firebell.workflows import status_told


def resolve(work: Work, alert_id: str, via: str) -> tuple[alert_rules.Answer, Alert]:
    """A person, a link or the sender's silence says it is over."""
    outcome, alert = alerts.resolve(work, alert_id, via)
    if outcome is alert_rules.Answer.DONE:
        after(work, alert)
    return outcome, alert


def after(work: Work, alert: Alert) -> None:
    """What follows a resolution, whoever declared it."""
    status_told.tell(work, alert, f"Resolved: {alert.summary}", exclude=work.actor.id)
    if alert.run_id:
        members = alert_queries.members(work, alert.run_id)
        run = escalation_queries.run(work, alert.run_id)
        if not members:
            escalation.end(work, alert.run_id, "resolved")
        elif run is not None and run.kind == RunKind.STORM and run.alert_id == alert.id:
            unanswered = [m for m in members if m.state == AlertState.OPEN] or members
            escalation.lead(work, run.id, unanswered[0].id)
            paging.change_lead(work, run.id, alert.id, unanswered[0].id)
    paging.ended(work, [alert.id])


def resolve_silent(work: Work) -> int:
    """Alerts of senders that repeat while firing and have fallen silent past their time-out."""
    ids = alerts.silent_since(work, work.now)
    for alert_id in ids:
        resolve(work, alert_id, "the sender fell silent")
    return len(ids)
