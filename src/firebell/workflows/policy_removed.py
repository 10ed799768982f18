"""An escalation policy is taken out of use, unless a service would then page nobody."""

from __future__ import annotations

from firebell.domain.escalation import commands as escalation
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Read, Work


def remove(work: Work, policy_id: str, expected: int | None = None) -> None:
    """Raises Conflict naming the services that use it, and what ``delete_policy`` raises."""
    escalation.delete_policy(work, policy_id, expected)
    everything = Read(work.connection, work.now, SYSTEM)
    users = [one.name for one in services.services(everything) if one.policy_id == policy_id]
    if users:
        raise Conflict(f"{', '.join(users[:5])} would page nobody.", hint="Give them another policy first.")
