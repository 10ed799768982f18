"""Both databases, a clock that moves when told, and three fixed people: an administrator, a responder, a stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from firebell.domain.people import authority, commands, methods
from firebell.kernel.actor import NOBODY, SYSTEM, Actor, Role
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey, Entry
from firebell.kernel.work import Read, Runner, Work

T = TypeVar("T")


@dataclass
class House:
    """One installation: ``do`` runs a unit of work as somebody, ``look`` reads."""

    runner: Runner
    clock: SetClock
    topics: list[frozenset[str]] = field(default_factory=list)

    def do(self, job: Callable[[Work], T], who: Actor = SYSTEM) -> T:
        return self.runner.run(job, who)

    def look(self, job: Callable[[Read], T], who: Actor = SYSTEM) -> T:
        return self.runner.read(job, who)

    def person(self, name: str, role: Role = Role.RESPONDER, **fields: str) -> str:
        return self.do(lambda work: commands.create_user(work, name=name, role=role, **fields))

    def method(self, user_id: str, name: str = "mail", *, trusted: bool = False, channel: str = "email") -> str:
        config = {"to": f"{name}@example.com"}
        return self.do(
            lambda work: methods.add_method(
                work, user_id, name=name, channel=channel, config=config, masked=f"{name[0]}…", trusted=trusted
            )
        )

    def actor(self, user_id: str) -> Actor:
        return self.look(lambda read: authority.user_actor(read, user_id)) or NOBODY

    def facts(self, subject: str) -> list[str]:
        return [entry.kind for entry in self.history(subject)]

    def history(self, subject: str) -> list[Entry]:
        return self.look(lambda read: read.history(subject))


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    database = Database(database_url)
    clock = SetClock("2026-01-05T09:00:00Z")
    made = House(Runner(database, clock, ChainKey("k1", bytes(32))), clock)
    made.runner.on_commit(lambda topics, _woken: made.topics.append(topics))
    yield made
    database.close()
