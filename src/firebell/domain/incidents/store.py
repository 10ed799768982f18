"""Tables of incidents, of what they are tied to, and of how this installation runs them.

The whole incident is one document; the columns beside it are what lists and clocks ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Index, Integer, Row, String, Table, Text, delete, func, select, text, update

from firebell.domain.incidents.document import decode, encode
from firebell.domain.incidents.model import Incident, RoleDefinition, Scale, Settings
from firebell.kernel.clock import Instant, from_micros
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

incidents = Table(
    "incidents",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("severity", String),
    Column("peak", String),
    Column("private", Boolean, nullable=False),
    Column("codename", String, nullable=False),
    Column("team_id", String),
    Column("commander_id", String),
    Column("title", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("declared_at", InstantType, nullable=False),
    Column("closed_at", InstantType),
    Column("due_at", InstantType),
    Column("version", Integer, nullable=False),
    Column("doc", Text, nullable=False),
)
_DUE = text("due_at IS NOT NULL")
_NAMED = text("codename <> ''")
_PRIVATE = text("private")
Index("ix_incidents_due", incidents.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)
Index("ix_incidents_declared", incidents.c.declared_at)
Index("ix_incidents_phase", incidents.c.phase, incidents.c.number)
Index("uq_incidents_codename", incidents.c.codename, unique=True, sqlite_where=_NAMED, postgresql_where=_NAMED)
Index("ix_incidents_private", incidents.c.id, sqlite_where=_PRIVATE, postgresql_where=_PRIVATE)

incident_links = Table(
    "incident_links",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("other_id", String, primary_key=True),
)
Index("ix_incident_links_other", incident_links.c.kind, incident_links.c.other_id)

ALERT, PERSON, SERVICE, INCIDENT = "alert", "person", "service", "incident"

incident_access_asks = Table(
    "incident_access_asks",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("asked_at", InstantType, nullable=False),
)

severity_scales = Table(
    "severity_scales",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("scale", Doc, nullable=False),
    Column("created_at", InstantType, nullable=False),
)

incident_roles = Table(
    "incident_roles",
    metadata,
    Column("name", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("role", Doc, nullable=False),
)

incident_settings = Table(
    "incident_settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Doc, nullable=False),
    Column("version", Integer, nullable=False),
)


def incident(row: Row[Any]) -> Incident:
    return decode(row.doc)


def _values(one: Incident) -> dict[str, Any]:
    said = (one.reference, one.title, one.codename, one.summary, one.impact, one.cause, *one.labels.values())
    return {
        "id": one.id, "number": one.number, "kind": one.kind, "phase": one.phase, "severity": one.severity,
        "peak": one.peak, "private": one.private, "codename": one.codename, "team_id": one.team_id,
        "commander_id": one.commander_id, "title": one.title, "words": "\n".join(said).lower(),
        "declared_at": one.declared_at, "closed_at": one.closed_at, "due_at": one.due_at, "version": one.version,
        "doc": encode(one),
    }  # fmt: skip


def links_of(one: Incident) -> set[tuple[str, str]]:
    """(kind, id) of everything ``one`` is tied to."""
    return {
        *((ALERT, alert.alert_id) for alert in one.alerts),
        *((PERSON, user_id) for user_id in (*one.engaged_ids, *one.member_ids)),
        *((SERVICE, service_id) for service_id in one.service_ids),
        *((INCIDENT, other) for other in one.related_ids),
    }


def next_number(work: Work) -> int:
    """Two that take the same number collide on its key, and the one that comes second is repeated as a whole."""
    return int(work.scalar(select(func.coalesce(func.max(incidents.c.number), 0)))) + 1


def add(work: Work, new: Incident) -> None:
    work.insert(incidents, [_values(new)])
    _tie(work, new.id, links_of(new))


def save(work: Work, before: Incident, after: Incident) -> None:
    """Write ``after`` over ``before``, which was taken; one that has moved meanwhile is a lost race."""
    values = _values(after)
    del values["id"]
    where = (incidents.c.id == before.id) & (incidents.c.version == before.version)
    if not work.write(update(incidents).where(where).values(values)):
        raise Stale("Somebody else changed this incident at the same moment.")
    was, now = links_of(before), links_of(after)
    for kind, other in sorted(was - now):
        work.write(
            delete(incident_links).where(
                incident_links.c.incident_id == after.id,
                incident_links.c.kind == kind,
                incident_links.c.other_id == other,
            )
        )
    _tie(work, after.id, now - was)


def _tie(work: Work, incident_id: str, new: Iterable[tuple[str, str]]) -> None:
    rows = [{"incident_id": incident_id, "kind": kind, "other_id": other} for kind, other in sorted(new)]
    work.insert(incident_links, rows, skip_existing=True)


def get(read: Read, incident_id: str) -> Incident | None:
    row = read.one(select(incidents.c.doc).where(incidents.c.id == incident_id))
    return incident(row) if row else None


def by_number(read: Read, number: int) -> Incident | None:
    row = read.one(select(incidents.c.doc).where(incidents.c.number == number))
    return incident(row) if row else None


def take(work: Work, incident_id: str) -> Incident | None:
    """The incident, its row locked: whoever else wants to change it waits, and then sees what was done."""
    row = work.take(select(incidents.c.doc).where(incidents.c.id == incident_id))
    return incident(row) if row else None


def tied_to(
    read: Read, kind: str, other_ids: Iterable[str], *, phases: Iterable[str] = ()
) -> dict[str, list[Incident]]:
    """The incidents (in one of ``phases``, if any are given) tied to each of these, oldest first; those tied to none
    are not in it."""
    wanted = sorted(set(other_ids))
    if not wanted:
        return {}
    query = (
        select(incident_links.c.other_id, incidents.c.doc)
        .join(incidents, incidents.c.id == incident_links.c.incident_id)
        .where(incident_links.c.kind == kind, incident_links.c.other_id.in_(wanted))
        .order_by(incidents.c.number)
    )
    if within := sorted(phases):
        query = query.where(incidents.c.phase.in_(within))
    found: dict[str, list[Incident]] = {}
    for row in read.all(query):
        found.setdefault(row.other_id, []).append(incident(row))
    return found


def codenames(read: Read, but: str) -> frozenset[str]:
    """Those in use by others than ``but``."""
    query = select(incidents.c.codename).where(_NAMED, incidents.c.id != but)
    return frozenset(row.codename for row in read.all(query))


def take_access_ask(work: Work, user_id: str) -> Instant | None:
    """When this person last asked to be let in somewhere; whoever asks at the same moment waits."""
    work.insert(incident_access_asks, [{"user_id": user_id, "asked_at": from_micros(0)}], skip_existing=True)
    row = work.take(select(incident_access_asks.c.asked_at).where(incident_access_asks.c.user_id == user_id))
    return row.asked_at if row is not None and row.asked_at != from_micros(0) else None


def set_access_ask(work: Work, user_id: str) -> None:
    where = incident_access_asks.c.user_id == user_id
    work.write(update(incident_access_asks).where(where).values(asked_at=work.now))


def due(read: Read, now: Instant, limit: int) -> list[str]:
    """Incidents one of whose clocks has run out, most overdue first."""
    query = select(incidents.c.id).where(incidents.c.due_at <= now).order_by(incidents.c.due_at, incidents.c.id)
    return [row.id for row in read.all(query.limit(limit))]


def next_due(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(incidents.c.due_at)).where(_DUE))
    return found


def scale(read: Read, version: int | None) -> Scale | None:
    """The scale of that version (``None``: the newest)."""
    query = select(severity_scales.c.scale).order_by(severity_scales.c.version.desc()).limit(1)
    if version is not None:
        query = query.where(severity_scales.c.version == version)
    value = read.scalar(query)
    return None if value is None else msgspec.convert(value, Scale)


def add_scale(work: Work, new: Scale) -> None:
    row = {"version": new.version, "scale": msgspec.to_builtins(new), "created_at": work.now}
    work.insert(severity_scales, [row])


def roles(read: Read) -> tuple[RoleDefinition, ...]:
    """As they were set, in order; none when nobody has."""
    query = select(incident_roles.c.role).order_by(incident_roles.c.position)
    return tuple(msgspec.convert(row.role, RoleDefinition) for row in read.all(query))


def set_roles(work: Work, new: Sequence[RoleDefinition]) -> None:
    work.write(delete(incident_roles))
    rows = [{"name": one.name, "position": at, "role": msgspec.to_builtins(one)} for at, one in enumerate(new)]
    work.insert(incident_roles, rows)


def settings(read: Read) -> Settings | None:
    value = read.scalar(select(incident_settings.c.value).where(incident_settings.c.name == "incidents"))
    return None if value is None else msgspec.convert(value, Settings)


def set_settings(work: Work, before: Settings | None, new: Settings) -> None:
    """Write settings that were read as ``before``; those that have moved meanwhile are a lost race."""
    row = {"name": "incidents", "value": msgspec.to_builtins(new), "version": new.version}
    if before is None:
        work.insert(incident_settings, [row])
        return
    where = (incident_settings.c.name == "incidents") & (incident_settings.c.version == before.version)
    if not work.write(update(incident_settings).where(where).values(row)):
        raise Stale("Somebody else changed these settings at the same moment.")
