"""Tables of templates and settings, of who releases in the commander's place, and of what disagrees with the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Column, Integer, Row, String, Table, select, update

from firebell.domain.comms.model import CommsSettings, Template
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

comms_templates = Table(
    "comms_templates",
    metadata,
    Column("audience", String, primary_key=True),
    Column("phase", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", String, nullable=False),
    Column("managed_by", String),
    Column("author_id", String, nullable=False),
    Column("created_at", InstantType, nullable=False),
)

comms_settings = Table(
    "comms_settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Doc, nullable=False),
)

approval_delegations = Table(
    "approval_delegations",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("commander_id", String, nullable=False),
    Column("delegate_id", String, nullable=False),
    Column("at", InstantType, nullable=False),
)

disagreements = Table(
    "disagreements",
    metadata,
    Column("id", String, primary_key=True),
    Column("rule", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("since_at", InstantType, nullable=False),
    Column("alert_id", String),
)


def templates(read: Read) -> dict[tuple[str, str], Template]:
    """The current version of each template that has been edited, by (audience, phase)."""
    rows = read.all(select(comms_templates).order_by(comms_templates.c.version))
    return {(row.audience, row.phase): _template(row) for row in rows}


def template_versions(read: Read, audience: str, phase: str) -> list[Template]:
    """All versions of one template, oldest first."""
    query = select(comms_templates).where(comms_templates.c.audience == audience, comms_templates.c.phase == phase)
    return [_template(row) for row in read.all(query.order_by(comms_templates.c.version))]


def _template(row: Row[Any]) -> Template:
    return Template(
        audience=row.audience, phase=row.phase, body=row.body, version=row.version, managed_by=row.managed_by
    )


def add_template(work: Work, value: Template) -> None:
    work.insert(
        comms_templates,
        [{"audience": value.audience, "phase": value.phase, "version": value.version, "body": value.body,
          "managed_by": value.managed_by, "author_id": work.actor.id, "created_at": work.now}],
    )  # fmt: skip


def settings(read: Read) -> CommsSettings:
    value = read.scalar(select(comms_settings.c.value).where(comms_settings.c.name == "comms"))
    return msgspec.convert(value or {}, CommsSettings)


def set_settings(work: Work, value: CommsSettings) -> None:
    stored = msgspec.to_builtins(value)
    if not work.write(update(comms_settings).where(comms_settings.c.name == "comms").values(value=stored)):
        work.insert(comms_settings, [{"name": "comms", "value": stored}])


# ---------------------------------------------------------------- who may approve in the commander's place


def delegation(read: Read, incident_id: str) -> tuple[str, str] | None:
    """(commander, delegate) of an incident, or ``None``."""
    row = read.one(select(approval_delegations).where(approval_delegations.c.incident_id == incident_id))
    return (row.commander_id, row.delegate_id) if row else None


def set_delegation(work: Work, incident_id: str, pair: tuple[str, str] | None) -> None:
    table = approval_delegations
    work.write(table.delete().where(table.c.incident_id == incident_id))
    if pair is not None:
        work.insert(
            table, [{"incident_id": incident_id, "commander_id": pair[0], "delegate_id": pair[1], "at": work.now}]
        )


# ---------------------------------------------------------------- what does not agree with the status page


class Seen(NamedTuple):
    """Since when a disagreement has been seen, the alert it raised, and whose timeline says so."""

    since_at: Instant
    alert_id: str | None
    subject: str


def known_disagreements(read: Read) -> dict[str, Seen]:
    """Every disagreement that has been seen and is not over, by its key."""
    return {row.id: Seen(row.since_at, row.alert_id, row.subject) for row in read.all(select(disagreements))}


def put_disagreement(work: Work, key: str, rule: str, seen: Seen) -> None:
    changed = work.write(update(disagreements).where(disagreements.c.id == key).values(**seen._asdict()))
    if not changed:
        work.insert(disagreements, [{"id": key, "rule": rule, **seen._asdict()}])


def drop_disagreements(work: Work, keys: Iterable[str]) -> None:
    wanted = sorted(keys)
    if wanted:
        work.write(disagreements.delete().where(disagreements.c.id.in_(wanted)))
