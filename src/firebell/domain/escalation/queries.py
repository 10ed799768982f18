"""Policies and runs as pages and the API read them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from firebell.domain.escalation import store
from firebell.domain.escalation.model import Climb, Policy, Run, RunState
from firebell.domain.escalation.store import runs
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.reach import reach
from firebell.kernel.work import Read


def policy(read: Read, policy_id: str) -> Policy:
    """One policy by id; NotFound when there is none."""
    found = store.get(read, policy_id)
    read.needs(Permission.POLICIES_VIEW, found.team_id if found else None)
    if found is None:
        raise NotFound(f"There is no escalation policy {policy_id}.")
    return found


def policies(read: Read) -> list[Policy]:
    """Policies by name: all, or those of the teams the actor may see."""
    teams = reach(read, Permission.POLICIES_VIEW)
    return [one for one in store.all_policies(read) if teams is None or one.team_id in teams]


def policy_by_name(read: Read, name: str) -> Policy | None:
    """The policy of this name, or ``None``."""
    found = store.by_name(read, name)
    read.needs(Permission.POLICIES_VIEW, found.team_id if found else None)
    return found


def run(read: Read, run_id: str) -> Run | None:
    return store.get_run(read, run_id)


def ladder_of(read: Read, found: Run) -> Climb:
    """What a run follows (see ``commands.ladder_of``)."""
    if found.own_climb is not None:
        return store.climb(found.own_climb)
    ladder = store.ladder(read, found.policy_id, found.policy_version) if found.policy_id else None
    return ladder if ladder is not None else Climb(steps=(), fallback=())


def live_runs(read: Read, policy_id: str) -> int:
    """How many runs are under way under a policy."""
    rows = read.all(select(runs.c.id).where(runs.c.policy_id == policy_id, runs.c.state != RunState.ENDED).limit(1000))
    return len(rows)


def installation_fallback(read: Read) -> list[str]:
    """User ids told when nothing else reaches a human."""
    return [target.id for target in store.fallback(read)]


def versions(read: Read, policy_ids: Iterable[str]) -> dict[str, int]:
    """The current version of each policy that exists."""
    return store.versions(read, policy_ids)


def storms(read: Read, service_ids: Iterable[str]) -> dict[str, Run]:
    """The live storm run of each service that has one."""
    return store.storms(read, service_ids)


def due(read: Read, now: Instant, limit: int = 100) -> list[tuple[str, str]]:
    """(run id, alert id) of runs whose deadline has come."""
    return store.due(read, now, limit)


def next_due(read: Read) -> Instant | None:
    """When the next run is due."""
    return store.next_due(read)
