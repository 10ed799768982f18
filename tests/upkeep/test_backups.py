"""Backups: consistent while others write, put back whole, refused when damaged, never over what is there unasked."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from firebell.kernel.archive import Damaged, pack, unpack
from firebell.kernel.db import Database, sqlite_faults
from firebell.kernel.errors import Conflict
from firebell.migrations.upgrade import SchemaUnknown, steps
from firebell.upkeep.backups import backup, restore
from firebell.upkeep.opening import InUse
from tests.upkeep.conftest import Place


def test_a_backup_brings_back_what_was_there_and_keeps_what_it_replaces(place: Place, tmp_path: Path) -> None:
    place.with_person("before")
    kept = backup(tmp_path / "one.fbbackup")
    place.with_person("after")
    restore(kept.path, replace=True)
    assert place.people() == ["before"]
    assert (place.data / "firebell.db.before-restore").exists()
    assert kept.about["schema"] == steps()[-1]


def test_without_a_target_it_goes_into_the_data_folder_named_by_the_moment(place: Place) -> None:
    place.with_person("ann")
    kept = backup(None)
    assert kept.path.parent == place.data / "backups"
    assert kept.path.name.startswith("firebell-20")
    assert kept.path.with_name(kept.path.name + ".sha256").read_text().endswith(f"  {kept.path.name}\n")


def test_into_an_empty_folder_it_restores_without_being_asked_to_replace(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    kept = backup(tmp_path / "one.fbbackup")
    place.file.unlink()
    restore(kept.path)
    assert place.people() == ["ann"]


def test_a_database_that_is_there_is_not_replaced_unasked(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    kept = backup(tmp_path / "one.fbbackup")
    with pytest.raises(Conflict, match="exists"):
        restore(kept.path)
    assert place.people() == ["ann"]


def test_cut_anywhere_it_is_refused_and_the_database_stays(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    whole = backup(tmp_path / "one.fbbackup").path.read_bytes()
    before = place.file.read_bytes()
    broken = tmp_path / "broken.fbbackup"
    for cut in {*range(0, 400, 7), *range(400, len(whole), max(1, len(whole) // 200)), len(whole) - 1}:
        broken.write_bytes(whole[:cut])
        with pytest.raises(Damaged):
            restore(broken, replace=True)
    assert place.file.read_bytes() == before
    assert not list(place.data.glob("*.restoring"))


def test_a_checksum_beside_it_that_does_not_fit_is_believed(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    kept = backup(tmp_path / "one.fbbackup")
    kept.path.with_name("one.fbbackup.sha256").write_text("0" * 64 + "  one.fbbackup\n")
    with pytest.raises(Damaged, match="checksum"):
        restore(kept.path, replace=True)


def test_a_whole_archive_around_a_damaged_database_is_refused(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    copy = tmp_path / "copy"
    header = unpack(backup(tmp_path / "one.fbbackup").path, copy)
    damaged = bytearray(copy.read_bytes())
    damaged[8192:12288] = b"\xff" * 4096
    copy.write_bytes(damaged)
    pack(copy, tmp_path / "two.fbbackup", header["about"])
    with pytest.raises(Damaged, match="database in it is damaged"):
        restore(tmp_path / "two.fbbackup", replace=True)
    assert place.people() == ["ann"]


def test_a_backup_of_a_newer_firebell_is_refused(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    copy = tmp_path / "copy"
    header = unpack(backup(tmp_path / "one.fbbackup").path, copy)
    pack(copy, tmp_path / "two.fbbackup", {**header["about"], "schema": "9999"})
    with pytest.raises(SchemaUnknown, match="9999"):
        restore(tmp_path / "two.fbbackup", replace=True)


def test_a_server_that_has_the_file_keeps_others_out(place: Place, tmp_path: Path) -> None:
    place.with_person("ann")
    kept = backup(tmp_path / "one.fbbackup")
    server = Database(place.settings.url)
    try:
        with pytest.raises(InUse):
            backup(tmp_path / "two.fbbackup")
        with pytest.raises(InUse):
            restore(kept.path, replace=True)
    finally:
        server.close()


def test_a_copy_made_while_others_write_is_consistent(place: Place, tmp_path: Path) -> None:
    """Two tables that are always written together hold the same number of rows in every copy."""
    database = Database(place.settings.url)
    stop = threading.Event()
    with database.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (x TEXT)")
        connection.exec_driver_sql("CREATE TABLE b (x TEXT)")

    def write() -> None:
        while not stop.is_set():
            with database.writer.begin() as connection:
                connection.exec_driver_sql("INSERT INTO a VALUES (hex(randomblob(200)))")
                connection.exec_driver_sql("INSERT INTO b VALUES (hex(randomblob(200)))")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(10):
            database.copy_to(tmp_path / f"copy{n}")
    finally:
        stop.set()
        writer.join()
        database.close()
    for n in range(10):
        assert sqlite_faults(tmp_path / f"copy{n}") == []
        copy = Database(f"sqlite:///{tmp_path / f'copy{n}'}")
        with copy.readers.connect() as connection:
            counts = connection.exec_driver_sql("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)").one()
        copy.close()
        assert counts[0] == counts[1]


def test_postgresql_is_told_to_use_its_own_tools(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBELL_DATABASE_URL", "postgresql://firebell@127.0.0.1/firebell")
    with pytest.raises(Conflict) as refusal:
        backup(None)
    assert "pg_dump" in (refusal.value.hint or "")
