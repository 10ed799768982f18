"""Tables of policies, their frozen versions, and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Index, Integer, Row, String, Table, select, text, update

from firebell.domain.escalation.model import Climb, Policy, Run, RunState, Target
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

policies = Table(
    "policies",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("display_name", String, nullable=False),
    Column("team_id", String),
    Column("version", Integer, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
)
_LIVE = text("deleted_at IS NULL")
Index("uq_policies_name", policies.c.name, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("policy_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("climb", Doc, nullable=False),
    Column("created_at", InstantType, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("service_id", String, nullable=False),
    Column("team_id", String),
    Column("policy_id", String),
    Column("policy_version", Integer, nullable=False),
    Column("own_climb", Doc),
    Column("severity", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("state", String, nullable=False),
    Column("loop", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("movement", Integer, nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("entered_at", InstantType),
    Column("due_at", InstantType),
    Column("started_at", InstantType, nullable=False),
    Column("ended_at", InstantType),
    Column("ended_why", String),
    Column("acker_id", String),
    Column("failures", Integer, nullable=False),
)
_DUE = text("due_at IS NOT NULL")
_STORM = text("kind = 'storm' AND state <> 'ended'")
Index("ix_runs_due", runs.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)
Index("ix_runs_storm", runs.c.service_id, unique=True, sqlite_where=_STORM, postgresql_where=_STORM)
Index("ix_runs_alert", runs.c.alert_id)

escalation_defaults = Table(
    "escalation_defaults",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Doc, nullable=False),
)


def climb(value: object) -> Climb:
    """A stored document as a ladder."""
    return msgspec.convert(value, Climb)


def run(row: Row[Any]) -> Run:
    return Run(**row._mapping)


def policy(row: Row[Any]) -> Policy:
    return Policy(row.id, row.name, row.display_name, row.team_id, climb(row.climb), row.version, row.managed_by)


_CURRENT = select(policies, policy_versions.c.climb).join(
    policy_versions,
    (policy_versions.c.policy_id == policies.c.id) & (policy_versions.c.version == policies.c.version),
)


def get(read: Read, policy_id: str) -> Policy | None:
    row = read.one(_CURRENT.where(policies.c.id == policy_id, policies.c.deleted_at.is_(None)))
    return policy(row) if row else None


def by_name(read: Read, name: str) -> Policy | None:
    row = read.one(_CURRENT.where(policies.c.name == name, policies.c.deleted_at.is_(None)))
    return policy(row) if row else None


def all_policies(read: Read) -> list[Policy]:
    return [policy(row) for row in read.all(_CURRENT.where(policies.c.deleted_at.is_(None)).order_by(policies.c.name))]


_VERSIONS = "SELECT id, version FROM policies WHERE id IN ({keys}) AND deleted_at IS NULL"


def versions(read: Read, policy_ids: Iterable[str]) -> dict[str, int]:
    """The current version of each policy that exists."""
    return dict(read.select_in(_VERSIONS, policy_ids))


def ladder(read: Read, policy_id: str, version: int) -> Climb | None:
    """The frozen content a run follows."""
    value = read.scalar(
        select(policy_versions.c.climb).where(
            policy_versions.c.policy_id == policy_id, policy_versions.c.version == version
        )
    )
    return None if value is None else climb(value)


def add_policy(work: Work, value: Policy) -> None:
    work.insert(
        policies,
        [{"id": value.id, "name": value.name, "display_name": value.display_name, "team_id": value.team_id,
          "version": value.version, "managed_by": value.managed_by, "created_at": work.now}],
    )  # fmt: skip
    add_version(work, value)


def add_version(work: Work, value: Policy) -> None:
    work.insert(
        policy_versions,
        [
            {
                "policy_id": value.id,
                "version": value.version,
                "climb": msgspec.to_builtins(value.climb),
                "created_at": work.now,
            }
        ],
    )


def save_policy(work: Work, value: Policy, was: int, **extra: Any) -> None:
    """Write a policy that was read as version ``was``; one that has moved meanwhile is a lost race."""
    written = work.write(
        update(policies)
        .where(policies.c.id == value.id, policies.c.version == was)
        .values(name=value.name, display_name=value.display_name, team_id=value.team_id, version=value.version,
                managed_by=value.managed_by, **extra)
    )  # fmt: skip
    if not written:
        raise Stale("Somebody else changed this policy at the same moment.")


def add_runs(work: Work, new: Sequence[Run]) -> None:
    work.insert_structs(runs, new)


def save(work: Work, *changed: Run) -> None:
    """Write runs back whole."""
    work.update_structs(runs, changed)


def get_run(read: Read, run_id: str) -> Run | None:
    row = read.one(select(runs).where(runs.c.id == run_id))
    return run(row) if row else None


def take(work: Work, run_id: str) -> Run | None:
    """The run, its row locked (after the alert's: the order is alert, run, delivery)."""
    row = work.take(select(runs).where(runs.c.id == run_id))
    return run(row) if row else None


def take_many(work: Work, ids: Iterable[str]) -> dict[str, Run]:
    """Several runs, locked in id order."""
    return {row["id"]: Run(**row) for row in work.take_in(runs, "id", ids)}


def storms(read: Read, service_ids: Iterable[str]) -> dict[str, Run]:
    """The live storm run of each service that has one."""
    query = select(runs).where(
        runs.c.service_id.in_(sorted(set(service_ids))), runs.c.kind == "storm", runs.c.state != RunState.ENDED
    )
    return {row.service_id: run(row) for row in read.all(query)}


def due(read: Read, now: Instant, limit: int) -> list[tuple[str, str]]:
    """(run id, alert id) of the runs whose deadline has come, most overdue first."""
    query = (
        select(runs.c.id, runs.c.alert_id).where(runs.c.due_at <= now).order_by(runs.c.due_at, runs.c.id).limit(limit)
    )
    return [(row.id, row.alert_id) for row in read.all(query)]


def next_due(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(
        select(runs.c.due_at).where(runs.c.due_at.is_not(None)).order_by(runs.c.due_at).limit(1)
    )
    return found


def fallback(read: Read) -> tuple[Target, ...]:
    """Who is told for the whole installation when a policy's own fallback reaches nobody."""
    value = read.scalar(select(escalation_defaults.c.value).where(escalation_defaults.c.name == "fallback"))
    return tuple(msgspec.convert(value or [], list[Target]))


def set_fallback(work: Work, targets: Sequence[Target]) -> None:
    value = msgspec.to_builtins(list(targets))
    changed = work.write(
        update(escalation_defaults).where(escalation_defaults.c.name == "fallback").values(value=value)
    )
    if not changed:
        work.insert(escalation_defaults, [{"name": "fallback", "value": value}])
