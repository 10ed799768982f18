"""A house with nothing in it but schedules, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Table

from firebell.domain.oncall import feed_store, store
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, journal
from firebell.kernel.work import Runner

TABLES: list[Table] = [journal, store.schedules, store.overrides, store.shifts, feed_store.feeds, feed_store.cancelled]


@pytest.fixture
def clock() -> SetClock:
    return SetClock("2026-06-01T09:00:00Z")


@pytest.fixture
def runner(database_url: str, clock: SetClock) -> Iterator[Runner]:
    database = Database(database_url)
    journal.metadata.create_all(database.writer, TABLES)
    yield Runner(database, clock, ChainKey("k1", bytes(32)))
    database.close()
