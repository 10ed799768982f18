"""What has been said, what is promised and what is due, as pages and the API read it.

Whether the incident itself may be seen is asked where it is looked up; ``team`` is the team it belongs to.
"""

from __future__ import annotations

from firebell.domain.comms import store
from firebell.domain.comms.model import Clock, CommsSettings, Promise, Template, Update, UpdateState
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read


def updates(
    read: Read, incident_id: str, *, audience: str | None = None, sent: bool = False, team: str | None = None
) -> list[Update]:
    """An incident's updates, oldest first: all, or of one audience, or only those that were ``sent``."""
    read.needs(Permission.INCIDENTS_VIEW, team)
    return [
        one
        for one in store.updates_of(read, incident_id)
        if audience in (None, one.audience) and (not sent or one.state == UpdateState.SENT)
    ]


def update(read: Read, update_id: str, *, team: str | None = None) -> Update:
    """One update; NotFound when there is none."""
    read.needs(Permission.INCIDENTS_VIEW, team)
    found = store.get_update(read, update_id)
    if found is None:
        raise NotFound("There is no such update.")
    return found


def promises(read: Read, incident_id: str, *, team: str | None = None) -> list[Promise]:
    """The promise ledger of an incident, oldest first."""
    read.needs(Permission.INCIDENTS_VIEW, team)
    return store.promises_of(read, incident_id)


def clocks(read: Read, incident_id: str, *, team: str | None = None) -> dict[str, Clock]:
    """The clocks of an incident by audience; one with ``due_at`` ``None`` does not run."""
    read.needs(Permission.INCIDENTS_VIEW, team)
    return store.clocks_of(read, incident_id)


def next_due(read: Read) -> Instant | None:
    """When the next reminder is due."""
    return store.next_ring(read)


def settings(read: Read) -> CommsSettings:
    read.needs(Permission.INCIDENTS_VIEW)
    return store.settings(read)


def templates(read: Read) -> list[Template]:
    """The template in force for every audience and phase word."""
    read.needs(Permission.INCIDENTS_VIEW)
    raise NotImplementedError
