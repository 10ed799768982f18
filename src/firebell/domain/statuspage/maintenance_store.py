"""The table of maintenances: one document each, with columns for what is looked for."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, Row, String, Table, func, or_, select, text, update

from firebell.domain.statuspage.maintenance_model import Maintenance, MaintenanceState
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

maintenances = Table(
    "maintenances",
    metadata,
    Column("id", String, primary_key=True),
    Column("page_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("scheduled_for", InstantType, nullable=False),
    Column("scheduled_until", InstantType, nullable=False),
    Column("due_at", InstantType),
    Column("updated_at", InstantType, nullable=False),
    Column("version", Integer, nullable=False),
    Column("doc", Doc, nullable=False),
)
_DUE = text("due_at IS NOT NULL")
Index("ix_maintenances_due", maintenances.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)
Index("ix_maintenances_page", maintenances.c.page_id, maintenances.c.state, maintenances.c.scheduled_for)

_LIVE = (MaintenanceState.SCHEDULED, MaintenanceState.IN_PROGRESS, MaintenanceState.VERIFYING)
_ACTIVE = _LIVE[1:]


def _instants(kind: type, value: Any) -> Any:
    if kind is Instant:
        return Instant.parse_iso(value)
    raise NotImplementedError(kind)


def _value(row: Row[Any]) -> Maintenance:
    return msgspec.convert(row.doc, Maintenance, dec_hook=_instants)


def _columns(value: Maintenance) -> dict[str, Any]:
    doc = {name: getattr(value, name) for name in value.__struct_fields__}
    return {
        "id": value.id, "page_id": value.page_id, "state": str(value.state), "scheduled_for": value.scheduled_for,
        "scheduled_until": value.scheduled_until, "due_at": value.due_at, "updated_at": value.updated_at,
        "version": value.version, "doc": doc,
    }  # fmt: skip


def add(work: Work, value: Maintenance) -> None:
    work.insert(maintenances, [_columns(value)])


def save(work: Work, value: Maintenance) -> Maintenance:
    """Write it and count the version up; a version that has moved meanwhile is a lost race."""
    after = msgspec.structs.replace(value, version=value.version + 1)
    where = (maintenances.c.id == value.id) & (maintenances.c.version == value.version)
    if work.write(update(maintenances).where(where).values(**_columns(after))) != 1:
        raise Stale("Somebody else changed this at the same moment.")
    return after


def get(read: Read, maintenance_id: str) -> Maintenance | None:
    row = read.one(select(maintenances.c.doc).where(maintenances.c.id == maintenance_id))
    return _value(row) if row else None


def take(work: Work, maintenance_id: str) -> Maintenance | None:
    row = work.take(select(maintenances.c.doc).where(maintenances.c.id == maintenance_id))
    return _value(row) if row else None


def of_page(read: Read, page_id: str, since: Instant) -> list[Maintenance]:
    """Living ones, and those that ended (or would have) since then."""
    kept = or_(maintenances.c.state.in_(_LIVE), maintenances.c.scheduled_until >= since)
    query = select(maintenances.c.doc).where(maintenances.c.page_id == page_id, kept)
    return [_value(row) for row in read.all(query.order_by(maintenances.c.scheduled_for, maintenances.c.id))]


def active(read: Read, page_id: str) -> list[Maintenance]:
    query = select(maintenances.c.doc).where(maintenances.c.page_id == page_id, maintenances.c.state.in_(_ACTIVE))
    return [_value(row) for row in read.all(query)]


def unfinished(read: Read) -> list[Maintenance]:
    """All that are not over, of every page."""
    query = select(maintenances.c.doc).where(maintenances.c.state.in_(_LIVE)).order_by(maintenances.c.id)
    return [_value(row) for row in read.all(query)]


def next_due(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(maintenances.c.due_at)))
    return found


def due(read: Read, now: Instant, limit: int) -> list[str]:
    query = select(maintenances.c.id).where(maintenances.c.due_at <= now).order_by(maintenances.c.due_at).limit(limit)
    return [row.id for row in read.all(query)]
