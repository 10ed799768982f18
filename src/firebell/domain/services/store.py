"""Tables of services and integrations, and their rows as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    select,
    text,
    update,
)

from firebell.domain.services.model import Intake, Integration, Service, UrgencyRule
from firebell.kernel.clock import Instant, micros
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

services = Table(
    "services",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("display_name", String, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("team_id", String, index=True),
    Column("policy_id", String, index=True),
    Column("default_severity", String, nullable=False, default="SEV3"),
    Column("urgency", String, nullable=False, default="by_severity"),
    Column("component", String),
    Column("depends_on", Doc, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
)
# Among the living only: a deleted service gives its name free, and so does an integration its key.
_alive: dict[str, Any] = {"sqlite_where": text("deleted_at IS NULL"), "postgresql_where": text("deleted_at IS NULL")}
Index("uq_services_name", services.c.name, unique=True, **_alive)

integrations = Table(
    "integrations",
    metadata,
    Column("id", String, primary_key=True),
    Column("service_id", String, ForeignKey("services.id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("source", String, nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("key_sealed", Text, nullable=False),
    Column("key_hint", String(4), nullable=False),
    Column("settings", Doc, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("disabled_at", InstantType),
    Column("deleted_at", InstantType),
    Column("last_signal_at", InstantType),
    Column("signal_count", BigInteger, nullable=False, default=0),
    Column("version", Integer, nullable=False, default=1),
)
Index("uq_integrations_key_hash", integrations.c.key_hash, unique=True, **_alive)
Index("uq_integrations_service_id_name", integrations.c.service_id, integrations.c.name, unique=True, **_alive)

_intake = (
    select(
        integrations.c.id, integrations.c.source, integrations.c.disabled_at, integrations.c.settings,
        services.c.id.label("service_id"), services.c.name, services.c.display_name, services.c.team_id,
        services.c.policy_id, services.c.default_severity, services.c.urgency,
    )
    .join_from(integrations, services, integrations.c.service_id == services.c.id)
    .where(integrations.c.deleted_at.is_(None), services.c.deleted_at.is_(None))
)  # fmt: skip
_INTAKE_BY_HASH = _intake.where(integrations.c.key_hash == bindparam("key_hash"))
_INTAKE_BY_ID = _intake.where(integrations.c.id.in_(bindparam("ids", expanding=True)))


def service_row(row: Row[Any]) -> Service:
    fields = dict(row._mapping)
    return Service(**fields | {"urgency": UrgencyRule(row.urgency), "depends_on": tuple(row.depends_on)})


def integration_row(row: Row[Any]) -> Integration:
    fields = dict(row._mapping)
    del fields["key_hash"], fields["key_sealed"]
    return Integration(**fields)


def service(read: Read, service_id: str, *, deleted: bool = False) -> Service | None:
    """One service by id; ``deleted``: also a deleted one."""
    query = select(services).where(services.c.id == service_id)
    row = read.one(query if deleted else query.where(services.c.deleted_at.is_(None)))
    return service_row(row) if row else None


def service_by_name(read: Read, name: str) -> Service | None:
    row = read.one(select(services).where(services.c.name == name, services.c.deleted_at.is_(None)))
    return service_row(row) if row else None


def all_services(read: Read, *, team_id: str | None = None, deleted: bool = False) -> list[Service]:
    """By name; ``team_id`` narrows to one team; ``deleted``: only the deleted ones."""
    query = select(services).order_by(services.c.name, services.c.id)
    query = query.where(services.c.deleted_at.is_not(None) if deleted else services.c.deleted_at.is_(None))
    return [
        service_row(row) for row in read.all(query if team_id is None else query.where(services.c.team_id == team_id))
    ]


def integration(read: Read, integration_id: str) -> Integration | None:
    row = read.one(select(integrations).where(integrations.c.id == integration_id, integrations.c.deleted_at.is_(None)))
    return integration_row(row) if row else None


def all_integrations(read: Read, *, service_id: str | None = None) -> list[Integration]:
    query = (
        select(integrations).where(integrations.c.deleted_at.is_(None)).order_by(integrations.c.name, integrations.c.id)
    )
    return [
        integration_row(row)
        for row in read.all(query if service_id is None else query.where(integrations.c.service_id == service_id))
    ]


def integrations_deleted_at(read: Read, service_id: str, at: Instant) -> list[tuple[Integration, str]]:
    """The integrations that went together with their service at ``at``, each with its key's hash."""
    query = select(integrations).where(integrations.c.service_id == service_id, integrations.c.deleted_at == at)
    return [(integration_row(row), row.key_hash) for row in read.all(query)]


def key_holder(read: Read, key_hash: str) -> str | None:
    """The id of the integration that has this key."""
    found: str | None = read.scalar(
        select(integrations.c.id).where(integrations.c.key_hash == key_hash, integrations.c.deleted_at.is_(None))
    )
    return found


def sealed_key(read: Read, integration_id: str) -> str | None:
    found: str | None = read.scalar(select(integrations.c.key_sealed).where(integrations.c.id == integration_id))
    return found


def _intake_row(row: Row[Any]) -> Intake:
    return Intake(
        row.id, row.source, row.service_id, row.name, row.display_name, row.team_id, row.policy_id,
        row.default_severity, row.urgency, row.disabled_at is not None, row.settings,
    )  # fmt: skip


def intake_by_key_hash(read: Read, key_hash: str) -> Intake | None:
    row = read.one(_INTAKE_BY_HASH, {"key_hash": key_hash})
    return _intake_row(row) if row else None


def intakes(read: Read, integration_ids: Collection[str]) -> dict[str, Intake]:
    if not integration_ids:
        return {}
    return {row.id: _intake_row(row) for row in read.all(_INTAKE_BY_ID, {"ids": list(integration_ids)})}


def add_service(work: Work, value: Service) -> None:
    fields = {name: getattr(value, name) for name in Service.__dataclass_fields__}
    work.insert(services, [fields | {"urgency": value.urgency.value}])


def add_integration(work: Work, value: Integration, *, key_hash: str, key_sealed: str) -> None:
    fields = {name: getattr(value, name) for name in Integration.__dataclass_fields__}
    work.insert(integrations, [fields | {"key_hash": key_hash, "key_sealed": key_sealed}])


def save(work: Work, table: Table, row_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = update(table).where(table.c.id == row_id, table.c.version == version).values(**values, version=version + 1)
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


_COUNT = "UPDATE integrations SET signal_count = signal_count + ?, last_signal_at = ? WHERE id = ?"
_OPEN = (
    "SELECT i.id, i.key_hash FROM integrations i JOIN services s ON s.id = i.service_id WHERE i.id IN ({keys})"
    " AND i.disabled_at IS NULL AND i.deleted_at IS NULL AND s.deleted_at IS NULL"
)


def count_signals(work: Work, counts: Mapping[str, int]) -> None:
    """Add what arrived to each integration, in id order so that two writers cannot wait for each other."""
    at = micros(work.now)
    work.execute_many(_COUNT, [(counts[i], at, i) for i in sorted(counts)])


def open_doors(read: Read, integration_ids: Collection[str]) -> dict[str, str]:
    """Those of the integrations through which signals may come now, with the hash of the key that opens each."""
    return {row[0]: row[1] for row in read.select_in(_OPEN, integration_ids)}


def display_names(read: Read, service_ids: Collection[str]) -> dict[str, str]:
    query = select(services.c.id, services.c.display_name).where(services.c.id.in_(sorted(set(service_ids))))
    return {row.id: row.display_name for row in read.all(query)}
