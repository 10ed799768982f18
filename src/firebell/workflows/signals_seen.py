"""What arrived, for whoever may see it: everything, or what came through the doors of their teams."""

from __future__ import annotations

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.queries import SignalSeen
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.errors import NotFound
from firebell.kernel.reach import reach
from firebell.kernel.work import Read


def signals(
    read: Read, *, integration_id: str | None = None, before_id: str | None = None, limit: int = 50
) -> list[SignalSeen]:
    """Raw requests newest first; ``before_id`` continues a list."""
    within = _within(read)
    everything = Read(read.connection, read.now, SYSTEM)
    return alerts.signal_list(
        everything, integration_id=integration_id, before_id=before_id, limit=limit, within=within
    )


def signal(read: Read, signal_id: str) -> SignalSeen:
    """One raw request. Raises NotFound, also for one that the actor may not see."""
    within = _within(read)
    found = alerts.signal(Read(read.connection, read.now, SYSTEM), signal_id)
    if within is not None and found.integration_id not in within:
        raise NotFound("There is no such signal.", field="signal_id")
    return found


def _within(read: Read) -> frozenset[str] | None:
    teams = reach(read, Permission.SIGNALS_VIEW)
    if teams is None:
        return None
    owned, doors = services.of_teams(read, teams)
    return doors | {f"api:{service_id}" for service_id in owned}
