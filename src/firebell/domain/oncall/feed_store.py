"""Tables of calendar feeds and of the events that vanished from them, and their rows as values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Row, String, Table, delete, select, update

from firebell.domain.oncall.events import FEED_PAST_S, Event
from firebell.domain.oncall.model import Feed, LayerRole, OnCall
from firebell.kernel.clock import Instant, plus
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.ids import UserId
from firebell.kernel.work import Read, Work

feeds = Table(
    "calendar_feeds",
    metadata,
    Column("id", String, primary_key=True),
    Column("schedule_id", String, ForeignKey("schedules.id"), index=True),
    Column("user_id", String, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", InstantType, nullable=False),
    Column("revoked_at", InstantType),
)

# Events that stood in a feed and vanished: calendars forget an event only when told that it is cancelled.
cancelled = Table(
    "cancelled_events",
    metadata,
    Column("uid", String, primary_key=True),
    Column("schedule_id", String, ForeignKey("schedules.id"), nullable=False, index=True),
    Column("user_id", String, nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("starts_at", InstantType, nullable=False),
    Column("ends_at", InstantType, nullable=False),
    Column("cancelled_at", InstantType, nullable=False),
)


def feed_by_hash(read: Read, token_hash: str) -> Feed | None:
    row = read.one(select(feeds).where(feeds.c.token_hash == token_hash, feeds.c.revoked_at.is_(None)))
    return _feed_row(row) if row else None


def feed(read: Read, feed_id: str) -> Feed | None:
    row = read.one(select(feeds).where(feeds.c.id == feed_id, feeds.c.revoked_at.is_(None)))
    return _feed_row(row) if row else None


def feeds_of(read: Read, *, schedule_id: str | None = None, user_id: UserId | None = None) -> list[Feed]:
    query = select(feeds).where(feeds.c.revoked_at.is_(None)).order_by(feeds.c.created_at, feeds.c.id)
    owner = feeds.c.schedule_id == schedule_id if schedule_id is not None else feeds.c.user_id == user_id
    return [_feed_row(row) for row in read.all(query.where(owner))]


def _feed_row(row: Row[Any]) -> Feed:
    return Feed(id=row.id, schedule_id=row.schedule_id, user_id=row.user_id, created_at=row.created_at)


def add_feed(work: Work, value: Feed, token_hash: str) -> None:
    work.insert(
        feeds,
        [
            {
                "id": value.id, "schedule_id": value.schedule_id, "user_id": value.user_id, "token_hash": token_hash,
                "created_at": value.created_at, "revoked_at": None,
            }
        ],
    )  # fmt: skip


def revoke_feed(work: Work, feed_id: str) -> None:
    work.write(update(feeds).where(feeds.c.id == feed_id).values(revoked_at=work.now))


def note_cancelled(work: Work, schedule_id: str, vanished: Sequence[Event], back: Collection[str]) -> None:
    """Keep what vanished from the feeds, forget what came back and what no feed reaches any more."""
    uids = [*back, *(event.uid for event in vanished)]
    for start in range(0, len(uids), 500):
        work.write(delete(cancelled).where(cancelled.c.uid.in_(uids[start : start + 500])))
    work.write(delete(cancelled).where(cancelled.c.ends_at < plus(work.now, -FEED_PAST_S)))
    rows = [
        {
            "uid": event.uid, "schedule_id": schedule_id, "user_id": event.on.user_id, "role": event.on.role.value,
            "starts_at": event.starts_at, "ends_at": event.ends_at, "cancelled_at": work.now,
        }
        for event in vanished
    ]  # fmt: skip
    work.insert(cancelled, rows)


def cancelled_events(
    read: Read, *, schedule_id: str | None = None, user_id: str | None = None
) -> list[tuple[Event, Instant]]:
    """Vanished events, each with when it vanished."""
    owner = cancelled.c.schedule_id == schedule_id if schedule_id is not None else cancelled.c.user_id == user_id
    rows = read.all(select(cancelled).where(owner).order_by(cancelled.c.starts_at, cancelled.c.uid))
    return [
        (
            Event(row.uid, row.starts_at, row.ends_at, OnCall(row.user_id, row.schedule_id, LayerRole(row.role))),
            row.cancelled_at,
        )
        for row in rows
    ]
