"""How an incident is spoken of in messages: by its reference, a private one by its codename, people by their names."""

from __future__ import annotations

import re

from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.people import queries as people
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read

_PERSON = re.compile(r"\busr_[0-9a-z]{18}\b")


def reference(incident: Incident) -> str:
    """``INC-12``, or ``DRILL INC-12``: what stands first wherever it is read at a glance."""
    return f"DRILL {incident.reference}" if incident.kind is Kind.DRILL else incident.reference


def title(incident: Incident) -> str:
    """``INC-12 SEV2 Checkout errors``."""
    return f"{reference(incident)} {incident.severity or 'severity unset'} {incident.name}"


def with_names(read: Read, text: str) -> str:
    """``text`` with people's ids (rules know no names) replaced by what they are called."""
    ids = set(_PERSON.findall(text))
    if not ids:
        return text
    found = {str(user_id): person.user.display_name for user_id, person in people.people(read, ids).items()}
    return _PERSON.sub(lambda match: found.get(match[0], "somebody"), text)


def named(read: Read, refused: Refused) -> Refused:
    """The refusal with people called by their names: whoever is told that somebody commands is told who."""
    refused.message = with_names(read, refused.message)
    refused.hint = with_names(read, refused.hint) if refused.hint else None
    refused.args = (refused.message,)
    return refused
