"""Somebody tries whether they can be paged: a real alert of the kind "test", through the real queue, to them alone."""

from __future__ import annotations

from firebell.domain.alerts.model import Alert, AlertKind, Severity
from firebell.domain.escalation.model import Target, TargetKind
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.work import Work
from firebell.workflows import own_alert

WAIT_S = 900


def page_myself(work: Work, user_id: str, service_id: str = "") -> Alert:
    """Page ``user_id`` by their rules for high urgency. Nobody else is told: one step, no repeat, no fallback."""
    work.needs(Permission.SELF_EDIT if work.actor.id == user_id else Permission.PEOPLE_EDIT)
    return own_alert.raise_alert(
        work, kind=AlertKind.TEST, dedup_key=f"test-page:{ids.new('try', work.now)}",
        summary="Test page: this is how Firebell reaches you",
        details="Nothing is wrong. Acknowledge it by the link in the message to see the whole way round.",
        severity=Severity.SEV4, targets=[Target(TargetKind.USER, user_id)], wait_s=WAIT_S, repeat=0,
        service_id=service_id,
    )  # fmt: skip
