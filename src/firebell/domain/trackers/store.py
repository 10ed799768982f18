"""Tables of trackers and of the issues that mirror action items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Integer, Row, String, Table, Text, delete, func, select, update

from firebell.domain.trackers.model import Mirror, Tracker, Vendor
from firebell.kernel.clock import Instant
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

trackers = Table(
    "trackers",
    metadata,
    Column("id", String, primary_key=True),
    Column("vendor", String, nullable=False),
    Column("name", String, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("project", String, nullable=False),
    Column("account", String, nullable=False),
    Column("issue_type", String, nullable=False),
    Column("team_id", String),
    Column("enabled", Boolean, nullable=False),
    Column("works", Boolean),
    Column("said", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("read_until", InstantType),
    Column("due_at", InstantType, nullable=False),
    Column("lease_until", InstantType),
    Column("fence", Integer, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("version", Integer, nullable=False),
    Column("token", Text, nullable=False),
)

mirrors = Table(
    "tracker_mirrors",
    metadata,
    Column("action_id", String, primary_key=True),
    Column("tracker_id", String, nullable=False, index=True),
    Column("key", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("pushed", String, nullable=False),
    Column("open_there", Boolean, nullable=False),
    Column("trying_since", InstantType),
    Column("asked_at", InstantType),
    Column("error", Text, nullable=False),
)

_PUBLIC = [column for column in trackers.columns if column.name != "token"]


def _tracker(row: Row[Any]) -> Tracker:
    values = dict(row._mapping)
    return Tracker(**{**values, "vendor": Vendor(values["vendor"])})


def tracker(read: Read, tracker_id: str) -> Tracker | None:
    row = read.one(select(*_PUBLIC).where(trackers.c.id == tracker_id))
    return _tracker(row) if row else None


def take(work: Work, tracker_id: str) -> Tracker | None:
    row = work.take(select(*_PUBLIC).where(trackers.c.id == tracker_id))
    return _tracker(row) if row else None


def all_trackers(read: Read) -> list[Tracker]:
    return [_tracker(row) for row in read.all(select(*_PUBLIC).order_by(trackers.c.name))]


def sealed_token(read: Read, tracker_id: str) -> str:
    return str(read.scalar(select(trackers.c.token).where(trackers.c.id == tracker_id)) or "")


def add(work: Work, one: Tracker, token: str) -> None:
    work.insert(trackers, [{**msgspec.structs.asdict(one), "vendor": str(one.vendor), "token": token}])


def save(work: Work, tracker_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write an edit; a version that has moved meanwhile is a lost race."""
    change = (
        update(trackers)
        .where(trackers.c.id == tracker_id, trackers.c.version == version)
        .values(**values, version=version + 1)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


def note(work: Work, tracker_id: str, values: Mapping[str, Any], *, fence: int | None = None) -> bool:
    """Write how it fares: no edit, so the version stays. With ``fence``: only for who holds it."""
    change = update(trackers).where(trackers.c.id == tracker_id)
    if fence is not None:
        change = change.where(trackers.c.fence == fence)
    return work.write(change.values(**values)) == 1


def remove(work: Work, tracker_id: str) -> None:
    work.write(delete(mirrors).where(mirrors.c.tracker_id == tracker_id))
    work.write(delete(trackers).where(trackers.c.id == tracker_id))


def next_due(read: Read) -> Instant | None:
    """When the next enabled tracker is to be looked at; one that is being looked at waits for its lease."""
    later = func.max if read.is_sqlite else func.greatest
    when = later(trackers.c.due_at, func.coalesce(trackers.c.lease_until, trackers.c.due_at))
    found: Instant | None = read.scalar(
        select(when.cast(InstantType)).where(trackers.c.enabled).order_by(when).limit(1)
    )
    return found


def due(read: Read) -> str | None:
    """An enabled tracker that is due and that nobody looks at."""
    free = trackers.c.lease_until.is_(None) | (trackers.c.lease_until <= read.now)
    found = select(trackers.c.id).where(trackers.c.enabled, trackers.c.due_at <= read.now, free)
    row = read.one(found.order_by(trackers.c.due_at).limit(1))
    return None if row is None else str(row.id)


def mirrors_of(read: Read, tracker_id: str) -> dict[str, Mirror]:
    """By action item."""
    rows = read.all(select(mirrors).where(mirrors.c.tracker_id == tracker_id))
    return {row.action_id: Mirror(**row._mapping) for row in rows}


def mirror(read: Read, action_id: str) -> Mirror | None:
    row = read.one(select(mirrors).where(mirrors.c.action_id == action_id))
    return Mirror(**row._mapping) if row else None


def put_mirror(work: Work, one: Mirror) -> None:
    work.write(delete(mirrors).where(mirrors.c.action_id == one.action_id))
    work.insert(mirrors, [msgspec.structs.asdict(one)])
