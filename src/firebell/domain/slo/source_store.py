"""The table of data sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, Text, select, text, update

from firebell.domain.slo.records import SourceRecord
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

sources = Table(
    "slo_sources",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("type", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("details", Doc, nullable=False),
    Column("secret_file", Text, nullable=False),
    Column("secret", Text),
    Column("managed_by", String),
    Column("checked_at", InstantType),
    Column("error", Text, nullable=False),
    Column("error_at", InstantType),
    Column("warnings", Doc, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
    Index(
        "uq_slo_sources_name", "name", unique=True,
        sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL"),
    ),
)  # fmt: skip

_PUBLIC = [column for column in sources.columns if column.name not in ("secret", "deleted_at")]
_COLUMNS = [*_PUBLIC, sources.c.secret.is_not(None).label("has_secret")]


def _record(row: Row[Any]) -> SourceRecord:
    values = dict(row._mapping)
    values["warnings"] = tuple(values["warnings"])
    values["has_secret"] = bool(values["has_secret"])
    return SourceRecord(**values)


def get(read: Read, id_or_name: str) -> SourceRecord | None:
    which = (sources.c.id == id_or_name) | (sources.c.name == id_or_name)
    row = read.one(select(*_COLUMNS).where(which, sources.c.deleted_at.is_(None)))
    return _record(row) if row else None


def take(work: Work, source_id: str) -> SourceRecord | None:
    row = work.take(select(*_COLUMNS).where(sources.c.id == source_id, sources.c.deleted_at.is_(None)))
    return _record(row) if row else None


def listed(read: Read) -> list[SourceRecord]:
    query = select(*_COLUMNS).where(sources.c.deleted_at.is_(None)).order_by(sources.c.name)
    return [_record(row) for row in read.all(query)]


def sealed(read: Read, source_id: str) -> str | None:
    found: str | None = read.scalar(select(sources.c.secret).where(sources.c.id == source_id))
    return found


def add(work: Work, values: Mapping[str, Any]) -> None:
    work.insert(sources, [values])


def save(work: Work, source_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = (
        update(sources)
        .where(sources.c.id == source_id, sources.c.version == version)
        .values(**values, version=version + 1, updated_at=work.now)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


def note(work: Work, source_id: str, values: Mapping[str, Any]) -> None:
    """Write how it answers: no edit, so the version stays."""
    work.write(update(sources).where(sources.c.id == source_id).values(**values))
