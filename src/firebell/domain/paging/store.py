"""Tables of pages, deliveries, attempts, ack links and channel settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
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
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from firebell.domain.paging.model import Delivery, DeliveryState, Page, PageState
from firebell.kernel.clock import Instant, plus
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.work import Read, Work

pages = Table(
    "pages",
    metadata,
    Column("id", String, primary_key=True),
    Column("alert_id", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("movement", Integer, nullable=False),
    Column("loop", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("user_id", String, nullable=False),
    Column("service_id", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", InstantType, nullable=False),
    Column("covered_at", InstantType),
    Column("due_at", InstantType),
    Column("ended_at", InstantType),
)
_DUE = text("due_at IS NOT NULL")
Index("uq_pages_once", pages.c.run_id, pages.c.movement, pages.c.user_id, unique=True)
Index("ix_pages_due", pages.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)
Index("ix_pages_alert", pages.c.alert_id)
Index("ix_pages_user", pages.c.user_id, pages.c.started_at)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("page_id", String),
    Column("alert_id", String),
    Column("service_id", String),
    Column("user_id", String, nullable=False),
    Column("method_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("due_at", InstantType, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("owner", String),
    Column("lease_until", InstantType),
    Column("unrecorded", Integer, nullable=False),
    Column("first_attempt_at", InstantType),
    Column("claimed_at", InstantType),
    Column("sent_at", InstantType),
    Column("done_at", InstantType),
    Column("cancelled_at", InstantType),
    Column("failed_over", Boolean, nullable=False),
    Column("bundle_id", String),
    Column("provider_id", String),
    Column("reply", Text, nullable=False),
    Column("next_step", Text, nullable=False),
    Column("incident_id", String),
)
_QUEUED = text("state = 'queued'")
_SENDING = text("state = 'sending'")
Index("ix_deliveries_queued", deliveries.c.due_at, sqlite_where=_QUEUED, postgresql_where=_QUEUED)
Index("ix_deliveries_sending", deliveries.c.lease_until, sqlite_where=_SENDING, postgresql_where=_SENDING)
Index("ix_deliveries_alert", deliveries.c.alert_id)
Index("ix_deliveries_page", deliveries.c.page_id)
Index("ix_deliveries_user_claimed", deliveries.c.user_id, deliveries.c.claimed_at)
Index("ix_deliveries_service_claimed", deliveries.c.service_id, deliveries.c.claimed_at)

attempts = Table(
    "attempts",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("delivery_id", String, nullable=False),
    Column("n", Integer, nullable=False),
    Column("claimed_at", InstantType),
    Column("ended_at", InstantType, nullable=False),
    Column("outcome", String, nullable=False),
    Column("unknown", Boolean, nullable=False),
    Column("reply", Text, nullable=False),
    Column("provider_id", String),
    Column("took_ms", Integer, nullable=False),
)
Index("ix_attempts_delivery", attempts.c.delivery_id)
Index("ix_attempts_ended", attempts.c.ended_at)


def page(row: Row[Any]) -> Page:
    return Page(**row._mapping)


def delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)


def add_pages(work: Work, new: Sequence[Page]) -> None:
    """Insert pages; one per (run, movement, person), or the whole unit fails."""
    work.insert_structs(pages, new)


def add_deliveries(work: Work, new: Sequence[Delivery]) -> None:
    work.insert_structs(deliveries, new)


_SAVE_PAGE = (
    update(pages)
    .where(pages.c.id == bindparam("_id"))
    .values(
        state=bindparam("state"),
        covered_at=bindparam("covered_at"),
        due_at=bindparam("due_at"),
        ended_at=bindparam("ended_at"),
    )
)
_DELIVERY_FIELDS = [
    column.name
    for column in deliveries.columns
    if column.name not in ("id", "kind", "page_id", "alert_id", "incident_id", "service_id", "user_id", "created_at")
]
_SAVE_DELIVERY = (
    update(deliveries).where(deliveries.c.id == bindparam("_id")).values({n: bindparam(n) for n in _DELIVERY_FIELDS})
)


def save_pages(work: Work, changed: Sequence[Page]) -> None:
    if changed:
        work.write(
            _SAVE_PAGE,
            [
                {"_id": p.id, "state": p.state, "covered_at": p.covered_at, "due_at": p.due_at, "ended_at": p.ended_at}
                for p in changed
            ],
        )


def save_deliveries(work: Work, changed: Sequence[Delivery]) -> None:
    rows = []
    for value in changed:
        row = {n: getattr(value, n) for n in _DELIVERY_FIELDS}
        row["_id"] = value.id
        rows.append(row)
    if rows:
        work.write(_SAVE_DELIVERY, rows)


def take_page(work: Work, page_id: str) -> Page | None:
    row = work.take(select(pages).where(pages.c.id == page_id))
    return page(row) if row else None


def get_page(read: Read, page_id: str) -> Page | None:
    row = read.one(select(pages).where(pages.c.id == page_id))
    return page(row) if row else None


def take_delivery(work: Work, delivery_id: str) -> Delivery | None:
    row = work.take(select(deliveries).where(deliveries.c.id == delivery_id))
    return delivery(row) if row else None


def pages_of_alerts(read: Read, alert_ids: Iterable[str], *, ringing: bool = False) -> list[Page]:
    query = select(pages).where(pages.c.alert_id.in_(sorted(set(alert_ids)))).order_by(pages.c.id)
    if ringing:
        query = query.where(pages.c.state == PageState.RINGING)
    return [page(row) for row in read.all(query)]


def ringing_of_user(read: Read, user_id: str) -> list[Page]:
    """A person's pages under way, in the order of their alerts (the order in which alerts are locked)."""
    query = select(pages).where(pages.c.user_id == user_id, pages.c.state == PageState.RINGING)
    return [page(row) for row in read.all(query.order_by(pages.c.alert_id, pages.c.id))]


def deliveries_of_alerts(read: Read, alert_ids: Iterable[str]) -> list[Delivery]:
    query = select(deliveries).where(deliveries.c.alert_id.in_(sorted(set(alert_ids)))).order_by(deliveries.c.id)
    return [delivery(row) for row in read.all(query)]


def deliveries_of_page(read: Read, page_id: str) -> list[Delivery]:
    query = select(deliveries).where(deliveries.c.page_id == page_id).order_by(deliveries.c.id)
    return [delivery(row) for row in read.all(query)]


def due_pages(read: Read, now: Instant, limit: int) -> list[tuple[str, str]]:
    """(page id, alert id) of pages with a rule to fire."""
    query = select(pages.c.id, pages.c.alert_id).where(pages.c.due_at <= now).order_by(pages.c.due_at).limit(limit)
    return [(row.id, row.alert_id) for row in read.all(query)]


def next_page_due(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(
        select(pages.c.due_at).where(pages.c.due_at.is_not(None)).order_by(pages.c.due_at).limit(1)
    )
    return found


def _abandoned(now: Instant) -> ColumnElement[bool]:
    """Being sent by somebody whose lease has run out."""
    return and_(deliveries.c.state == DeliveryState.SENDING, deliveries.c.lease_until < now)


def claimable(work: Work, now: Instant, unrecorded_max: int, limit: int) -> list[Delivery]:
    """Queued and due, or abandoned fewer than ``unrecorded_max`` times. Rows another node is claiming are skipped."""
    queued = and_(deliveries.c.state == DeliveryState.QUEUED, deliveries.c.due_at <= now)
    again = and_(_abandoned(now), deliveries.c.unrecorded < unrecorded_max)
    query = (
        select(deliveries)
        .where(or_(queued, again))
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
    )
    if not work.is_sqlite:
        query = query.with_for_update(skip_locked=True)
    return [delivery(row) for row in work.all(query)]


def abandoned(read: Read, now: Instant, unrecorded_min: int) -> list[Delivery]:
    """Those whose senders have disappeared at least ``unrecorded_min`` times in a row."""
    query = (
        select(deliveries).where(_abandoned(now), deliveries.c.unrecorded >= unrecorded_min).order_by(deliveries.c.id)
    )
    return [delivery(row) for row in read.all(query)]


def end_leases(work: Work, *, except_of: str) -> int:
    """Every lease but those of one process has just run out."""
    others = and_(deliveries.c.state == DeliveryState.SENDING, deliveries.c.owner != except_of)
    return work.write(update(deliveries).where(others).values(lease_until=plus(work.now, -0.000001)))


def next_delivery_due(read: Read) -> Instant | None:
    """The next moment at which a delivery may be claimed."""
    queued = read.scalar(select(func.min(deliveries.c.due_at)).where(deliveries.c.state == DeliveryState.QUEUED))
    lease = read.scalar(select(func.min(deliveries.c.lease_until)).where(deliveries.c.state == DeliveryState.SENDING))
    found: list[Instant] = [at for at in (queued, None if lease is None else plus(lease, 0.000001)) if at is not None]
    return min(found, default=None)


def bundled_in(read: Read, lead_ids: Iterable[str]) -> list[Delivery]:
    """The deliveries these ones speak for."""
    query = select(deliveries).where(
        deliveries.c.bundle_id.in_(sorted(set(lead_ids))), deliveries.c.state == DeliveryState.BUNDLED
    )
    return [delivery(row) for row in read.all(query)]


def release_bundle(work: Work, lead_id: str, due_at: Instant | None = None) -> int:
    """The message that was to speak for them did not go: they stand in the queue again on their own.

    ``due_at``: when their destination is tried again (now if not given). Those answered meanwhile stay silent.
    """
    members = and_(deliveries.c.bundle_id == lead_id, deliveries.c.state == DeliveryState.BUNDLED)
    work.write(
        update(deliveries)
        .where(members, deliveries.c.cancelled_at.is_not(None))
        .values(state=DeliveryState.CANCELLED, done_at=work.now, next_step="answered meanwhile")
    )
    return work.write(
        update(deliveries)
        .where(members)
        .values(state=DeliveryState.QUEUED, bundle_id=None, due_at=due_at or work.now, done_at=None, next_step="")
    )


def sends(read: Read, user_ids: Iterable[str], since: Instant) -> list[Delivery]:
    """What went out (or is going out) to these people since then: the throttles' memory."""
    query = select(deliveries).where(
        deliveries.c.user_id.in_(sorted(set(user_ids))),
        deliveries.c.claimed_at > since,
        deliveries.c.state.in_(
            [DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ]
        ),
    )
    return [delivery(row) for row in read.all(query)]


def recent_services(read: Read, service_ids: Iterable[str], since: Instant) -> set[tuple[str, str]]:
    """(service, channel) pairs that have had a page since then."""
    query = (
        select(deliveries.c.service_id, deliveries.c.channel)
        .where(
            deliveries.c.service_id.in_(sorted(set(service_ids))),
            deliveries.c.claimed_at > since,
            deliveries.c.kind == "page",
        )
        .distinct()
    )
    return {(row.service_id, row.channel) for row in read.all(query)}


def cancel_for_alerts(
    work: Work, alert_ids: Sequence[str], *, kinds: Sequence[str] = ("page",), user_id: str | None = None
) -> int:
    """No further claim for these alerts: queued ones are cancelled, those being sent are not tried again."""
    where = (
        deliveries.c.alert_id.in_(sorted(set(alert_ids)))
        & deliveries.c.kind.in_(kinds)
        & deliveries.c.cancelled_at.is_(None)
    )
    if user_id is not None:
        where = where & (deliveries.c.user_id == user_id)
    work.write(
        update(deliveries).where(where & (deliveries.c.state == DeliveryState.SENDING)).values(cancelled_at=work.now)
    )
    lead = deliveries.alias("lead")
    carried = exists().where(lead.c.id == deliveries.c.bundle_id, lead.c.state == DeliveryState.SENDING)
    work.write(
        update(deliveries)
        .where(where & (deliveries.c.state == DeliveryState.BUNDLED) & carried)
        .values(cancelled_at=work.now)
    )
    return work.write(
        update(deliveries)
        .where(where & (deliveries.c.state == DeliveryState.QUEUED))
        .values(state=DeliveryState.CANCELLED, cancelled_at=work.now, done_at=work.now, next_step="")
    )


def revive(work: Work, page_id: str, method_ids: Iterable[str], due_at: Instant) -> int:
    """Destinations a page had given up in favour of others, which are given up now too: they are tried again."""
    return work.write(
        update(deliveries)
        .where(
            deliveries.c.page_id == page_id,
            deliveries.c.method_id.in_(sorted(set(method_ids))),
            deliveries.c.state == DeliveryState.FAILED,
            deliveries.c.failed_over.is_(True),
            deliveries.c.cancelled_at.is_(None),
        )
        .values(state=DeliveryState.QUEUED, due_at=due_at, done_at=None, next_step="every other way has failed")
    )


def change_lead(work: Work, run_id: str, before: str, after: str) -> None:
    """Pages of a run that are under way are about another of its alerts from now on, and so are their messages."""
    ringing = and_(pages.c.run_id == run_id, pages.c.alert_id == before, pages.c.state == PageState.RINGING)
    theirs = select(pages.c.id).where(ringing)
    live = deliveries.c.state.in_([DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.BUNDLED])
    work.write(update(deliveries).where(deliveries.c.page_id.in_(theirs), live).values(alert_id=after))
    work.write(update(pages).where(ringing).values(alert_id=after))


def add_attempt(
    work: Work, value: Delivery, outcome: str, *, unknown: bool, reply: str, provider_id: str | None, took_ms: int
) -> None:
    work.insert(
        attempts,
        [{"delivery_id": value.id, "n": value.attempt, "claimed_at": value.claimed_at, "ended_at": work.now,
          "outcome": outcome, "unknown": unknown, "reply": reply, "provider_id": provider_id, "took_ms": took_ms}],
    )  # fmt: skip


def attempts_of(read: Read, delivery_ids: Iterable[str]) -> Sequence[Row[Any]]:
    query = select(attempts).where(attempts.c.delivery_id.in_(sorted(set(delivery_ids)))).order_by(attempts.c.seq)
    return read.all(query)
