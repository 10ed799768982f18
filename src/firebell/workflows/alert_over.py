"""What follows for paging when an alert is over: its run ends or passes on, nothing more is sent, those paged hear."""

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


def resolve_own(work: Work, alert_id: str, why: str, words: str) -> None:
    """An alert of Firebell's own, which no incident watches, is over. ``words`` go to those who were paged."""
    outcome, alert = alerts.resolve(work, alert_id, why, told=True)
    if outcome is alert_rules.Answer.DONE:
        quiet(work, alert, words)


def end_quietly(work: Work, alert_id: str, why: str) -> Alert | None:
    """An alert that the house may end by itself is over, and nobody hears of it. ``None``: it was over already."""
    outcome, alert = alerts.resolve(work, alert_id, why, told=True)
    if outcome is not alert_rules.Answer.DONE:
        return None
    _ended(work, alert)
    return alert


def quiet(work: Work, alert: Alert, words: str = "") -> None:
    """Nobody is told of this alert any more, and those who were told hear that it is over."""
    status_told.tell(work, alert, words or f"Resolved: {alert.summary}", exclude=work.actor.id)
    _ended(work, alert)


def _ended(work: Work, alert: Alert) -> None:
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
