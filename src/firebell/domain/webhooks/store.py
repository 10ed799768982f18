"""Tables of webhook endpoints and of how far the journal has been read for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, Row, String, Table, Text, func, select, update

from firebell.domain.webhooks.model import Flavour, Webhook
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.ids import WebhookId
from firebell.kernel.journal import journal
from firebell.kernel.work import Read, Work

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("owner_id", String, nullable=False),
    Column("team_id", String),
    Column("url", Text, nullable=False),
    Column("shown", String, nullable=False),
    Column("flavour", String, nullable=False),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_secret_until", InstantType),
    Column("events", Doc, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failed_at", InstantType),
    Column("delivered_at", InstantType),
    Column("reply", Text, nullable=False),
    Column("disabled_at", InstantType),
    Column("disabled_why", Text, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
)

cursors = Table(
    "webhook_cursors",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

_SEALED = ("url", "secret", "old_secret")
_EVENTS = "events"
_PUBLIC = [column for column in webhooks.columns if column.name not in (*_SEALED, "deleted_at")]


def _webhook(row: Row[Any]) -> Webhook:
    values = dict(row._mapping)
    values["events"] = tuple(values["events"])
    values["flavour"] = Flavour(values["flavour"])
    return Webhook(**values)


def webhook(read: Read, webhook_id: str) -> Webhook | None:
    query = select(*_PUBLIC).where(webhooks.c.id == webhook_id, webhooks.c.deleted_at.is_(None))
    row = read.one(query)
    return _webhook(row) if row else None


def take(work: Work, webhook_id: str) -> Webhook | None:
    row = work.take(select(*_PUBLIC).where(webhooks.c.id == webhook_id, webhooks.c.deleted_at.is_(None)))
    return _webhook(row) if row else None


def all_webhooks(read: Read) -> list[Webhook]:
    query = select(*_PUBLIC).where(webhooks.c.deleted_at.is_(None)).order_by(webhooks.c.name, webhooks.c.id)
    return [_webhook(row) for row in read.all(query)]


def any_enabled(read: Read) -> bool:
    query = select(webhooks.c.id).where(webhooks.c.deleted_at.is_(None), webhooks.c.disabled_at.is_(None)).limit(1)
    return read.one(query) is not None


def sealed(read: Read, webhook_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The sealed values, with ``old_secret_until``, by id."""
    columns = [webhooks.c.id, *(webhooks.c[name] for name in _SEALED), webhooks.c.old_secret_until]
    rows = read.all(select(*columns).where(webhooks.c.id.in_(sorted(set(webhook_ids)))))
    return {row.id: dict(row._mapping) for row in rows}


def add(work: Work, values: Mapping[str, Any]) -> None:
    work.insert(webhooks, [values])


def save(work: Work, webhook_id: WebhookId, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = (
        update(webhooks)
        .where(webhooks.c.id == webhook_id, webhooks.c.version == version)
        .values(**values, version=version + 1, updated_at=work.now)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


def note(work: Work, webhook_id: str, values: Mapping[str, Any]) -> None:
    """Write how it has fared: no edit, so the version stays."""
    work.write(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))


def cursor(read: Read) -> int | None:
    """Up to which entry of the journal events have been made."""
    found: int | None = read.scalar(select(cursors.c.seq).where(cursors.c.name == _EVENTS))
    return found


def take_cursor(work: Work) -> int | None:
    row = work.take(select(cursors.c.seq).where(cursors.c.name == _EVENTS))
    return None if row is None else int(row.seq)


def set_cursor(work: Work, seq: int) -> None:
    if not work.write(update(cursors).where(cursors.c.name == _EVENTS).values(seq=seq)):
        work.insert(cursors, [{"name": _EVENTS, "seq": seq}], skip_existing=True)


def newest_entry(read: Read) -> int:
    """The newest entry of the journal."""
    return int(read.scalar(select(func.max(journal.c.seq))) or 0)
