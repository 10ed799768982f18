"""Alerts: what is wrong, since when, and how many times we were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact

OWN_INTEGRATION = "firebell"
"""The integration id of alerts Firebell raises about itself (coverage gaps, test pages)."""


class Status(StrEnum):
    """What a sender says about its problem."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class Urgency(StrEnum):
    HIGH = "high"
    LOW = "low"


class AlertKind(StrEnum):
    """Where an alert comes from: a readable signal, one nobody could read, or Firebell itself (``incident``: what an
    incident needs of somebody)."""

    SIGNAL = "signal"
    UNREADABLE = "unreadable"
    COVERAGE_GAP = "coverage_gap"
    TEST = "test"
    INCIDENT = "incident"


class Link(msgspec.Struct, frozen=True):
    href: str
    text: str = ""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a sender said about one problem; what every source parses into.

    ``severity`` is the canonical word ``critical | high | warning | info`` or ``None`` (then the
    service's default holds). ``starts_at`` / ``ends_at`` are the sender's own stamps: shown, and used
    for nothing but the stale-trigger rule. ``dedup_key`` ``None``: one is derived from the text.
    """

    status: Status
    summary: str
    dedup_key: str | None = None
    severity: str | None = None
    details: str = ""
    source: str = ""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    links: tuple[Link, ...] = ()
    images: tuple[Link, ...] = ()
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One problem of one service, from opening to resolution. Field for field a row of ``alerts``."""

    id: str
    service_id: str
    team_id: str | None
    integration_id: str
    dedup_key: str
    kind: str = AlertKind.SIGNAL
    state: str = AlertState.OPEN
    severity: str
    urgency: str
    summary: str
    details: str = ""
    source: str = ""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    links: list[dict[str, str]] = msgspec.field(default_factory=list)
    images: list[dict[str, str]] = msgspec.field(default_factory=list)
    count: int = 1
    opened_at: Instant
    starts_at: Instant | None = None
    last_seen_at: Instant
    resolve_due_at: Instant | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    resolved_at: Instant | None = None
    resolved_by: str | None = None
    previous_alert_id: str | None = None
    run_id: str | None = None
    signal_id: str | None = None
    last_signal_id: str | None = None
    version: int = 1

    @property
    def unresolved(self) -> bool:
        return self.state != AlertState.RESOLVED


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered about one dedup key: the unresolved alert, the last one, and when it was last resolved."""

    key: str
    open_alert_id: str | None = None
    last_alert_id: str | None = None
    resolved_at: Instant | None = None
    resolve_stamp: Instant | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What an integration contributes to its alerts. ``urgency``: ``by_severity | high | low``."""

    integration_id: str
    service_id: str
    team_id: str | None
    policy_id: str | None = None
    default_severity: str = Severity.SEV3
    urgency: str = "by_severity"
    resolve_timeout_s: int | None = None
    ignore_labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Raw:
    """The request as it came. ``body`` is what was kept of it (``cut``: the rest was over the limit)."""

    source: str
    method: str
    path: str
    content_type: str
    body: bytes
    size: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """One inbound request: where from, what it said, and the raw bytes. ``kind`` of the alerts it may open."""

    origin: Origin
    signals: Sequence[Signal]
    raw: Raw | None
    kind: AlertKind = AlertKind.SIGNAL
    note: str = ""


class Became(StrEnum):
    """What became of one signal."""

    OPENED = "opened"
    REPEATED = "repeated"
    ACKNOWLEDGED = "acknowledged"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    RESOLVED = "resolved"
    NOTHING_OPEN = "nothing_open"
    STALE_TRIGGER = "stale_trigger"


class Ingested(msgspec.Struct, frozen=True):
    """The answer for one signal. ``alert`` is the alert as it is now, ``None`` when nothing matched."""

    became: Became
    dedup_key: str
    alert: Alert | None
    raised: bool = False


class AlertOpened(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "alert.opened"
    severity: str
    urgency: str
    service_id: str
    integration_id: str
    signal_id: str | None
    run_id: str | None = None
    previous_alert_id: str | None = None


class AlertRepeated(Fact, frozen=True, kw_only=True):
    """Recorded on the first repeat and then at powers of two, so that a storm does not flood the journal."""

    kind: ClassVar[str] = "alert.repeated"
    count: int


class SeverityChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "alert.severity_changed"
    before: str
    after: str


class AlertAcknowledged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "alert.acknowledged"
    via: str


class AlertUnacknowledged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "alert.unacknowledged"
    reason: str


class AlertResolved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "alert.resolved"
    via: str


class SignalIgnored(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "signal.ignored"
    became: str
    signal_id: str | None
