"""Maintenances for people, the worker and the consistency checks. Of a page: ``maintenance.of_page``."""

from __future__ import annotations

from firebell.domain.statuspage import maintenance_rules as rules
from firebell.domain.statuspage import maintenance_store as rows
from firebell.domain.statuspage import store
from firebell.domain.statuspage.maintenance_model import Maintenance
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read


def maintenance(read: Read, maintenance_id: str) -> Maintenance:
    """Raises NotFound."""
    found = rows.get(read, maintenance_id)
    page = store.page(read, found.page_id) if found else None
    read.needs(Permission.STATUS_VIEW, page.team_id if page else None)
    if found is None or page is None:
        raise NotFound("There is no such maintenance.", field="maintenance_id")
    return found


def overdue(read: Read) -> list[Maintenance]:
    """Past their end and not over: what C7 is about. Asks no permission."""
    return [one for one in rows.unfinished(read) if rules.overdue(one, read.now)]


def next_due(read: Read) -> Instant | None:
    return rows.next_due(read)


def due(read: Read, limit: int = 50) -> list[str]:
    """Ids of those the clock has something to do with."""
    return rows.due(read, read.now, limit)
