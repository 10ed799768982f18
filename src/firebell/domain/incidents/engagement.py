"""Who is in an incident, in which role, since when. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from firebell.domain.incidents.model import Engagement, Incident, RoleName
from firebell.domain.incidents.outcome import Asking


def holds(incident: Incident, role: str, user_id: str) -> bool:
    return user_id in incident.holders(role)


def joined(incident: Incident, role: str, user_id: str, asking: Asking) -> Incident:
    """With this person in this role too. Whoever takes any part no longer only observes."""
    if holds(incident, role, user_id):
        return incident
    if role != RoleName.OBSERVER:
        incident = left(incident, RoleName.OBSERVER, user_id, asking)
    new = Engagement(role=role, user_id=user_id, since_at=asking.now, by=asking.by)
    return replace(incident, engagements=(*incident.engagements, new))


def left(incident: Incident, role: str | None, user_id: str | None, asking: Asking) -> Incident:
    """Without this person in this role; ``None`` is every role, every person. It is ended, not forgotten."""
    ended = tuple(
        replace(e, until_at=asking.now)
        if e.until_at is None and role in (None, e.role) and user_id in (None, e.user_id)
        else e
        for e in incident.engagements
    )
    return incident if ended == incident.engagements else replace(incident, engagements=ended)


def responders(incident: Incident) -> tuple[str, ...]:
    """Everybody at work: all who hold a role other than observer."""
    found = (e.user_id for e in incident.engagements if e.until_at is None and e.role != RoleName.OBSERVER)
    return tuple(dict.fromkeys(found))


def reporting(incident: Incident) -> tuple[str, ...]:
    """Who reports to the commander: everybody at work but the commander."""
    return tuple(one for one in responders(incident) if one != incident.commander_id)


def present(users: Iterable[str | None]) -> tuple[str, ...]:
    """The ones there are, without repeats."""
    return tuple(dict.fromkeys(one for one in users if one))
