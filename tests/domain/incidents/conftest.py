"""A house with nothing in it but incidents, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Table

from firebell.domain.incidents import store
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, journal
from firebell.kernel.work import Runner

TABLES: list[Table] = [
    journal, store.incidents, store.incident_links, store.severity_scales, store.incident_roles,
    store.incident_settings,
    store.incident_access_asks,
]  # fmt: skip


@pytest.fixture
def clock() -> SetClock:
    return SetClock("2026-03-02T10:00:00Z")


@pytest.fixture
def runner(database_url: str, clock: SetClock) -> Iterator[Runner]:
    database = Database(database_url)
    journal.metadata.create_all(database.writer, TABLES)
    yield Runner(database, clock, ChainKey("k1", bytes(32)))
    database.close()
