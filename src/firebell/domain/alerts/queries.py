"""Alerts and signals as pages and the API read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy import text as sql_text

from firebell.domain.alerts import store
from firebell.domain.alerts.model import OWN_INTEGRATION, Alert, AlertKind, AlertState
from firebell.domain.alerts.store import alerts, signals
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.reach import reach
from firebell.kernel.work import Read


@dataclass(frozen=True, slots=True)
class SignalSeen:
    """A raw request and what became of it. ``outcomes`` are (became, alert id) in the order of the body."""

    id: str
    integration_id: str
    source: str
    received_at: Instant
    method: str
    path: str
    content_type: str
    body: bytes
    size: int
    cut: bool
    kind: str
    note: str
    outcomes: Sequence[tuple[str, str | None]]


def alert(read: Read, alert_id: str) -> Alert:
    """One alert; NotFound when there is none."""
    found = store.get(read, alert_id)
    read.needs(Permission.ALERTS_VIEW, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such alert.", field="alert_id")
    return found


def alert_list(
    read: Read, *, states: Sequence[str] = (AlertState.OPEN, AlertState.ACKNOWLEDGED), service_id: str | None = None,
    severity: str | None = None, text: str | None = None, before_id: str | None = None, limit: int = 50,
) -> list[Alert]:  # fmt: skip
    """Alerts newest first, of the teams the actor may see; ``before_id`` continues a list.

    Calls of incidents are not among them: they are read on the incident, by whoever may see that one.
    """
    teams = reach(read, Permission.ALERTS_VIEW)
    query = select(alerts).where(alerts.c.kind != AlertKind.INCIDENT).order_by(alerts.c.id.desc()).limit(limit)
    if teams is not None:
        query = query.where(alerts.c.team_id.in_(sorted(teams)))
    if set(states) != {*AlertState}:
        query = query.where(alerts.c.state.in_(list(states)))
    if service_id:
        query = query.where(alerts.c.service_id == service_id)
    if severity:
        query = query.where(alerts.c.severity == severity)
    if text:
        like = f"%{text.lower()}%"
        query = query.where(or_(func.lower(alerts.c.summary).like(like), func.lower(alerts.c.details).like(like)))
    if before_id:
        query = query.where(alerts.c.id < before_id)
    return [store.alert(row) for row in read.all(query)]


def counts(read: Read) -> dict[str, int]:
    """Unresolved alerts by state, without the calls of incidents."""
    query = (
        select(alerts.c.state, func.count().label("n"))
        .where(alerts.c.state != AlertState.RESOLVED, alerts.c.kind != AlertKind.INCIDENT)
        .group_by(alerts.c.state)
    )
    return {row.state: row.n for row in read.all(query)}


def by_ids(read: Read, ids: Iterable[str]) -> dict[str, Alert]:
    wanted = sorted(set(ids))
    return (
        {row.id: store.alert(row) for row in read.all(select(alerts).where(alerts.c.id.in_(wanted)))} if wanted else {}
    )


def own(read: Read, prefix: str) -> list[Alert]:
    """Unresolved alerts Firebell raised about itself, of no service, whose dedup key begins with ``prefix``; oldest
    first."""
    query = (
        select(alerts)
        .where(
            alerts.c.service_id == "",
            alerts.c.state != AlertState.RESOLVED,
            alerts.c.integration_id == OWN_INTEGRATION,
            alerts.c.dedup_key.startswith(prefix, autoescape=True),
        )
        .order_by(alerts.c.id)
    )
    return [store.alert(row) for row in read.all(query)]


def own_by_key(read: Read, prefixes: Collection[str]) -> list[str]:
    """Ids of the alerts raised for the sake of incidents whose key begins with one of ``prefixes``, over or not."""
    found: list[str] = []
    wanted = sorted(prefixes)
    for start in range(0, len(wanted), 100):
        within = [alerts.c.dedup_key.startswith(one, autoescape=True) for one in wanted[start : start + 100]]
        query = select(alerts.c.id).where(sql_text("kind = 'incident'"), or_(*within))
        found += [row.id for row in read.all(query.order_by(alerts.c.id))]
    return found


def members(read: Read, run_id: str) -> list[Alert]:
    """Unresolved alerts that share one escalation run, oldest first."""
    return store.members(read, run_id)


def load(read: Read, service_ids: Iterable[str]) -> dict[str, int]:
    """Unacknowledged alerts per service."""
    return store.load(read, service_ids)


def next_expiry(read: Read) -> Instant | None:
    """When the next alert is resolved because its sender fell silent."""
    return store.next_expiry(read)


def _signal(row: Any) -> SignalSeen:
    values: Mapping[str, Any] = row._mapping
    return SignalSeen(**{**values, "body": bytes(values["body"]), "outcomes": [tuple(o) for o in values["outcomes"]]})


def signal(read: Read, signal_id: str) -> SignalSeen:
    """One raw request; NotFound when there is none."""
    read.needs(Permission.SIGNALS_VIEW)
    row = read.one(select(signals).where(signals.c.id == signal_id))
    if row is None:
        raise NotFound("There is no such signal.", field="signal_id")
    return _signal(row)


def signal_list(
    read: Read, *, integration_id: str | None = None, before_id: str | None = None, limit: int = 50,
    within: Collection[str] | None = None,
) -> list[SignalSeen]:  # fmt: skip
    """Raw requests newest first; ``within`` narrows to these integrations."""
    read.needs(Permission.SIGNALS_VIEW)
    query = select(signals).order_by(signals.c.id.desc()).limit(limit)
    if within is not None:
        query = query.where(signals.c.integration_id.in_(sorted(within)))
    if integration_id:
        query = query.where(signals.c.integration_id == integration_id)
    if before_id:
        query = query.where(signals.c.id < before_id)
    return [_signal(row) for row in read.all(query)]


def last_received(read: Read, integration_id: str) -> Instant | None:
    """When this integration last heard something."""
    found: Instant | None = read.scalar(
        select(signals.c.received_at)
        .where(signals.c.integration_id == integration_id)
        .order_by(signals.c.id.desc())
        .limit(1)
    )
    return found
