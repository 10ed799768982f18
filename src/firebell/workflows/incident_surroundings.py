"""What the rules of an incident need to know of the world around it: whose account is active, who is primary."""

from __future__ import annotations

from dataclasses import dataclass

from firebell.domain.escalation import queries as escalation
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Incident
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read
from firebell.workflows import audience

_COMMANDING = (verbs.TakeCommand, verbs.AcceptCommand, verbs.OfferCommand, verbs.SeizeCommand)
_NAMING = ("to", "user_id", "assignee_id", "executor_id", "owner_id", "comms_to", "tasks_to")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``active_ids``: of those engaged or named, who has an active account (``None``: the verb names nobody).
    ``primary_ids``: who is primary on call for its services now, looked up where command moves."""

    primary_ids: frozenset[str] = frozenset()
    active_ids: frozenset[str] | None = None


def of(read: Read, incident: Incident | None, verb: verbs.Verb) -> Surroundings:
    """What ``verb`` needs to know."""
    if incident is None:
        return Surroundings()
    named = {value for name in _NAMING if isinstance(value := getattr(verb, name, None), str) and value}
    commanding = isinstance(verb, _COMMANDING)
    if not named and not commanding:
        return Surroundings()
    found = people.people(read, {*incident.engaged_ids, *named})
    active = frozenset(
        str(user_id) for user_id, one in found.items() if one.user.active and one.user.deleted_at is None
    )
    return Surroundings(primaries(read, incident) if commanding else frozenset(), active)


def primaries(read: Read, incident: Incident) -> frozenset[str]:
    """Who would be told first of an alert of the incident's services at this instant."""
    house = Read(read.connection, read.now, SYSTEM)
    found: set[str] = set()
    for service_id in incident.service_ids:
        try:
            policy_id = services.service(house, service_id).policy_id
            policy = escalation.policy(house, policy_id) if policy_id else None
        except NotFound:
            continue
        if policy is not None and policy.climb.steps:
            found.update(one.user_id for one in audience.resolve(house, policy.climb.steps[0].notify).reached)
    return frozenset(found)
