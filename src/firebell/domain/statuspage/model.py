"""Status pages: what customers see, in the words customers know.

A page has components (which may stand in groups, and groups in groups) and public incidents with their updates. What is
said here is public: it is kept apart from the internal incident, which may be linked by its id and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

from firebell.domain.statuspage.maintenance_model import Maintenance
from firebell.kernel.clock import Instant
from firebell.kernel.ids import ComponentId, StatusPageId

PAGES = "status-pages"
"""The topic of everything that changes on any page; ``status:<page id>`` is that of one."""


class ComponentStatus(StrEnum):
    """In the order from best to worst: see :data:`firebell.domain.statuspage.rules.RANK`."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED = "degraded_performance"
    PARTIAL = "partial_outage"
    MAJOR = "major_outage"


class PublicStatus(StrEnum):
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"


OVER = frozenset({PublicStatus.RESOLVED, PublicStatus.POSTMORTEM})
"""Public statuses in which an incident is no longer open."""


class Impact(StrEnum):
    """From none to worst."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Access(StrEnum):
    """Who may look. ``signed_in``: who has an account here; ``addresses``: networks in CIDR."""

    PUBLIC = "public"
    PASSWORD = "password"
    SIGNED_IN = "signed_in"
    ADDRESSES = "addresses"


WEIGHTS: Mapping[str, float] = {"major_outage": 1.0, "partial_outage": 0.3, "degraded_performance": 0.0}
"""How much of a minute counts as down, by state, unless a page says otherwise."""


class PageFields(TypedDict, total=False):
    """What of a page can be set. ``password_hash`` is made by the caller (``None``: no password)."""

    slug: str
    name: str
    description: str
    url: str
    time_zone: str
    domain: str | None
    access: str
    password_hash: str | None
    addresses: tuple[str, ...]
    auto_posts: bool
    ledger_public: bool
    weights: Mapping[str, float]
    team_id: str | None
    disabled: bool
    managed_by: str | None


class ComponentFields(TypedDict, total=False):
    """What of a component can be set besides its state. ``group_id``: the group it stands in."""

    name: str
    description: str
    group_id: str | None
    position: int
    showcase: bool
    hidden: bool
    only_show_if_degraded: bool
    managed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """``url`` is the product's own website; ``domain`` a host name under which the page is served at ``/``.

    ``auto_posts``: the first post may be made from the template by rule. ``ledger_public``: the page says how many of
    its "next update by" were kept. ``weights`` as :data:`WEIGHTS`. ``changed_at``: anything on it, ``version`` counts
    edits of its settings.
    """

    id: StatusPageId
    slug: str
    code: str
    name: str
    description: str = ""
    url: str = ""
    time_zone: str = "Etc/UTC"
    domain: str | None = None
    access: Access = Access.PUBLIC
    password_hash: str | None = field(default=None, repr=False)
    addresses: tuple[str, ...] = ()
    auto_posts: bool = False
    ledger_public: bool = False
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    team_id: str | None = None
    disabled: bool = False
    managed_by: str | None = None
    created_at: Instant
    changed_at: Instant
    deleted_at: Instant | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """``code`` is its public id. A group has no state of its own: its children's worst is shown.

    ``hidden``: not on the public page at all. ``note`` goes with the state and ends with it.
    """

    id: ComponentId
    code: str
    page_id: StatusPageId
    group_id: ComponentId | None = None
    is_group: bool = False
    name: str
    description: str = ""
    status: ComponentStatus = ComponentStatus.OPERATIONAL
    note: str = ""
    status_since: Instant
    position: int = 0
    showcase: bool = True
    hidden: bool = False
    only_show_if_degraded: bool = False
    managed_by: str | None = None
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """``component_id`` was in ``status`` from ``from_at`` until ``until_at`` (``None``: still). Spans that were entered
    afterwards may overlap others; the worst counts."""

    component_id: ComponentId
    status: ComponentStatus
    from_at: Instant
    until_at: Instant | None = None
    backfilled: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A component's state as an update changed it."""

    component_id: str
    code: str
    name: str
    old: str
    new: str

    def plain(self) -> dict[str, Any]:
        return {"component_id": self.component_id, "code": self.code, "name": self.name, "old": self.old,
                "new": self.new}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUpdate:
    """``event_at`` is what is shown as its time, ``created_at`` when it was recorded. ``update_id``: the update of
    ``comms`` it was made from (empty: none). ``notify``: subscribers were told."""

    id: str
    code: str
    public_incident_id: str
    page_id: StatusPageId
    status: PublicStatus
    body: str
    changes: tuple[Change, ...] = ()
    event_at: Instant
    created_at: Instant
    updated_at: Instant
    next_update_by: Instant | None = None
    notify: bool = True
    automatic: bool = False
    update_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIncident:
    """``incident_id``: the internal one behind it. ``impact`` is the worst any of its components reached, unless
    ``overridden``. ``components`` maps ids to their states as last said. ``updates`` newest first."""

    id: str
    code: str
    page_id: StatusPageId
    incident_id: str | None = None
    number: int
    name: str
    status: PublicStatus
    impact: Impact = Impact.NONE
    overridden: bool = False
    components: Mapping[str, str] = field(default_factory=dict)
    backfilled: bool = False
    started_at: Instant
    created_at: Instant
    updated_at: Instant
    monitoring_at: Instant | None = None
    resolved_at: Instant | None = None
    next_update_by: Instant | None = None
    version: int = 1
    updates: tuple[PublicUpdate, ...] = ()

    @property
    def open(self) -> bool:
        return self.status not in OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class TopLine:
    """``indicator`` is none, maintenance, minor, major or critical."""

    indicator: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a page's public side is made from, as of one look.

    ``components`` and ``incidents`` are what may be shown: hidden components and deleted things are absent.
    ``incidents``: every open one, and the newest 50. ``maintenances``: upcoming, active and recent ones, of
    ``maintenance.py``. ``spans``: by component, those that reach into the last 90 days. ``kept``: promises of the next
    update kept, and made, over the last 90 days.
    """

    page: StatusPage
    components: tuple[Component, ...]
    spans: Mapping[str, tuple[Span, ...]]
    incidents: tuple[PublicIncident, ...]
    maintenances: tuple[Maintenance, ...] = ()
    kept: tuple[int, int] = (0, 0)
    top: TopLine
    taken_at: Instant
