"""The table of maintenances: one document each, with columns for what is looked for."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, text

from firebell.kernel.db import Doc, InstantType, metadata

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
