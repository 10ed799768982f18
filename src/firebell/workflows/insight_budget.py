"""What insight takes from objectives: budget that no incident accounts for, and what shipped in spite of the gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.insight.periods import Period
from firebell.domain.slo import gate_store, state_store, store
from firebell.domain.slo.records import OverrideRecord, OverrideUse
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import budget_unseen

MANY = 10_000


@dataclass(frozen=True, slots=True)
class Budget:
    """One objective as it was last evaluated. ``consumed`` and ``unattributed`` are exact shares of its budget.

    ``missed``: stretches that look like an incident nobody declared, in seconds since 1970.
    """

    slo_id: str
    name: str
    objective: int
    service_id: str | None
    team_id: str | None
    at: Instant | None
    consumed: Fraction
    unattributed: Fraction
    missed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Overridden:
    """A person's word against the gate, and what shipped under it, oldest first."""

    record: OverrideRecord
    shipped: Sequence[OverrideUse]


def budgets(read: Read, *, service_id: str = "", team_id: str = "", outward: bool = False) -> list[Budget]:
    """Objectives the actor may see of which something is known, the most unattributed first. What incidents that the
    reader must not know of have spent (``outward``: whatever is private) counts as unattributed."""
    records = [
        one
        for one in store.listed(read)
        if read.actor.may(Permission.SLOS_VIEW, one.team_id)
        and (not service_id or one.service_id == service_id)
        and (not team_id or one.team_id == team_id)
    ]
    states = state_store.states_of(read, [one.id for one in records])
    unseen = budget_unseen.spent(read, outward=outward)
    found = [
        Budget(
            one.id, one.slo.display_name or one.name, objective, one.service_id, one.team_id, state.at,
            state.measured, state.unattributed + unseen.get((one.id, objective), Fraction(0)), state.missed,
        )
        for one in records
        for objective in range(len(one.slo.objectives))
        if (state := states.get((one.id, objective))) is not None
        and state.measured is not None
        and state.unattributed is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.unattributed, one.name, one.objective))


def unattributed(found: Iterable[Budget]) -> tuple[Fraction, Fraction]:
    """(not attributed to any incident, consumed) over all, each objective's budget counting as one."""
    every = list(found)
    return sum((one.unattributed for one in every), Fraction(0)), sum((one.consumed for one in every), Fraction(0))


def overridden(read: Read, period: Period, service_ids: Iterable[str] | None = None) -> list[Overridden]:
    """Overrides of the gate that held at some time of the period, oldest first; of these services, if any are given."""
    if not read.actor.may(Permission.SLOS_VIEW):
        return []
    wanted = None if service_ids is None else frozenset(service_ids)
    uses: dict[str, list[OverrideUse]] = {}
    for use in gate_store.uses_between(read, period.since, period.until):
        uses.setdefault(use.override_id, []).append(use)
    found = [
        Overridden(one, tuple(uses.get(one.id, ())))
        for one in gate_store.listed(read, limit=MANY)
        if one.override.since < period.until
        and (one.override.revoked_at or one.override.until) > period.since
        and (wanted is None or one.override.service in wanted)
    ]
    return sorted(found, key=lambda one: (one.record.override.since, one.record.id))
