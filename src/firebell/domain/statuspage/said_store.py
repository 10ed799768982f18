"""Tables of public incidents and their updates, and their rows as values. Both ids and numbers are of one page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Row, String, Table, Text, func, select

from firebell.domain.statuspage.model import Change, Impact, PublicIncident, PublicStatus, PublicUpdate
from firebell.domain.statuspage.store import plain
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

incidents = Table(
    "status_incidents",
    metadata,
    Column("id", String, primary_key=True),
    Column("code", String(12), nullable=False),
    Column("page_id", String, ForeignKey("status_pages.id"), nullable=False),
    Column("incident_id", String, index=True),
    Column("number", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("impact", String, nullable=False),
    Column("overridden", Boolean, nullable=False, default=False),
    Column("components", Doc, nullable=False),
    Column("backfilled", Boolean, nullable=False, default=False),
    Column("started_at", InstantType, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("monitoring_at", InstantType),
    Column("resolved_at", InstantType),
    Column("next_update_by", InstantType),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
)
Index("ix_status_incidents_page_id", incidents.c.page_id, incidents.c.started_at)
Index("uq_status_incidents_number", incidents.c.page_id, incidents.c.number, unique=True)
_IS_OPEN = incidents.c.status.in_(("investigating", "identified", "monitoring"))

updates = Table(
    "status_updates",
    metadata,
    Column("id", String, primary_key=True),
    Column("code", String(12), nullable=False),
    Column("public_incident_id", String, ForeignKey("status_incidents.id"), nullable=False, index=True),
    Column("page_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("changes", Doc, nullable=False),
    Column("event_at", InstantType, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("next_update_by", InstantType),
    Column("notify", Boolean, nullable=False, default=True),
    Column("automatic", Boolean, nullable=False, default=False),
    Column("update_id", String, nullable=False, default=""),
)
Index("ix_status_updates_page_id", updates.c.page_id, updates.c.created_at)


def _update_row(row: Row[Any]) -> PublicUpdate:
    changes = tuple(Change(**one) for one in row.changes)
    return PublicUpdate(**dict(row._mapping) | {"status": PublicStatus(row.status), "changes": changes})


def _incident_row(row: Row[Any], said: tuple[PublicUpdate, ...]) -> PublicIncident:
    found = dict(row._mapping)
    del found["deleted_at"]
    return PublicIncident(**found | {"status": PublicStatus(row.status), "impact": Impact(row.impact), "updates": said})


def incidents_where(read: Read, *where: Any, limit: int | None = None) -> list[PublicIncident]:
    """Public incidents with their updates, newest first."""
    query = select(incidents).where(incidents.c.deleted_at.is_(None), *where)
    query = query.order_by(incidents.c.started_at.desc(), incidents.c.id.desc()).limit(limit)
    rows = read.all(query)
    said: dict[str, list[PublicUpdate]] = {row.id: [] for row in rows}
    wanted = select(updates).where(updates.c.public_incident_id.in_(sorted(said)))
    for row in read.all(wanted.order_by(updates.c.event_at.desc(), updates.c.id.desc())) if said else ():
        said[row.public_incident_id].append(_update_row(row))
    return [_incident_row(row, tuple(said[row.id])) for row in rows]


def incident(read: Read, public_incident_id: str) -> PublicIncident | None:
    return next(iter(incidents_where(read, incidents.c.id == public_incident_id)), None)


def open_incidents(read: Read, page_id: str | None = None) -> list[PublicIncident]:
    return incidents_where(read, _IS_OPEN, *(() if page_id is None else (incidents.c.page_id == page_id,)))


def number_for(work: Work, page_id: str) -> int:
    """The number of the page's next public incident. The page is locked by the caller."""
    return int(work.scalar(select(func.coalesce(func.max(incidents.c.number), 0)).where(
        incidents.c.page_id == page_id))) + 1  # fmt: skip


def add_incident(work: Work, value: PublicIncident) -> None:
    row = plain(value)
    del row["updates"]
    work.insert(incidents, [row])


def add_update(work: Work, value: PublicUpdate) -> None:
    work.insert(updates, [plain(value) | {"changes": [one.plain() for one in value.changes]}])


def update_of(read: Read, public_update_id: str) -> PublicUpdate | None:
    row = read.one(select(updates).where(updates.c.id == public_update_id))
    return _update_row(row) if row else None


def update_made_from(read: Read, page_id: str, update_id: str) -> PublicUpdate | None:
    """The page's post that was made from an update of ``comms``."""
    row = read.one(select(updates).where(updates.c.page_id == page_id, updates.c.update_id == update_id))
    return _update_row(row) if row else None
