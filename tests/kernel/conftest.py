"""A runner with nothing but the journal and one plain table of things, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, guard_statements, journal
from firebell.kernel.work import Runner
from tests.kernel.things import things


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def runner(empty_database_url: str, clock: SetClock) -> Iterator[Runner]:
    database = Database(empty_database_url)
    journal.create(database.writer)
    things.create(database.writer)
    with database.writer.begin() as connection:
        for statement in guard_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
    yield Runner(database, clock, ChainKey("k1", bytes([1]) * 32))
    database.close()
