"""What an event says: as JSON for programs, in PagerDuty's words for programs that know those, in a line for chats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firebell.domain.alerts.model import Alert
from firebell.domain.incidents.model import Incident
from firebell.domain.webhooks.model import CHATTY, Flavour
from firebell.kernel.journal import Entry
from firebell.kernel.text import cut, cut_bytes

_TEXT_MAX_BYTES = 6_000
_PAGERDUTY = {
    "alert.opened": "incident.triggered",
    "alert.acknowledged": "incident.acknowledged",
    "alert.unacknowledged": "incident.unacknowledged",
    "alert.resolved": "incident.resolved",
    "alert.severity_changed": "incident.priority_updated",
    "escalation.step_entered": "incident.escalated",
    "webhook.test": "pagey.ping",
}
_LINES = {
    "incident.declared": "declared as {severity}",
    "incident.mitigated": "impact has stopped ({remedy})",
    "incident.resolved": "resolved. {all_clear}",
    "incident.reopened": "reopened: {reason}",
    "incident.closed": "closed",
    "severity.raised": "severity raised to {after}. {reason}",
    "severity.lowered": "severity lowered to {after}: {reason}",
    "alert.opened": "opened as {severity}",
    "alert.severity_changed": "severity went from {before} to {after}",
    "statuspage.update_posted": "{name}: {body}",
    "slo.state_changed": "{name}: its error budget is {after} now, after {before}",
    "slo.stream_changed": "{name}: its {stream} alert is {after} now",
    "slo.consequence": "{name}: “{threshold}” holds",
    "gate.answered": "the gate said {decision} to {change}: {words}",
    "gate.overridden": "the gate is overridden until {until}: {reason}",
    "webhook.test": "a test: this address works",
}
_NAMED = {"postmortem": "postmortem", "action": "action item", "slo": "objective", "gate": "gate"}
"""What a line has to name, since its title is the incident's or the service's."""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the journal with what is known about its subject. ``team_ids``: whose it is."""

    id: str
    entry: Entry
    url: str
    team_ids: frozenset[str | None] = frozenset()
    private: bool = False
    drill: bool = False
    incident: Incident | None = None
    alert: Alert | None = None
    service: str = ""


def payload(event: Event, flavour: Flavour) -> dict[str, Any] | None:
    """What is sent to an endpoint of that flavour (``None``: it has no word for this)."""
    if flavour in CHATTY:
        return _line(event)
    return _pagerduty(event) if flavour is Flavour.PAGERDUTY else _standard(event)


def _standard(event: Event) -> dict[str, Any]:
    entry = event.entry
    data: dict[str, Any] = {
        "subject": entry.subject,
        "actor": entry.actor,
        "event_at": entry.event_at.format_iso(),
        "url": event.url,
        "fact": _short(entry.data),
    }
    if event.incident is not None:
        data["incident"] = _incident(event.incident)
    if event.alert is not None:
        data["alert"] = _alert(event.alert, event.service)
    return {"type": entry.kind, "timestamp": entry.at.format_iso(), "data": data}


def _incident(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id, "number": one.number, "reference": one.reference, "title": one.name, "kind": one.kind,
        "phase": one.phase, "severity": one.severity, "commander_id": one.commander_id, "team_id": one.team_id,
        "private": one.private, "service_ids": list(one.service_ids), "declared_at": one.declared_at.format_iso(),
    }  # fmt: skip


def _alert(one: Alert, service: str) -> dict[str, Any]:
    return {
        "id": one.id, "state": one.state, "severity": one.severity, "urgency": one.urgency,
        "summary": cut(one.summary, 500), "service_id": one.service_id, "service": service, "team_id": one.team_id,
        "dedup_key": one.dedup_key, "opened_at": one.opened_at.format_iso(),
    }  # fmt: skip


def _pagerduty(event: Event) -> dict[str, Any] | None:
    word = _PAGERDUTY.get(event.entry.kind)
    if word is None or (event.alert is None and word != "pagey.ping"):
        return None
    entry, alert = event.entry, event.alert
    kind, _, who = entry.actor.partition(":")
    said: dict[str, Any] = {"message": "a test: this address works", "type": "ping"}
    if alert is not None:
        said = {
            "id": alert.id, "type": "incident", "self": event.url, "html_url": event.url, "number": None,
            "status": {"open": "triggered"}.get(alert.state, alert.state), "incident_key": alert.dedup_key,
            "created_at": alert.opened_at.format_iso(), "title": cut(alert.summary, 500),
            "service": {"id": alert.service_id, "type": "service_reference", "summary": event.service},
            "assignees": [], "escalation_policy": None,
            "teams": [{"id": alert.team_id, "type": "team_reference"}] if alert.team_id else [],
            "priority": {"id": alert.severity, "type": "priority_reference", "summary": alert.severity},
            "urgency": alert.urgency, "conference_bridge": None, "resolve_reason": None,
        }  # fmt: skip
    agent = {"id": who, "type": f"{kind}_reference", "summary": None} if kind == "user" else None
    return {
        "event": {
            "id": event.id, "event_type": word, "resource_type": word.partition(".")[0],
            "occurred_at": entry.at.format_iso(), "agent": agent, "client": {"name": "Firebell"}, "data": said,
        }
    }  # fmt: skip


def _line(event: Event) -> dict[str, Any]:
    if event.incident is not None:
        title = f"{event.incident.reference} {event.incident.name}"
    elif event.alert is not None:
        title = f"{event.alert.severity} {event.alert.summary}" + (f" ({event.service})" if event.service else "")
    else:
        title = event.service or "Firebell"
    family, _, happened = event.entry.kind.replace("_", " ").partition(".")
    if family in _NAMED:
        happened = f"{_NAMED[family]} {happened}"
    words = _LINES.get(event.entry.kind, happened)
    said = {name: cut(str(value), 1500) for name, value in event.entry.data.items() if value is not None}
    try:
        text = words.format_map(said)
    except KeyError:
        text = happened
    return {"title": cut(title, 200), "text": text.strip(), "links": [{"title": "Open", "url": event.url}]}


def _short(fact: Mapping[str, Any]) -> dict[str, Any]:
    """The specification advises at most 20 kB for the whole payload."""
    return {
        name: cut_bytes(value, _TEXT_MAX_BYTES) if isinstance(value, str) else value for name, value in fact.items()
    }
