"""The table of requests that were made before, and how they were answered."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from firebell.kernel.db import InstantType, metadata

keys = Table(
    "idempotency_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("begun_at", InstantType, nullable=False),
    Column("expires_at", InstantType, nullable=False, index=True),
    Column("status", Integer),
    Column("content_type", String),
    Column("body", Text),
)
