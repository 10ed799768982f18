"""When the budget will be gone, and when it will be back. A rolling window gives back what leaves it.

``r(t+h) = r(t) − BR·h/P + Σ consumption in (t−P, t−P+h]`` (slo.md 7). Calendar windows give nothing back and no
forecast crosses their edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo.budget import exhausts_s
from firebell.domain.slo.exact import median, quantile

STEP_S = 3600
DAYS = 7
PESSIMIST = Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class Flat:
    """Seconds to exhaustion if the rate over ``window_s`` goes on; ``None``: not at this rate."""

    window_s: int
    rate: Fraction
    exhausts_s: Fraction | None


@dataclass(frozen=True, slots=True)
class Flats:
    """``smaller``: the one that comes first, if any does."""

    each: tuple[Flat, ...]
    smaller: Flat | None


def flat(remaining: Fraction, rates: Sequence[tuple[int, Fraction]], period_s: int) -> Flats:
    """By each window's rate: ``rates`` is (window in seconds, BR), the horizons of an hour, a day, weeks."""
    each = tuple(Flat(window_s, rate, exhausts_s(remaining, rate, period_s)) for window_s, rate in rates)
    ending = [one for one in each if one.exhausts_s is not None]
    return Flats(each, min(ending, key=lambda one: one.exhausts_s or 0) if ending else None)


@dataclass(frozen=True, slots=True)
class Projection:
    """``points``: remaining after each hour, the first is now. Hours are ``None`` when it does not happen in time.

    ``refund``: all that a rolling window will give back. ``stops_s``: how far it looks.
    """

    points: tuple[Fraction, ...]
    exhausted_h: int | None
    back_h: int | None
    refund: Fraction
    stops_s: int


def project(
    remaining: Fraction, rate: Fraction, period_s: int, refunds: Sequence[Fraction], *, until_s: int | None = None
) -> Projection:
    """Hour by hour. ``refunds[i]`` is the share of the budget spent in hour ``i`` of the window, the oldest first.

    A rolling window: horizon P. A calendar one: no ``refunds`` and ``until_s``, the seconds to its edge.
    ``back_h`` is the first hour with something left, and only for a budget that is exhausted now or later.
    """
    horizon_s = period_s if until_s is None else min(until_s, period_s)
    points = [remaining]
    exhausted_h = 0 if remaining <= 0 else None
    back_h: int | None = None
    per_hour = rate * STEP_S / period_s
    left = remaining
    for hour in range(1, horizon_s // STEP_S + 1):
        left = left - per_hour + (refunds[hour - 1] if hour <= len(refunds) else 0)
        points.append(left)
        if exhausted_h is None and left <= 0:
            exhausted_h = hour
        if exhausted_h is not None and back_h is None and left > 0 and hour > exhausted_h:
            back_h = hour
    return Projection(tuple(points), exhausted_h, back_h, sum(refunds, Fraction(0)), horizon_s)


def back_in_budget_h(
    remaining: Fraction, background: Fraction, period_s: int, refunds: Sequence[Fraction]
) -> int | None:
    """The first whole hour with something left under the background rate; 0 when there is now, ``None`` in no P."""
    if remaining > 0:
        return 0
    return project(remaining, background, period_s, refunds).back_h


def background(daily_rates: Sequence[Fraction]) -> Fraction | None:
    """The median daily burn rate of the last 7 days; ``None`` when there are none."""
    return median(daily_rates[-DAYS:]) if daily_rates else None


@dataclass(frozen=True, slots=True)
class Range:
    """Seconds from now: ``earliest`` by the 80th percentile of daily rates, ``latest`` by their median.

    ``None``: not at that rate.
    """

    earliest_s: Fraction | None
    latest_s: Fraction | None


def likely(remaining: Fraction, daily_rates: Sequence[Fraction], period_s: int) -> Range | None:
    """From the last 7 daily burn rates, the newest last; ``None`` with fewer, when only a flat one can be given."""
    if len(daily_rates) < DAYS:
        return None
    last = daily_rates[-DAYS:]
    return Range(
        exhausts_s(remaining, quantile(last, PESSIMIST), period_s), exhausts_s(remaining, median(last), period_s)
    )
