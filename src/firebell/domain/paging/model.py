"""Paging: telling one person about one alert, through one destination after another, with a ledger of every attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


class PageState(StrEnum):
    """``ringing``: rules are still to fire or deliveries are under way."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One person told about one alert at one rung of the ladder. ``why`` is how they came to be chosen.

    ``covered_at`` is the last tick whose rules have fired; ``due_at`` when the next rule does. ``shadow`` pages teach:
    they cannot acknowledge.
    """

    id: str
    alert_id: str
    run_id: str
    movement: int
    loop: int
    step: int
    user_id: str
    service_id: str
    severity: str
    urgency: str
    why: str
    shadow: bool = False
    state: str = PageState.RINGING
    started_at: Instant
    covered_at: Instant | None = None
    due_at: Instant | None = None
    ended_at: Instant | None = None


class MessageKind(StrEnum):
    PAGE = "page"
    STATUS = "status"
    NOTICE = "notice"
    TEST = "test"
    VERIFICATION = "verification"


DeliveryKind = MessageKind


class DeliveryState(StrEnum):
    """In rising rank; a lower rank never overwrites a higher one."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"
    BUNDLED = "bundled"
    CANCELLED = "cancelled"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one destination: a row of the ledger. ``token`` fences: only its newest holder may record.

    ``unrecorded`` counts claims without a recorded outcome (a crash counts); at three the delivery is quarantined.
    ``bundle_id`` names the delivery whose message also says this one. ``incident_id``: a notice about that incident.
    ``body`` is set for what is not a page.
    ``reason`` says why it was made (a rule, a failover) or why it did not go.
    """

    id: str
    kind: str
    page_id: str | None = None
    alert_id: str | None = None
    service_id: str | None = None
    user_id: str
    method_id: str
    channel: str
    urgency: str = "high"
    priority: int = 4
    state: str = DeliveryState.QUEUED
    reason: str = ""
    title: str = ""
    body: str = ""
    created_at: Instant
    due_at: Instant
    attempt: int = 0
    token: int = 0
    owner: str | None = None
    lease_until: Instant | None = None
    unrecorded: int = 0
    first_attempt_at: Instant | None = None
    claimed_at: Instant | None = None
    sent_at: Instant | None = None
    done_at: Instant | None = None
    cancelled_at: Instant | None = None
    failed_over: bool = False
    bundle_id: str | None = None
    provider_id: str | None = None
    reply: str = ""
    next_step: str = ""
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """A destination a page is to use now, and the rule (or failover) that says so."""

    method_id: str
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is to be told. Plain text throughout; a channel may decorate, never invent.

    ``id`` is the delivery id: constant over retries of the same delivery, so receivers can drop repeats.
    ``title`` <= 200 characters. ``ack_url`` opens a page with an Acknowledge button (GET never acts);
    ``view_url`` is the alert's page (needs sign-in). ``reply_token`` goes into a reply address or a topic.
    ``copies_possible``: an earlier attempt may have arrived; say so. ``sent_at_s`` is epoch seconds.
    ``body`` is what a woken person needs first; ``more`` (details, links) belongs below the Acknowledge link.
    """

    id: str
    kind: MessageKind
    title: str
    body: str
    severity: str | None = None
    urgency: str = "high"
    alert_id: str | None = None
    ack_url: str | None = None
    view_url: str | None = None
    thread: str | None = None
    copies_possible: bool = False
    sent_at_s: int = 0
    more: str = ""

    @property
    def text(self) -> str:
        """Everything in one text, for channels that show the link apart."""
        return f"{self.body}\n\n{self.more}" if self.more else self.body


class OutcomeKind(StrEnum):
    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``reply`` is the provider's own words, shortened, for the ledger and "send test".

    ``unknown``: the provider may have accepted it (timeout after bytes were sent). ``retry_after_s``: the
    provider asked us to wait. ``broken_settings``: the installation's credentials are refused (401/403), so
    administrators must be told.
    """

    kind: OutcomeKind
    reply: str = ""
    provider_id: str | None = None
    retry_after_s: int | None = None
    unknown: bool = False
    broken_settings: bool = False


@dataclass(frozen=True, slots=True)
class AckToken:
    """A link's power: this person, these alerts (one, or those of a bundle), these verbs, until then."""

    alert_ids: tuple[str, ...]
    user_id: str
    verbs: tuple[str, ...]
    expires_at: Instant
    used_at: Instant | None
    page_id: str | None


class PersonPaged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "page.started"
    page_id: str
    user_id: str
    why: str
    step: int
    loop: int
    shadow: bool = False


class MessageSent(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "delivery.sent"
    delivery_id: str
    user_id: str
    channel: str
    attempt: int
    message: str
    after_ms: int


class MessageFailed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "delivery.failed"
    delivery_id: str
    user_id: str
    channel: str
    attempt: int
    reply: str
    next_step: str


class MessageHeldBack(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "delivery.held_back"
    delivery_id: str
    user_id: str
    channel: str
    until: str


class DeliveryQuarantined(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "delivery.quarantined"
    delivery_id: str
    user_id: str


class StaleRecord(Fact, frozen=True, kw_only=True):
    """A sender that lost its lease came back with a result; another one's stands."""

    kind: ClassVar[str] = "delivery.stale_record"
    delivery_id: str
    outcome: str


class ChannelConfigured(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "channel.configured"
    channel: str
