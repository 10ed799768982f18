"""Tables of status page subscribers, and of the messages that are on their way to all of them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, text

from firebell.kernel.db import Doc, InstantType, metadata

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", String, primary_key=True),
    Column("page_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("address", Text, nullable=False),
    Column("shown", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("secret", Text, nullable=False),
    Column("components", Doc, nullable=False),
    Column("incidents", Boolean, nullable=False),
    Column("maintenance", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("asked_at", InstantType, nullable=False),
    Column("confirmed_at", InstantType),
    Column("ended_at", InstantType),
    Column("ended_why", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("told_at", InstantType),
    Column("source", String, nullable=False),
    Column("updated_at", InstantType, nullable=False),
)
Index("uq_subscribers_address", subscribers.c.page_id, subscribers.c.kind, subscribers.c.fingerprint, unique=True)
Index("ix_subscribers_page", subscribers.c.page_id, subscribers.c.state, subscribers.c.id)

fanouts = Table(
    "status_fanouts",
    metadata,
    Column("id", String, primary_key=True),
    Column("page_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("about_id", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("components", Doc, nullable=False),
    Column("message", Doc, nullable=False),
    Column("cursor", String, nullable=False),
    Column("told", Integer, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("due_at", InstantType),
    Column("done_at", InstantType),
)
_OPEN = text("due_at IS NOT NULL")
Index("ix_status_fanouts_due", fanouts.c.due_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_status_fanouts_page", fanouts.c.page_id, fanouts.c.created_at)

askings = Table(
    "subscriber_askings",
    metadata,
    Column("key", String, primary_key=True),
    Column("full_at", InstantType, nullable=False),
)
