"""An installation in a temporary folder, named by the environment as a person at the terminal would."""

from __future__ import annotations

from pathlib import Path

import pytest

from firebell.app import chain_key, keyring_of
from firebell.domain.people import commands as people
from firebell.kernel.actor import Role
from firebell.kernel.clock import SystemClock
from firebell.kernel.db import Database
from firebell.kernel.work import Runner
from firebell.migrations.upgrade import upgrade
from firebell.settings import Settings


class Place:
    """The folder of an installation, and hands to look into it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.settings = Settings(data=data)  # type: ignore[call-arg]
        self.file = data / "firebell.db"

    def with_person(self, name: str, role: Role = Role.ADMIN) -> None:
        database = Database(self.settings.url)
        try:
            upgrade(database)
            runner = Runner(database, SystemClock(), chain_key(keyring_of(self.settings).current))
            runner.run(lambda work: people.create_user(work, name=name, role=role))
        finally:
            database.close()

    def people(self) -> list[str]:
        database = Database(self.settings.url)
        try:
            with database.readers.connect() as connection:
                return [row[0] for row in connection.exec_driver_sql("SELECT name FROM users ORDER BY name")]
        finally:
            database.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("FIREBELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FIREBELL_CONFIG", str(tmp_path / "firebell.toml"))
    monkeypatch.delenv("FIREBELL_DATABASE_URL", raising=False)
    return Place(tmp_path / "data")
