"""Somebody tries whether they can be paged: a real alert of the kind "test", through the real queue, to them alone."""

from __future__ import annotations

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts.model import OWN_INTEGRATION, Alert, AlertKind, Arrival, Origin, Severity, Signal, Status
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Climb, Run, Step, Target, TargetKind, Wait
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.work import Work

WAIT_S = 900


def page_myself(work: Work, user_id: str, service_id: str = "") -> Alert:
    """Page ``user_id`` by their rules for high urgency. Nobody else is told: one step, no repeat, no fallback."""
    work.needs(Permission.SELF_EDIT if work.actor.id == user_id else Permission.PEOPLE_EDIT)
    ladder = Climb(steps=(Step((Target(TargetKind.USER, user_id),), Wait(WAIT_S)),), fallback=(), repeat=0)
    origin = Origin(
        integration_id=OWN_INTEGRATION, service_id=service_id, team_id=None, default_severity=Severity.SEV4,
        urgency="high",
    )  # fmt: skip
    signal = Signal(
        status=Status.FIRING, summary="Test page: this is how Firebell reaches you",
        dedup_key=f"test-page:{ids.new('try', work.now)}",
        details="Nothing is wrong. Acknowledge it by the link in the message to see the whole way round.",
    )  # fmt: skip
    new: list[Run] = []

    def run_of(opened: Alert) -> str:
        new.append(
            escalation.new_run(
                work, alert_id=opened.id, service_id=service_id, team_id=None, policy_id=None, policy_version=0,
                severity=opened.severity, urgency=opened.urgency, own_climb=ladder,
            )
        )  # fmt: skip
        return new[-1].id

    answer = alerts.ingest(work, [Arrival(origin, [signal], None, AlertKind.TEST)], run_of)[0][0]
    escalation.start(work, new)
    assert answer.alert is not None
    return answer.alert
