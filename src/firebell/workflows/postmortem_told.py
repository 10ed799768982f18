"""Somebody is told something of a postmortem or of an action item: a notice by the method they use first.

A private incident is spoken of by its codename, and only to those who may know of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from firebell.domain.incidents import queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.postmortems.outcome import Tell
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_words, nudged, postmortem_surroundings


def tell(work: Work, one: Postmortem, said: Iterable[Tell], *, noun: str = "The postmortem") -> tuple[str, ...]:
    """Give these notices; returns whom they were for. ``noun`` begins each sentence."""
    incident = incidents.find(work, one.incident_id)
    if incident is None:
        return ()
    told: list[str] = []
    for each in said:
        inside = postmortem_surroundings.inside(work, one, each.users)
        users = [user_id for user_id in each.users if user_id in inside]
        nudged.nudge(
            work, users, title=f"{incident_words.title(incident)}: postmortem",
            body=f"{noun} {incident_words.with_names(work, each.text)}", incident_id=incident.id,
        )  # fmt: skip
        told += users
    return tuple(dict.fromkeys(told))


def commander_of(work: Read, one: Postmortem) -> tuple[str, ...]:
    """Who commands or last commanded its incident."""
    incident = incidents.find(work, one.incident_id)
    held = [e.user_id for e in incident.engagements if e.role == "commander"] if incident is not None else []
    return tuple(held[-1:])


def managers(read: Read, one: Postmortem, item: ActionItem | None = None) -> tuple[str, ...]:
    """Who answers for the team an item (or the incident) belongs to, as far as they may know of it; administrators
    where there is no such team."""
    house = Read(read.connection, read.now, SYSTEM)
    team_id = (item.team_id if item is not None else None) or one.team_id
    found = [str(user_id) for user_id in people.team_owners(house, team_id)] if team_id else []
    inside = postmortem_surroundings.inside(read, one, found)
    kept = [user_id for user_id in found if user_id in inside]
    return tuple(kept or [str(user_id) for user_id in people.admins(house)])
