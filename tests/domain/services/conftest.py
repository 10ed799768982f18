"""A house with nothing in it but services, on each database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table

from firebell.domain.services import store
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, journal
from firebell.kernel.work import Runner

TABLES: list[Table] = [journal, store.services, store.integrations]


@pytest.fixture(params=["sqlite", "postgresql"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runner]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'house.db'}")
    else:
        url = os.environ.get("FIREBELL_TEST_PG")
        if not url:
            pytest.skip("FIREBELL_TEST_PG names no PostgreSQL database")
        database = Database(url)
    journal.metadata.drop_all(database.writer, TABLES)
    journal.metadata.create_all(database.writer, TABLES)
    yield Runner(database, SetClock(), ChainKey("k1", bytes(32)))
    journal.metadata.drop_all(database.writer, TABLES)
    database.close()
