"""An alert is over: its run ends (or passes to the next open member), nothing more is sent, those paged are told."""

from __future__ import annotations

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts import rules as alert_rules
from firebell.domain.alerts.model import Alert
from firebell.kernel.work import Work
from firebell.workflows import alert_over, alerts_seen, incident_answered


def resolve(work: Work, alert_id: str, via: str) -> tuple[alert_rules.Answer, Alert]:
    """A person, a link or the sender's silence says it is over."""
    alerts_seen.check_answer(work, alert_id)
    outcome, alert = alerts.resolve(work, alert_id, via)
    if outcome is alert_rules.Answer.DONE:
        after(work, alert)
    return outcome, alert


def after(work: Work, alert: Alert) -> None:
    """What follows a resolution, whoever declared it."""
    alert_over.quiet(work, alert)
    incident_answered.firing(work, [alert.id], still=False)


def resolve_silent(work: Work) -> int:
    """Alerts of senders that repeat while firing and have fallen silent past their time-out."""
    ids = alerts.silent_since(work, work.now)
    for alert_id in ids:
        resolve(work, alert_id, "the sender fell silent")
    return len(ids)
