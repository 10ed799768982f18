"""An installation with nothing in it but a status page, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey
from firebell.kernel.work import Runner
from firebell.migrations.tables import all_tables


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def runner(database_url: str, clock: SetClock) -> Iterator[Runner]:
    # SQLite in memory: what is proven here is not how long a disk takes.
    memory = database_url.startswith("sqlite")
    database = Database("sqlite:///:memory:" if memory else database_url)
    if memory:
        all_tables().create_all(database.writer)
    yield Runner(database, clock, ChainKey("k1", bytes(32)))
    database.close()
