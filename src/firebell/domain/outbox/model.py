"""Posts: messages to places rather than to people, written in the unit that causes them and sent afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


class PostState(StrEnum):
    """``failed``: given up; ``cancelled``: its target went away before it was sent."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one target. ``outlet`` names the kind of way out, ``target_id`` the place it leads to.

    ``lane`` is what shares a fate: posts of one lane take turns with other lanes, wait together when it is broken,
    and are probed one at a time until it works again. Posts of one ``stream`` go strictly in order. ``key`` is put
    once, ever. ``token`` fences: only its newest holder may record. ``answer`` is what the receiver gave back (the
    id of a chat message).
    """

    id: str
    outlet: str
    target_id: str
    lane: str
    stream: str = ""
    key: str | None = None
    payload: dict[str, Any]
    state: str = PostState.QUEUED
    created_at: Instant
    due_at: Instant
    attempt: int = 0
    token: int = 0
    owner: str | None = None
    lease_until: Instant | None = None
    unrecorded: int = 0
    claimed_at: Instant | None = None
    done_at: Instant | None = None
    reply: str = ""
    answer: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class NewPost:
    """What is asked to be put. An empty ``lane`` is the target's own."""

    outlet: str
    target_id: str
    payload: dict[str, Any]
    stream: str = ""
    key: str = ""
    lane: str = ""
    due_at: Instant | None = None


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """How a lane has fared: ``failures`` in a row, and until when it is left alone. No row: nothing against it."""

    lane: str
    failures: int = 0
    wait_until: Instant | None = None
    failed_at: Instant | None = None
    reply: str = ""


class OutcomeKind(StrEnum):
    """``dead``: this message will never be taken; ``gone``: nor will any other, the place has ceased to exist."""

    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. ``reply`` is safe to show. ``unknown``: it may have arrived all the same."""

    kind: OutcomeKind
    reply: str
    retry_after_s: int | None = None
    unknown: bool = False
    answer: dict[str, Any] = field(default_factory=dict)


class PostFailed(Fact, frozen=True, kw_only=True):
    """A post was given up."""

    kind: ClassVar[str] = "post.failed"
    post_id: str
    outlet: str
    attempts: int
    reply: str


class PostQuarantined(Fact, frozen=True, kw_only=True):
    """A post whose senders disappeared three times in a row was set aside."""

    kind: ClassVar[str] = "post.quarantined"
    post_id: str
    outlet: str
