"""Status pages for people and programs. What the public side reads asks no permission: its gate does."""

from __future__ import annotations

from collections.abc import Collection

from firebell.domain.statuspage import maintenance, rules, said_store, store
from firebell.domain.statuspage.model import Component, PublicIncident, PublicUpdate, Snapshot, Span, StatusPage
from firebell.domain.statuspage.uptime import DAYS
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read

_VIEW = Permission.STATUS_VIEW
INCIDENTS_MAX = 50


def page(read: Read, page_id: str, *, deleted: bool = False) -> StatusPage:
    """One page; raises NotFound. ``deleted``: also a deleted one."""
    found = store.page(read, page_id, deleted=deleted)
    read.needs(_VIEW, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such status page.", field="page_id")
    return found


def page_by_slug(read: Read, slug: str) -> StatusPage | None:
    found = store.page_by_slug(read, slug)
    read.needs(_VIEW, found.team_id if found else None)
    return found


def pages(read: Read, *, deleted: bool = False) -> list[StatusPage]:
    """All pages by name; ``deleted``: only the deleted ones."""
    read.needs(_VIEW)
    return store.all_pages(read, deleted=deleted)


def components(read: Read, page_id: str) -> list[Component]:
    """All components of a page, hidden ones too, in their order."""
    read.needs(_VIEW)
    return store.components_of(read, page_id)


def component(read: Read, component_id: str) -> Component:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = store.component(read, component_id)
    if found is None:
        raise NotFound("There is no such component.", field="component_id")
    return found


def components_by_id(read: Read, component_ids: Collection[str]) -> dict[str, Component]:
    """Those of the components that are there. Asks no permission: it names what an incident or an update says."""
    return {str(one.id): one for one in store.all_components(read, component_ids)} if component_ids else {}


def incidents(read: Read, page_id: str, *, limit: int = 50, before: Instant | None = None) -> list[PublicIncident]:
    """Public incidents of a page with their updates, newest first."""
    read.needs(_VIEW)
    older = () if before is None else (said_store.incidents.c.started_at < before,)
    return said_store.incidents_where(read, said_store.incidents.c.page_id == page_id, *older, limit=limit)


def incident(read: Read, public_incident_id: str) -> PublicIncident:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = said_store.incident(read, public_incident_id)
    if found is None:
        raise NotFound("There is no such public incident.", field="public_incident_id")
    return found


def update(read: Read, public_update_id: str) -> PublicUpdate:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = said_store.update_of(read, public_update_id)
    if found is None:
        raise NotFound("There is no such update.", field="update_id")
    return found


def open_incidents(read: Read, page_id: str | None = None) -> list[PublicIncident]:
    """What is open on one page, or on all."""
    read.needs(_VIEW)
    return said_store.open_incidents(read, page_id)


def of_incident(read: Read, incident_id: str) -> list[PublicIncident]:
    """What the public was told about an internal incident, on all pages."""
    read.needs(_VIEW)
    return said_store.incidents_where(read, said_store.incidents.c.incident_id == incident_id)


def was_published(read: Read, page_id: str, update_id: str) -> bool:
    """Whether an update of ``comms`` stands on the page already. Asks no permission."""
    return said_store.update_made_from(read, page_id, update_id) is not None


def states(read: Read) -> list[tuple[StatusPage, list[Component], list[PublicIncident]]]:
    """Every page with its components and open incidents: what the consistency checks compare."""
    read.needs(_VIEW)
    return [
        (each, store.components_of(read, each.id), said_store.open_incidents(read, each.id))
        for each in store.all_pages(read)
    ]


# ------------------------------------------------------------------ the public side


def addresses(read: Read) -> list[StatusPage]:
    """All pages there are, for whoever finds the page that a request means. Asks no permission."""
    return store.all_pages(read)


def changes(read: Read) -> dict[str, Instant]:
    """When each page last changed, by id. Asks no permission."""
    return store.changes(read)


def public_page(read: Read, page_id: str) -> StatusPage:
    """A page as it is now. Raises NotFound, also for a disabled one. Asks no permission: the page's gate does."""
    found = store.page(read, page_id)
    if found is None or found.disabled:
        raise NotFound("There is no such status page.", field="page_id")
    return found


def snapshot(read: Read, slug: str) -> Snapshot:
    """What the public side of a page is made from. Raises NotFound. Asks no permission: the page's gate does."""
    found = store.page_by_slug(read, slug)
    if found is None or found.disabled:
        raise NotFound("There is no such status page.", field="slug")
    return snapshot_of(read, found)


def snapshot_of(read: Read, found: StatusPage) -> Snapshot:
    """The same for a page that has been looked up."""
    every = rules.shown(store.components_of(read, found.id))
    since = plus(read.now, -(DAYS + 1) * 86_400)
    newest = said_store.incidents_where(read, said_store.incidents.c.page_id == found.id, limit=INCIDENTS_MAX)
    standing = said_store.open_incidents(read, found.id)
    known = {one.id for one in newest}
    public = sorted([*newest, *(one for one in standing if one.id not in known)], key=_newest, reverse=True)
    leaves = [one for one in every if not one.is_group]
    return Snapshot(
        page=found,
        components=tuple(every),
        spans=store.spans_since(read, [one.id for one in leaves], since) if leaves else {},
        incidents=tuple(public),
        maintenances=tuple(maintenance.of_page(read, found.id)),
        kept=rules.kept((one for one in public if one.started_at > since), read.now) if found.ledger_public else (0, 0),
        top=rules.top_line([one.status for one in leaves], [one.impact for one in public if one.open]),
        taken_at=read.now,
    )


def between(read: Read, page_id: str, from_at: Instant, until_at: Instant) -> list[PublicIncident]:
    """Public incidents that began within a stretch, newest first. Asks no permission: the page's gate does."""
    at = said_store.incidents.c.started_at
    return said_store.incidents_where(read, said_store.incidents.c.page_id == page_id, at >= from_at, at < until_at)


def by_code(read: Read, page_id: str, code: str) -> PublicIncident | None:
    """One public incident by its public id. Asks no permission: the page's gate does."""
    where = (said_store.incidents.c.page_id == page_id, said_store.incidents.c.code == code)
    return next(iter(said_store.incidents_where(read, *where)), None)


def spans_of(read: Read, component_ids: Collection[str], since: Instant) -> dict[str, tuple[Span, ...]]:
    """Spans that reach beyond ``since``. Asks no permission."""
    return store.spans_since(read, component_ids, since) if component_ids else {}


def _newest(one: PublicIncident) -> tuple[Instant, str]:
    return one.started_at, one.id
