"""One objective, evaluated: its budget, its burn-rate rows and what is missing, all of the same instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from firebell.domain.slo import burn, coverage, windows
from firebell.domain.slo.budget import Budget, charge, elapsed_s, not_begun
from firebell.domain.slo.burn import Judged, Reading
from firebell.domain.slo.coverage import Absence
from firebell.domain.slo.model import BurnRow, Calendar, Objective, Rolling, Slo, Span
from firebell.domain.slo.running import Running
from firebell.domain.slo.tally import Slot, one_bad, slot_s, tally
from firebell.kernel.clock import Instant, from_micros, micros

Stored = Callable[[int, int], Iterable[Slot]]
"""``(start, end)`` in seconds since 1970 → the stored slots that start in ``[start, end)``."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """``at``: the end of the newest settled slot, which all numbers are of. ``window`` ``None``: not begun."""

    at: Instant
    window: Span | None
    period_s: int
    budget: Budget
    rows: tuple[Judged, ...]
    stale: bool
    absence: Absence


def kept_s(window_s: int, length: int) -> int:
    """A window in whole slots: one that is shorter than a slot is one slot."""
    return -(-window_s // length) * length


def lengths(slo: Slo, objective: Objective, rows: Sequence[BurnRow], bucket_s: int) -> tuple[int, ...]:
    """Which windows a :class:`Running` has to keep for this objective, in seconds."""
    length = slot_s(slo.method, objective, bucket_s)
    wanted = {w for one in rows for w in (one.long_s, one.short_s)}
    if isinstance(slo.window, Rolling):
        wanted.add(slo.window.period_s)
    return tuple(sorted({kept_s(one, length) for one in wanted}))


def origin(slo: Slo) -> int:
    """Where slices are counted from, in seconds since 1970: the calendar's start, else the epoch."""
    return micros(windows.edge(slo.window, 0)) // 1_000_000 if isinstance(slo.window, Calendar) else 0


def turn_over(running: Running, slo: Slo, stored: Stored) -> None:
    """A calendar window that has begun anew, or that nobody has added up yet, is added up from its edge."""
    if isinstance(slo.window, Rolling):
        return
    span = windows.current(slo.window, from_micros(running.end * 1_000_000))
    since = None if span is None else micros(span.start) // 1_000_000
    if since is not None and since != running.since:
        running.grow_from(since, tally(stored(since, running.end)))


def evaluate(
    slo: Slo,
    objective: Objective,
    running: Running,
    rows: Sequence[BurnRow],
    now: Instant,
    *,
    expected_since: Instant,
    bad_events_min: int = 0,
    counted: tuple[int | None, int] | None = None,
) -> Evaluated:
    """All numbers as of ``running.end``. Call :func:`turn_over` first. ``expected_since``: when the SLO was made.

    ``counted``: the end of the newest bucket and of the newest settled one, which tell silence from a slice that still
    runs; by the slots when left out.
    """
    at = from_micros(running.end * 1_000_000)
    span, period_s = windows.current(slo.window, at), windows.period_s(slo.window, at)
    newest_end, settled = (running.newest_end, running.end) if counted is None else counted
    is_stale = coverage.stale(newest_end, settled)
    absent = coverage.absence(newest_end, now, slo.absent, expected_since=expected_since)
    if span is None or period_s is None:
        return Evaluated(at, None, 0, not_begun(), (), is_stale, absent)
    first = None if running.first is None else from_micros(running.first * 1_000_000)
    length = running.slot_s
    found = running.tally(kept_s(period_s, length)) if isinstance(slo.window, Rolling) else running.grown
    spent = charge(found, objective.allowed, elapsed=elapsed_s(span, first, at), period_s=period_s, length_s=length)
    readings: dict[int, Reading] = {}
    for window_s in {w for one in rows for w in (one.long_s, one.short_s)}:
        readings[window_s] = running.reading(kept_s(window_s, length))
    indicator = objective.indicator or slo.indicator
    judged = burn.judge(
        rows, readings, allowed=objective.allowed, period_s=period_s, is_stale=is_stale,
        bad_events_min=bad_events_min, atoms=one_bad(slo.method, 1 if indicator is None else indicator.atoms),
    )  # fmt: skip
    return Evaluated(at, span, period_s, spent, judged, is_stale, absent)
