"""The burn-down of one objective: what was left, what is forecast, and whose incident stands behind the steps."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from firebell.domain.slo.model import Calendar, Span
from firebell.domain.slo.records import ObjectiveState
from firebell.entrypoints.web import moments, slo_view, slo_words
from firebell.entrypoints.web.slo_charts import Chart, Point, Stretch, burn_down
from firebell.entrypoints.web.slo_found import Found
from firebell.entrypoints.web.slo_rows import ref
from firebell.entrypoints.web.slo_view import Forecast
from firebell.kernel.clock import Instant, from_micros, micros

AHEAD_PART = 3
"""A rolling window's chart looks ahead by this part of the window."""


def refunds(points: Sequence[Point], now: Instant) -> list[Fraction]:
    """What was spent in each hour of the window, the oldest first, which is the order in which it comes back."""
    end = micros(now) // 1_000_000
    known = [(at, value) for at, value in points if value is not None and at <= end]
    if len(known) < 2:
        return []
    start = known[0][0]
    hours = [Fraction(0)] * max(1, -(-(known[-1][0] - start) // 3600))
    for (at, value), (until, after) in pairwise(known):
        first = (at - start) // 3600
        spent, last = value - after, max((until - start - 1) // 3600, first)
        for hour in range(first, last + 1):
            hours[hour] += spent / (last - first + 1)
    return hours


def _charged(points: Sequence[Point], spans: Sequence[tuple[int, int]], left: Fraction | None) -> list[Point]:
    """The line of what is charged: what is spent within ``spans`` is not, and it ends at what is left."""
    found: list[Point] = []
    off, previous = Fraction(0), None
    for at, value in points:
        if value is None:
            found.append((at, None))
            continue
        if previous is not None:
            since, before = previous
            inside = sum(max(0, min(b, at) - max(a, since)) for a, b in spans)
            off += max(Fraction(0), before - value) * min(Fraction(1), Fraction(inside, max(1, at - since)))
        previous = (at, value)
        found.append((at, value + off))
    if found and left is not None and found[-1][1] is not None:
        found[-1] = (found[-1][0], left)
    return found


def chart(found: Found, state: ObjectiveState, ahead: Forecast, at: Instant, zone: str) -> Chart | None:
    if state.window is None or not found.points:
        return None
    now, start, end = (micros(one) // 1_000_000 for one in (at, state.window.start, state.window.end))
    rolls = not isinstance(found.record.slo.window, Calendar)
    horizon = now + (now - start) // AHEAD_PART if rolls else end
    spans = [(micros(one.start) // 1_000_000, micros(one.end) // 1_000_000) for one in found.spans]
    spans += [stretch for one in found.claimed if one.record.exempt for stretch in one.stretches]
    lines: list[tuple[str, Sequence[Point]]] = []
    if state.measured != state.charged:
        lines.append(("measured", found.points))
        lines.append(("charged", _charged(found.points, spans, state.remaining)))
    else:
        lines.append(("charged", found.points))
    lines.append(("ahead", [point for point in ahead.ahead if point[0] <= horizon]))
    if not rolls:
        lines.append(("even", [(start, Fraction(1)), (end, Fraction(0))]))
    left = slo_words.share(state.remaining)
    words = f"The budget from {slo_words.share(Fraction(1))} at the window’s start to {left} now"
    csv = f"/slos/{ref(found.record)}/burn-down.csv?objective={found.index}"
    return burn_down(
        "burn-down-chart", "Budget left over the window", lines, span=(start, max(horizon, now)), now=now, zone=zone,
        words=words, stretches=_stretches(found), csv=csv,
    )  # fmt: skip


def _stretches(found: Found) -> list[Stretch]:
    bands = [
        Stretch("incident", a, b, f"{one.reference}: {one.title}", slo_view.mark(index))
        for index, one in enumerate(found.claimed)
        for a, b in one.stretches
    ]
    bands += [Stretch("missed", a, b, "Burned without an incident") for a, b, _ in found.missed]
    since: int | None = None
    for at, value in found.points:
        if value is None and since is None:
            since = at
        elif value is not None and since is not None:
            bands.append(Stretch("unknown", since, at, "No data"))
            since = None
    return bands


def previous(found: Found, at: Instant, zone: str) -> Chart | None:
    if found.before is None or not any(value is not None for _, value in found.before_points):
        return None
    start, end = (micros(one) // 1_000_000 for one in (found.before.start, found.before.end))
    last = next((value for _, value in reversed(found.before_points) if value is not None), None)
    return burn_down(
        "previous-chart", "Budget left over the window before", [("charged", found.before_points)], span=(start, end),
        now=micros(at) // 1_000_000, zone=zone, words=f"The window before ended with {slo_words.share(last)} left",
    )  # fmt: skip


def days_of(span: Span | None, zone: str) -> str:
    if span is None:
        return ""
    first, last = span.start.to_tz(zone), from_micros(micros(span.end) - 1_000_000).to_tz(zone)
    return f"{moments.day(first)} to {moments.day(last)}"
