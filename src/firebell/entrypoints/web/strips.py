"""Strip plots: every incident is a mark on a line of time, with ticks at the median, p75 and p90.

Pure: numbers in, positions out. Widths are percent of the plot, so that a chart is as wide as its page and its words
keep their size; heights are pixels. Time runs logarithmically, since a minute matters at five and not at five hundred.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firebell.domain.insight.distribution import Distribution

MARGIN, WIDTH = 2.0, 96.0
LANE_PX, PAD_PX = 11, 15
LANES_MAX = 7
APART = 1.9
"""Percent between two marks of one lane."""
_BEND_S = 45
_TICKS = (
    (0, "0"), (60, "1 min"), (300, "5 min"), (900, "15 min"), (3600, "1 h"), (4 * 3600, "4 h"), (12 * 3600, "12 h"),
    (2 * 86_400, "2 d"), (5 * 86_400, "5 d"), (14 * 86_400, "14 d"), (30 * 86_400, "30 d"), (90 * 86_400, "90 d"),
    (365 * 86_400, "1 y"), (3650 * 86_400, "10 y"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """From seconds to percent of the plot. ``ticks``: (percent, words)."""

    end_s: int
    ticks: tuple[tuple[float, str], ...]

    def at(self, seconds: float) -> float:
        return round(MARGIN + WIDTH * _bent(min(seconds, self.end_s)) / _bent(self.end_s), 2)


@dataclass(frozen=True, slots=True)
class Mark:
    """One incident: where it stands, what it leads to and what it says. ``level`` is its severity in lower case."""

    x: float
    y: int
    level: str
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of a figure. ``median`` … are percents of the plot, ``None`` of nothing."""

    height: int
    marks: tuple[Mark, ...]
    median: float | None
    p75: float | None
    p90: float | None


def _bent(seconds: float) -> float:
    return math.log1p(max(0.0, seconds) / _BEND_S)


def scale(found: Sequence[Distribution]) -> Scale:
    """One scale for all lines of a figure, up to the first tick beyond the longest of them."""
    longest = max((one.values[-1][0] for one in found if one.values), default=0)
    end_s = next((at for at, _ in _TICKS if at >= max(longest, 900)), longest)
    bare = Scale(end_s, ())
    return Scale(end_s, tuple((bare.at(at), words) for at, words in _TICKS if at <= end_s))


def strip(found: Distribution, along: Scale, about: Callable[[int, str], tuple[str, str, str]]) -> Strip:
    """``about(seconds, case_id)``: severity, address and words of a mark."""
    free: list[float] = []
    placed: list[tuple[float, int, int, str]] = []
    for seconds, case_id in found.values:
        x = along.at(seconds)
        lane = next((n for n, last in enumerate(free) if x - last >= APART), len(free))
        if lane < LANES_MAX:
            free[lane : lane + 1] = [x]
        else:
            lane = len(placed) % LANES_MAX
        placed.append((x, lane, seconds, case_id))
    lanes = max((lane for _, lane, _, _ in placed), default=0) + 1
    height = 2 * PAD_PX + (lanes - 1) * LANE_PX
    marks = []
    for x, lane, seconds, case_id in placed:
        level, href, words = about(seconds, case_id)
        marks.append(Mark(x, height // 2 + _offset(lane), level.lower(), href, words))
    return Strip(
        height, tuple(marks), *(None if one is None else along.at(one) for one in (found.median, found.p75, found.p90))
    )


def _offset(lane: int) -> int:
    """0, +1, -1, +2, … lanes from the middle, in pixels."""
    step = (lane + 1) // 2
    return LANE_PX * (step if lane % 2 else -step)
