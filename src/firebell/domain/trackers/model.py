"""Trackers and mirrors as values: where action items are shown to those who work elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, TypedDict

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact

LABEL = "firebell"
"""What our issues are marked with, so that only they are read."""


class Vendor(StrEnum):
    GITHUB = "github"
    JIRA = "jira"


class Tracker(msgspec.Struct, frozen=True, kw_only=True):
    """One project of one vendor. ``project`` is ``owner/repository`` or a project key; ``account`` the e-mail address
    that goes with a token of Jira's cloud, empty for a personal token of a Jira of one's own.

    ``team_id``: whose items go there; ``None``: of all teams that have no tracker of their own. ``read_until``: changes
    there are known up to then. ``works`` ``None``: never tried; ``said``: what it last answered, in words.
    """

    id: str
    vendor: Vendor
    name: str
    url: str
    project: str
    account: str = ""
    issue_type: str = ""
    team_id: str | None = None
    enabled: bool = True
    works: bool | None = None
    said: str = ""
    failures: int = 0
    read_until: Instant | None = None
    due_at: Instant
    lease_until: Instant | None = None
    fence: int = 0
    created_at: Instant
    version: int = 1


class TrackerFields(TypedDict, total=False):
    name: str
    url: str
    project: str
    account: str
    issue_type: str
    team_id: str | None
    enabled: bool
    token: str


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """An action item's issue. ``pushed`` is the fingerprint of the text last written there, ``open_there`` what it was
    when last seen. ``asked_at``: when it was last opened again because it was closed there without evidence.
    ``trying_since``: creating it was begun and its answer never recorded, so it may exist already."""

    action_id: str
    tracker_id: str
    key: str = ""
    url: str = ""
    pushed: str = ""
    open_there: bool = True
    trying_since: Instant | None = None
    asked_at: Instant | None = None
    error: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An action item as a tracker is to show it. ``url`` leads to it in Firebell. Names no people."""

    id: str
    text: str
    end_state: str
    type: str
    severity: str
    due: str
    incident: str
    url: str
    standing: Standing


class Standing(StrEnum):
    """What Firebell says of an item: it decides."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue as its tracker tells of it. ``closed_by``: a link to the commit that closed it, if one did."""

    key: str
    url: str
    is_open: bool
    body: str = ""
    closed_by: str = ""


class TrackerConnected(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "tracker.connected"
    vendor: str
    name: str
    project: str


class TrackerEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "tracker.edited"
    name: str
    changed: list[str]


class TrackerDisconnected(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "tracker.disconnected"
    name: str


class TrackerFailing(Fact, frozen=True, kw_only=True):
    """It has not answered as it should three times in a row; ``reply`` in words."""

    kind: ClassVar[str] = "tracker.failing"
    name: str
    reply: str


class TrackerWorksAgain(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "tracker.works_again"
    name: str


class ActionMirrored(Fact, frozen=True, kw_only=True):
    """On the action item: it stands in a tracker."""

    kind: ClassVar[str] = "tracker.action_mirrored"
    tracker: str
    key: str
    url: str


class ClosedElsewhere(Fact, frozen=True, kw_only=True):
    """On the action item: its issue was closed without evidence, and has been opened again."""

    kind: ClassVar[str] = "tracker.closed_without_evidence"
    tracker: str
    key: str
