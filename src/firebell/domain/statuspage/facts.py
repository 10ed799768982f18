"""What happens to status pages, components and public incidents."""

from __future__ import annotations

from typing import Any, ClassVar

from firebell.kernel.journal import Fact


class PageCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "statuspage.created"
    slug: str
    name: str
    managed_by: str | None = None


class PageEdited(Fact, frozen=True, kw_only=True):
    """``changed`` maps a field to ``[before, after]``; of the password only that it changed."""

    kind: ClassVar[str] = "statuspage.edited"
    changed: dict[str, Any]


class PageDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "statuspage.deleted"
    slug: str


class PageRestored(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "statuspage.restored"
    slug: str


class ComponentAdded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "component.added"
    page_id: str
    name: str
    group: bool = False


class ComponentEdited(Fact, frozen=True, kw_only=True):
    """``changed`` maps a field to ``[before, after]``."""

    kind: ClassVar[str] = "component.edited"
    page_id: str
    name: str
    changed: dict[str, Any]


class ComponentRemoved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "component.removed"
    page_id: str
    name: str


class ComponentStatusChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "component.status_changed"
    page_id: str
    name: str
    old: str
    new: str
    note: str = ""


class PublicIncidentOpened(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "statuspage.incident_opened"
    page_id: str
    incident_id: str | None
    name: str
    impact: str
    backfilled: bool = False


class PublicUpdatePosted(Fact, frozen=True, kw_only=True):
    """``update_id`` of ``comms``, or empty when it was written on the page itself."""

    kind: ClassVar[str] = "statuspage.update_posted"
    page_id: str
    incident_id: str | None
    name: str
    status: str
    body: str
    notify: bool
    update_id: str = ""


class PublicUpdateEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "statuspage.update_edited"
    page_id: str
    name: str
    before: str
    after: str


class PublicIncidentEdited(Fact, frozen=True, kw_only=True):
    """``changed`` maps a field to ``[before, after]``: its name, or its impact by hand."""

    kind: ClassVar[str] = "statuspage.incident_edited"
    page_id: str
    changed: dict[str, Any]


class PublicIncidentRemoved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "statuspage.incident_removed"
    page_id: str
    name: str
    why: str
