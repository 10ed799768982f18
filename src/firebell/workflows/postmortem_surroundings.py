"""What the rules of a postmortem need to know of the world around it: the roster, the SLOs, who may work on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from firebell.domain.incidents import queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.postmortems import completeness, queries, verbs
from firebell.domain.postmortems.blameless import NOBODY
from firebell.domain.postmortems.completeness import Around
from firebell.domain.postmortems.merge import Merged
from firebell.domain.postmortems.model import Document, Postmortem, Section
from firebell.domain.postmortems.outcome import Asking
from firebell.kernel import ids
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import postmortem_people, postmortem_spent

_NAMING = ("user_id", "owner_id")


def around(read: Read, one: Postmortem) -> Around:
    """For the checks of completeness."""
    return Around(
        peak=one.peak,
        now=read.now,
        publish_by=queries.deadlines_of(read, one).published_at,
        published_at=one.published_at,
        dismissed=tuple(known.key for known in one.dismissals),
        slo_linked=postmortem_spent.is_linked(read, one.incident_id, one.service_ids),
        names=postmortem_people.names(read, one.id),
    )


def asking(read: Read, one: Postmortem, verb: verbs.Verb, *, user_id: str) -> Asking:
    """What the rules need to know for ``verb``, as ``user_id`` (empty: the house) says it."""
    team = one.team_id
    missing: tuple[str, ...] = ()
    names = postmortem_people.names(read, one.id) if isinstance(verb, _WITH_NAMES) else NOBODY
    if isinstance(verb, verbs.Submit):
        missing = completeness.missing(completeness.check(one.document, around(read, one)))
    waive = read.actor.may(Permission.POSTMORTEMS_WAIVE, team)
    return Asking(
        now=read.now,
        user_id=user_id,
        new_id=partial(_new_id, read.now),
        approves=waive,
        releases=waive or read.actor.may(Permission.INCIDENTS_PRIVATE, team),
        names=names,
        missing=missing,
        earlier=_earlier(read, one, verb),
        outsiders=outsiders(read, one, _named(one, verb)),
        responders=_responders(read, one) if isinstance(verb, verbs.SetInvestigator) else frozenset(),
    )


_WITH_NAMES = (verbs.Publish, verbs.NamesToRoles, verbs.DismissHit)


def with_fresh(asking: Asking, fresh: dict[Section, Merged], process: tuple[str, ...]) -> Asking:
    """The same, with a new draft against the text."""
    return replace(asking, fresh=fresh, process=process)


def _new_id(now: Instant, prefix: str) -> str:
    return ids.new(prefix, now)


def _earlier(read: Read, one: Postmortem, verb: verbs.Verb) -> Document | None:
    if not isinstance(verb, verbs.Restore):
        return None
    found = queries.revision(read, one.id, verb.revision)
    return found.document if found is not None else None


def _named(one: Postmortem, verb: verbs.Verb) -> set[str]:
    """People the verb would put to work."""
    found = {value for name in _NAMING if isinstance(value := getattr(verb, name, None), str) and value}
    if isinstance(verb, verbs.CommitAction):
        found |= {item.owner_id for item in one.document.actions if item.id == verb.action and item.owner_id}
    return found


def outsiders(read: Read, one: Postmortem, user_ids: Iterable[str]) -> frozenset[str]:
    """Of these people, those with no active account, and those outside the circle of a private incident."""
    wanted = set(user_ids)
    if not wanted:
        return frozenset()
    known = people.people(read, wanted)
    active = {str(key) for key, who in known.items() if who.user.active and who.user.deleted_at is None}
    return frozenset(wanted - active) | (wanted - inside(read, one, active))


def inside(read: Read, one: Postmortem, user_ids: Iterable[str]) -> set[str]:
    """Of these people, those who may know of it."""
    wanted = set(user_ids)
    if not one.private or one.released:
        return wanted
    house = Read(read.connection, read.now, SYSTEM)
    circle = incidents.circle(house, one.incident_id) or frozenset()
    admins = set(people.admins(house))
    return {user_id for user_id in wanted if f"user:{user_id}" in circle or user_id in admins}


def _responders(read: Read, one: Postmortem) -> frozenset[str]:
    incident = incidents.find(read, one.incident_id)
    return frozenset(e.user_id for e in incident.engagements) if incident is not None else frozenset()
