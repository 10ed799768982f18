"""Tables of status page subscribers, and of the messages that are on their way to all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, String, Table, Text, delete, func, select, text, update

from firebell.domain.statuspage.subscriber_model import (
    About,
    Counts,
    Fanout,
    Subscriber,
    SubscriberKind,
    SubscriberState,
)
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", String, primary_key=True),
    Column("page_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("address", Text, nullable=False),
    Column("shown", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("secret", Text, nullable=False),
    Column("components", Doc, nullable=False),
    Column("incidents", Boolean, nullable=False),
    Column("maintenance", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("asked_at", InstantType, nullable=False),
    Column("confirmed_at", InstantType),
    Column("ended_at", InstantType),
    Column("ended_why", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("updated_at", InstantType, nullable=False),
)
Index("uq_subscribers_address", subscribers.c.page_id, subscribers.c.kind, subscribers.c.fingerprint, unique=True)
Index("ix_subscribers_page", subscribers.c.page_id, subscribers.c.state, subscribers.c.id)

fanouts = Table(
    "status_fanouts",
    metadata,
    Column("id", String, primary_key=True),
    Column("page_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("about_id", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("components", Doc, nullable=False),
    Column("message", Doc, nullable=False),
    Column("cursor", String, nullable=False),
    Column("told", Integer, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("due_at", InstantType),
    Column("done_at", InstantType),
)
_OPEN = text("due_at IS NOT NULL")
Index("ix_status_fanouts_due", fanouts.c.due_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_status_fanouts_page", fanouts.c.page_id, fanouts.c.created_at)

askings = Table(
    "subscriber_askings",
    metadata,
    Column("key", String, primary_key=True),
    Column("full_at", InstantType, nullable=False),
)


def _subscriber(row: Row[Any]) -> Subscriber:
    values = dict(row._mapping)
    values["components"] = tuple(values["components"])
    values["kind"] = SubscriberKind(values["kind"])
    values["state"] = SubscriberState(values["state"])
    return Subscriber(**values)


def _fanout(row: Row[Any]) -> Fanout:
    values = dict(row._mapping)
    return Fanout(**{**values, "components": tuple(values["components"]), "kind": About(values["kind"])})


def _plain(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def subscriber(read: Read, subscriber_id: str) -> Subscriber | None:
    row = read.one(select(subscribers).where(subscribers.c.id == subscriber_id))
    return _subscriber(row) if row else None


def take(work: Work, subscriber_id: str) -> Subscriber | None:
    row = work.take(select(subscribers).where(subscribers.c.id == subscriber_id))
    return _subscriber(row) if row else None


def by_address(work: Work, page_id: str, kind: str, fingerprint: str) -> Subscriber | None:
    """The one subscriber of a page at that address, locked."""
    query = select(subscribers).where(
        subscribers.c.page_id == page_id, subscribers.c.kind == kind, subscribers.c.fingerprint == fingerprint
    )
    row = work.take(query)
    return _subscriber(row) if row else None


def by_ids(read: Read, subscriber_ids: Iterable[str]) -> dict[str, Subscriber]:
    rows = read.all(select(subscribers).where(subscribers.c.id.in_(sorted(set(subscriber_ids)))))
    return {row.id: _subscriber(row) for row in rows}


def add(work: Work, new: Sequence[Subscriber]) -> int:
    """Insert; an address the page knows is left out. Returns how many went in."""
    return work.insert(subscribers, [_plain(one) for one in new], skip_existing=True)


def save(work: Work, subscriber_id: str, values: Mapping[str, Any]) -> None:
    work.write(update(subscribers).where(subscribers.c.id == subscriber_id).values(**values, updated_at=work.now))


def clear_failures(work: Work, subscriber_id: str) -> None:
    where = (subscribers.c.id == subscriber_id) & (subscribers.c.failures > 0)
    work.write(update(subscribers).where(where).values(failures=0))


def after(read: Read, page_id: str, cursor: str, limit: int) -> list[Subscriber]:
    """Confirmed subscribers of a page behind ``cursor``, in the order of their ids."""
    query = (
        select(subscribers)
        .where(
            subscribers.c.page_id == page_id,
            subscribers.c.state == SubscriberState.CONFIRMED,
            subscribers.c.id > cursor,
        )
        .order_by(subscribers.c.id)
        .limit(limit)
    )
    return [_subscriber(row) for row in read.all(query)]


def of_page(
    read: Read, page_id: str, *, states: Iterable[str], text: str = "", before: str | None = None, limit: int
) -> list[Subscriber]:
    """Subscribers of a page, newest first."""
    query = select(subscribers).where(subscribers.c.page_id == page_id, subscribers.c.state.in_(sorted(states)))
    if text:
        query = query.where(func.lower(subscribers.c.shown).contains(text.lower(), autoescape=True))
    if before is not None:
        query = query.where(subscribers.c.id < before)
    return [_subscriber(row) for row in read.all(query.order_by(subscribers.c.id.desc()).limit(limit))]


def every(read: Read, page_id: str, *, batch: int = 500) -> Iterator[Subscriber]:
    """All living subscribers of a page in the order of their ids."""
    cursor = ""
    living = subscribers.c.state != SubscriberState.ENDED
    while True:
        query = select(subscribers).where(subscribers.c.page_id == page_id, living, subscribers.c.id > cursor)
        found = [_subscriber(row) for row in read.all(query.order_by(subscribers.c.id).limit(batch))]
        yield from found
        if len(found) < batch:
            return
        cursor = found[-1].id


def counts(read: Read, page_id: str) -> Counts:
    many = func.count().label("many")
    query = select(subscribers.c.state, many).where(subscribers.c.page_id == page_id).group_by(subscribers.c.state)
    found = {row.state: row.many for row in read.all(query)}
    return Counts(*(int(found.get(state, 0)) for state in ("confirmed", "pending", "ended")))


def remove_unconfirmed(work: Work, asked_before: Instant, limit: int) -> int:
    """Forget addresses that never answered."""
    old = (
        select(subscribers.c.id)
        .where(subscribers.c.state == SubscriberState.PENDING, subscribers.c.asked_at < asked_before)
        .limit(limit)
    )
    return work.write(delete(subscribers).where(subscribers.c.id.in_(old)))


# ------------------------------------------------------------------ fan-outs


def add_fanout(work: Work, value: Fanout) -> bool:
    """False when a message of that key has been sent before."""
    return work.insert(fanouts, [_plain(value)], skip_existing=True) == 1


def fanout(read: Read, fanout_id: str) -> Fanout | None:
    row = read.one(select(fanouts).where(fanouts.c.id == fanout_id))
    return _fanout(row) if row else None


def fanouts_by_ids(read: Read, fanout_ids: Iterable[str]) -> dict[str, Fanout]:
    rows = read.all(select(fanouts).where(fanouts.c.id.in_(sorted(set(fanout_ids)))))
    return {row.id: _fanout(row) for row in rows}


def fanouts_of(read: Read, page_id: str, limit: int) -> list[Fanout]:
    """The latest messages of a page, newest first."""
    query = select(fanouts).where(fanouts.c.page_id == page_id).order_by(fanouts.c.id.desc()).limit(limit)
    return [_fanout(row) for row in read.all(query)]


def next_due(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(fanouts.c.due_at)))
    return found


def take_due(work: Work) -> Fanout | None:
    """The oldest message that is still being spread, locked; another node's is left to it."""
    query = select(fanouts).where(fanouts.c.due_at <= work.now).order_by(fanouts.c.id).limit(1)
    row = work.one(query if work.is_sqlite else query.with_for_update(skip_locked=True))
    return _fanout(row) if row else None


def save_fanout(work: Work, fanout_id: str, values: Mapping[str, Any]) -> None:
    work.write(update(fanouts).where(fanouts.c.id == fanout_id).values(**values))


# ------------------------------------------------------------------ how often somebody asks


def asked(work: Work, key: str) -> Instant | None:
    row = work.take(select(askings.c.full_at).where(askings.c.key == key))
    return row.full_at if row else None


def note_asked(work: Work, key: str, full_at: Instant) -> None:
    if not work.write(update(askings).where(askings.c.key == key).values(full_at=full_at)):
        work.insert(askings, [{"key": key, "full_at": full_at}], skip_existing=True)


def forget_askings(work: Work) -> int:
    """Full buckets need no row."""
    return work.write(delete(askings).where(askings.c.full_at < work.now))


def fingerprints(read: Read, page_id: str, wanted: Iterable[str]) -> set[str]:
    """Which of these mailboxes the page knows."""
    query = select(subscribers.c.fingerprint).where(
        subscribers.c.page_id == page_id, subscribers.c.kind == SubscriberKind.EMAIL,
        subscribers.c.fingerprint.in_(sorted(set(wanted))),
    )  # fmt: skip
    return {row.fingerprint for row in read.all(query)}
