"""A house with nothing in it but services, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Table

from firebell.domain.services import store
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, journal
from firebell.kernel.work import Runner

TABLES: list[Table] = [journal, store.services, store.integrations]


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    # SQLite in memory: what is proven here is not how long a disk takes.
    database = Database("sqlite:///:memory:" if database_url.startswith("sqlite") else database_url)
    journal.metadata.create_all(database.writer, TABLES)
    yield Runner(database, SetClock(), ChainKey("k1", bytes(32)))
    database.close()
