"""Tables of alerts, their dedup keys and the raw signals; rows to values and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    select,
    text,
)

from firebell.domain.alerts.model import Alert, Arrival, Ingested, KeyState
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

alerts = Table(
    "alerts",
    metadata,
    Column("id", String, primary_key=True),
    Column("service_id", String, nullable=False),
    Column("team_id", String),
    Column("integration_id", String, nullable=False),
    Column("dedup_key", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("summary", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("labels", Doc, nullable=False),
    Column("links", Doc, nullable=False),
    Column("images", Doc, nullable=False),
    Column("count", Integer, nullable=False),
    Column("opened_at", InstantType, nullable=False),
    Column("starts_at", InstantType),
    Column("last_seen_at", InstantType, nullable=False),
    Column("resolve_due_at", InstantType),
    Column("acknowledged_at", InstantType),
    Column("acknowledged_by", String),
    Column("resolved_at", InstantType),
    Column("resolved_by", String),
    Column("previous_alert_id", String),
    Column("run_id", String),
    Column("signal_id", String),
    Column("last_signal_id", String),
    Column("version", Integer, nullable=False),
)
_UNRESOLVED = text("state <> 'resolved'")
_EXPIRING = text("resolve_due_at IS NOT NULL")
Index(
    "ix_alerts_unresolved", alerts.c.service_id, alerts.c.state, sqlite_where=_UNRESOLVED, postgresql_where=_UNRESOLVED
)
Index("ix_alerts_expiring", alerts.c.resolve_due_at, sqlite_where=_EXPIRING, postgresql_where=_EXPIRING)
# What Firebell asks for the sake of an incident, by its key (``incident:<id>:…``): few among very many.
_CALLS = text("kind = 'incident'")
Index("ix_alerts_calls", alerts.c.dedup_key, sqlite_where=_CALLS, postgresql_where=_CALLS)
Index("ix_alerts_run", alerts.c.run_id, sqlite_where=_UNRESOLVED, postgresql_where=_UNRESOLVED)

alert_keys = Table(
    "alert_keys",
    metadata,
    Column("key", String, primary_key=True),
    Column("open_alert_id", String),
    Column("last_alert_id", String),
    Column("resolved_at", InstantType),
    Column("resolve_stamp", InstantType),
    sqlite_with_rowid=False,
)

service_load = Table(
    "service_load",
    metadata,
    Column("service_id", String, primary_key=True),
    Column("unacknowledged", Integer, nullable=False),
)

signals = Table(
    "signals",
    metadata,
    Column("id", String, primary_key=True),
    Column("integration_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("received_at", InstantType, nullable=False),
    Column("method", String, nullable=False),
    Column("path", Text, nullable=False),
    Column("content_type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("cut", Boolean, nullable=False),
    Column("kind", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("outcomes", Doc, nullable=False),
)
Index("ix_signals_integration", signals.c.integration_id, signals.c.id)


def alert(row: Row[Any]) -> Alert:
    """A row of ``alerts`` as a value."""
    return Alert(**row._mapping)


def get(read: Read, alert_id: str) -> Alert | None:
    row = read.one(select(alerts).where(alerts.c.id == alert_id))
    return alert(row) if row else None


def take(work: Work, alert_id: str) -> Alert | None:
    """The alert, its row locked: every change to an alert or its deliveries begins here."""
    row = work.take(select(alerts).where(alerts.c.id == alert_id))
    return alert(row) if row else None


def take_many(work: Work, ids: Iterable[str]) -> dict[str, Alert]:
    """Several alerts, locked in id order so that two units cannot wait for each other."""
    return {row["id"]: Alert(**row) for row in work.take_in(alerts, "id", ids)}


def keys(work: Work, wanted: Iterable[str]) -> dict[str, KeyState]:
    """What is remembered of these dedup keys, locked."""
    return {row["key"]: KeyState(**row) for row in work.take_in(alert_keys, "key", wanted)}


def add_alerts(work: Work, new: Sequence[Alert]) -> None:
    work.insert_structs(alerts, new)


def save(work: Work, changed: Sequence[Alert]) -> None:
    """Write alerts back whole."""
    work.update_structs(alerts, changed)


def save_keys(work: Work, new: Sequence[KeyState], changed: Sequence[KeyState]) -> int:
    """Write key states; returns how many of ``new`` went in (fewer: another node was first)."""
    work.update_structs(alert_keys, changed)
    return work.insert_structs(alert_keys, new, skip_existing=True)


def add_signals(work: Work, rows: Sequence[tuple[str, Arrival, Sequence[Ingested]]]) -> None:
    """Keep the raw requests with what became of them."""
    out: list[Mapping[str, Any]] = []
    for signal_id, arrival, ingested in rows:
        raw = arrival.raw
        if raw is None:
            continue
        out.append(
            {
                "id": signal_id,
                "integration_id": arrival.origin.integration_id,
                "source": raw.source,
                "received_at": work.now,
                "method": raw.method,
                "path": raw.path,
                "content_type": raw.content_type,
                "body": raw.body,
                "size": raw.size,
                "cut": raw.cut,
                "kind": arrival.kind,
                "note": arrival.note,
                "outcomes": [(i.became, i.alert.id if i.alert else None) for i in ingested],
            }
        )
    work.insert(signals, out)


def shift_load(work: Work, by: Mapping[str, int]) -> None:
    """Count unacknowledged alerts up or down, ``{service: by}``."""
    work.add(service_load, "service_id", "unacknowledged", {service: n for service, n in by.items() if n})


_LOAD = "SELECT service_id, unacknowledged FROM service_load WHERE service_id IN ({keys})"


def load(read: Read, service_ids: Iterable[str]) -> dict[str, int]:
    """Unacknowledged alerts per service."""
    return dict(read.select_in(_LOAD, service_ids))


def expired(read: Read, now: Instant, limit: int) -> list[str]:
    """Unresolved alerts whose sender has gone silent past its time-out."""
    query = select(alerts.c.id).where(alerts.c.resolve_due_at <= now).order_by(alerts.c.resolve_due_at).limit(limit)
    return [row.id for row in read.all(query)]


def next_expiry(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(
        select(alerts.c.resolve_due_at)
        .where(alerts.c.resolve_due_at.is_not(None))
        .order_by(alerts.c.resolve_due_at)
        .limit(1)
    )
    return found


def members(read: Read, run_id: str) -> list[Alert]:
    """Unresolved alerts that share one escalation run, oldest first."""
    query = select(alerts).where(alerts.c.run_id == run_id, alerts.c.state != "resolved").order_by(alerts.c.id)
    return [alert(row) for row in read.all(query)]
