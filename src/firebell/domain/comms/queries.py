"""What has been said, what is promised and what is due, as pages and the API read it.

Whether the incident itself may be seen is asked where it is looked up; ``team`` is the team it belongs to.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from firebell.domain.comms import defaults, desk_store, ledger, liquid, store
from firebell.domain.comms.model import (
    Audience,
    Clock,
    CommsSettings,
    Promise,
    Record,
    Template,
    Update,
    UpdateState,
)
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
    return desk_store.settings(read)


def templates(read: Read) -> list[Template]:
    """The template in force for every audience and phase word that has one: the edited one, else ours."""
    read.needs(Permission.INCIDENTS_VIEW)
    edited = desk_store.templates(read)
    found = []
    for audience, words in defaults.WORDS.items():
        for word in words:
            own, ours = edited.get((audience, word)), defaults.DEFAULTS.get((audience, word))
            if own is not None and own.body:
                found.append(own)
            elif ours is not None:
                found.append(replace(ours, version=own.version if own is not None else 0))
    return found


def template(read: Read, audience: str, phase: str) -> Template:
    """The template in force for a status word of an audience (``default`` stands in for words without one)."""
    read.needs(Permission.INCIDENTS_VIEW)
    return defaults.in_force(desk_store.templates(read), audience, phase)


def template_versions(read: Read, audience: str, phase: str) -> list[Template]:
    """How a template was edited, oldest first; an empty text is a return to ours."""
    read.needs(Permission.INCIDENTS_VIEW)
    return desk_store.template_versions(read, audience, phase)


def preview(read: Read, audience: str, phase: str, body: str) -> str:
    """What a template would say of an invented incident. Raises Invalid naming what is wrong in it."""
    read.needs(Permission.INCIDENTS_VIEW)
    public = audience == Audience.PUBLIC
    said = {
        "title": "Checkout errors", "reference": "INC-12", "severity": "SEV2",
        "impact": "A third of payments fail in Europe", "status": phase if public else phase.capitalize(),
        "eta": "" if public else "unknown", "commander": "Ada Park", "components": "Checkout and Payments",
        "minutes": 30, "next_update_by": "14:30 UTC", "doing": "we are rolling back a change",
        "still_failing": "payments are refused", "confirmation": "Payments succeed again since 14:05 UTC",
        "data_loss": "No data was lost", "if_it_persists": "If a payment still fails, try again once",
    }  # fmt: skip
    return liquid.render(body, said)


def kept(
    read: Read, *, since: Instant | None = None, hidden: Collection[str] = (), among: Collection[str] | None = None
) -> list[Record]:
    """How promises were kept, by audience and severity, of what was settled from ``since`` on.

    ``hidden``: incidents the actor must not know of; they are left out. ``among``: only those of these incidents, all
    of which the actor may see.
    """
    if among is None:
        read.needs(Permission.INCIDENTS_VIEW)
    elif not among:
        return []
    return ledger.records(
        one
        for one in store.settled(read, since)
        if one.incident_id not in hidden and (among is None or one.incident_id in among)
    )
