"""A backup is made: a consistent copy of an open SQLite database, packed with what is needed to judge it later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firebell.kernel import archive
from firebell.kernel.clock import Instant
from firebell.kernel.db import Database
from firebell.kernel.secrets import Keyring
from firebell.migrations.upgrade import current

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
    """Write the archive ``target``, with its checksum beside it. Raises Conflict on PostgreSQL."""
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = target.with_name(f".{target.name}.copy")
    try:
        database.copy_to(copy)
        with database.readers.connect() as connection:
            schema = current(connection)
        # The key itself stays out; its name tells which one opens what is sealed inside.
        about = {"made_at": now.format_iso(), "schema": schema, "key": keyring.current.id}
        archive.pack(copy, target, about)
    finally:
        copy.unlink(missing_ok=True)
    with target.open("rb") as made:
        digest = hashlib.file_digest(made, "sha256").hexdigest()
    target.with_name(target.name + ".sha256").write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    return Kept(target, target.stat().st_size, about)
