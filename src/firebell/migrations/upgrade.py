"""Brings a database up to this version's schema."""

from __future__ import annotations

from sqlalchemy import text

from firebell.domain.alerts import store as _alerts  # noqa: F401 - tables register themselves by import
from firebell.domain.escalation import store as _escalation  # noqa: F401
from firebell.domain.paging import store as _paging  # noqa: F401
from firebell.domain.oncall import store as _oncall  # noqa: F401
from firebell.domain.people import access_store as _access  # noqa: F401
from firebell.domain.people import reach_store as _reach  # noqa: F401
from firebell.domain.people import store as _people  # noqa: F401
from firebell.domain.services import store as _services  # noqa: F401
from firebell.kernel.db import Database, metadata
from firebell.kernel.journal import guard_statements


def upgrade(database: Database) -> None:
    """Create what is missing. Idempotent; two nodes starting together take turns."""
    with database.writer.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(4607181)"))
        metadata.create_all(connection)
        for statement in guard_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
