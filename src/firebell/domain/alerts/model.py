"""Alerts: what is wrong, since when, and how many times we were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.ids import AlertId, IntegrationId, RunId, ServiceId, SignalId


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
