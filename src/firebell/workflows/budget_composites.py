"""Several objectives as one: ``weighted`` and ``serial`` have numbers of their own beside those of their members.

``any`` has none: it burns whenever a member burns, and each member says so itself, by its burn rate times its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo import burn, windows
from firebell.domain.slo.budget import Budget, Knowing, consumed
from firebell.domain.slo.burn import Reading
from firebell.domain.slo.composite import Member, WhenDelayed, serial, weighted
from firebell.domain.slo.coverage import STALE_S
from firebell.domain.slo.evaluation import Evaluated
from firebell.domain.slo.model import BurnRow, Composite, Objective, Slo
from firebell.domain.slo.tally import Tally
from firebell.kernel.errors import Invalid
from firebell.workflows.budget_sums import Summed

WHOLE = -1
"""The number of a composite as a whole, beside its objectives."""
WHEN_DELAYED = "firebell/when-delayed"
MAX_DELAY = "firebell/max-delay"
"""Annotations: what a member counts as that has been without data for longer than this (5m)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A member as it was evaluated, and the rows of its rule set that can fire on it."""

    objective: Objective
    summed: Summed
    rows: tuple[BurnRow, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """The composite. ``alerts``: whether its rows may open an alert; a product of estimates never does."""

    evaluated: Evaluated
    allowed: Fraction
    rates: Mapping[int, Fraction]
    alerts: bool


def alerts(slo: Slo) -> bool:
    """Whether the members open alerts by themselves."""
    return slo.composite in (None, Composite.ANY)


def whole(slo: Slo, members: Sequence[Part]) -> Whole | None:
    """The composite as one objective; ``None`` for ``any``, for a single objective, and before all have a window."""
    if slo.composite in (None, Composite.ANY) or not members or len(members) < len(slo.objectives):
        return None
    evaluated = [one.summed.evaluated for one in members]
    if any(one.window is None for one in evaluated):
        return None
    combine, allowed = _method(slo, members)
    first = min(evaluated, key=lambda one: one.at)
    error = combine(lambda one: one.summed.evaluated.budget.error)
    elapsed_s = max(one.budget.elapsed_s for one in evaluated)
    coverage = min(one.budget.coverage for one in evaluated)
    spent = None if error is None else consumed(error, allowed, elapsed_s, first.period_s)
    knowing = Knowing.NO_DATA if error is None else Knowing.KNOWN if coverage == 1 else Knowing.PARTLY
    budget = Budget(knowing, Tally(), first.period_s, elapsed_s, coverage, error, spent)
    readings = _readings(members, combine)
    serial_one = slo.composite is Composite.SERIAL
    rows = () if serial_one else tuple(one for one in members[0].rows if one.long_s in readings)
    stale = all(one.stale for one in evaluated)
    judged = burn.judge(rows, readings, allowed=allowed, period_s=first.period_s, is_stale=stale)
    rates = {window: one.error / allowed for window, one in readings.items() if one.error is not None}
    found = Evaluated(first.at, first.window, first.period_s, budget, judged, stale, first.absence)
    return Whole(found, allowed, rates, not serial_one)


Ratio = Callable[[Part], Fraction | None]
Combine = Callable[[Ratio], Fraction | None]


def _method(slo: Slo, members: Sequence[Part]) -> tuple[Combine, Fraction]:
    """How error ratios of the members become one, and the β it is held against."""
    if slo.composite is Composite.SERIAL:
        allowed = Fraction(1)
        for one in members:
            allowed *= 1 - one.objective.allowed
        return lambda ratio: _left(serial(_member(one, ratio) for one in members)), 1 - allowed
    when, max_delay_s = delays(slo)
    late = {id(one): _delayed(one, max_delay_s) for one in members}
    weights = sum((one.objective.weight for one in members), Fraction(0))
    allowed = sum((one.objective.allowed * one.objective.weight for one in members), Fraction(0)) / weights

    def combine(ratio: Ratio) -> Fraction | None:
        known = [_member(one, (lambda _: None) if late[id(one)] else ratio) for one in members]
        # Without data, and not for long enough to count as anything: it is left out meanwhile.
        counted = [one for one, part in zip(known, members, strict=True) if one.sli is not None or late[id(part)]]
        return _left(weighted(counted, when))

    return combine, allowed


def delays(slo: Slo) -> tuple[WhenDelayed, int]:
    """What the annotations say of members without data; without them they are left out after five minutes."""
    said = slo.annotations.get(WHEN_DELAYED, "")
    when = WhenDelayed(said) if said in set(WhenDelayed) else WhenDelayed.IGNORE
    try:
        return when, windows.seconds(windows.read_length(slo.annotations.get(MAX_DELAY, "5m"), MAX_DELAY), MAX_DELAY)
    except Invalid:
        return when, STALE_S


def _member(one: Part, ratio: Ratio) -> Member:
    return Member(one.objective.name, _left(ratio(one)), one.objective.weight)


def _left(error: Fraction | None) -> Fraction | None:
    return None if error is None else 1 - error


def _delayed(one: Part, max_delay_s: int) -> bool:
    running = one.summed.running
    return running.newest_end is None or running.end - running.newest_end > max_delay_s


def _readings(members: Sequence[Part], combine: Combine) -> dict[int, Reading]:
    """The windows that every member keeps, combined. Their errors are scaled to the window already (E/W)."""
    rolling = [one.summed.running for one in members]
    found = {}
    for window in set.intersection(*({*one.windows} for one in rolling)):
        error = combine(lambda one, window=window: one.summed.running.reading(window).error)  # type: ignore[misc]
        readings = [one.reading(window) for one in rolling]
        coverage = min(one.coverage for one in readings)
        tally = Tally() if error is None else Tally(error.numerator, error.denominator, 1)
        found[window] = Reading(window, tally, window, coverage)
    return found
