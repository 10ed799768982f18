"""Tables of updates, promises and clocks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, String, Table, UniqueConstraint, select, text

from firebell.domain.comms.model import PENDING, Clock, Kept, Promise, Update
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

updates = Table(
    "updates",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("state", String, nullable=False),
    Column("title", String, nullable=False),
    Column("body", String, nullable=False),
    Column("status", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("impact", String, nullable=False),
    Column("eta", String, nullable=False),
    Column("commander_id", String),
    Column("next_update_by", InstantType),
    Column("final", Boolean, nullable=False),
    Column("components", Doc, nullable=False),
    Column("page_id", String),
    Column("key", String),
    Column("automatic", Boolean, nullable=False),
    Column("template_only", Boolean, nullable=False),
    Column("author_id", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("overrides", Doc, nullable=False),
    Column("event_at", InstantType, nullable=False),
    Column("recorded_at", InstantType, nullable=False),
    Column("approver_id", String),
    Column("approved_at", InstantType),
    Column("sent_at", InstantType),
    Column("reason", String, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("incident_id", "key"),
)
Index("ix_updates_incident", updates.c.incident_id, updates.c.audience)

promises = Table(
    "promises",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("update_id", String, nullable=False),
    Column("promised_at", InstantType, nullable=False),
    Column("due_at", InstantType, nullable=False),
    Column("fulfilled_by", String),
    Column("settled_at", InstantType),
    Column("outcome", String, nullable=False),
    Column("late_s", Integer, nullable=False),
    Column("counted", Boolean, nullable=False),
)
_OPEN = text("outcome = 'open'")
Index(
    "uq_promises_open", promises.c.incident_id, promises.c.audience, unique=True,
    sqlite_where=_OPEN, postgresql_where=_OPEN,
)  # fmt: skip
Index("ix_promises_settled", promises.c.settled_at)

update_clocks = Table(
    "update_clocks",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("started_at", InstantType, nullable=False),
    Column("from_at", InstantType, nullable=False),
    Column("due_at", InstantType),
    Column("rung", Integer, nullable=False),
    Column("ring_at", InstantType),
    Column("slowed_s", Integer),
    Column("snoozed_until", InstantType),
    Column("last_update_id", String),
    Column("posts", Integer, nullable=False),
)
_RINGS = text("ring_at IS NOT NULL")
Index("ix_update_clocks_ring", update_clocks.c.ring_at, sqlite_where=_RINGS, postgresql_where=_RINGS)
Index("ix_update_clocks_incident", update_clocks.c.incident_id)


def _update(row: Row[Any]) -> Update:
    return Update(**row._mapping)


def _promise(row: Row[Any]) -> Promise:
    return Promise(**row._mapping)


def _clock(row: Row[Any]) -> Clock:
    return Clock(**row._mapping)


# ---------------------------------------------------------------- updates


def add_update(work: Work, new: Update) -> None:
    work.insert_structs(updates, [new])


def save_update(work: Work, *changed: Update) -> None:
    work.update_structs(updates, changed)


def get_update(read: Read, update_id: str) -> Update | None:
    row = read.one(select(updates).where(updates.c.id == update_id))
    return _update(row) if row else None


def take_update(work: Work, update_id: str) -> Update | None:
    row = work.take(select(updates).where(updates.c.id == update_id))
    return _update(row) if row else None


def by_key(read: Read, incident_id: str, key: str) -> Update | None:
    row = read.one(select(updates).where(updates.c.incident_id == incident_id, updates.c.key == key))
    return _update(row) if row else None


def updates_of(read: Read, incident_id: str) -> list[Update]:
    """All updates of an incident, oldest first by when they were said."""
    query = select(updates).where(updates.c.incident_id == incident_id).order_by(updates.c.event_at, updates.c.id)
    return [_update(row) for row in read.all(query)]


def pending_of(read: Read, incident_id: str) -> list[Update]:
    """Drafts and whatever awaits approval."""
    query = select(updates).where(updates.c.incident_id == incident_id, updates.c.state.in_(sorted(PENDING)))
    return [_update(row) for row in read.all(query.order_by(updates.c.id))]


# ---------------------------------------------------------------- promises


def add_promise(work: Work, new: Promise) -> None:
    work.insert_structs(promises, [new])


def save_promise(work: Work, *changed: Promise) -> None:
    work.update_structs(promises, changed)


def open_promise(read: Read, incident_id: str, audience: str) -> Promise | None:
    """The one promise to this audience that is still to be kept."""
    row = read.one(
        select(promises).where(
            promises.c.incident_id == incident_id, promises.c.audience == audience, promises.c.outcome == Kept.OPEN
        )
    )
    return _promise(row) if row else None


def promises_of(read: Read, incident_id: str) -> list[Promise]:
    query = (
        select(promises).where(promises.c.incident_id == incident_id).order_by(promises.c.promised_at, promises.c.id)
    )
    return [_promise(row) for row in read.all(query)]


def settled(read: Read, since: Instant | None = None) -> list[Promise]:
    """Promises that count and are settled, from ``since`` on."""
    query = select(promises).where(promises.c.counted.is_(True), promises.c.settled_at.is_not(None))
    if since is not None:
        query = query.where(promises.c.settled_at >= since)
    return [_promise(row) for row in read.all(query)]


# ---------------------------------------------------------------- clocks


def clocks_of(read: Read, incident_id: str) -> dict[str, Clock]:
    """The clocks of an incident by audience, stopped ones included."""
    query = select(update_clocks).where(update_clocks.c.incident_id == incident_id).order_by(update_clocks.c.id)
    return {row.audience: _clock(row) for row in read.all(query)}


def take_clock(work: Work, clock_id: str) -> Clock | None:
    row = work.take(select(update_clocks).where(update_clocks.c.id == clock_id))
    return _clock(row) if row else None


def put_clock(work: Work, value: Clock) -> None:
    """Write a clock, new or known."""
    known = work.scalar(select(update_clocks.c.id).where(update_clocks.c.id == value.id))
    if known is None:
        work.insert_structs(update_clocks, [value])
    else:
        work.update_structs(update_clocks, [value])


def next_ring(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(
        select(update_clocks.c.ring_at)
        .where(update_clocks.c.ring_at.is_not(None))
        .order_by(update_clocks.c.ring_at)
        .limit(1)
    )
    return found


def ringing(read: Read, now: Instant, limit: int) -> list[tuple[str, str]]:
    """(clock id, incident id) of the clocks whose next reminder is due."""
    query = (
        select(update_clocks.c.id, update_clocks.c.incident_id)
        .where(update_clocks.c.ring_at <= now)
        .order_by(update_clocks.c.ring_at, update_clocks.c.id)
        .limit(limit)
    )
    return [(row.id, row.incident_id) for row in read.all(query)]
