"""Who sees an incident. To everybody else a private one behaves as if it did not exist (incidents.md 10).

The rule is written twice, once for a value and once for a list in SQL; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true

from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.store import PERSON, incident_links, incidents
from firebell.kernel.actor import Actor, Permission
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read

_PEOPLE = frozenset({"user", "link"})


def person_of(actor: Actor) -> str:
    """The person this actor is in their own right: empty for a token, an integration and the house."""
    return actor.id if actor.kind in _PEOPLE else ""


def is_inside(actor: Actor, incident: Incident) -> bool:
    """Whether the actor is engaged in it or was let into it."""
    person = person_of(actor)
    return bool(person) and (person in incident.engaged_ids or person in incident.member_ids)


def visible(actor: Actor, incident: Incident) -> bool:
    """Whether the actor may know of it."""
    if actor.kind == "system" or is_inside(actor, incident):
        return True
    wanted = Permission.INCIDENTS_PRIVATE if incident.private else Permission.INCIDENTS_VIEW
    return actor.may(wanted, incident.team_id)


def missing() -> NotFound:
    """What is said of an incident that is not there, and of one that is not to be seen: the very same."""
    return NotFound("There is no such incident.", field="incident_id")


def seen(read: Read, found: Incident | None) -> Incident:
    """``found``, if the actor may know of it. Raises NotFound; Forbidden to one who may see no incident at all."""
    if found is not None and visible(read.actor, found):
        return found
    if found is None or found.private:
        read.needs(Permission.INCIDENTS_VIEW, _any_team(read.actor))
        raise missing()
    read.needs(Permission.INCIDENTS_VIEW, found.team_id)
    raise missing()


def _any_team(actor: Actor) -> str | None:
    return next((team for team in actor.teams if actor.may(Permission.INCIDENTS_VIEW, team)), None)


def _inside(read: Read) -> ColumnElement[bool]:
    tied = select(incident_links.c.incident_id).where(
        incident_links.c.kind == PERSON, incident_links.c.other_id == person_of(read.actor)
    )
    return incidents.c.id.in_(tied)


def _within(read: Read, permission: Permission) -> ColumnElement[bool]:
    """Incidents for which the actor holds ``permission``."""
    if permission in read.actor.grants:
        return true()
    teams = sorted(team for team, granted in read.actor.teams.items() if permission in granted)
    return incidents.c.team_id.in_(teams)


def where_visible(read: Read) -> ColumnElement[bool]:
    """The rule as a condition on ``incidents``. Raises Forbidden to one who may see no incident at all."""
    if read.actor.kind == "system":
        return true()
    read.needs(Permission.INCIDENTS_VIEW, _any_team(read.actor))
    public = ~incidents.c.private & _within(read, Permission.INCIDENTS_VIEW)
    private = incidents.c.private & _within(read, Permission.INCIDENTS_PRIVATE)
    return or_(public, private, _inside(read))


def hidden_subjects(read: Read) -> set[str]:
    """Ids of the private incidents this actor must not know of. For everything that is not an incident itself and
    might still tell of one: the journal, searches, exports."""
    if read.actor.kind == "system" or Permission.INCIDENTS_PRIVATE in read.actor.grants:
        return set()
    key = ("hidden incidents",)
    if key not in read.memo:
        query: Select[Any] = select(incidents.c.id).where(
            incidents.c.private, ~_within(read, Permission.INCIDENTS_PRIVATE), ~_inside(read)
        )
        read.memo[key] = {row.id for row in read.all(query)}
    found: set[str] = read.memo[key]
    return found
