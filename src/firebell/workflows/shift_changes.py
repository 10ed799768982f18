"""A shift begins or ends: it is written down, so that the past is never computed anew."""

from __future__ import annotations

from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall import turnovers
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read, Work


def next_due(read: Read) -> Instant | None:
    """When the next shift changes."""
    return oncall.next_turnover_at(read)


def record(work: Work) -> bool:
    """Write down the shifts that have begun or ended. True when there were any."""
    return bool(turnovers.record_turnovers(work))
