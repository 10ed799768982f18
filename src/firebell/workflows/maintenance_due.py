"""Maintenances move on by the clock and by hand, and their subscribers are told. Pages and the API come in here."""

from __future__ import annotations

from typing import Any

import structlog

from firebell.domain.statuspage import maintenance, maintenance_queries
from firebell.domain.statuspage.maintenance_model import Maintenance
from firebell.kernel.clock import Instant, micros
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import subscribers_told

log = structlog.get_logger()


class MaintenanceClock:
    """The worker's line."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def next_due(self, read: Read) -> Instant | None:
        return maintenance_queries.next_due(read)

    def act(self) -> bool:
        """Each in a unit of its own, so that a faulty one holds nobody."""
        now = self._runner.clock.now()
        due = self._runner.read(maintenance_queries.next_due, lane="engine")
        if due is None or micros(due) > micros(now):
            return False
        worked = False
        for one in self._runner.read(maintenance_queries.due, lane="engine"):
            worked = self._runner.run(lambda work, each=one: tick(work, each), lane="engine") or worked  # type: ignore[misc]
        return worked


def tick(work: Work, maintenance_id: str) -> bool:
    """What the clock has to do with one; whether that was anything."""
    happened = maintenance.tick(work, maintenance_id)
    subscribers_told.maintenance_happened(work, happened)
    return bool(happened)


def schedule(work: Work, page_id: str, scheduled_for: Instant, scheduled_until: Instant, **fields: Any) -> Maintenance:
    """:func:`firebell.domain.statuspage.maintenance.schedule`, and its subscribers hear of it."""
    happened = maintenance.schedule(work, page_id, scheduled_for, scheduled_until, **fields)
    subscribers_told.maintenance_happened(work, [happened])
    return happened.maintenance


def move_times(
    work: Work, maintenance_id: str, scheduled_for: Instant, scheduled_until: Instant, body: str = "",
    *, notify: bool = True, expected: int | None = None,
) -> Maintenance:  # fmt: skip
    """To another time; whoever knew the old one hears of the new one."""
    happened = maintenance.move_times(
        work, maintenance_id, scheduled_for, scheduled_until, body, notify=notify, expected=expected
    )
    subscribers_told.maintenance_happened(work, [happened])
    return happened.maintenance


def move(
    work: Work, maintenance_id: str, state: str, body: str = "", *, notify: bool = True, expected: int | None = None
) -> Maintenance:
    """Begin, check, end or cancel one by hand."""
    happened = maintenance.move(work, maintenance_id, state, body, notify=notify, expected=expected)
    subscribers_told.maintenance_happened(work, happened)
    return happened[0].maintenance


def note(work: Work, maintenance_id: str, body: str, *, notify: bool = True) -> Maintenance:
    """Say something about one."""
    happened = maintenance.note(work, maintenance_id, body, notify=notify)
    subscribers_told.maintenance_happened(work, [happened])
    return happened.maintenance
