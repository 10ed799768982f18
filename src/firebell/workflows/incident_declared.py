"""An incident is declared: by hand from alerts or a report, or by rule as soon as a grave alert arrives.

By rule there is one per service: while it has an incident whose impact has not stopped, further alerts join that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import Alert, AlertKind, AlertState
from firebell.domain.incidents import commands, verbs
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.commands import Acted
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import ACTIVE, Detection, Incident, Kind, LinkedAlert, Phase, RoleName, Severity
from firebell.kernel.clock import Instant
from firebell.kernel.work import Work
from firebell.workflows import alerts_seen, audience, incident_moves
from firebell.workflows.incident_calls import page_target

LINKED_MAX = 200
"""So many alerts are linked to an incident by rule; a storm beyond that is one run anyway, and one incident."""
_JOINED = frozenset({Phase.TRIAGE, Phase.RESPONDING})


def declare(
    work: Work, new: Declaration, *, alert_ids: Sequence[str] = (), told: bool = False, person_id: str | None = None
) -> Incident:
    """Declare an incident; ``alert_ids``: those it is about, which say since when, and for which services and team.

    ``told``: a form has looked whether it may. Raises Forbidden, Invalid, NotFound (an alert), Conflict (an alert that
    belongs to another incident).
    """
    for alert_id in alert_ids:
        alerts_seen.check(work, alert_id)
    found = [alert_queries.alert(work, alert_id) for alert_id in dict.fromkeys(alert_ids)]
    if found:
        new = _about(new, found, work.now)
    return _begun(work, commands.begin(work, new, told=told, person_id=person_id))


def by_rule(work: Work, opened: Sequence[Alert]) -> list[Incident]:
    """Alerts have opened: those that fire again within an active incident go back to it, grave ones join their
    service's incident or declare one. Returns the incidents declared. Told within the unit that stores the alerts."""
    signals = [one for one in opened if one.kind == AlertKind.SIGNAL]
    if not signals:
        return []
    with incident_moves.as_house(work):
        fresh = _again(work, signals)
        wanted = incidents.settings(work).auto_declare
        return _grave(work, [one for one in fresh if Severity(one.severity) in wanted])


def _grave(work: Work, grave: Sequence[Alert]) -> list[Incident]:
    if not grave:
        return []
    standing = {
        # A private one takes in nothing by rule: whoever does not know of it would wait for an incident in vain.
        service_id: one
        for service_id, each in incidents.active_of_services(work, {one.service_id for one in grave}).items()
        for one in each
        if one.phase in _JOINED and one.kind is Kind.NORMAL and not one.private
    }
    declared = []
    for service_id, alerts in _by_service(grave).items():
        one = standing.get(service_id)
        if one is None:
            declared.append(_declared_for(work, alerts))
        else:
            _joined(work, one, alerts)
    return declared


def _again(work: Work, opened: Sequence[Alert]) -> list[Alert]:
    """Link alerts that fire again to the active incident the one before belonged to. Returns the others."""
    before = {one.previous_alert_id: one for one in opened if one.previous_alert_id}
    known = incidents.of_alerts(work, before) if before else {}
    for previous, one in before.items():
        incident = known.get(previous)
        if incident is not None and incident.phase in ACTIVE and len(incident.alerts) < LINKED_MAX:
            incident_moves.tell(work, incident.id, verbs.LinkAlert(alert_id=one.id, service_id=one.service_id))
        else:
            known.pop(previous, None)
    return [one for one in opened if one.previous_alert_id not in known]


def _declared_for(work: Work, alerts: Sequence[Alert]) -> Incident:
    gravest = min(alerts, key=lambda one: (one.severity, one.id))
    new = Declaration(
        title=gravest.summary, severity=Severity(gravest.severity), detection=Detection.ALERT, origin="rule",
        team_id=gravest.team_id, labels=gravest.labels,
    )  # fmt: skip
    return _begun(work, commands.begin(work, _about(new, alerts[:LINKED_MAX], work.now), told=True))


def _joined(work: Work, incident: Incident, alerts: Sequence[Alert]) -> None:
    joining = alerts[: max(0, LINKED_MAX - len(incident.alerts))]
    said: list[verbs.Verb] = [verbs.LinkAlert(alert_id=one.id, service_id=one.service_id) for one in joining]
    worst = min(Severity(one.severity) for one in alerts)
    if incident.severity is not None and worst < incident.severity:
        said.append(verbs.SetSeverity(to=worst, reason="A graver alert of the same service."))
    incident_moves.tell_all(work, incident.id, said)


def _about(new: Declaration, alerts: Sequence[Alert], now: Instant) -> Declaration:
    """The declaration with what its alerts say: they are linked, and the first of them is when it was detected."""
    first = min(alerts, key=lambda one: one.opened_at)
    linked = tuple(
        LinkedAlert(alert_id=one.id, service_id=one.service_id, linked_at=now, open=one.state != AlertState.RESOLVED)
        for one in alerts
    )
    concerned = (*new.service_ids, *(one.service_id for one in alerts if one.service_id))
    return replace(
        new, alerts=linked, service_ids=tuple(dict.fromkeys(concerned)), team_id=new.team_id or first.team_id,
        title=new.title or first.summary, detection=Detection.ALERT, event_at=new.event_at or first.opened_at,
    )  # fmt: skip


def _begun(work: Work, acted: Acted) -> Incident:
    incident_moves.follow(work, None, acted)
    return _offered(work, acted.incident)


def _offered(work: Work, incident: Incident) -> Incident:
    """Where it is so set, command is offered to the commander on call at once; it still has to be accepted."""
    if incident.commander_id or incident.kind is Kind.BACKFILLED or not incidents.settings(work).auto_offer:
        return incident
    target = page_target(work, RoleName.COMMANDER)
    found = audience.resolve(work, [target]).reached if target is not None else []
    if not found or incident.kind is Kind.DRILL:
        return incident
    offer = verbs.OfferCommand(to=found[0].user_id, note="You are the commander on call.")
    incident_moves.tell_if_it_can(work, incident.id, offer)
    return incidents.find(work, incident.id) or incident


def _by_service(alerts: Sequence[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for one in alerts:
        found.setdefault(one.service_id, []).append(one)
    return found
