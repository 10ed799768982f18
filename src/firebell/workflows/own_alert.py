"""Firebell raises an alert about something of its own: a hole in the coverage, a command nobody holds, a late file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import (
    OWN_INTEGRATION,
    Alert,
    AlertKind,
    Arrival,
    Origin,
    Severity,
    Signal,
    Status,
)
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.escalation.model import Climb, Run, Step, Target, Wait
from firebell.kernel.work import Work
from firebell.workflows import alert_over

STEP_S = 900
INCIDENT = "incident"
REFERENCE = "reference"
ASKS = "asks"
DRILL = "drill"
"""Labels of alerts of the kind ``incident``: the incident's id; what it is called (``INC-12``); which role whoever
acknowledges is asked to take (none: no role); set when only those who take part may be told."""


def raise_alert(
    work: Work, *, kind: AlertKind, dedup_key: str, summary: str, details: str = "", severity: str = Severity.SEV2,
    targets: Sequence[Target] = (), policy_id: str | None = None, fallback: Sequence[Target] = (),
    wait_s: int = STEP_S, repeat: int = 2, ack_timeout_s: int | None = 1800, service_id: str = "",
    team_id: str | None = None, labels: Mapping[str, str] | None = None,
) -> Alert:  # fmt: skip
    """An alert that pages ``targets`` (one step, again every ``wait_s`` seconds, ``repeat`` times), or climbs the
    policy ``policy_id``. While one under the same key is unresolved this is a repeat of it.

    ``fallback`` is told first when nobody answers, then the circles every run falls back on.
    """
    origin = Origin(
        integration_id=OWN_INTEGRATION, service_id=service_id, team_id=team_id, default_severity=severity,
        urgency="high",
    )  # fmt: skip
    signal = Signal(
        status=Status.FIRING, dedup_key=dedup_key, summary=summary[:300], details=details, labels=dict(labels or {})
    )
    steps = (Step(tuple(targets), Wait(wait_s)),) if targets else ()
    version = escalation_queries.versions(work, [policy_id]).get(policy_id) if policy_id else None
    climb = None
    if version is None:
        policy_id = None
        climb = Climb(steps=steps, fallback=tuple(fallback), repeat=repeat, ack_timeout_s=ack_timeout_s)
    new: list[Run] = []

    def run_of(opened: Alert) -> str:
        new.append(
            escalation.new_run(
                work, alert_id=opened.id, service_id=opened.service_id, team_id=opened.team_id, policy_id=policy_id,
                policy_version=version or 0, severity=opened.severity, urgency=opened.urgency, own_climb=climb,
            )
        )  # fmt: skip
        return new[-1].id

    alert = alerts.ingest(work, [Arrival(origin, [signal], None, kind)], run_of)[0][0].alert
    escalation.start(work, new)
    assert alert is not None
    return alert


def end(work: Work, prefix: str, why: str, *, states: Sequence[str] = ()) -> int:
    """Firebell's own unresolved alerts (of no service) whose key begins with ``prefix`` are over; ``states``: only
    those in one of these. Returns how many."""
    found = [one for one in alert_queries.own(work, prefix) if not states or one.state in states]
    for one in found:
        name = one.labels.get(REFERENCE, "")
        alert_over.resolve_own(work, one.id, why, f"{name}: {why}." if name else "")
    return len(found)


def is_drill(alert: Alert) -> bool:
    """Whether only those who take part in a drill may be told of it. A sender's label of that name says nothing."""
    return alert.kind == AlertKind.INCIDENT and bool(alert.labels.get(DRILL))
