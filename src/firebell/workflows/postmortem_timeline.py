"""The journal of an incident as lines of a postmortem's timeline: what was starred, decided, changed, handed over.

The walk begins before the incident, with the last changes to its services, and goes forward.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firebell.domain.alerts import queries as alerts
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident
from firebell.domain.postmortems.timeline import Entry
from firebell.domain.services import queries as services
from firebell.kernel import journal
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Read

BEFORE_S = 24 * 3600
"""Changes to its services this long before the impact are candidates."""
_CHANGES_MAX = 20
_ENTRIES_MAX = 5_000
_FOLLOW_UP = re.compile(r"^\s*(?:follow[ -]?up|todo)\b\s*[:\-–]*\s*(?P<text>.+)$", re.IGNORECASE | re.DOTALL)
_Data = Mapping[str, Any]


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """``follow_ups``: notes that ask for something to be done afterwards."""

    entries: tuple[Entry, ...]
    changes: tuple[Entry, ...]
    follow_ups: tuple[str, ...]


def _with(data: _Data, name: str, words: str) -> str:
    """``words`` about a field, if it says anything."""
    return words.format(data[name]) if data.get(name) else ""


def _reason(data: _Data) -> str:
    return _with(data, "reason", ": {}")


def _size_up(data: _Data) -> str:
    scope = f" Scope: {data['scope']}." if data.get("scope") else ""
    return f"Size-up: {data['wrong']}.{scope} Trend: {data['trend']}."


def _command(data: _Data) -> str:
    who = data["user_id"]
    if data["how"] == "accepted":
        return f"Command passed from {data['before']} to {who}."
    return f"{who} {'seized' if data['how'] == 'seized' else 'took'} command{_reason(data)}."


def _severity(word: str) -> Callable[[_Data], str]:
    return lambda data: f"Severity {word} to {data['after']}{_reason(data)}."


_ALWAYS: Mapping[str, Callable[[_Data], str]] = {
    "incident.declared": lambda d: f"Declared{_with(d, 'severity', ' as {}')}: {d['title']}.",
    "severity.raised": _severity("raised"),
    "severity.lowered": _severity("lowered"),
    "size_up.given": _size_up,
    "decision.adopted": lambda d: f"Decision: {d['proposal']}{_over(d)}.",
    "incident.mitigated": lambda d: f"Mitigated by {d['remedy'].replace('_', ' ')}{_with(d, 'note', ': {}')}.",
    "incident.resolved": lambda d: f"Resolved. {d['all_clear']}",
    "incident.reopened": lambda d: f"Reopened{_reason(d)}.",
    "command.taken": _command,
    "command.lost": lambda d: f"{d['user_id']} no longer commands ({d['why'].replace('_', ' ')}).",
}
_STARRED: Mapping[str, Callable[[_Data], str]] = {
    "note.added": lambda d: str(d["text"]),
    "task.assigned": lambda d: f"Task for {d['user_id']}: {d['text']}.",
    "task.finished": lambda d: f"Done: {d['text']}{_with(d, 'outcome', ' ({})')}.",
    "task.dropped": lambda d: f"Dropped: {d['text']}{_reason(d)}.",
    "hypothesis.suggested": lambda d: f"Hypothesis: {d['text']}.",
    "hypothesis.eliminated": lambda d: f"Ruled out: {d['text']} ({d['evidence']}).",
    "decision.proposed": lambda d: f"Proposed: {d['proposal']}.",
    "decision.objected": lambda d: f"Objection: {d['text']}.",
    "criterion.ticked": lambda d: f"Verified: {d['text']} ({d['value']}).",
    "role.taken": lambda d: f"{d['user_id']} took the role of {d['role']}.",
}


def _over(data: _Data) -> str:
    count = data.get("objections", 0)
    return f" (over {count} objection{'s' if count != 1 else ''})" if count else ""


def gather(house: Read, incident: Incident, held: Mapping[str, str]) -> Walk:
    """Everything that belongs on the timeline of ``incident``, in any order."""
    corrected = incidents.corrections(house, incident.id)
    stars, entries, follow_ups = set(incident.stars), [], []
    for one in incidents.timeline(house, incident.id, limit=_ENTRIES_MAX):
        if one.redacted:
            continue
        data = one.data
        if one.kind == "note.added" and (match := _FOLLOW_UP.match(str(data.get("text", "")))):
            follow_ups.append(" ".join(match["text"].split()))
        words = _words(one.kind, data, starred=one.n in stars)
        if not words:
            continue
        better = corrected.get(one.n)
        at, text = (better.event_at, str(better.data["text"])) if better is not None else (one.event_at, words)
        url = f"/incidents/{incident.id}/timeline#e{one.n}"
        entries.append(Entry(at=at, text=text, url=url, corrected=better is not None))
    entries += _first_alert(house, incident)
    return Walk(entries=tuple(entries), changes=tuple(_changes(house, incident)), follow_ups=tuple(follow_ups))


def _words(kind: str, data: _Data, *, starred: bool) -> str:
    say = _ALWAYS.get(kind) or (_STARRED.get(kind) if starred else None)
    if say is not None:
        return say(data)
    if not starred:
        return ""
    # A star on anything else: what it says, as far as it says anything.
    said = next((str(data[name]) for name in ("text", "title", "summary", "why", "reason") if data.get(name)), "")
    words = kind.replace(".", " ").replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}{f': {said}' if said else ''}."


def _first_alert(house: Read, incident: Incident) -> list[Entry]:
    found = alerts.by_ids(house, [one.alert_id for one in incident.alerts]).values()
    first = min(found, key=lambda one: one.opened_at, default=None)
    if first is None:
        return []
    return [Entry(at=first.opened_at, text=f"First alert: {first.summary}", url=f"/alerts/{first.id}")]


def _changes(house: Read, incident: Incident) -> list[Entry]:
    """The last changes to its services before the impact: edits here, and changes that asked the budget gate."""
    began = _began(incident)
    since = plus(began, -BEFORE_S)
    names = services.display_names(house, incident.service_ids)
    found: list[Entry] = []
    for service_id in incident.service_ids:
        name = names.get(service_id, "the service")
        found += [
            Entry(at=one.at, text=words, url=f"/services/{service_id}")
            for one in journal.of(house.connection, service_id)
            if since <= one.at <= began and (words := _change(one.kind, one.data, name))
        ]
    return sorted(found, key=lambda one: one.at or began)[-_CHANGES_MAX:]


def _began(incident: Incident) -> Instant:
    known = incident.milestone("impact_started")
    return known.at if known is not None and known.at is not None else incident.declared_at


def _change(kind: str, data: _Data, name: str) -> str:
    match kind:
        case "service.edited":
            fields = ", ".join(sorted(str(field).replace("_", " ") for field in data.get("changed", {})))
            return f"{name}: settings changed ({fields})."
        case "gate.answered" if data.get("decision") != "block":
            what = " ".join(str(data[key]) for key in ("change", "sha") if data.get(key))
            return f"{name}: a change went out{f' ({what})' if what else ''}."
    return ""
