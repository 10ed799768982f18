"""What happens to schedules, in the past tense, for the journal. Subject: the schedule (a feed: its owner)."""

from __future__ import annotations

from typing import Any, ClassVar

from firebell.kernel.journal import Fact


class ScheduleCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "schedule.created"
    name: str
    team_id: str | None = None
    managed_by: str | None = None


class ScheduleEdited(Fact, frozen=True, kw_only=True):
    """``changed`` maps a field to ``[before, after]``; of layers it holds their ids."""

    kind: ClassVar[str] = "schedule.edited"
    changed: dict[str, Any]


class ScheduleDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "schedule.deleted"
    name: str


class OverrideAdded(Fact, frozen=True, kw_only=True):
    """``override_kind`` is remove, replace, add or window; a window names no user."""

    kind: ClassVar[str] = "schedule.override_added"
    override_id: str
    override_kind: str
    user_id: str | None
    by_user_id: str | None
    starts_at: str
    ends_at: str
    reason: str = ""


class OverrideRemoved(Fact, frozen=True, kw_only=True):
    """One that had begun ended at that moment; one still ahead never happens."""

    kind: ClassVar[str] = "schedule.override_removed"
    override_id: str
    had_begun: bool


class WentOnCall(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "oncall.began"
    user_id: str
    role: str
    layer: str
    override_id: str | None = None
    instead_of: str | None = None


class WentOffCall(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "oncall.ended"
    user_id: str
    role: str


class FeedIssued(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "calendar_feed.issued"
    feed_id: str


class FeedRevoked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "calendar_feed.revoked"
    feed_id: str
