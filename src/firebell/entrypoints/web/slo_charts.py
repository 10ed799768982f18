"""Where the lines of a budget's chart lie: pure geometry, in per cent of the plot, for inline SVG.

A chart is drawn twice the same: as a picture and as the table beside it, from the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo.exact import percent
from firebell.entrypoints.web import moments
from firebell.kernel.clock import from_micros

DAY_S, HOUR_S = 86_400, 3600
SCALE = 1000
"""The plot's own units, both ways; the browser stretches them."""
TICKS_MAX = 6
_STEPS = (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(5), Fraction(10))

Point = tuple[int, Fraction | None]
"""(seconds since 1970, share of the budget that is left); ``None``: nothing is known from here on."""


@dataclass(frozen=True, slots=True)
class Tick:
    """``at``: in per cent of the plot. ``strong``: a line that means something (nothing left)."""

    at: str
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """``kind``: charged | measured | ahead | even. ``path``: in units of :data:`SCALE`."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time behind the lines, ``left`` and ``width`` in per cent. ``kind``: incident | missed | unknown."""

    kind: str
    left: str
    width: str
    words: str
    mark: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What becomes a band: seconds since 1970."""

    kind: str
    start: int
    end: int
    words: str
    mark: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the chart's table. ``ahead``: it is a forecast."""

    at: str
    values: tuple[str, ...]
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """``zero``: where nothing is left, in per cent from above. ``now``: where now is, nothing at an edge.

    ``words`` say what the picture shows. ``kinds``: which lines there are, for the legend.
    """

    id: str
    title: str
    words: str
    lines: Sequence[Line]
    across: Sequence[Tick]
    up: Sequence[Tick]
    zero: str
    now: str
    bands: Sequence[Band]
    heads: Sequence[str]
    rows: Sequence[Row]
    csv: str = ""

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(line.kind for line in self.lines))

    @property
    def below(self) -> str:
        """How much of the plot lies below nothing left, in per cent."""
        return _number(100 - float(self.zero))


def burn_down(
    id_: str,
    title: str,
    lines: Sequence[tuple[str, Sequence[Point]]],
    *,
    span: tuple[int, int],
    now: int,
    zone: str,
    words: str,
    stretches: Iterable[Stretch] = (),
    csv: str = "",
) -> Chart:
    """``lines``: (kind, points ascending). ``span``: what the chart covers, ``now`` anywhere in or outside of it."""
    values = [value for _, points in lines for _, value in points if value is not None]
    top, bottom, step = _range(values)
    start, end = span

    def y(value: Fraction) -> Fraction:
        return (top - value) / (top - bottom)

    drawn = [Line(kind, path) for kind, points in lines if (path := _path(points, span, y))]
    up = []
    level = top - top % step
    while level >= bottom:
        up.append(Tick(_number(float(y(level)) * 100), percent(level, 0).replace("-", "−"), level == 0))
        level -= step
    inside = start < now < end
    return Chart(
        id=id_, title=title, words=words, lines=drawn, across=_across(start, end, zone), up=up,
        zero=_number(float(y(Fraction(0))) * 100),
        now=_place(now, span) if inside else "",
        bands=[band for one in stretches if (band := _band(one, span)) is not None],
        heads=[HEADS[kind] for kind, _ in lines if kind in HEADS],
        rows=_rows([(kind, points) for kind, points in lines if kind in HEADS], span, now, zone), csv=csv,
    )  # fmt: skip


HEADS = {"charged": "Left, charged", "measured": "Left, measured", "ahead": "Forecast"}


def _range(values: Sequence[Fraction]) -> tuple[Fraction, Fraction, Fraction]:
    """Top, bottom and distance of the lines across, so that they are round numbers and few."""
    high = max([Fraction(1), *values])
    low = min([Fraction(0), *values])
    step = next((one for one in _STEPS if (high - low) / one <= TICKS_MAX), _STEPS[-1])
    while (high - low) / step > TICKS_MAX:
        step *= 2
    bottom = low if low == 0 else low - (high - low) / 20
    return high, bottom, step


def _path(points: Sequence[Point], span: tuple[int, int], y: Callable[[Fraction], Fraction]) -> str:
    parts: list[str] = []
    pen_down = False
    for at, value in points:
        if value is None:
            pen_down = False
            continue
        x = Fraction(at - span[0], max(1, span[1] - span[0])) * SCALE
        parts.append(f"{'L' if pen_down else 'M'}{_number(float(x))} {_number(float(y(value)) * SCALE)}")
        pen_down = True
    return " ".join(parts) if len(parts) > 1 else ""


def _across(start: int, end: int, zone: str) -> list[Tick]:
    """Local midnights (or whole hours within two days), no more than fit on a phone."""
    length = end - start
    if length <= 2 * DAY_S:
        every = next(h for h in (1, 3, 6, 12) if length / (h * HOUR_S) <= TICKS_MAX or h == 12)
        at = from_micros(start * 1_000_000).to_tz(zone).start_of("day")
        places = []
        while (seconds := int(at.timestamp())) < end:
            if seconds >= start:
                places.append((seconds, f"{at.hour:02}:00"))
            at = at.add(hours=every)
    else:
        days = length / DAY_S
        every = next((n for n in (1, 2, 7, 14, 28) if days / n <= TICKS_MAX), 92)
        at = from_micros(start * 1_000_000).to_tz(zone).start_of("day")
        places = []
        while (seconds := int(at.timestamp())) < end:
            if seconds >= start:
                places.append((seconds, moments.day(at).partition(" ")[2]))
            at = at.add(days=every if seconds >= start else 1)
    return [Tick(_place(seconds, (start, end)), text) for seconds, text in places]


def _band(one: Stretch, span: tuple[int, int]) -> Band | None:
    start, end = max(one.start, span[0]), min(one.end, span[1])
    if end <= start:
        return None
    # A few minutes of a month would be no pixel.
    width = max(0.4, (end - start) / (span[1] - span[0]) * 100)
    return Band(one.kind, _place(start, span), _number(width), one.words, one.mark, one.href)


def _rows(lines: Sequence[tuple[str, Sequence[Point]]], span: tuple[int, int], now: int, zone: str) -> list[Row]:
    """At most some thirty, evenly chosen, each with what every line says then."""
    places = sorted({at for _, points in lines for at, _ in points})
    if not places:
        return []
    every = max(1, -(-len(places) // 32))
    chosen = sorted({*places[::every], places[-1], *(at for at in places if at == now)})
    found = {kind: dict(points) for kind, points in lines}
    reader = from_micros(now * 1_000_000)
    rows = []
    for at in chosen:
        said = tuple(_left(found[kind].get(at)) for kind, _ in lines)
        rows.append(Row(moments.local(from_micros(at * 1_000_000), zone, reader), said, at > now))
    return rows


def _left(value: Fraction | None) -> str:
    return "" if value is None else percent(value, 1).replace("-", "−")


def _place(at: int, span: tuple[int, int]) -> str:
    return _number((at - span[0]) / max(1, span[1] - span[0]) * 100)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


# ------------------------------------------------------------------ small bars

LOWEST = Fraction(-1, 2)
"""Where a budget bar ends to the left: what is further overspent is an arrow."""


@dataclass(frozen=True, slots=True)
class Bar:
    """From −50 % to 100 % of the budget. ``left``, ``width``: the filled part. ``beyond``: it goes on to the left."""

    zero: str
    left: str
    width: str
    negative: bool
    beyond: bool
    words: str


def budget_bar(remaining: Fraction | None, words: str) -> Bar | None:
    """``None`` when nothing is known."""
    if remaining is None:
        return None
    whole = 1 - LOWEST
    zero = -LOWEST / whole
    shown = min(Fraction(1), max(LOWEST, remaining))
    edge = (shown - LOWEST) / whole
    left, right = min(zero, edge), max(zero, edge)
    return Bar(
        _number(float(zero) * 100), _number(float(left) * 100), _number(float(right - left) * 100), remaining < 0,
        remaining < LOWEST, words,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gauge:
    """How near a window is to a threshold, which stands at two thirds. ``over``: above it."""

    width: str
    mark: str
    over: bool
    words: str


def gauge(error: Fraction | None, least: Fraction, words: str) -> Gauge | None:
    if error is None or least <= 0:
        return None
    mark = Fraction(2, 3)
    return Gauge(
        _number(float(min(Fraction(1), error / least * mark)) * 100), _number(float(mark) * 100), error > least, words
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a whole bar. ``kind``: incident | other | unattributed | left | over."""

    kind: str
    left: str
    width: str
    words: str
    mark: str = ""


def parts(shares: Sequence[tuple[str, Fraction, str, str]]) -> list[Part]:
    """Pieces side by side: (kind, share, words, mark). What is above the whole shrinks all of them alike."""
    total = sum((max(Fraction(0), share) for _, share, _, _ in shares), Fraction(0))
    whole = max(Fraction(1), total)
    found, at = [], Fraction(0)
    for kind, share, said, mark in shares:
        width = max(Fraction(0), share) / whole
        if width > 0:
            found.append(Part(kind, _number(float(at) * 100), _number(float(width) * 100), said, mark))
        at += width
    return found
