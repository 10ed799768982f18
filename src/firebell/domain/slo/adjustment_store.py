"""The table of budget adjustments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, Text, select, text, update

from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.records import AdjustmentRecord
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

adjustments = Table(
    "slo_adjustments",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("slo_ids", Doc, nullable=False),
    Column("category", String, nullable=False),
    Column("since", InstantType, nullable=False),
    Column("until", InstantType, nullable=False),
    Column("rrule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author_id", String, nullable=False),
    Column("approver_id", String),
    Column("approved_at", InstantType),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
    Index(
        "uq_slo_adjustments_name", "name", unique=True,
        sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL"),
    ),
)  # fmt: skip

_PUBLIC = [column for column in adjustments.columns if column.name != "deleted_at"]


def _record(row: Row[Any]) -> AdjustmentRecord:
    values = dict(row._mapping)
    values["slo_ids"] = tuple(values["slo_ids"])
    values["category"] = Category(values["category"])
    values["start"], values["end"] = values.pop("since"), values.pop("until")
    return AdjustmentRecord(**values)


def get(read: Read, id_or_name: str) -> AdjustmentRecord | None:
    which = (adjustments.c.id == id_or_name) | (adjustments.c.name == id_or_name)
    row = read.one(select(*_PUBLIC).where(which, adjustments.c.deleted_at.is_(None)))
    return _record(row) if row else None


def take(work: Work, adjustment_id: str) -> AdjustmentRecord | None:
    row = work.take(select(*_PUBLIC).where(adjustments.c.id == adjustment_id, adjustments.c.deleted_at.is_(None)))
    return _record(row) if row else None


def listed(read: Read) -> list[AdjustmentRecord]:
    """The latest to begin first."""
    query = select(*_PUBLIC).where(adjustments.c.deleted_at.is_(None))
    return [_record(row) for row in read.all(query.order_by(adjustments.c.since.desc(), adjustments.c.id))]


def add(work: Work, values: Mapping[str, Any]) -> None:
    work.insert(adjustments, [_columns(values)])


def save(work: Work, adjustment_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = (
        update(adjustments)
        .where(adjustments.c.id == adjustment_id, adjustments.c.version == version)
        .values(**_columns(values), version=version + 1, updated_at=work.now)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """``end`` is a word of SQL."""
    names = {"start": "since", "end": "until"}
    return {names.get(name, name): value for name, value in values.items()}
