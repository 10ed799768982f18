"""Opens an installation for one command, and says plainly when a server has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from firebell.app import chain_key, keyring_of
from firebell.kernel.clock import SystemClock
from firebell.kernel.db import Database, LockedOut
from firebell.kernel.errors import Conflict
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Runner
from firebell.migrations.upgrade import upgrade
from firebell.settings import Settings, load


class InUse(Conflict):
    """A server has the SQLite file."""

    slug = "in-use"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works with."""

    settings: Settings
    database: Database
    keyring: Keyring
    runner: Runner


@contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    """The database, with the lock that keeps a server out. Raises InUse."""
    try:
        database = Database(settings.url, boot_id="command")
    except LockedOut as error:
        raise InUse(str(error), hint="Ask the running server instead, or stop it first.") from None
    try:
        yield database
    finally:
        database.close()


@contextmanager
def installation() -> Iterator[Opened]:
    """The installation the settings name, up to date. Raises InUse, Refused."""
    settings = load()
    with database_of(settings) as database:
        upgrade(database)
        keyring = keyring_of(settings)
        yield Opened(settings, database, keyring, Runner(database, SystemClock(), chain_key(keyring.current)))
