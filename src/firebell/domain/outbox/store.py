"""Tables of posts and of the lanes that have failed lately."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from firebell.kernel.db import Doc, InstantType, metadata

posts = Table(
    "posts",
    metadata,
    Column("id", String, primary_key=True),
    Column("outlet", String, nullable=False),
    Column("target_id", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("key", String, unique=True),
    Column("payload", Doc, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("due_at", InstantType, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("owner", String),
    Column("lease_until", InstantType),
    Column("unrecorded", Integer, nullable=False),
    Column("claimed_at", InstantType),
    Column("done_at", InstantType),
    Column("reply", Text, nullable=False),
    Column("answer", Doc, nullable=False),
)
_QUEUED = text("state = 'queued'")
_SENDING = text("state = 'sending'")
_STREAM = text("state IN ('queued', 'sending') AND stream <> ''")
_DONE = text("done_at IS NOT NULL")
Index("ix_posts_queued", posts.c.due_at, posts.c.lane, sqlite_where=_QUEUED, postgresql_where=_QUEUED)
Index("ix_posts_lane", posts.c.lane, posts.c.due_at, sqlite_where=_QUEUED, postgresql_where=_QUEUED)
Index("ix_posts_sending", posts.c.lease_until, sqlite_where=_SENDING, postgresql_where=_SENDING)
Index("ix_posts_stream", posts.c.stream, posts.c.id, sqlite_where=_STREAM, postgresql_where=_STREAM)
Index("ix_posts_target", posts.c.target_id, posts.c.id)
Index("ix_posts_done", posts.c.done_at, sqlite_where=_DONE, postgresql_where=_DONE)

lanes = Table(
    "outbox_lanes",
    metadata,
    Column("lane", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("wait_until", InstantType),
    Column("failed_at", InstantType),
    Column("reply", Text, nullable=False),
)
