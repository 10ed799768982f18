"""Tables of the gate: who lets what through in spite of the budget, what shipped so, and what it says when it fails."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Row, String, Table, Text, select, update

from firebell.domain.slo.gate import OnError
from firebell.domain.slo.policy import Override
from firebell.domain.slo.records import OverrideRecord, OverrideUse
from firebell.kernel.clock import Instant
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.work import Read, Work

overrides = Table(
    "gate_overrides",
    metadata,
    Column("id", String, primary_key=True),
    Column("service_id", String, nullable=False, index=True),
    Column("change", String, nullable=False),
    Column("sha", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("since", InstantType, nullable=False),
    Column("until", InstantType, nullable=False, index=True),
    Column("revoked_at", InstantType),
    Column("revoked_by", String),
    Column("created_at", InstantType, nullable=False),
)

uses = Table(
    "gate_override_uses",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("override_id", String, nullable=False, index=True),
    Column("at", InstantType, nullable=False, index=True),
    Column("service_id", String, nullable=False),
    Column("change", String, nullable=False),
    Column("sha", String, nullable=False),
    Column("decision", String, nullable=False),
)

gates = Table(
    "gate_settings",
    metadata,
    Column("service_id", String, primary_key=True),
    Column("on_error", String, nullable=False),
)


def _record(row: Row[Any]) -> OverrideRecord:
    one = Override(
        service=row.service_id, by=row.by, reason=row.reason, since=row.since, until=row.until, change=row.change,
        sha=row.sha, revoked_at=row.revoked_at,
    )  # fmt: skip
    return OverrideRecord(row.id, one, row.revoked_by, row.created_at)


def get(read: Read, override_id: str) -> OverrideRecord | None:
    row = read.one(select(overrides).where(overrides.c.id == override_id))
    return _record(row) if row else None


def take(work: Work, override_id: str) -> OverrideRecord | None:
    row = work.take(select(overrides).where(overrides.c.id == override_id))
    return _record(row) if row else None


def listed(
    read: Read, service_id: str | None = None, *, live_at: Instant | None = None, limit: int = 500
) -> list[OverrideRecord]:
    """The newest first; ``live_at``: only those that hold then."""
    query = select(overrides).order_by(overrides.c.id.desc()).limit(limit)
    if service_id is not None:
        query = query.where(overrides.c.service_id == service_id)
    if live_at is not None:
        query = query.where(overrides.c.since <= live_at, overrides.c.until > live_at, overrides.c.revoked_at.is_(None))
    return [_record(row) for row in read.all(query)]


def add(work: Work, one: OverrideRecord) -> None:
    said = one.override
    work.insert(
        overrides,
        [
            {
                "id": one.id, "service_id": said.service, "change": said.change, "sha": said.sha,
                "reason": said.reason, "by": said.by, "since": said.since, "until": said.until, "revoked_at": None,
                "revoked_by": None, "created_at": one.created_at,
            }
        ],
    )  # fmt: skip


def revoke(work: Work, override_id: str, by: str) -> None:
    work.write(update(overrides).where(overrides.c.id == override_id).values(revoked_at=work.now, revoked_by=by))


def add_use(work: Work, one: OverrideUse) -> None:
    names = ("override_id", "at", "service_id", "change", "sha", "decision")
    work.insert(uses, [{name: getattr(one, name) for name in names}])


def uses_between(read: Read, since: Instant, until: Instant) -> list[OverrideUse]:
    """In the order they happened."""
    query = select(uses).where(uses.c.at >= since, uses.c.at < until).order_by(uses.c.at, uses.c.id)
    return [
        OverrideUse(row.override_id, row.at, row.service_id, row.change, row.sha, row.decision)
        for row in read.all(query)
    ]


def on_error(read: Read, service_id: str) -> OnError:
    found = read.scalar(select(gates.c.on_error).where(gates.c.service_id == service_id))
    return OnError(found) if found else OnError.OPEN


def set_on_error(work: Work, service_id: str, value: OnError) -> None:
    if not work.write(update(gates).where(gates.c.service_id == service_id).values(on_error=str(value))):
        work.insert(gates, [{"service_id": service_id, "on_error": str(value)}])
