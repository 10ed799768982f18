"""Two workers on one PostgreSQL race for the same alerts; one dies or sleeps in the middle of a send."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import databases
from tests.bench.server import seed
from tests.fakes.http_sink import Answer, Hang
from tests.fakes.receiver import Hit, Receiver
from tests.system.load import Load
from tests.system.server import Launcher, Server, pause, settings_of
from tests.system.truth import account, told

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.postgres]
LEASE_S = 8
EVENT = {"summary": "alert k-000001 is firing", "dedup_key": "k-000001"}


@dataclass(slots=True)
class Fleet:
    """A web process and two workers, not yet started."""

    url: str
    data: Path
    web: Server
    workers: list[Server]
    keys: list[str]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def fleet(postgres_server: str, tmp_path: Path, launcher: Launcher, receiver: Receiver) -> Iterator[Fleet]:
    url = databases.fresh_database(postgres_server, "fleet")
    keys = seed(
        settings_of(tmp_path, url), people_count=150, source="generic", channel="webhook", to=receiver.url("/p{n}")
    )
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server(tmp_path, url, launcher=launcher, roles=roles, log=f"{n}.log"))
            for n, roles in enumerate(("web", "worker", "worker"))
        ]
        yield Fleet(url, tmp_path, servers[0], servers[1:], keys)


def test_a_thousand_alerts_are_told_once_each(fleet: Fleet, receiver: Receiver) -> None:
    for server in (fleet.web, *fleet.workers):
        server.start()
    owners = set()
    with Load(fleet.web.port, fleet.keys, per_s=100) as load:
        while load.sent < 1000:
            owners |= {row[0] for row in fleet.rows("SELECT DISTINCT owner FROM deliveries WHERE state = 'sending'")}
            pause(0.02)
        load.stop()
    assert receiver.wait_until(lambda hits: load.acknowledged <= told(hits), timeout_s=90)
    for server in (*fleet.workers, fleet.web):
        server.stop()
    settled = account(fleet.data, fleet.url, load.acknowledged, receiver.hits)
    assert settled.faults == {}
    assert settled.copies == {}
    assert settled.alerts >= 1000
    assert len(owners) == 2, "one worker did everything, so nothing raced"


def hang_once(receiver: Receiver) -> None:
    """The first request is accepted and never answered."""
    receiver.script = lambda hit: Hang() if len(receiver.hits) == 1 else Answer()


def begin(fleet: Fleet, receiver: Receiver) -> tuple[Server, Server]:
    """The first worker is in the middle of a send, the second has just come up."""
    first, second = fleet.workers
    fleet.web.start()
    first.start()
    second.launch()
    hang_once(receiver)
    while not second.answers():
        pause(0.05)
    second.signal(signal.SIGSTOP)
    fleet.web.send(fleet.keys[0], EVENT)
    assert receiver.wait_until(lambda hits: len(hits) == 1, timeout_s=10)
    second.signal(signal.SIGCONT)
    return first, second


def taken_over(receiver: Receiver) -> Hit:
    """The second copy, in time and marked."""
    assert receiver.wait_until(lambda hits: len(hits) == 2, timeout_s=LEASE_S + 5)
    one, two = receiver.hits
    assert two.webhook_id == one.webhook_id
    assert two.at_s - one.at_s <= LEASE_S + 2
    assert two.copies_possible
    assert "Possible duplicate" in two.body
    return two


def test_when_one_is_killed_in_the_middle_of_a_send_the_other_takes_over(fleet: Fleet, receiver: Receiver) -> None:
    first, second = begin(fleet, receiver)
    first.kill()
    taken_over(receiver)
    second.stop()
    fleet.web.stop()
    settled = account(fleet.data, fleet.url, {"k-000001"}, receiver.hits)
    assert settled.faults == {}
    assert fleet.rows("SELECT state, attempt, token FROM deliveries") == [("sent", 2, 2)]


def test_a_worker_that_slept_through_its_lease_changes_nothing_when_it_wakes(fleet: Fleet, receiver: Receiver) -> None:
    first, second = begin(fleet, receiver)
    first.signal(signal.SIGSTOP)
    taken_over(receiver)
    sent = "SELECT state, attempt, token, sent_at, reply FROM deliveries"
    while (before := fleet.rows(sent))[0][0] != "sent":
        pause(0.05)
    first.signal(signal.SIGCONT)
    stale = "SELECT count(*) FROM journal WHERE kind = 'delivery.stale_record'"
    for _ in range(200):
        if fleet.rows(stale) == [(1,)]:
            break
        pause(0.05)
    assert fleet.rows(stale) == [(1,)]
    assert fleet.rows(sent) == before
    for server in (first, second, fleet.web):
        server.stop()
    assert len(receiver.hits) == 2
    assert account(fleet.data, fleet.url, {"k-000001"}, receiver.hits).faults == {}
