"""Pages, deliveries and links as pages, the API and workflows read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from firebell.domain.paging import lately_store, link_store, rules, settings_store, store
from firebell.domain.paging.model import AckToken, Delivery, Page
from firebell.domain.paging.store import attempts, deliveries, pages
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Forbidden, NotFound
from firebell.kernel.secrets import hash_token
from firebell.kernel.work import Read

LATELY_S = 900


@dataclass(frozen=True, slots=True)
class Attempt:
    n: int
    claimed_at: Instant | None
    ended_at: Instant
    outcome: str
    unknown: bool
    reply: str
    provider_id: str | None
    took_ms: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One delivery with every attempt."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]


def pages_of_alert(read: Read, alert_id: str, team: str | None = None) -> list[Page]:
    """Who was told about an alert (of ``team``), in the order they were."""
    read.needs(Permission.PAGES_VIEW, team)
    return store.pages_of_alerts(read, [alert_id])


def ledger_of_alert(read: Read, alert_id: str, team: str | None = None) -> list[LedgerLine]:
    """Every message about an alert (of ``team``) with its attempts."""
    read.needs(Permission.PAGES_VIEW, team)
    return ledger(read, store.deliveries_of_alerts(read, [alert_id]))


def ledger_of_user(read: Read, user_id: str, *, before_id: str | None = None, limit: int = 50) -> list[LedgerLine]:
    """Every message to a person with its attempts, newest first (their own, or with PAGES_VIEW)."""
    if read.actor.kind != "user" or read.actor.id != user_id:
        read.needs(Permission.PAGES_VIEW)
    query = select(deliveries).where(deliveries.c.user_id == user_id).order_by(deliveries.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(deliveries.c.id < before_id)
    return ledger(read, [store.delivery(row) for row in read.all(query)])


def tally(read: Read) -> list[tuple[str, str, int]]:
    """All messages ever, as (channel, state, how many). Asks no permission: it names nobody."""
    query = select(deliveries.c.channel, deliveries.c.state, func.count().label("n"))
    rows = read.all(query.group_by(deliveries.c.channel, deliveries.c.state))
    return [(row.channel, row.state, row.n) for row in rows]


def attempts_tally(read: Read) -> list[tuple[str, str, int]]:
    """All attempts ever, as (channel, outcome, how many). Asks no permission: it names nobody."""
    joined = attempts.join(deliveries, deliveries.c.id == attempts.c.delivery_id)
    query = select(deliveries.c.channel, attempts.c.outcome, func.count().label("n")).select_from(joined)
    rows = read.all(query.group_by(deliveries.c.channel, attempts.c.outcome))
    return [(row.channel, row.outcome, row.n) for row in rows]


def ledger(read: Read, found: list[Delivery]) -> list[LedgerLine]:
    by_delivery: dict[str, list[Attempt]] = {}
    for row in store.attempts_of(read, [d.id for d in found]) if found else []:
        values: dict[str, Any] = dict(row._mapping)
        values.pop("seq")
        by_delivery.setdefault(values.pop("delivery_id"), []).append(Attempt(**values))
    return [LedgerLine(d, tuple(by_delivery.get(d.id, ()))) for d in found]


def pages_of_user(read: Read, user_id: str, *, limit: int = 50) -> list[Page]:
    """A person's pages, newest first (their own, or with PAGES_VIEW)."""
    if read.actor.id != user_id:
        read.needs(Permission.PAGES_VIEW)
    query = select(pages).where(pages.c.user_id == user_id).order_by(pages.c.started_at.desc()).limit(limit)
    return [store.page(row) for row in read.all(query)]


def page(read: Read, page_id: str) -> Page:
    found = store.get_page(read, page_id)
    if found is None:
        raise NotFound(f"There is no page {page_id}.")
    read.needs(Permission.PAGES_VIEW)
    return found


def paged_users(read: Read, alert_ids: Iterable[str]) -> set[str]:
    """Everybody told about these alerts so far."""
    return {p.user_id for p in store.pages_of_alerts(read, alert_ids)}


def told_by(read: Read, alert_id: str) -> list[Delivery]:
    """One delivery per destination that carried (or was carrying) a page about this alert."""
    latest = {
        d.method_id: d
        for d in store.deliveries_of_alerts(read, [alert_id])
        if d.kind == "page" and d.state in ("sent", "delivered", "read", "sending", "bundled")
    }
    return list(latest.values())


def tried_page(read: Read, page_id: str | None) -> Page | None:
    """The page a delivery belongs to (``None`` for messages that are no pages)."""
    return store.get_page(read, page_id) if page_id else None


def tried_methods(read: Read, page_id: str) -> list[Delivery]:
    """The deliveries of one page, oldest first."""
    return store.deliveries_of_page(read, page_id)


def link(read: Read, plain: str) -> AckToken:
    """What an ack link may do. NotFound when unknown, Forbidden when expired."""
    found = link_store.token(read, hash_token(plain))
    if found is None:
        raise NotFound("This link is not known.", hint="Sign in and open the alert from there.")
    if micros(found.expires_at) < micros(read.now):
        raise Forbidden("This link has expired.", hint="Sign in and open the alert from there.")
    return found


def due_pages(read: Read, now: Instant, limit: int = 200) -> list[tuple[str, str]]:
    return store.due_pages(read, now, limit)


def abandoned(read: Read) -> list[Delivery]:
    """Messages to be quarantined: their senders have disappeared too often."""
    return store.abandoned(read, read.now, rules.UNRECORDED_MAX)


def quarantines(read: Read, alert_id: str) -> int:
    """How many messages about this alert have been quarantined."""
    return sum(d.next_step == rules.QUARANTINED for d in store.deliveries_of_alerts(read, [alert_id]))


def next_page_due(read: Read) -> Instant | None:
    return store.next_page_due(read)


def next_delivery_due(read: Read) -> Instant | None:
    return store.next_delivery_due(read)


def channel_settings(read: Read) -> dict[str, dict[str, str]]:
    """Installation settings per channel as stored (secrets sealed)."""
    return settings_store.settings(read)


@dataclass(frozen=True, slots=True)
class DeadChannel:
    """A channel on which nothing has got through lately, though it was tried; ``reply`` is the last answer."""

    channel: str
    tried: int
    since: Instant
    reply: str


def dead_channels(read: Read) -> list[DeadChannel]:
    """Channels with at least two attempts in the last quarter of an hour, of which none went out."""
    return [
        DeadChannel(row.channel, row.tried, row.first_at, lately_store.reply_of(read, row.last_seq))
        for row in lately_store.tried_since(read, plus(read.now, -LATELY_S))
        if row.tried >= 2 and not row.went
    ]


def last_delivered(read: Read, user_id: str) -> dict[str, Instant]:
    """Per contact method of a person: when something last went out."""
    query = (
        select(deliveries.c.method_id, func.max(deliveries.c.sent_at).label("at"))
        .where(deliveries.c.user_id == user_id, deliveries.c.sent_at.is_not(None))
        .group_by(deliveries.c.method_id)
    )
    return {row.method_id: row.at for row in read.all(query)}


def proofs_of_method(read: Read, user_id: str, *, limit: int = 10) -> list[LedgerLine]:
    """A person's latest test and verification messages with what the provider said."""
    query = (
        select(deliveries)
        .where(deliveries.c.user_id == user_id, deliveries.c.kind.in_(["test", "verification"]))
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    return ledger(read, [store.delivery(row) for row in read.all(query)])
