"""Backups of a SQLite installation: made under the lock, restored whole or not at all."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firebell.app import keyring_of
from firebell.kernel import archive
from firebell.kernel.clock import Instant, SystemClock
from firebell.kernel.db import Database, sqlite_faults
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.secrets import Keyring
from firebell.migrations.upgrade import SchemaUnknown, current, steps
from firebell.settings import Settings, load
from firebell.upkeep.opening import database_of

SUFFIX = ".fbbackup"


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that was made or restored: the file, its size in bytes, and what it says about itself."""

    path: Path
    size: int
    about: dict[str, Any]


def name_at(now: Instant) -> str:
    """``firebell-20260105T090000Z.fbbackup``."""
    stamp = now.format_iso().partition(".")[0].rstrip("Z").replace("-", "").replace(":", "")
    return f"firebell-{stamp}Z{SUFFIX}"


def make(database: Database, keyring: Keyring, target: Path, now: Instant) -> Kept:
    """Copy an open database into an archive, with its checksum beside it. Raises Conflict on PostgreSQL."""
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = target.with_name(f".{target.name}.copy")
    try:
        database.copy_to(copy)
        with database.readers.connect() as connection:
            schema = current(connection)
        about = {"made_at": now.format_iso(), "schema": schema, "key": keyring.current.id}
        archive.pack(copy, target, about)
    finally:
        copy.unlink(missing_ok=True)
    with target.open("rb") as made:
        digest = hashlib.file_digest(made, "sha256").hexdigest()
    target.with_name(target.name + ".sha256").write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    return Kept(target, target.stat().st_size, about)


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
