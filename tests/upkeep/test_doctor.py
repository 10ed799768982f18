"""The doctor names what is wrong, each thing by itself, and finds a healthy installation healthy."""

from __future__ import annotations

from pathlib import Path

import pytest

from firebell.kernel.clock import Instant
from firebell.kernel.db import Database
from firebell.upkeep.doctor import State, examine, key_check, sqlite_check, tzdata_check
from firebell.upkeep.migrating import migrate
from tests import databases
from tests.upkeep.conftest import Place


def states() -> dict[str, State]:
    return {check.name: check.state for check in examine().checks}


def test_an_empty_folder_is_ready_for_a_first_start(place: Place) -> None:
    found = states()
    assert State.FAIL not in found.values()
    assert found["schema"] is State.WARN


def test_people_whom_nobody_can_page_and_no_fallback_are_failures(place: Place) -> None:
    place.with_person("ann")
    found = states()
    assert found["channels"] is State.FAIL
    assert found["fallback"] is State.FAIL
    assert found["schema"] is State.OK


def test_a_secret_key_that_is_gone_is_a_failure_and_is_not_made_anew(place: Place) -> None:
    place.with_person("ann")
    (place.data / "secret.key").unlink()
    assert states()["secret key"] is State.FAIL
    assert not (place.data / "secret.key").exists()


def test_a_schema_of_a_newer_firebell_is_a_failure(place: Place) -> None:
    place.with_person("ann")
    database = Database(place.settings.url)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version_num = '9999'")
    database.close()
    assert states()["schema"] is State.FAIL


def test_a_running_server_is_named_so_that_it_can_be_asked(place: Place) -> None:
    server = Database(place.settings.url)
    try:
        assert examine().served_at == "http://127.0.0.1:8080"
    finally:
        server.close()


def test_a_wrong_setting_is_the_one_thing_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBELL_SENDERS", "many")
    found = examine().checks
    assert [check.state for check in found] == [State.FAIL]
    assert "senders" in found[0].text


@pytest.mark.parametrize(
    ("version", "state"), [((3, 51, 2), State.WARN), ((3, 51, 3), State.OK), ((4, 0, 0), State.OK)]
)
def test_sqlite_before_the_wal_reset_fix_is_warned_about(version: tuple[int, int, int], state: State) -> None:
    assert sqlite_check(version).state is state


@pytest.mark.parametrize(
    ("mode", "state"), [(0o600, State.OK), (0o400, State.OK), (0o640, State.FAIL), (0o644, State.FAIL)]
)
def test_a_key_that_others_may_read_is_a_failure(tmp_path: Path, mode: int, state: State) -> None:
    key = tmp_path / "secret.key"
    key.write_bytes(bytes(32))
    key.chmod(mode)
    assert key_check(key).state is state


def test_time_zones_of_the_year_before_last_are_old() -> None:
    now = Instant.parse_iso("2026-11-24T00:00:00Z")
    assert tzdata_check("2026.6", now).state is State.OK
    assert tzdata_check("2024.1", now).state is State.WARN


def test_postgresql_is_examined_through_its_own_settings(
    place: Place, careful_postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIREBELL_DATABASE_URL", databases.fresh_database(careful_postgres_server, "fb_doctor"))
    migrate()
    found = states()
    assert "sqlite" not in found
    assert found["durability"] is State.OK
    assert found["clock"] is State.OK
    assert found["schema"] is State.OK


def test_a_database_that_does_not_answer_is_a_failure(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBELL_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{databases.free_port()}/none")
    assert states()["database"] is State.FAIL
