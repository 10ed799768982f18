"""Who may say something about an incident, and who releases public text."""

from __future__ import annotations

from firebell.domain.comms.model import Audience, Situation
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read


def may(read: Read, situation: Situation, audience: str = Audience.INTERNAL) -> None:
    """Raises Forbidden unless the actor may say something: who is at work in the incident, and responders; for the
    public also with the permission to publish. A key is bound to what it was given, whosever it is."""
    if read.actor.id not in situation.at_work_ids:
        read.needs(Permission.INCIDENTS_RESPOND, situation.team_id)
    if audience == Audience.PUBLIC:
        read.needs(Permission.STATUS_PUBLISH, situation.team_id)


def may_approve(situation: Situation, user_id: str, delegation: tuple[str, str] | None) -> bool:
    """Whether this person releases public text now: the commander, or the deputy if this commander said so."""
    if user_id == situation.commander_id:
        return True
    return delegation is not None and delegation == (situation.commander_id, user_id) and user_id == situation.deputy_id
