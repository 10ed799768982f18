"""People: who may be asked, what they may do, and how they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from firebell.kernel.actor import Role
from firebell.kernel.clock import Instant
from firebell.kernel.ids import MethodId, RuleId, SessionId, TeamId, TokenId, UserId


class TeamRole(StrEnum):
    """What a team grants within itself."""

    RESPONDER = "responder"
    MANAGER = "manager"


class Urgency(StrEnum):
    """Which set of rules a page follows; the words are those of alerts."""

    HIGH = "high"
    LOW = "low"


class Unreachable(StrEnum):
    """Why a person cannot be paged. Shown as it is: nobody is skipped silently."""

    DELETED = "deleted"
    DISABLED_USER = "disabled_user"
    AWAY = "away"
    NO_VERIFIED_METHOD = "no_verified_method"


class DisabledReason(StrEnum):
    """Why a contact method is off."""

    BY_HAND = "by_hand"
    PERMANENT_FAILURES = "permanent_failures"


@dataclass(frozen=True, slots=True)
class User:
    """``name`` is the slug of ``metadata.name``, unique among users who are not deleted.

    ``time_zone`` is an IANA name. ``managed_by`` names the configuration that owns this user, or ``None``.
    ``has_password`` is false until an invitation is accepted (or for people who sign in elsewhere).
    """

    id: UserId
    name: str
    display_name: str
    email: str | None
    time_zone: str
    role: Role
    active: bool
    managed_by: str | None
    created_at: Instant
    deleted_at: Instant | None = None
    has_password: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Team:
    id: TeamId
    name: str
    display_name: str
    managed_by: str | None
    created_at: Instant
    deleted_at: Instant | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Membership:
    team_id: TeamId
    user_id: UserId
    role: TeamRole


@dataclass(frozen=True, slots=True)
class ContactMethod:
    """One destination of one person. ``channel`` is the slug of a channel, ``config`` its checked fields.

    Secret fields in ``config`` are sealed by whoever called the command; ``masked`` is what pages may show
    (``…4567``). ``failing`` counts permanent errors in a row. Only a usable method is ever paged.
    """

    id: MethodId
    user_id: UserId
    name: str
    channel: str
    config: Mapping[str, Any]
    masked: str
    created_at: Instant
    managed_by: str | None = None
    verified_at: Instant | None = None
    disabled_at: Instant | None = None
    disabled_reason: DisabledReason | None = None
    failing: int = 0
    last_delivered_at: Instant | None = None
    last_tested_at: Instant | None = None

    @property
    def usable(self) -> bool:
        """Verified and not switched off."""
        return self.verified_at is not None and self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekly window on the person's own clock: ISO weekdays (1 = Monday), minutes since midnight.

    ``until <= since`` runs past midnight and belongs to the day it starts on; equal ends are a whole day.
    """

    days: frozenset[int]
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """``delay_s`` after a page of ``urgency`` began, use ``method_id``. No ``hours``: always."""

    id: RuleId
    user_id: UserId
    urgency: Urgency
    method_id: MethodId
    delay_s: int
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What the paging reads: a user, all methods (oldest first), all rules (by delay)."""

    user: User
    methods: tuple[ContactMethod, ...] = ()
    rules: tuple[NotificationRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. ``stepped_up_at`` is when its owner last proved who they are."""

    id: SessionId
    user_id: UserId
    created_at: Instant
    last_seen_at: Instant
    stepped_up_at: Instant
    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class ApiToken:
    """``user_id`` set: personal, never more than its owner may now, and gone with its owner.

    ``team_id`` set: the scopes hold within that team only. ``scopes`` are permission words.
    ``key`` is the public part, fit for lists and logs.
    """

    id: TokenId
    key: str
    name: str
    scopes: frozenset[str]
    created_at: Instant
    user_id: UserId | None = None
    team_id: TeamId | None = None
    expires_at: Instant | None = None
    last_used_at: Instant | None = None
    revoked_at: Instant | None = None
