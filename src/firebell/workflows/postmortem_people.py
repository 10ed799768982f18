"""The people of an incident as a postmortem speaks of them: by the role they held then.

A document says roles, never names. Who held which is kept apart, so that it can be looked up for interviews by those
who may, and the linter and every export go by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, RoleName
from firebell.domain.people import queries as people
from firebell.domain.postmortems import queries as postmortems
from firebell.domain.postmortems.blameless import Names, Person
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read

_TITLES: Mapping[str, str] = {
    RoleName.COMMANDER: "Incident Commander",
    RoleName.DEPUTY: "Deputy",
    RoleName.COMMS: "Comms Lead",
    RoleName.LIAISON: "internal liaison",
    RoleName.SCRIBE: "Scribe",
}
_ORDER = (*_TITLES, RoleName.RESPONDER, RoleName.OBSERVER)
ON_CALL = "on-call engineer"
_PERSON = re.compile(r"\busr_[0-9a-z]{18}\b")


def roles(read: Read, incident: Incident) -> dict[str, str]:
    """User → role held, of everybody who took part: the gravest role of each, numbered where several held it one after
    another; the first human to answer is the on-call engineer; the others are responders with numbers."""
    held: dict[str, list[str]] = {}
    for one in incident.engagements:
        held.setdefault(one.user_id, []).append(one.role)
    first = next((m.by for m in incident.milestones if m.name == "acknowledged" and m.by.startswith("usr_")), None)
    titles = {one.name: one.display_name for one in incidents.roles(read)} | dict(_TITLES)
    found: dict[str, str] = {}
    used: dict[str, int] = {}
    for user_id in dict.fromkeys((*held, *_others(incident))):
        role = min(held.get(user_id, [RoleName.RESPONDER]), key=_rank)
        title = titles.get(role, role) if role not in (RoleName.RESPONDER, RoleName.OBSERVER) else "responder"
        if title == "responder" and user_id == first:
            title = ON_CALL
        used[title] = used.get(title, 0) + 1
        if title == "responder":
            found[user_id] = f"responder {used[title]}"
        else:
            found[user_id] = title if used[title] == 1 else f"{title} {used[title]}"
    return found


def _others(incident: Incident) -> Iterable[str]:
    """People it names who held no role."""
    found = [incident.declared_by, incident.postmortem_owner_id or ""]
    found += [task.assignee_id or "" for task in incident.tasks]
    return [one for one in found if one.startswith("usr_")]


def _rank(role: str) -> int:
    return _ORDER.index(role) if role in _ORDER else len(_TITLES)


def in_prose(text: str, held: Mapping[str, str]) -> str:
    """``text`` with people's ids as their roles."""

    def said(match: re.Match[str]) -> str:
        role = held.get(match[0], "a responder")
        return role if role.startswith(("responder ", "a ")) else f"the {role}"

    return _PERSON.sub(said, text)


def names(read: Read, postmortem_id: str | None, held: Mapping[str, str] | None = None) -> Names:
    """The roster of the linter and of exports: everybody known here, deleted accounts too, with the roles held then."""
    mapped = dict(held) if held is not None else postmortems.role_map(read, postmortem_id or "")
    roster = _roster(read)
    order = {user_id: n for n, user_id in enumerate(mapped)}
    ordered = sorted(roster, key=lambda one: order.get(one.id, len(order)))
    return Names(
        people=tuple(
            Person(
                id=one.id, display_name=one.display_name, handles=one.handles, emails=one.emails, role=mapped[one.id]
            )
            if one.id in mapped
            else one
            for one in ordered
        ),
        things=_things(read),
    )


def _roster(read: Read) -> list[Person]:
    key = ("postmortem roster",)
    if key not in read.memo:
        house = Read(read.connection, read.now, SYSTEM)
        everybody = [*people.users(house), *people.users(house, deleted=True)]
        read.memo[key] = [
            Person(
                id=one.id, display_name=one.display_name or one.name, handles=(one.name,),
                emails=(one.email,) if one.email else (),
            )
            for one in everybody
        ]  # fmt: skip
    found: list[Person] = read.memo[key]
    return found


def _things(read: Read) -> tuple[str, ...]:
    key = ("postmortem things",)
    if key not in read.memo:
        house = Read(read.connection, read.now, SYSTEM)
        called = {(one.display_name, one.name) for one in services.services(house)}
        called |= {(one.display_name, one.name) for one in people.teams(house)}
        read.memo[key] = tuple(sorted({name for pair in called for name in pair if name}))
    things: tuple[str, ...] = read.memo[key]
    return things
