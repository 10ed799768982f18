"""An account is switched off or deleted: whoever held command or a role in an incident holds it no longer, at once.

What they promised goes back to who answers for the team, and what they were to write waits for somebody else.
"""

from __future__ import annotations

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Incident, RoleName
from firebell.domain.people import commands as people
from firebell.domain.postmortems import commands as postmortems
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work
from firebell.workflows import action_due, incident_calls, incident_moves

_PAGED_FOR = frozenset({RoleName.DEPUTY, RoleName.COMMS})


def deactivate(work: Work, user_id: str) -> None:
    """``people.deactivate_user``, and what that means for incidents. Raises what that one raises."""
    people.deactivate_user(work, user_id)
    _leave(work, user_id)


def delete(work: Work, user_id: str, *, managed_by: str | None = None) -> None:
    """``people.delete_user``, and what that means for incidents. Raises what that one raises."""
    people.delete_user(work, user_id, managed_by=managed_by)
    _leave(work, user_id)


def _leave(work: Work, user_id: str) -> None:
    for incident in incidents.active(Read(work.connection, work.now, SYSTEM)):
        if user_id not in incident.engaged_ids:
            continue
        held = [e.role for e in incident.engagements if e.user_id == user_id and e.until_at is None]
        if incident.commander_id == user_id:
            incident_moves.tell(work, incident.id, verbs.LoseCommander())
        for role in held:
            if role != RoleName.COMMANDER:
                incident_moves.tell(work, incident.id, verbs.LeaveRole(role=role, user_id=user_id))
        _find_others(work, incident, held)
    action_due.owner_left(work, user_id)
    postmortems.owner_left(work, user_id)


def _find_others(work: Work, before: Incident, held: list[str]) -> None:
    """Vacancies that must not last are paged; the commandless clock looks after command itself."""
    after = incidents.find(work, before.id)
    for role in held:
        if after is not None and role in _PAGED_FOR and not after.holders(role):
            incident_calls.role(work, after, role, "Whoever held it has no active account any more.")
