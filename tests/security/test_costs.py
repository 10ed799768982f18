"""What one request, one schedule or one person may cost the rest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from firebell.app import application
from firebell.entrypoints.live import STREAMS_MAX, Live
from firebell.kernel.db import Database
from tests.entrypoints.api.conftest import Api

TURNS = {"every": "1h", "start": "2020-01-05", "handoff": "00:00", "participants": [["ann"], ["ben"]]}


def layers(count: int, restrictions: int = 0) -> list[dict[str, Any]]:
    windows = [{"days": ["mon"], "from": f"{n % 24:02}:00", "to": f"{n % 24:02}:01"} for n in range(restrictions)]
    return [{"name": f"layer-{n}", "rotation": TURNS, "restrictions": windows} for n in range(count)]


@pytest.mark.parametrize(("count", "restrictions"), [(1, 301), (50, 7), (51, 0)])
def test_a_schedule_that_takes_seconds_to_read_is_refused(api: Api, count: int, restrictions: int) -> None:
    body = {"name": "endless", "layers": layers(count, restrictions)}
    answer = api.call("root", "POST", "/schedules", body)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("layers")


def test_an_answer_of_very_many_shifts_is_asked_for_in_parts(api: Api) -> None:
    api.ok("root", "POST", "/schedules", {"name": "hourly", "layers": layers(3)})
    answer = api.call("root", "GET", "/schedules/hourly/shifts?from=2026-01-01T00:00:00Z&to=2027-01-30T00:00:00Z")
    assert answer.status_code == 422
    assert answer.json()["field"] == "to"
    assert api.call("root", "GET", "/schedules/hourly/shifts").status_code == 200


@pytest.mark.parametrize("deep", ["[" * 5000, "{a: " * 2000, "- " * 5000])
def test_a_file_nested_without_end_is_a_fault_in_the_file(api: Api, deep: str) -> None:
    answer = api.call("root", "POST", "/config:plan", {"files": [{"path": "a.yaml", "text": deep}]})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:firebell:problem:bad-config"


def test_one_person_cannot_take_every_connection_for_live_pages() -> None:
    async def ask() -> list[bool]:
        live = Live()
        streams = [live.events("user:ann") for _ in range(STREAMS_MAX)]
        for stream in streams:
            await anext(stream)
        full = [live.takes("user:ann"), live.takes("user:ben")]
        await streams[0].aclose()  # type: ignore[attr-defined]
        return [*full, live.takes("user:ann")]

    assert asyncio.run(ask()) == [False, True, True]


def test_metrics_are_for_this_machine_and_for_tokens(api: Api) -> None:
    assert api.client.get("/metrics").status_code == 200
    assert api.client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 401
    elsewhere = TestClient(application(api.story.house), client=("198.51.100.7", 50_000))
    assert elsewhere.get("/metrics").status_code == 401
    assert elsewhere.get("/metrics", headers={"Authorization": f"Bearer {api.plain['vic']}"}).status_code == 200


def test_a_failed_statement_does_not_repeat_what_was_to_be_stored(database_url: str) -> None:
    database = Database(database_url)
    try:
        with database.writer.connect() as connection, pytest.raises(DBAPIError) as failed:
            connection.execute(text("SELECT nothing FROM nowhere WHERE a = :a"), {"a": "planted-secret"})
        assert "planted-secret" not in str(failed.value)
    finally:
        database.close()


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_stranger_cannot_fill_the_memory_with_a_form(api: Api, kind: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 200_000 + b"\r\n"
    body = part * 12 + b"--x--\r\n" if "multipart" in kind else b"&".join([b"a=" + b"a" * 200_000] * 12)
    assert api.client.post("/sign-in", content=body, headers={"Content-Type": kind}).status_code == 413


def test_an_ordinary_form_of_either_kind_is_read(api: Api) -> None:
    for given in ({"data": {"theme": "dark"}}, {"data": {"theme": "dark"}, "files": {"none": ("", b"")}}):
        assert api.client.post("/theme", follow_redirects=False, **given).status_code == 303  # type: ignore[arg-type]
