"""The table of burn-rate rule sets that are not built in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, select, text, update

from firebell.domain.slo import rule_sets
from firebell.domain.slo.records import RuleSetRecord
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

rules = Table(
    "slo_rule_sets",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("spec", Doc, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
    Index(
        "uq_slo_rule_sets_name", "name", unique=True,
        sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL"),
    ),
)  # fmt: skip


def _record(row: Row[Any]) -> RuleSetRecord:
    found, problems = rule_sets.read(row.name, row.spec)
    if found is None:
        raise ValueError(f"a stored rule set cannot be read: {'; '.join(map(str, problems))}")
    return RuleSetRecord(row.id, found, row.managed_by, row.created_at, row.updated_at, row.version)


def get(read: Read, id_or_name: str) -> RuleSetRecord | None:
    which = (rules.c.id == id_or_name) | (rules.c.name == id_or_name)
    row = read.one(select(rules).where(which, rules.c.deleted_at.is_(None)))
    return _record(row) if row else None


def take(work: Work, rules_id: str) -> RuleSetRecord | None:
    row = work.take(select(rules).where(rules.c.id == rules_id, rules.c.deleted_at.is_(None)))
    return _record(row) if row else None


def listed(read: Read) -> list[RuleSetRecord]:
    return [_record(row) for row in read.all(select(rules).where(rules.c.deleted_at.is_(None)).order_by(rules.c.name))]


def add(work: Work, values: Mapping[str, Any]) -> None:
    work.insert(rules, [values])


def save(work: Work, rules_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = (
        update(rules)
        .where(rules.c.id == rules_id, rules.c.version == version)
        .values(**values, version=version + 1, updated_at=work.now)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")
