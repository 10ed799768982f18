"""Tables of webhook endpoints and of how far the journal has been read for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from firebell.kernel.db import Doc, InstantType, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("owner_id", String, nullable=False),
    Column("team_id", String),
    Column("url", Text, nullable=False),
    Column("shown", String, nullable=False),
    Column("flavour", String, nullable=False),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_secret_until", InstantType),
    Column("events", Doc, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failed_at", InstantType),
    Column("delivered_at", InstantType),
    Column("reply", Text, nullable=False),
    Column("disabled_at", InstantType),
    Column("disabled_why", Text, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
)

cursors = Table(
    "webhook_cursors",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
