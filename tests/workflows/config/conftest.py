"""An empty house on each database, and a hand that applies files to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from sqlalchemy import text

import firebell.domain.escalation.store
import firebell.domain.oncall.store
import firebell.domain.people.access_store
import firebell.domain.people.reach_store
import firebell.domain.people.store
import firebell.domain.services.store  # noqa: F401 - each registers its tables
from firebell.entrypoints.sealing import Sealing
from firebell.integrations.channels import all_channels
from firebell.kernel.actor import SYSTEM, Actor
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, journal
from firebell.kernel.secrets import Key, Keyring
from firebell.kernel.work import Runner
from firebell.workflows.config.applying import Means, Plan, apply, plan
from firebell.workflows.config.current import Current, current
from firebell.workflows.config.exporting import export
from firebell.workflows.config.reading import File

KEYRING = Keyring(Key(bytes(range(32))))


class Hand:
    """``files`` are ``{path: text}``; a plain text is one file called acme.yaml."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.actor = SYSTEM
        channels = all_channels()
        sources = ("alertmanager", "generic", "pagerduty")
        self.means = Means(channels, sources, KEYRING, Sealing(KEYRING, channels))

    def plan(
        self, files: str | Mapping[str, str], *, prune: bool = False, actor: Actor | None = None, **environment: str
    ) -> Plan:
        return plan(self.runner, _files(files), environment, self.means, actor or self.actor, prune=prune)

    def apply(
        self, files: str | Mapping[str, str], *, prune: bool = False, actor: Actor | None = None, **environment: str
    ) -> Plan:
        return apply(self.runner, _files(files), environment, self.means, actor or self.actor, prune=prune)

    def export(self) -> dict[str, str]:
        return {file.path: file.text for file in self.runner.read(lambda read: export(read, self.means))}

    def current(self) -> Current:
        means = self.means
        return self.runner.read(lambda read: current(read, means.keyring, means.sealer, means.channels))

    def facts(self) -> int:
        count: int = self.runner.read(lambda read: read.scalar(text("SELECT count(*) FROM journal")))
        return count


def _files(files: str | Mapping[str, str]) -> list[File]:
    given = {"acme.yaml": files} if isinstance(files, str) else files
    return [File(path, content) for path, content in given.items()]


@contextmanager
def opened(url: str) -> Iterator[Hand]:
    """An empty house at ``url``."""
    database = Database(url)
    journal.metadata.create_all(database.writer)
    try:
        yield Hand(Runner(database, SetClock("2026-01-07T12:00:00Z"), ChainKey("k1", bytes(32))))
    finally:
        database.close()


@pytest.fixture
def hand(database_url: str) -> Iterator[Hand]:
    # SQLite in memory: what is proven here is not how long a disk takes.
    with opened("sqlite:///:memory:" if database_url.startswith("sqlite") else database_url) as found:
        yield found
