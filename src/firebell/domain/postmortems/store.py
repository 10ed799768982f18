"""Tables of postmortems and of their action items.

A postmortem is one document, locked as one row; the columns beside it are what lists and clocks ask for. Its action
items are rows of their own, since boards and reminders ask for them across postmortems: the document that lies in the
database holds none, and is put together with them when it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    true,
    update,
)

from firebell.domain.postmortems import document
from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.model import Audience, Postmortem, Section, State
from firebell.kernel.clock import Instant
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

postmortems = Table(
    "postmortems",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident_id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("peak", String, nullable=False),
    Column("team_id", String),
    Column("owner_id", String),
    Column("private", Boolean, nullable=False),
    Column("open_to_all", Boolean, nullable=False),
    Column("skipped_at", InstantType),
    Column("resolved_at", InstantType, nullable=False),
    Column("published_at", InstantType),
    Column("due_at", InstantType),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("doc", Text, nullable=False),
)
_DUE = text("due_at IS NOT NULL")
Index("ix_postmortems_due", postmortems.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)
Index("ix_postmortems_state", postmortems.c.state, postmortems.c.resolved_at)

actions = Table(
    "postmortem_actions",
    metadata,
    Column("id", String, primary_key=True),
    Column("postmortem_id", String, nullable=False),
    Column("incident_id", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("type", String),
    Column("severity", String, nullable=False),
    Column("owner_id", String),
    Column("team_id", String),
    Column("due_at", InstantType),
    Column("done_at", InstantType),
    Column("ring_at", InstantType),
    Column("told", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("doc", Text, nullable=False),
)
_RINGS = text("ring_at IS NOT NULL")
Index("ix_postmortem_actions_of", actions.c.postmortem_id, actions.c.position)
Index("ix_postmortem_actions_due", actions.c.state, actions.c.due_at)
Index("ix_postmortem_actions_ring", actions.c.ring_at, sqlite_where=_RINGS, postgresql_where=_RINGS)

postmortem_services = Table(
    "postmortem_services",
    metadata,
    Column("postmortem_id", String, primary_key=True),
    Column("service_id", String, primary_key=True),
)
Index("ix_postmortem_services_of", postmortem_services.c.service_id)


class ActionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An action item and where it belongs. ``ring_at``: when it is next spoken of (a reminder, its effectiveness
    check); ``told``: rungs of its ladder already climbed."""

    item: ActionItem
    postmortem_id: str
    incident_id: str
    position: int
    told: int = 0
    ring_at: Instant | None = None
    version: int = 1


# ---------------------------------------------------------------- postmortems


def _words(one: Postmortem) -> str:
    doc = one.document
    said = [
        one.reference, doc.title, *(doc.text(section) for section in Section),
        *(why.condition for why in doc.whys), *(factor.text for factor in doc.factors),
        *(factor.mechanism for factor in doc.factors), doc.no_actions_because,
    ]  # fmt: skip
    return "\n".join(said).lower()


def is_open_to_all(one: Postmortem) -> bool:
    """Whether a private incident's postmortem is for everybody: released, published for the organisation, and as it
    was published."""
    return one.released and one.audience is Audience.ORGANISATION and one.state in (State.PUBLISHED, State.CLOSED)


def _values(one: Postmortem) -> dict[str, Any]:
    bare = replace(one, document=replace(one.document, actions=()))
    return {
        "id": one.id, "incident_id": one.incident_id, "kind": one.kind, "state": one.state, "peak": one.peak,
        "team_id": one.team_id, "owner_id": one.owner_id, "private": one.private, "open_to_all": is_open_to_all(one),
        "skipped_at": one.skipped_at, "resolved_at": one.resolved_at, "published_at": one.published_at,
        "due_at": one.due_at, "title": one.document.title, "words": _words(one), "version": one.version,
        "doc": document.encode(bare),
    }  # fmt: skip


def add(work: Work, new: Postmortem) -> None:
    work.insert(postmortems, [_values(new)])
    _tie(work, new)


def save(work: Work, before: Postmortem, after: Postmortem) -> None:
    """Write ``after`` over ``before``, which was taken; one that has moved meanwhile is a lost race. Its action items
    are written with :func:`save_actions`."""
    values = _values(after)
    del values["id"]
    where = (postmortems.c.id == before.id) & (postmortems.c.version == before.version)
    if not work.write(update(postmortems).where(where).values(values)):
        raise Stale("Somebody else changed this postmortem at the same moment.")
    if set(before.service_ids) != set(after.service_ids):
        work.write(delete(postmortem_services).where(postmortem_services.c.postmortem_id == after.id))
        _tie(work, after)


def _tie(work: Work, one: Postmortem) -> None:
    rows = [{"postmortem_id": one.id, "service_id": service_id} for service_id in sorted(set(one.service_ids))]
    work.insert(postmortem_services, rows)


def _assembled(read: Read, rows: Iterable[Row[Any]]) -> list[Postmortem]:
    found = [document.postmortem(row.doc) for row in rows]
    if not found:
        return []
    items: dict[str, list[ActionItem]] = {}
    for row in of_postmortems(read, [one.id for one in found]):
        items.setdefault(row.postmortem_id, []).append(row.item)
    return [
        replace(one, document=replace(one.document, actions=tuple(items[one.id]))) if one.id in items else one
        for one in found
    ]


def get(read: Read, postmortem_id: str) -> Postmortem | None:
    row = read.one(select(postmortems.c.doc).where(postmortems.c.id == postmortem_id))
    return _assembled(read, [row])[0] if row else None


def of_incident(read: Read, incident_id: str) -> Postmortem | None:
    row = read.one(select(postmortems.c.doc).where(postmortems.c.incident_id == incident_id))
    return _assembled(read, [row])[0] if row else None


def of_incidents(read: Read, incident_ids: Iterable[str]) -> dict[str, Postmortem]:
    """By incident."""
    wanted = sorted(set(incident_ids))
    if not wanted:
        return {}
    rows = read.all(select(postmortems.c.doc).where(postmortems.c.incident_id.in_(wanted)))
    return {one.incident_id: one for one in _assembled(read, rows)}


def take(work: Work, postmortem_id: str) -> Postmortem | None:
    """The postmortem, its row locked: whoever else wants to change it waits, and then sees what was done."""
    row = work.take(select(postmortems.c.doc).where(postmortems.c.id == postmortem_id))
    return _assembled(work, [row])[0] if row else None


def where_open(hidden: Collection[str]) -> ColumnElement[bool]:
    """Those that do not belong to a hidden incident, or were released and published for everybody."""
    if not hidden:
        return true()
    return or_(postmortems.c.incident_id.not_in(sorted(hidden)), postmortems.c.open_to_all)


def listed(read: Read, where: Sequence[ColumnElement[bool]], limit: int) -> list[Postmortem]:
    """Newest resolution first."""
    query = select(postmortems.c.doc).where(*where).order_by(postmortems.c.resolved_at.desc(), postmortems.c.id.desc())
    return _assembled(read, read.all(query.limit(limit)))


def holding(words: str) -> ColumnElement[bool]:
    """Those whose text holds every one of the words."""
    wanted = words.lower().split()
    return and_(true(), *(postmortems.c.words.contains(one, autoescape=True) for one in wanted))


def written_by(read: Read, user_id: str) -> list[str]:
    """Those a person owns that are not over."""
    over = (State.CLOSED.value,)
    query = select(postmortems.c.id).where(
        postmortems.c.owner_id == user_id, postmortems.c.state.not_in(over), postmortems.c.skipped_at.is_(None)
    )
    return [row.id for row in read.all(query.order_by(postmortems.c.id))]


def due(read: Read, now: Instant, limit: int) -> list[str]:
    """Postmortems of which something is due, most overdue first."""
    query = select(postmortems.c.id).where(postmortems.c.due_at <= now)
    return [row.id for row in read.all(query.order_by(postmortems.c.due_at, postmortems.c.id).limit(limit))]


def next_due(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(postmortems.c.due_at)).where(_DUE))
    return found


# ---------------------------------------------------------------- action items


def _action(row: Row[Any]) -> ActionRow:
    return ActionRow(
        item=document.item(row.doc), postmortem_id=row.postmortem_id, incident_id=row.incident_id,
        position=row.position, told=row.told, ring_at=row.ring_at, version=row.version,
    )  # fmt: skip


def _action_values(one: ActionRow) -> dict[str, Any]:
    item = one.item
    return {
        "id": item.id, "postmortem_id": one.postmortem_id, "incident_id": one.incident_id, "position": one.position,
        "state": item.state, "type": item.type, "severity": item.severity, "owner_id": item.owner_id,
        "team_id": item.team_id, "due_at": item.due_at, "done_at": item.done_at, "ring_at": one.ring_at,
        "told": one.told, "words": f"{item.text}\n{item.end_state}".lower(), "version": one.version,
        "doc": document.encode(item),
    }  # fmt: skip


def add_actions(work: Work, new: Iterable[ActionRow]) -> None:
    work.insert(actions, [_action_values(one) for one in new])


def save_action(work: Work, before: ActionRow, after: ActionRow) -> None:
    values = _action_values(replace(after, version=before.version + 1))
    del values["id"]
    where = (actions.c.id == before.item.id) & (actions.c.version == before.version)
    if not work.write(update(actions).where(where).values(values)):
        raise Stale("Somebody else changed this action item at the same moment.")


def remove_action(work: Work, action_id: str) -> None:
    work.write(delete(actions).where(actions.c.id == action_id))


def action(read: Read, action_id: str) -> ActionRow | None:
    row = read.one(select(actions).where(actions.c.id == action_id))
    return _action(row) if row else None


def take_action(work: Work, action_id: str) -> ActionRow | None:
    row = work.take(select(actions).where(actions.c.id == action_id))
    return _action(row) if row else None


def of_postmortems(read: Read, postmortem_ids: Iterable[str]) -> list[ActionRow]:
    query = (
        select(actions)
        .where(actions.c.postmortem_id.in_(sorted(set(postmortem_ids))))
        .order_by(actions.c.postmortem_id, actions.c.position, actions.c.id)
    )
    return [_action(row) for row in read.all(query)]


def listed_actions(read: Read, where: Sequence[ColumnElement[bool]], limit: int) -> list[ActionRow]:
    """The earliest due first, those without a date last."""
    query = select(actions).where(*where).order_by(actions.c.due_at.is_(None), actions.c.due_at, actions.c.id)
    return [_action(row) for row in read.all(query.limit(limit))]


def ringing(read: Read, now: Instant, limit: int) -> list[str]:
    """Action items that are to be spoken of, most overdue first."""
    query = select(actions.c.id).where(actions.c.ring_at <= now).order_by(actions.c.ring_at, actions.c.id)
    return [row.id for row in read.all(query.limit(limit))]


def next_ring(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(actions.c.ring_at)).where(_RINGS))
    return found


def owned_by(read: Read, user_id: str, states: Mapping[str, Any] | Collection[str]) -> list[ActionRow]:
    """Action items of one person."""
    query = select(actions).where(actions.c.owner_id == user_id, actions.c.state.in_(sorted(states)))
    return [_action(row) for row in read.all(query.order_by(actions.c.id))]
