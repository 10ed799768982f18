"""Something is said to the public: the page says it, and its subscribers are told once, in one message.

The one way in for pages, API, chat and the updates of an incident; the commands behind it tell nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firebell.domain.incidents.model import Incident, MilestoneName
from firebell.domain.statuspage import commands, queries, rules
from firebell.domain.statuspage.model import Component, PublicIncident, PublicStatus, PublicUpdate, StatusPage
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.work import Read, Work
from firebell.workflows import subscribers_told


def publish(work: Work, incident: Incident, update: Any) -> list[PublicIncident]:
    """Put a public update of ``comms`` on the pages it is for; returns what now stands there.

    ``update`` says ``body``, ``title``, ``status``, ``components``, ``next_update_by``, ``page_id``, ``event_at``,
    ``id`` and ``automatic``. Its words for the status count if it has any, else the incident's phase does. Raises
    Conflict for a private incident: nothing of it may be public.
    """
    if incident.private:
        raise Conflict("A private incident is not published.", hint="Lift its privacy first.")
    return [
        post(
            work,
            page.id,
            incident_id=incident.id,
            name=update.title or incident.title,
            status=update.status.lower() if update.status.lower() in tuple(PublicStatus) else status_of(incident),
            body=update.body,
            components=here,
            event_at=update.event_at,
            next_update_by=update.next_update_by,
            automatic=bool(getattr(update, "automatic", False)),
            update_id=str(getattr(update, "id", "")),
        )
        for page, here in targets(work, incident, update.page_id, update.components)
    ]


def status_of(incident: Incident) -> PublicStatus:
    """The public status that goes with an incident's phase and milestones."""
    return rules.status_for(
        incident.phase,
        identified=incident.milestone(MilestoneName.IDENTIFIED) is not None,
        postmortem_published=incident.milestone(MilestoneName.POSTMORTEM_PUBLISHED) is not None,
    )


def targets(
    read: Read, incident: Incident, page_id: str | None = None, components: Mapping[str, str] | None = None
) -> list[tuple[StatusPage, dict[str, str]]]:
    """The pages an incident is told on, each with those of the components that are on it.

    The page that is named, else those of the components, else those where it was told before, else those of the
    incident's own components, else the only page there is.
    """
    wanted = dict(components or {})
    as_system = Read(read.connection, read.now, SYSTEM)
    every = {str(page.id): page for page in queries.pages(as_system) if not page.disabled}
    known = queries.components_by_id(read, [*wanted, *incident.component_ids])
    for unknown in (each for each in wanted if each not in known):
        raise Invalid("There is no such component.", field=f"components.{unknown[:40]}")
    if page_id is not None:
        chosen = [page_id]
    else:
        chosen = (
            [known[each].page_id for each in wanted]
            or [one.page_id for one in queries.of_incident(as_system, incident.id)]
            or [known[each].page_id for each in incident.component_ids if each in known]
            or (list(every) if len(every) == 1 else [])
        )
    if not chosen:
        raise Invalid("Which status page is this for?", field="page_id", hint="Name a page or a component.")
    return [
        (every[each], {one: state for one, state in wanted.items() if known[one].page_id == each})
        for each in dict.fromkeys(chosen)
        if each in every
    ]


def post(work: Work, page_id: str, **said: Any) -> PublicIncident:
    """:func:`firebell.domain.statuspage.commands.publish`, and its subscribers are told if ``notify``."""
    fresh = not said.get("update_id") or not queries.was_published(work, page_id, said["update_id"])
    made = commands.publish(work, page_id, **said)
    if fresh and made.updates and _newest(made.updates).notify:
        subscribers_told.incident_posted(work, page_id, made, _newest(made.updates))
    return made


def set_component(work: Work, component_id: str, status: str, note: str = "", *, notify: bool = True) -> Component:
    """A component's state and its note, and one message about both."""
    before = queries.component(Read(work.connection, work.now, SYSTEM), component_id)
    after = commands.set_component(work, component_id, status, note)
    if notify and before.status != after.status:
        subscribers_told.component_changed(work, after.page_id, before, after)
    return after


def align(work: Work, public_incident_id: str, status: str, body: str, at: Instant | None = None) -> PublicIncident:
    """Bring a public incident to a status with a text: the one-click fix of the consistency checks.

    Resolving also puts its components back to operational.
    """
    found = queries.incident(work, public_incident_id)
    over = status in (PublicStatus.RESOLVED, PublicStatus.POSTMORTEM)
    return post(
        work, found.page_id, public_incident_id=found.id, name=found.name, status=status, body=body, event_at=at,
        components=dict.fromkeys(_still_there(work, found.components), "operational") if over else {},
    )  # fmt: skip


def _still_there(read: Read, component_ids: Mapping[str, str]) -> list[str]:
    return list(queries.components_by_id(read, list(component_ids)))


def _newest(updates: Sequence[PublicUpdate]) -> PublicUpdate:
    return max(updates, key=lambda one: (one.created_at, one.id))
