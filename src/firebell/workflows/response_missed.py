"""Nobody has acknowledged within the response time of the severity: whoever is next is paged now."""

from __future__ import annotations

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import AlertState
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.escalation.rules import ByHand
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.call_facts import ResponseMissed
from firebell.domain.incidents.model import Incident, Severity
from firebell.kernel.clock import seconds_between
from firebell.kernel.work import Work
from firebell.workflows import incident_calls

ESCALATED_MAX = 5
"""Of a storm's many alerts only the first are pushed on: they share one run."""
NEW_S = 60
"""A run that has just taken a step by itself is not pushed past those it has just told."""


def escalate(work: Work, incident: Incident, severity: str) -> None:
    """Linked alerts that nobody has answered take their next step; where there is none, a commander is looked for."""
    found = alert_queries.by_ids(work, [one.alert_id for one in incident.alerts if one.open])
    waiting = [one for one in found.values() if one.state == AlertState.OPEN and one.run_id]
    runs = {one.run_id or "": one for one in sorted(waiting, key=lambda one: (one.severity, one.id), reverse=True)}
    moved = []
    for run_id, alert in list(runs.items())[-ESCALATED_MAX:]:
        run = escalation_queries.run(work, run_id)
        just_moved = (
            run is not None and run.entered_at is not None and seconds_between(run.entered_at, work.now) < NEW_S
        )
        if just_moved or escalation.escalate(work, run_id, None) is ByHand.DONE:
            moved.append(alert.id)
    seconds = incidents.scale(work, incident.scale_version).level(Severity(severity)).respond_s
    work.record(incident.id, ResponseMissed(severity=severity, seconds=seconds, alert_ids=moved))
    if not moved:
        incident_calls.commander(work, incident, f"Nobody has answered within {max(1, seconds // 60)} min.")
