"""Private incidents: who makes one private, who is let in, who is put out (incidents.md 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement
from firebell.domain.incidents.guards import needs_commander, needs_person, needs_reason
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.record_facts import (
    IncidentMadePrivate,
    IncidentMadePublic,
    PersonAdmitted,
    PersonExpelled,
)
from firebell.domain.incidents.verbs import Admit, Expel, MakePrivate, MakePublic, Verb
from firebell.kernel.errors import Conflict


def _may(incident: Incident, asking: Asking, what: str) -> None:
    if not asking.is_admin:
        needs_commander(incident, asking, what)


def make_private(incident: Incident, verb: MakePrivate, asking: Asking, saying: Saying) -> Incident:
    """MakePrivate: whoever is at work in it stays inside; the codename is given when it is stored."""
    _may(incident, asking, "make it private")
    security = incident.security or verb.security
    if incident.private and incident.security == security:
        return incident
    inside = (*incident.member_ids, *incident.engaged_ids, asking.user_id or None)
    members = engagement.present(inside)
    saying.record(IncidentMadePrivate(security=security, members=list(members)))
    return replace(incident, private=True, security=security, member_ids=members)


def make_public(incident: Incident, verb: MakePublic, asking: Asking, saying: Saying) -> Incident:
    """MakePublic: everything ever written in it becomes readable, so it takes a reason."""
    _may(incident, asking, "make it public")
    if not incident.private:
        return incident
    reason = needs_reason(verb.reason, what="Making a private incident public")
    if incident.legal_hold:
        raise Conflict("This incident is under legal hold and stays private.", field="verb")
    saying.record(IncidentMadePublic(reason=reason))
    return replace(incident, private=False, codename="", member_ids=())


def admit(incident: Incident, verb: Admit, asking: Asking, saying: Saying) -> Incident:
    """Admit somebody who is not at work in it."""
    _may(incident, asking, "let somebody in")
    _check_private(incident)
    user_id = needs_person(verb.user_id, asking)
    if user_id in incident.member_ids:
        return incident
    saying.record(PersonAdmitted(user_id=user_id))
    return replace(incident, member_ids=(*incident.member_ids, user_id))


def expel(incident: Incident, verb: Expel, asking: Asking, saying: Saying) -> Incident:
    """Expel: out of its members and out of every role; the commander hands over first."""
    _may(incident, asking, "put somebody out")
    _check_private(incident)
    if incident.commander_id == verb.user_id:
        raise Conflict("The Incident Commander cannot be put out.", field="user_id", hint="Have command handed over.")
    held = [e.role for e in incident.engagements if e.user_id == verb.user_id and e.until_at is None]
    if verb.user_id not in incident.member_ids and not held:
        return incident
    saying.record(PersonExpelled(user_id=verb.user_id, roles=list(dict.fromkeys(held))))
    members = tuple(one for one in incident.member_ids if one != verb.user_id)
    return engagement.left(replace(incident, member_ids=members), None, verb.user_id, asking)


def _check_private(incident: Incident) -> None:
    if not incident.private:
        raise Conflict("This incident is not private: everybody sees it.", field="verb", hint="Make it private first.")


HANDLERS: Mapping[type[Verb], Any] = {
    MakePrivate: make_private,
    MakePublic: make_public,
    Admit: admit,
    Expel: expel,
}
