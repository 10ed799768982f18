"""Backups of a SQLite installation: made under the lock, restored whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from firebell.app import keyring_of
from firebell.kernel import archive
from firebell.kernel.clock import Instant, SystemClock
from firebell.kernel.db import sqlite_faults
from firebell.kernel.errors import Conflict, Invalid
from firebell.migrations.upgrade import SchemaUnknown, steps
from firebell.settings import Settings, load
from firebell.upkeep.opening import database_of
from firebell.workflows.backup_made import Kept, make, name_at


def backup(target: Path | None) -> Kept:
    """Back up the installation the settings name, which nobody may be serving. Raises InUse, Conflict."""
    settings = load()
    now = SystemClock().now()
    _only_sqlite(settings)
    if not _file(settings).exists():
        raise Conflict(f"There is no installation at {_file(settings)}.", hint="Is FIREBELL_DATA right?")
    with database_of(settings) as database:
        return make(database, keyring_of(settings), _target(settings, target, now), now)


def restore(source: Path, *, replace: bool = False) -> Kept:
    """Put a backup in the place of the installation's database.

    The archive is unpacked beside the database and examined whole before anything is touched; the database that was
    there stays as ``firebell.db.before-restore``. Raises Damaged, InUse, Conflict, SchemaUnknown.
    """
    settings = load()
    _only_sqlite(settings)
    _check_sum_beside(source)
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.restoring")
    try:
        header = archive.unpack(source, draft)
        about: dict[str, Any] = header["about"]
        if faults := sqlite_faults(draft):
            raise archive.Damaged(source, f"the database in it is damaged: {faults[0]}")
        if about.get("schema") not in steps():
            raise SchemaUnknown(f"The backup has schema {about.get('schema')}, which this Firebell does not know.")
        if file.exists() and not replace:
            raise Conflict(f"{file} exists.", hint="Give --replace to put the backup in its place; it is kept aside.")
        with database_of(settings):
            for tail in ("", "-wal", "-shm"):
                old = file.with_name(file.name + tail)
                if old.exists():
                    old.replace(file.with_name(f"{file.name}.before-restore{tail}"))
            draft.replace(file)
            _sync(file.parent)
        return Kept(source, source.stat().st_size, about)
    finally:
        draft.unlink(missing_ok=True)


def _check_sum_beside(source: Path) -> None:
    beside = source.with_name(source.name + ".sha256")
    if not beside.exists():
        return
    if not source.exists():
        raise Invalid(f"{source} cannot be read: there is no such file.")
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if beside.read_text(encoding="utf-8").split()[:1] != [digest]:
        raise archive.Damaged(source, f"its checksum is not the one in {beside.name}")


def _target(settings: Settings, target: Path | None, now: Instant) -> Path:
    if target is None:
        return settings.data / "backups" / name_at(now)
    return target / name_at(now) if target.is_dir() else target


def _file(settings: Settings) -> Path:
    return Path(settings.url.removeprefix("sqlite:///"))


def _only_sqlite(settings: Settings) -> None:
    if not settings.url.startswith("sqlite:"):
        raise Conflict(
            "PostgreSQL is backed up with its own tools.",
            hint='pg_dump --format=custom --file=firebell.dump "$FIREBELL_DATABASE_URL"; back with pg_restore --clean '
            "--if-exists --single-transaction. Keep a copy of the secret key as well.",
        )  # fmt: skip


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
