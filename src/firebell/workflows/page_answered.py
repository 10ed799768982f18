"""Somebody answers: by link, button, API or sender. One place for all ways, so that the outcome is always the same."""

from __future__ import annotations

from dataclasses import dataclass

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts import rules as alert_rules
from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.escalation import rules as escalation_rules
from firebell.domain.escalation.model import RunKind
from firebell.domain.paging import commands as paging
from firebell.kernel.actor import Permission
from firebell.kernel.work import Work
from firebell.workflows import alerts_seen, incident_answered, status_told


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did. ``outcome`` is an alert's or an escalation's named outcome; ``alert`` as it is now."""

    outcome: str
    alert: Alert


def acknowledge(work: Work, alert_id: str, via: str, *, user_id: str | None = None, name: str = "") -> Answered:
    """``user_id`` has it: the climb stops, queued messages are cancelled, the others who were paged are told.

    Acknowledging an alert of a storm acknowledges every member present.
    """
    alerts_seen.check_answer(work, alert_id)
    outcome, alert = alerts.acknowledge(work, alert_id, via)
    if outcome is alert_rules.Answer.DONE:
        after_acknowledgement(work, alert, user_id, name)
    return Answered(outcome, alert)


def after_acknowledgement(work: Work, alert: Alert, user_id: str | None, name: str = "") -> None:
    """What follows an acknowledgement, whoever gave it."""
    answered = [alert]
    if alert.run_id:
        run = escalation_queries.run(work, alert.run_id)
        if run is not None and run.kind == RunKind.STORM:
            for member in alert_queries.members(work, run.id):
                if member.state == AlertState.OPEN:
                    alerts.acknowledge(work, member.id, "with the others of its storm")
                    answered.append(member)
        escalation.acknowledge(work, alert.run_id, user_id)
    status_told.tell(work, alert, f"{name or 'Somebody'} acknowledged: {alert.summary}", exclude=user_id or "")
    paging.answered(work, [one.id for one in answered])
    incident_answered.acknowledged(work, answered, user_id)


def unacknowledge(work: Work, alert_id: str, reason: str) -> Answered:
    """It is open again and the ladder is climbed from the first step."""
    alerts_seen.check_answer(work, alert_id)
    outcome, alert = alerts.unacknowledge(work, alert_id, reason)
    if outcome is alert_rules.Answer.DONE and alert.run_id:
        _open_again(work, alert, reason)
        escalation.restart(work, alert.run_id)
    return Answered(outcome, alert)


def _open_again(work: Work, alert: Alert, reason: str) -> None:
    """Alerts that were acknowledged together are open together: their one run climbs for all of them."""
    run = escalation_queries.run(work, alert.run_id or "")
    if run is None or run.kind != RunKind.STORM:
        return
    for member in alert_queries.members(work, run.id):
        if member.state == AlertState.ACKNOWLEDGED:
            alerts.unacknowledge(work, member.id, reason)


def escalate(work: Work, alert_id: str, as_of: int | None, via: str) -> Answered:
    """The next step, now. ``as_of`` is the movement the person saw, so that two clicks escalate once."""
    alerts_seen.check(work, alert_id)
    alert = alert_queries.alert(work, alert_id)
    work.needs(Permission.ALERTS_ESCALATE, alert.team_id)
    # Alert, then run: the order in which everybody locks them. What was read before the lock may be old.
    alert = alert_rows.take(work, alert_id) or alert
    if alert.state == AlertState.RESOLVED or not alert.run_id:
        return Answered(alert_rules.Answer.ALREADY_RESOLVED, alert)
    outcome = escalation.escalate(work, alert.run_id, as_of)
    if outcome is escalation_rules.ByHand.DONE and alert.state == AlertState.ACKNOWLEDGED:
        _, alert = alerts.unacknowledge(work, alert_id, f"escalated {via}")
        _open_again(work, alert, f"escalated {via}")
    return Answered(outcome, alert)
