"""Clocks of incidents have run out: whatever is due on each happens, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store, verbs
from firebell.kernel.clock import Instant, micros
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_moves

GROUP = 100


def next_due(read: Read) -> Instant | None:
    """When the next clock runs out."""
    return incidents.next_due(read)


def due(read: Read) -> list[str]:
    """Incidents one of whose clocks has run out, most overdue first."""
    return incidents.due(read, read.now, GROUP)


def tick_all(work: Work, incident_ids: Sequence[str]) -> bool:
    """Let time pass for these. True when anything came of it; a second tick at the same instant finds nothing."""
    worked = False
    # One order for everybody who takes several, or two nodes could wait for each other.
    for incident_id in sorted(set(incident_ids)):
        before = store.take(work, incident_id)
        if before is None or before.due_at is None or micros(before.due_at) > micros(work.now):
            continue
        worked = incident_moves.tell(work, incident_id, verbs.Tick()).changed or worked
    return worked


def tick_pairs(work: Work, due_now: Sequence[tuple[str, str]]) -> bool:
    """The same for (incident id, incident id), as the worker's list has them."""
    return tick_all(work, [incident_id for incident_id, _ in due_now])
