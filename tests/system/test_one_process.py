"""Starting and stopping: one process per SQLite file, and an end that loses and doubles nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.bench.server import seed
from tests.fakes.http_sink import Answer
from tests.fakes.receiver import Hit, Receiver
from tests.system.load import Load
from tests.system.server import Launcher, Server, pause, settings_of
from tests.system.truth import account, told

TOKEN = "a-token-for-the-live-stream-of-this-test-0123456789"
OPEN_STREAM = f"GET /live/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
pytestmark = [pytest.mark.system, pytest.mark.slow]


def test_a_second_process_on_the_same_file_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    with Server(tmp_path) as first, Server(tmp_path, log="second.log") as second:
        first.start()
        second.launch()
        assert second.gone(90)
        assert second.exit_code == 1
        said = second.log.read_text().strip()
        assert len(said.splitlines()) == 1
        assert "is in use by another process" in said
        assert f"pid {first.pid}" in said
        assert first.answers()


def test_after_the_first_has_been_killed_a_second_may_start(tmp_path: Path, launcher: Launcher) -> None:
    with Server(tmp_path, launcher=launcher) as first, Server(tmp_path, launcher=launcher) as second:
        first.start()
        first.kill()
        second.start()
        assert second.answers()


@pytest.mark.postgres
def test_told_to_stop_in_a_storm_it_drains_within_ten_seconds(
    database_url: str, tmp_path: Path, launcher: Launcher, receiver: Receiver
) -> None:
    settings = settings_of(tmp_path, database_url)
    keys = seed(settings, people_count=60, source="generic", channel="webhook", to=receiver.url("/p{n}"))
    settings_given = {"FIREBELL_BOOTSTRAP_TOKEN": TOKEN}
    with Server(tmp_path, database_url, launcher=launcher, settings=settings_given) as server:
        server.start()
        with Load(server.port, keys, per_s=120) as load:
            for _ in range(4):
                pause(1.0)
                with socket.create_connection(("127.0.0.1", server.port)) as stream:
                    stream.sendall(OPEN_STREAM)
                    assert stream.recv(12) == b"HTTP/1.1 200"
                    assert server.stop() <= 10
                server.start()
            load.stop()
        assert receiver.wait_until(lambda hits: load.acknowledged <= told(hits), timeout_s=60)
        assert server.stop() <= 10
    settled = account(tmp_path, database_url, load.acknowledged, receiver.hits)
    assert settled.faults == {}
    assert settled.copies == {}


def test_a_stop_waits_for_the_message_under_way(tmp_path: Path, launcher: Launcher, receiver: Receiver) -> None:
    keys = seed(settings_of(tmp_path), people_count=1, source="generic", channel="webhook", to=receiver.url("/p{n}"))

    def slowly(hit: Hit) -> Answer:
        pause(2)
        return Answer()

    receiver.script = slowly
    with Server(tmp_path, launcher=launcher) as server:
        server.start()
        server.send(keys[0], {"summary": "alert k-000001", "dedup_key": "k-000001"})
        assert receiver.wait_until(lambda hits: len(hits) == 1, timeout_s=10)
        assert server.stop() <= 10
        server.start()
        pause(1)
        server.stop()
    assert len(receiver.hits) == 1
    assert account(tmp_path, "", {"k-000001"}, receiver.hits).faults == {}
