"""Days and shares of time out of the spans a component spent in its states. Pure.

Uptime is ``100 * (1 - sum(weight * seconds) / all seconds)``: with the usual weights an hour of major outage and 100
minutes of partial outage in 30 days are 90 of 43,200 minutes, which makes 99.7917 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from whenever import Date, ZonedDateTime

from firebell.domain.statuspage.model import ComponentStatus, Span
from firebell.domain.statuspage.rules import RANK, worst
from firebell.kernel.clock import Instant, micros

DAYS = 90


@dataclass(frozen=True, slots=True)
class Day:
    """One day in the page's zone. ``status`` is the worst of it (``None``: there was no component yet);
    ``seconds`` how long each state but operational lasted."""

    date: Date
    status: ComponentStatus | None
    seconds: Mapping[str, int]


def lasting(spans: Sequence[Span], from_at: Instant, until_at: Instant) -> dict[str, float]:
    """Seconds in each state within a stretch. Where spans overlap the worst counts; uncovered time is operational."""
    start, end = micros(from_at), micros(until_at)
    pieces = []
    for span in spans:
        left = max(micros(span.from_at), start)
        right = min(micros(span.until_at), end) if span.until_at is not None else end
        if left < right:
            pieces.append((left, right, span.status))
    edges = sorted({start, end, *(p[0] for p in pieces), *(p[1] for p in pieces)})
    found: dict[str, float] = {}
    for left, right in pairwise(edges):
        status = worst(s for a, b, s in pieces if a <= left and right <= b)
        found[status] = found.get(status, 0.0) + (right - left) / 1e6
    return found


def share(
    spans: Sequence[Span], from_at: Instant, until_at: Instant, weights: Mapping[str, float], *, born_at: Instant
) -> float | None:
    """Uptime in percent; what was before ``born_at`` does not count. ``None`` when nothing is left to measure."""
    start = max(from_at, born_at, key=micros)
    total_s = (micros(until_at) - micros(start)) / 1e6
    if total_s <= 0:
        return None
    down_s = sum(weights.get(status, 0.0) * s for status, s in lasting(spans, start, until_at).items())
    return max(0.0, 100 * (1 - down_s / total_s))


def percent(value: float | None) -> str:
    """``99.79 %``: cut, never rounded up, so that 100 means that nothing happened."""
    if value is None:
        return "no data"
    cut = int(round(value * 1e6, 3)) // 10_000 / 100
    return f"{cut:.2f} %" if cut < 100 else "100 %"


def days(spans: Sequence[Span], now: Instant, zone: str, *, born_at: Instant, count: int = DAYS) -> list[Day]:
    """The last ``count`` days in ``zone``, oldest first, today last."""
    today = now.to_tz(zone)
    found = []
    for date in (today.date().subtract(days=back) for back in range(count - 1, -1, -1)):
        start, end = bounds(date, zone)
        end = min(end, now, key=micros)
        start = max(start, born_at, key=micros)
        if micros(start) >= micros(end):
            # The day of birth itself has begun even if no second of it has passed.
            found.append(Day(date, ComponentStatus.OPERATIONAL if date == today.date() else None, {}))
            continue
        near = [s for s in spans if s.from_at < end and (s.until_at is None or s.until_at > start)]
        if not near:
            found.append(Day(date, ComponentStatus.OPERATIONAL, {}))
            continue
        lasted = lasting(near, start, end)
        bad = {status: round(s) for status, s in lasted.items() if status != ComponentStatus.OPERATIONAL}
        found.append(Day(date, worst(lasted), dict(sorted(bad.items(), key=lambda pair: -RANK[pair[0]]))))
    return found


def bounds(date: Date, zone: str) -> tuple[Instant, Instant]:
    """A day in a zone from its first moment to the next day's (23 to 25 hours)."""
    return _midnight(date, zone), _midnight(date.add(days=1), zone)


# Thirty components ask for the same ninety days.
@lru_cache(maxsize=2048)
def _midnight(date: Date, zone: str) -> Instant:
    return ZonedDateTime(date.year, date.month, date.day, tz=zone).to_instant()


def spread(spans: Iterable[Span], component_ids: Iterable[str]) -> list[Span]:
    """The spans of some components as if they were one: what a group went through."""
    wanted = set(component_ids)
    return [span for span in spans if span.component_id in wanted]
