"""How much of the budget is spent. Remaining may be below zero, and is shown so.

With T the target, β = 1 − T, P the period and e the error ratio over the elapsed part E of it:
``consumed = (e / β) · (E / P)`` (slo.md 1 and 3). The SLI, 1 − e, is another number and never called the budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.model import Span
from firebell.domain.slo.tally import Tally
from firebell.kernel.clock import Instant, micros


class Knowing(StrEnum):
    """What a number rests on. ``not_begun`` and ``no_data`` have none."""

    KNOWN = "known"
    PARTLY = "partly"
    NO_DATA = "no_data"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Budget:
    """``consumed`` and ``remaining`` are shares of the period's budget, ``None`` unless something is known.

    ``coverage`` in [0, 1] is printed beside every number when it is not 1. ``elapsed_s`` is E, ``period_s`` is P.
    """

    knowing: Knowing
    tally: Tally
    period_s: int
    elapsed_s: int
    coverage: Fraction
    error: Fraction | None
    consumed: Fraction | None

    @property
    def remaining(self) -> Fraction | None:
        return None if self.consumed is None else 1 - self.consumed

    @property
    def sli(self) -> Fraction | None:
        return None if self.error is None else 1 - self.error


def time_budget_s(allowed: Fraction, period_s: int) -> Fraction:
    """Seconds of full outage that spend it: β·P."""
    return allowed * period_s


def event_budget(allowed: Fraction, events: Fraction | int) -> Fraction:
    """Errors that spend it: β·N."""
    return allowed * events


def burn_rate(error: Fraction, allowed: Fraction) -> Fraction:
    """BR = e/β; 1 spends the budget exactly at the end of the period."""
    return error / allowed


def consumed_by(rate: Fraction, window_s: int, period_s: int) -> Fraction:
    """The share that ``rate`` for ``window_s`` spends: BR·W/P."""
    return rate * window_s / period_s


def rate_for(share: Fraction, window_s: int, period_s: int) -> Fraction:
    """The burn rate at which ``window_s`` spends ``share``: s·P/W."""
    return share * period_s / window_s


def exhausts_s(remaining: Fraction, rate: Fraction, period_s: int) -> Fraction | None:
    """Seconds until nothing is left at ``rate``: r·P/BR; ``None`` at rate 0 (not at this rate)."""
    if remaining <= 0:
        return Fraction(0)
    return None if rate <= 0 else remaining * period_s / rate


def consumed(error: Fraction, allowed: Fraction, elapsed_s: int, period_s: int) -> Fraction:
    """(e/β)·(E/P)."""
    return error / allowed * elapsed_s / period_s


def elapsed_s(window: Span, first: Instant | None, until: Instant) -> int:
    """E: whole seconds from the later of the window's start and the first data ``until`` the newest settled slot."""
    if first is None:
        return 0
    since = max(micros(window.start), micros(first))
    return max(0, min(micros(until), micros(window.end)) - since) // 1_000_000


def charge(found: Tally, allowed: Fraction, *, elapsed: int, period_s: int, length_s: int) -> Budget:
    """The budget of a window. ``found`` sums its slots of ``length_s``; ``elapsed`` is E in seconds.

    Slots that were lost are neither good nor bad: e is taken over what is covered.
    """
    slots_elapsed = elapsed // length_s
    coverage = min(Fraction(1), Fraction(found.covered, slots_elapsed)) if slots_elapsed else Fraction(0)
    error = found.error
    if error is None or elapsed <= 0:
        return Budget(Knowing.NO_DATA, found, period_s, elapsed, coverage, None, None)
    knowing = Knowing.KNOWN if coverage == 1 else Knowing.PARTLY
    return Budget(knowing, found, period_s, elapsed, coverage, error, consumed(error, allowed, elapsed, period_s))


def not_begun(period_s: int = 0) -> Budget:
    """A calendar window that lies ahead."""
    return Budget(Knowing.NOT_BEGUN, Tally(), period_s, 0, Fraction(0), None, None)
