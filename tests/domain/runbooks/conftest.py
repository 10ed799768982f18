"""A house with nothing in it but runbooks, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Table

from firebell.domain.runbooks import store
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, journal
from firebell.kernel.work import Runner

TABLES: list[Table] = [journal, store.runbooks, store.versions, store.runs, store.misses]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def runner(empty_database_url: str, clock: SetClock) -> Iterator[Runner]:
    # SQLite in memory: what is proven here is not how long a disk takes.
    database = Database("sqlite:///:memory:" if empty_database_url.startswith("sqlite") else empty_database_url)
    journal.metadata.create_all(database.writer, TABLES)
    yield Runner(database, clock, ChainKey("k1", bytes(32)))
    database.close()
