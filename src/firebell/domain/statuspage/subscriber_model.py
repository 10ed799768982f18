"""Subscribers of a status page, and the messages on their way to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from firebell.kernel.clock import Instant
from firebell.kernel.ids import SubscriberId
from firebell.kernel.journal import Fact


class SubscriberKind(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"
    CHAT = "chat"


class SubscriberState(StrEnum):
    """``pending``: the address has not been proven and gets nothing but the question. ``ended``: by either side."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class About(StrEnum):
    """What a message is about: what a subscriber may leave out."""

    INCIDENTS = "incidents"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody wants to hear of. ``components``: ids of components or groups; empty is the whole page."""

    components: tuple[str, ...] = ()
    incidents: bool = True
    maintenance: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """``address`` is an e-mail address, or a sealed URL. ``shown`` tells it to owners, not to others. ``source``:
    ``form``, ``import`` or ``owner``. ``failures`` in a row."""

    id: SubscriberId
    page_id: str
    kind: SubscriberKind
    address: str = field(repr=False)
    shown: str
    fingerprint: str
    secret: str = field(default="", repr=False)
    components: tuple[str, ...] = ()
    incidents: bool = True
    maintenance: bool = True
    state: SubscriberState = SubscriberState.PENDING
    asked_at: Instant
    confirmed_at: Instant | None = None
    ended_at: Instant | None = None
    ended_why: str = ""
    failures: int = 0
    source: str = "form"
    updated_at: Instant

    @property
    def scope(self) -> Scope:
        return Scope(self.components, self.incidents, self.maintenance)


@dataclass(frozen=True, slots=True)
class Counts:
    confirmed: int = 0
    pending: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout:
    """One message to all subscribers whose scope it is in. ``components``: what it is about, groups above included
    (empty: the whole page). ``cursor``: the last subscriber that was looked at."""

    id: str
    page_id: str
    kind: About
    about_id: str
    key: str
    components: tuple[str, ...]
    message: Mapping[str, Any]
    cursor: str = ""
    told: int = 0
    created_at: Instant
    due_at: Instant | None = None
    done_at: Instant | None = None


class SubscriberConfirmed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "subscriber.confirmed"
    page_id: str
    by: str
    source: str


class SubscriberEnded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "subscriber.ended"
    page_id: str
    by: str
    why: str


class SubscribersImported(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "subscriber.imported"
    added: int
    known: int
    confirmed: bool


class SubscribersExported(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "subscriber.exported"
    count: int


class SubscribersTold(Fact, frozen=True, kw_only=True):
    """A message about ``about_id`` was put on its way to so many."""

    kind: ClassVar[str] = "subscriber.told"
    about_id: str
    told: int
    subject: str
