"""Redaction: a secret or personal data on a timeline is destroyed, and what it was is still proven (incidents.md 5).

The entry's text often stands in the incident as well (a task, a decision, a summary), so it goes from there too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import store
from firebell.domain.incidents.document import decode, encode
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.visibility import seen
from firebell.kernel import journal
from firebell.kernel.actor import Permission
from firebell.kernel.db import doc, doc_decoder
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.work import Work

REDACTED = "[redacted]"
_REASON_MIN = 10
_FREE_TEXT = frozenset(
    {
        "title", "summary", "impact", "eta", "cause", "command_post", "note", "remedy_note", "reason", "text",
        "outcome", "proposal", "risk", "evidence", "against", "wrong", "scope", "question", "answer", "value",
        "all_clear", "signed_off",
    }
)  # fmt: skip
_ID = re.compile(r"[a-z]{2,5}_[0-9a-z]+")


def redact(work: Work, incident_id: str, n: int, why: str) -> None:
    """Destroy what entry ``n`` of the timeline says, keeping its digest, so that the chain still verifies.

    Raises NotFound, Forbidden, Invalid (no reason), Conflict (a legal hold; gone already).
    """
    incident = seen(work, store.take(work, incident_id))
    work.needs(Permission.INCIDENTS_EDIT, incident.team_id)
    if incident.legal_hold:
        raise Conflict("This incident is under legal hold: nothing of it may be destroyed.")
    if len(why.strip()) < _REASON_MIN:
        raise Invalid("Say why in at least ten characters.", field="why", hint="Not the secret itself.")
    entry = journal.entry(work.connection, incident_id, n)
    if entry is None:
        raise NotFound("There is no such entry.", field="n")
    if not journal.redact(work.connection, incident_id, n):
        raise Conflict("This entry has been redacted already.", field="n")
    after = without(incident, entry.data)
    if after != incident:
        store.save(work, incident, replace(after, version=incident.version + 1))
    work.record(incident_id, journal.Redacted(n=n, why=why.strip()))
    work.publish("incidents", incident_id)


def without(incident: Incident, said: Mapping[str, Any]) -> Incident:
    """The incident with every free text that the entry ``said`` blanked out."""
    gone = {value for value in _texts(said) if value and not _ID.fullmatch(value)}
    document = doc_decoder.decode(encode(incident))
    return decode(doc(_blanked(document, gone))) if gone else incident


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []


def _blanked(value: Any, gone: set[str], name: str = "") -> Any:
    if isinstance(value, str):
        return REDACTED if name in _FREE_TEXT and value in gone else value
    if isinstance(value, dict):
        return {key: _blanked(inner, gone, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_blanked(inner, gone, name) for inner in value]
    return value
