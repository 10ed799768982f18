"""Signals come in: raw request, alert, escalation run, its first deadline and the incident they declare in one
transaction.

One call handles a whole group of requests. An alert of a service that already has very many unanswered ones joins that
service's single storm run instead of starting its own; SEV1 always has its own. Nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.alerts import commands as alerts
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import Alert, AlertKind, Arrival, Became, Ingested, Severity
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.escalation.model import Run, RunKind
from firebell.kernel.work import Work
from firebell.workflows import alert_resolved, incident_declared, page_answered

STORM_ABOVE = 200
STORM_ENDS_BELOW = 100


def arrive(work: Work, arrivals: Sequence[Arrival]) -> list[list[Ingested]]:
    """Take in every signal of every arrival. Returns what became of each, in order."""
    starting = _Starting(work, arrivals)
    answers = alerts.ingest(work, arrivals, starting.run_of)
    escalation.start(work, starting.runs)
    for run_id, alert in starting.gravest_joined(answers).items():
        escalation.join(work, run_id, alert.id, alert.severity, alert.urgency)
    opened: dict[str, Alert] = {}
    for answer in answers:
        for one in answer:
            if one.alert is None:
                continue
            if one.became is Became.OPENED:
                opened[one.alert.id] = one.alert
            elif one.became is Became.RESOLVED:
                opened.pop(one.alert.id, None)
                alert_resolved.after(work, one.alert)
            elif one.became is Became.ACKNOWLEDGED:
                page_answered.after_acknowledgement(work, one.alert, None)
            elif one.raised and one.alert.run_id:
                escalation.raise_severity(work, one.alert.run_id, one.alert.severity, one.alert.urgency)
    if opened:
        incident_declared.by_rule(work, list(opened.values()))
    return answers


class _Starting:
    """Decides which run a new alert belongs to, and collects the runs to be written."""

    def __init__(self, work: Work, arrivals: Sequence[Arrival]) -> None:
        self._work = work
        self.runs: list[Run] = []
        services = {a.origin.service_id for a in arrivals}
        policies = {a.origin.policy_id for a in arrivals if a.origin.policy_id}
        self._policy_of = {a.origin.service_id: a.origin.policy_id for a in arrivals}
        self._versions = escalation_queries.versions(work, policies) if policies else {}
        self._load = alert_queries.load(work, services)
        self._storms: dict[str, str] = {}
        if any(n >= STORM_ENDS_BELOW for n in self._load.values()):
            self._storms = {s: run.id for s, run in escalation_queries.storms(work, services).items()}

    def run_of(self, alert: Alert) -> str:
        load = self._load[alert.service_id] = self._load.get(alert.service_id, 0) + 1
        if alert.severity != Severity.SEV1 and alert.kind == AlertKind.SIGNAL:
            storm = self._storms.get(alert.service_id)
            if storm is not None and load > STORM_ENDS_BELOW:
                return storm
            if load > STORM_ABOVE and storm is None:
                run = self._new(alert, RunKind.STORM)
                self._storms[alert.service_id] = run.id
                return run.id
        return self._new(alert, RunKind.ALERT).id

    def gravest_joined(self, answers: Sequence[Sequence[Ingested]]) -> dict[str, Alert]:
        """Per storm run, the gravest of the alerts that joined it now."""
        storms = set(self._storms.values())
        found: dict[str, Alert] = {}
        for one in (one for answer in answers for one in answer):
            alert = one.alert
            if one.became is Became.OPENED and alert is not None and alert.run_id in storms:
                known = found.setdefault(alert.run_id, alert)
                found[alert.run_id] = min(known, alert, key=lambda a: (a.severity, a.urgency == "low", a.id))
        return found

    def _new(self, alert: Alert, kind: str) -> Run:
        policy_id = self._policy_of.get(alert.service_id)
        run = escalation.new_run(
            self._work,
            alert_id=alert.id,
            service_id=alert.service_id,
            team_id=alert.team_id,
            policy_id=policy_id,
            policy_version=self._versions.get(policy_id or "", 0),
            severity=alert.severity,
            urgency=alert.urgency,
            kind=kind,
        )
        self.runs.append(run)
        return run
