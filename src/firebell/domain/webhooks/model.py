"""Webhooks: endpoints of other programs, and what each wants to hear of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, TypedDict

from firebell.kernel.clock import Instant
from firebell.kernel.ids import WebhookId
from firebell.kernel.journal import Fact

TEST = "webhook.test"
FAMILIES = (
    "alert", "escalation", "incident", "severity", "command", "role", "task", "decision", "milestone", "update",
    "promise", "statuspage", "component", "maintenance", "oncall", "runbook", "postmortem",
    "action", "slo", "gate",
)  # fmt: skip
"""Facts whose kind begins so may leave the house; accounts, tokens and settings never do."""
INSIDE = ("slo.source_", "slo.rules_")
"""Of those families, what is a setting all the same."""


class Flavour(StrEnum):
    """How an endpoint is spoken to; the names are the outlets'."""

    STANDARD = "webhook"
    PAGERDUTY = "pagerduty_webhook"
    TEAMS = "teams"
    CHAT = "chat_webhook"


CHATTY = frozenset({Flavour.TEAMS, Flavour.CHAT})
"""Flavours that are read by people: they are told in sentences, and need no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """``shown`` is its address without what is secret in it. ``events``: kinds of facts, ``incident.*`` or ``*``.

    ``team_id``: it hears only of what is this team's. ``private``: it may hear of private incidents. ``failures`` in a
    row; at fifty it is disabled. ``secret`` and ``url`` are sealed and not part of this.
    """

    id: WebhookId
    name: str
    owner_id: str
    team_id: str | None
    shown: str
    flavour: Flavour
    events: tuple[str, ...]
    private: bool
    old_secret_until: Instant | None
    failures: int
    failed_at: Instant | None
    delivered_at: Instant | None
    reply: str
    disabled_at: Instant | None
    disabled_why: str
    managed_by: str | None
    created_at: Instant
    updated_at: Instant
    version: int

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """``secret`` is shown once (empty for flavours without)."""

    id: WebhookId
    secret: str = field(repr=False)


class WebhookFields(TypedDict, total=False):
    """What of a webhook can be set. An empty ``secret`` has one made; ``team_id`` ``None``: everything."""

    name: str
    url: str
    events: tuple[str, ...]
    team_id: str | None
    private: bool
    managed_by: str | None


class WebhookCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "webhook.created"
    name: str
    to: str
    flavour: str
    events: list[str]


class WebhookEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "webhook.edited"
    name: str
    changed: list[str]


class WebhookDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "webhook.deleted"
    name: str


class WebhookSecretRotated(Fact, frozen=True, kw_only=True):
    """Both secrets sign until then."""

    kind: ClassVar[str] = "webhook.secret_rotated"
    name: str
    until: str


class WebhookDisabled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "webhook.disabled"
    name: str
    why: str


class WebhookEnabled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "webhook.enabled"
    name: str
