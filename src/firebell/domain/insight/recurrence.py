"""How often it happens again, and how often although it was fixed (postmortems.md 7).

The rate at W days is the share of a period's incidents that were alike to one of the W days before them. A repeat after
a fix is counted apart: the earlier incident's promises had all been kept by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firebell.domain.insight.distribution import MEASURED
from firebell.domain.insight.model import Case
from firebell.domain.insight.shares import Share
from firebell.kernel.clock import Instant, seconds_between

WINDOWS_D = (30, 90, 180, 365)
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Echo:
    """``case_id`` is alike to ``earlier_id``, declared ``gap_s`` before it. ``fixed``: every promise of the earlier one
    had been kept when it came again."""

    case_id: str
    earlier_id: str
    gap_s: float
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """``whole`` is false while history is shorter than the window: then the true rate may be higher."""

    days: int
    share: Share
    whole: bool


@dataclass(frozen=True, slots=True)
class Recurrence:
    """``rates`` at 30, 90, 180 and 365 days; ``after_fix`` within 365 days, with the incidents it happened to."""

    rates: tuple[Rate, ...]
    after_fix: Share
    after_fix_ids: tuple[str, ...]

    def at(self, days: int) -> Rate:
        return next(one for one in self.rates if one.days == days)


def recurrence(
    cases: Sequence[Case], echoes: Iterable[Echo], *, known_since: Instant | None, begins: Instant
) -> Recurrence:
    """``known_since``: when the first incident ever was declared; ``begins``: when the period does."""
    asked = {one.id for one in cases if one.kind in MEASURED}
    near: dict[str, float] = {}
    fixed: set[str] = set()
    for one in echoes:
        if one.case_id not in asked or not 0 <= one.gap_s <= WINDOWS_D[-1] * _DAY_S or one.earlier_id == one.case_id:
            continue
        near[one.case_id] = min(one.gap_s, near.get(one.case_id, one.gap_s))
        if one.fixed:
            fixed.add(one.case_id)
    history_s = seconds_between(known_since, begins) if known_since is not None else 0.0
    rates = tuple(
        Rate(
            days, Share(sum(gap <= days * _DAY_S for gap in near.values()), len(asked)), history_s >= days * _DAY_S
        )
        for days in WINDOWS_D
    )  # fmt: skip
    return Recurrence(rates, Share(len(fixed), len(asked)), tuple(sorted(fixed)))
