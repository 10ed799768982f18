"""Maintenance as the public side tells it, out of what ``maintenance.py`` keeps; what was cancelled is not told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firebell.domain.statuspage import rules
from firebell.domain.statuspage.maintenance_model import Maintenance, MaintenanceUpdate
from firebell.domain.statuspage.model import Snapshot
from firebell.kernel.clock import Instant

ACTIVE = frozenset({"in_progress", "verifying"})


@dataclass(frozen=True, slots=True)
class PlannedUpdate:
    code: str
    status: str
    body: str
    event_at: Instant
    created_at: Instant
    notify: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """``status``: scheduled, in_progress, verifying, completed (or cancelled). ``updates`` newest first."""

    code: str
    name: str
    status: str
    body: str
    component_ids: tuple[str, ...]
    scheduled_for: Instant
    scheduled_until: Instant
    started_at: Instant | None
    completed_at: Instant | None
    created_at: Instant
    updated_at: Instant
    updates: tuple[PlannedUpdate, ...]

    @property
    def upcoming(self) -> bool:
        return self.status == "scheduled"

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def over(self) -> bool:
        return not (self.upcoming or self.active)


def planned(snapshot: Snapshot, *, cancelled: bool = False) -> list[Planned]:
    """Newest first by their planned start; ``cancelled``: also those."""
    found = [_planned(one) for one in snapshot.maintenances if cancelled or one.state != "cancelled"]
    return sorted(found, key=lambda one: (one.scheduled_for, one.code), reverse=True)


def _planned(one: Maintenance) -> Planned:
    updates = tuple(_updates(one.id, one.updates))
    return Planned(
        code=rules.code_of(one.id), name=one.name, status=str(one.state), body=one.body,
        component_ids=tuple(one.component_ids), scheduled_for=one.scheduled_for, scheduled_until=one.scheduled_until,
        started_at=one.started_at, completed_at=one.completed_at, created_at=one.created_at,
        updated_at=one.updated_at, updates=updates,
    )  # fmt: skip


def _updates(maintenance_id: str, said: Iterable[MaintenanceUpdate]) -> list[PlannedUpdate]:
    found = [
        PlannedUpdate(
            rules.code_of(f"{maintenance_id}/{at}"), str(each.state), each.body, each.at, each.at, each.notify
        )
        for at, each in enumerate(said)
    ]
    return sorted(found, key=lambda each: each.event_at, reverse=True)


STATUS_WORDS: Mapping[str, str] = {
    "scheduled": "Scheduled",
    "in_progress": "In progress",
    "verifying": "Verifying",
    "completed": "Completed",
    "cancelled": "Cancelled",
}
