"""Planned work on components: announced, begun, checked and ended, by the clock or by hand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypedDict

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


class MaintenanceState(StrEnum):
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({MaintenanceState.IN_PROGRESS, MaintenanceState.VERIFYING})
OVER = frozenset({MaintenanceState.COMPLETED, MaintenanceState.CANCELLED})


class Every(StrEnum):
    WEEK = "week"
    MONTH = "month"


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """Every ``interval`` weeks or months at the same hour of ``zone``, until then. A month without the day ends it on
    its last one."""

    every: Every
    interval: int = 1
    zone: str = "Etc/UTC"
    until: Instant | None = None


class MaintenanceUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """Something said about it. ``notify``: subscribers were told."""

    state: MaintenanceState
    body: str
    at: Instant
    by: str
    notify: bool = True


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """One maintenance. ``updates`` are oldest first.

    ``notices_s``: how long before its start subscribers are reminded; ``told``: which of all its messages have gone
    (``before:3600``, ``start``, ``end``). ``verify_s``: at its end it is checked for so long before it is completed.
    ``anchor_at`` and ``occurrence`` (from 0) place it in its series, wherever it has been moved to.
    """

    id: str
    page_id: str
    name: str
    body: str = ""
    component_ids: tuple[str, ...] = ()
    state: MaintenanceState = MaintenanceState.SCHEDULED
    scheduled_for: Instant
    scheduled_until: Instant
    auto_start: bool = True
    auto_complete: bool = True
    verify_s: int = 0
    notices_s: tuple[int, ...] = (86_400, 3_600)
    notify: bool = True
    told: tuple[str, ...] = ()
    recurrence: Recurrence | None = None
    series_id: str = ""
    anchor_at: Instant
    occurrence: int = 0
    updates: tuple[MaintenanceUpdate, ...] = ()
    started_at: Instant | None = None
    verifying_at: Instant | None = None
    completed_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    due_at: Instant | None = None
    version: int = 1


class MaintenanceFields(TypedDict, total=False):
    """What of a maintenance can be set when it is made, and changed while it is planned."""

    name: str
    body: str
    component_ids: tuple[str, ...]
    auto_start: bool
    auto_complete: bool
    verify_s: int
    notices_s: tuple[int, ...]
    notify: bool
    recurrence: Recurrence | None


class Step(StrEnum):
    """What happened to a maintenance: ``reminded`` before its start, ``noted`` an update without a change of state."""

    SCHEDULED = "scheduled"
    REMINDED = "reminded"
    STARTED = "started"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    MOVED = "moved"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Happening:
    """One step, and the key under which subscribers are told of it once (empty: they are not)."""

    step: Step
    maintenance: Maintenance
    key: str = ""
    body: str = ""


class MaintenanceScheduled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "maintenance.scheduled"
    page_id: str
    name: str
    scheduled_for: str
    scheduled_until: str


class MaintenanceMoved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "maintenance.moved"
    page_id: str
    name: str
    scheduled_for: str
    scheduled_until: str


class MaintenanceChanged(Fact, frozen=True, kw_only=True):
    """Its state is ``state`` from now on."""

    kind: ClassVar[str] = "maintenance.changed"
    page_id: str
    name: str
    state: str
    body: str


class MaintenanceNoted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "maintenance.noted"
    page_id: str
    name: str
    body: str


class MaintenanceEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "maintenance.edited"
    page_id: str
    name: str
    changed: list[str]
