"""The database is away or held by somebody: senders are told to come back, and everything goes on by itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from tests import databases
from tests.bench.server import seed
from tests.fakes.receiver import Receiver
from tests.system.server import Launcher, Server, pause, settings_of
from tests.system.truth import account

pytestmark = [pytest.mark.system, pytest.mark.slow]
FIRST = {"summary": "alert k-000001 is firing", "dedup_key": "k-000001"}
SECOND = {"summary": "alert k-000002 is firing", "dedup_key": "k-000002"}


def test_a_file_held_by_another_program_is_waited_for_and_then_refused(
    tmp_path: Path, launcher: Launcher, receiver: Receiver
) -> None:
    keys = seed(settings_of(tmp_path), people_count=2, source="generic", channel="webhook", to=receiver.url("/p{n}"))
    with Server(tmp_path, launcher=launcher) as server:
        server.start()
        held = sqlite3.connect(tmp_path / "firebell.db", isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        refused = server.send(keys[0], FIRST)
        assert refused.status_code == 503
        assert 1 <= int(refused.headers["Retry-After"]) <= 30
        assert refused.elapsed.total_seconds() < 10
        held.execute("ROLLBACK")
        held.close()
        assert server.send(keys[1], SECOND).is_success
        assert receiver.wait_until(lambda hits: len(hits) == 1, timeout_s=20)
        server.stop()
    assert account(tmp_path, "", {"k-000002"}, receiver.hits).faults == {}


@pytest.mark.postgres
def test_a_server_that_went_away_and_came_back(
    postgres_server: str, tmp_path: Path, launcher: Launcher, receiver: Receiver
) -> None:
    url = databases.fresh_database(postgres_server, "away")
    keys = seed(
        settings_of(tmp_path, url), people_count=2, source="generic", channel="webhook", to=receiver.url("/p{n}")
    )
    with Server(tmp_path, url, launcher=launcher) as server, psycopg.connect(postgres_server, autocommit=True) as admin:
        server.start()
        assert server.send(keys[0], FIRST).is_success
        assert receiver.wait_until(lambda hits: len(hits) == 1, timeout_s=20)
        admin.execute("ALTER DATABASE away ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'")
        refused = server.send(keys[1], SECOND)
        assert refused.status_code == 503
        assert 1 <= int(refused.headers["Retry-After"]) <= 30
        admin.execute("ALTER DATABASE away ALLOW_CONNECTIONS true")
        while not server.send(keys[1], SECOND).is_success:
            pause(0.2)
        assert receiver.wait_until(lambda hits: len(hits) == 2, timeout_s=20)
        server.stop()
    assert account(tmp_path, url, {"k-000001", "k-000002"}, receiver.hits).faults == {}
