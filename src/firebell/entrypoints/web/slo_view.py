"""One objective as its page shows it, made from what was looked up: nothing is asked here, so it is tried by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo import burn_rows, forecast
from firebell.domain.slo.burn import Verdict
from firebell.domain.slo.coverage import SETTLE_S
from firebell.domain.slo.model import BurnRow, Calendar, Objective, Slo, Stream
from firebell.domain.slo.records import ObjectiveState, SloRecord
from firebell.domain.slo.tally import Tally
from firebell.domain.slo.windows import nominal_s
from firebell.entrypoints.web import moments, slo_words
from firebell.entrypoints.web.slo_charts import Gauge, Part, gauge, parts
from firebell.entrypoints.web.slo_rows import HORIZONS_S, HOURS
from firebell.kernel.clock import Instant, from_micros, micros, plus

TICK_S = 30
ERRORS = ("1", "0.1", "0.05", "0.02", "0.01", "0.005", "0.002", "0.001")
STREAMS = {Stream.PAGE: "Page", Stream.TICKET: "Ticket"}
_VERDICTS = {
    Verdict.TRUE: ("broken", "attention", "Fires"),
    Verdict.FALSE: ("quiet", "check", "Quiet"),
    Verdict.FROZEN: ("unknown", "pause", "Frozen: too little data"),
}


# ------------------------------------------------------------------ the budget


@dataclass(frozen=True, slots=True)
class Amount:
    """``left`` of ``whole`` in what users feel: minutes of outage, or errors."""

    left: str
    whole: str
    unit: str


def amount(record: SloRecord, objective: Objective, state: ObjectiveState, found: Tally, atoms: int) -> Amount | None:
    """Minutes for what is weighed by time, events else: β·P or β·N with N scaled from the part that has passed."""
    if state.remaining is None or not state.period_s:
        return None
    indicator = objective.indicator or record.slo.indicator
    if objective.slice_s is not None:
        slices = objective.allowed * state.period_s / objective.slice_s
        return Amount(_count(slices * state.remaining), _count(slices), "slices")
    if indicator is None or indicator.by_time or not found.total or not state.elapsed_s:
        whole_s = objective.allowed * state.period_s
        return Amount(_signed_length(whole_s * state.remaining), slo_words.length(whole_s), "of full outage")
    whole = objective.allowed * found.total * state.period_s / state.elapsed_s / atoms
    return Amount(_count(whole * state.remaining), _count(whole), "errors")


def _count(value: Fraction) -> str:
    whole = int(value) if abs(value) >= 10 else round(float(value), 1)
    return f"{whole:,}".replace(",", " ").replace("-", "−").removesuffix(".0")


def _signed_length(seconds: Fraction) -> str:
    return ("−" if seconds < 0 else "") + slo_words.length(abs(seconds))


# ------------------------------------------------------------------ burn rates


@dataclass(frozen=True, slots=True)
class RowLine:
    """A burn-rate row as it stands. ``least``: what both error ratios have to exceed."""

    stream: str
    long: str
    short: str
    factor: str
    least: str
    spent: str
    long_now: str
    short_now: str
    long_gauge: Gauge | None
    short_gauge: Gauge | None
    burn: str
    verdict: tuple[str, str, str]


def row_lines(state: ObjectiveState, allowed: Fraction) -> list[RowLine]:
    found = []
    for one in state.rows:
        long, short = slo_words.window_of(one.row.long_s), slo_words.window_of(one.row.short_s)
        least = slo_words.error(one.least)
        found.append(
            RowLine(
                stream=STREAMS[one.row.stream], long=long, short=short, factor=slo_words.rate(one.factor), least=least,
                spent=slo_words.share(one.row.share), long_now=slo_words.error(one.long),
                short_now=slo_words.error(one.short),
                long_gauge=gauge(one.long, one.least, f"{slo_words.error(one.long)} over {long}, fires above {least}"),
                short_gauge=gauge(
                    one.short, one.least, f"{slo_words.error(one.short)} over {short}, fires above {least}"
                ),
                burn=slo_words.rate(one.burn(allowed)), verdict=_VERDICTS[one.verdict],
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Expected:
    """What to expect at a constant error ratio: after how long which stream fires, and what is gone by then."""

    error: str
    after: str
    total: str
    stream: str
    spent: str
    clears: str


def expected(rows: Sequence[BurnRow], allowed: Fraction, period_s: int) -> list[Expected]:
    """Closed form, and the same with evaluation and settling added."""
    found = []
    for text in ERRORS:
        error = Fraction(text)
        first = burn_rows.first_to_fire(rows, error, allowed, period_s)
        if first is None:
            found.append(Expected(slo_words.share(error), "never", "never", "", "", ""))
            continue
        after, row = first
        clears = burn_rows.stream_clears_after_s(rows, row.stream, error, allowed, period_s)
        found.append(
            Expected(
                slo_words.share(error), slo_words.length(after), slo_words.length(after + TICK_S + SETTLE_S),
                STREAMS[row.stream], slo_words.share(burn_rows.spent_at(error, after, allowed, period_s)),
                slo_words.length(clears) if clears is not None else "",
            )
        )  # fmt: skip
    return found


# ------------------------------------------------------------------ forecast


@dataclass(frozen=True, slots=True)
class Horizon:
    """If the rate of one window goes on. ``nearest``: the one that ends first."""

    window: str
    rate: str
    words: str
    nearest: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """``ahead``: remaining hour by hour, in seconds since 1970. ``sentences``: what a rolling window gives back."""

    horizons: Sequence[Horizon]
    range: str
    sentences: Sequence[str]
    ahead: Sequence[tuple[int, Fraction]]


def forecast_of(
    slo: Slo,
    state: ObjectiveState,
    refunds: Sequence[Fraction],
    daily: Sequence[Fraction],
    now: Instant,
    zone: str,
) -> Forecast:
    """``refunds``: what was spent in each hour of the window, the oldest first. ``daily``: burn rates of past days."""
    left, period_s = state.remaining, state.period_s
    if left is None or not period_s:
        return Forecast((), "", (), ())
    edge = state.window.end if isinstance(slo.window, Calendar) and state.window is not None else None
    known = [(window, state.rates[window]) for window in HORIZONS_S if window in state.rates]
    flats = forecast.flat(left, known, period_s)
    horizons = [
        Horizon(
            slo_words.window_of(one.window_s), slo_words.rate(one.rate), _ends(one.exhausts_s, left, now, zone, edge),
            one is flats.smaller and left > 0,
        )
        for one in flats.each
    ]  # fmt: skip
    usual = forecast.background(daily)
    rate = usual if usual is not None else state.rates.get(HORIZONS_S[-1], Fraction(0))
    until_s = None if edge is None else max(0, (micros(edge) - micros(now)) // 1_000_000)
    projected = forecast.project(left, rate, period_s, () if edge else refunds, until_s=until_s)
    start = micros(now) // 1_000_000
    ahead = [(start + hour * 3600, value) for hour, value in enumerate(projected.points)]
    said = _calendar(edge, zone, now) if edge else _rolling(left, projected, refunds, rate, usual is None, now, zone)
    return Forecast(horizons, _range(left, daily, period_s, now, zone, edge), said, ahead)


def _ends(seconds: Fraction | None, left: Fraction, now: Instant, zone: str, edge: Instant | None) -> str:
    if left <= 0:
        return "It is spent already."
    if seconds is None:
        return "Not at this rate."
    at = plus(now, float(min(seconds, Fraction(10**9))))
    if edge is not None and at >= edge:
        return "Not before the budget begins anew."
    return f"Gone in {slo_words.length(seconds)}: {moments.local(at, zone, now)}."


def _range(
    left: Fraction, daily: Sequence[Fraction], period_s: int, now: Instant, zone: str, edge: Instant | None
) -> str:
    if left <= 0:
        return ""
    found = forecast.likely(left, daily, period_s)
    if found is None:
        return f"No range yet: it takes {forecast.DAYS} full days of data, and there are {len(daily)}."
    days = []
    for seconds in (found.earliest_s, found.latest_s):
        at = None if seconds is None else plus(now, float(min(seconds, Fraction(10**9))))
        days.append(None if at is None or (edge is not None and at >= edge) else at)
    first, last = days
    end = "not in this window" if edge is not None else "not at all"
    if first is None:
        return f"By the last {forecast.DAYS} days: {end}."
    if last is None:
        return f"By the last {forecast.DAYS} days: on {_day(first, zone)} at the earliest, more likely {end}."
    one, other = _day(first, zone), _day(last, zone)
    return f"By the last {forecast.DAYS} days: " + (f"on {one}." if one == other else f"between {one} and {other}.")


def _rolling(
    left: Fraction,
    projected: forecast.Projection,
    refunds: Sequence[Fraction],
    rate: Fraction,
    guessed: bool,
    now: Instant,
    zone: str,
) -> list[str]:
    """What comes back by itself, and when most of it; if it is spent, when it is back in budget."""
    said = []
    usual = f"if it burns on at {slo_words.rate(rate)}" + (
        ", the rate of three days" if guessed else ", as on a usual day"
    )
    if left <= 0:
        if projected.back_h is None:
            said.append(f"Not back in budget within this window {usual}.")
        else:
            at = plus(now, projected.back_h * 3600)
            said.append(f"Back in budget by {moments.local(at, zone, now)} {usual}: old errors leave the window.")
    elif projected.exhausted_h:
        at = plus(now, projected.exhausted_h * 3600)
        said.append(f"With what comes back counted: gone by {moments.local(at, zone, now)} {usual}.")
    largest = _largest_day(refunds, now)
    if largest is not None:
        at, share = largest
        said.append(
            f"What is left rises by itself as old errors leave the window: the next large part, "
            f"{slo_words.share(share)}, comes back on {_day(at, zone)}."
        )
    return said


def _largest_day(refunds: Sequence[Fraction], now: Instant) -> tuple[Instant, Fraction] | None:
    """The 24 hours ahead that give back most, and what."""
    days = [sum(refunds[i : i + 24], Fraction(0)) for i in range(0, len(refunds), 24)]
    if not days or max(days) <= 0:
        return None
    index = days.index(max(days))
    hours = refunds[index * 24 : index * 24 + 24]
    return plus(now, (index * 24 + hours.index(max(hours))) * 3600), days[index]


def _calendar(edge: Instant, zone: str, now: Instant) -> list[str]:
    return [f"The budget begins anew on {moments.local(edge, zone, now)}; nothing comes back before."]


def _day(at: Instant, zone: str) -> str:
    return moments.day(at.to_tz(zone))


# ------------------------------------------------------------------ whose burn it was


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One incident's part. Shares of the period's budget as words; ``provisional``: it is still open."""

    mark: str
    incident_id: str
    reference: str
    title: str
    net: str
    gross: str
    declared: str
    difference: str
    charged: str
    basis: str
    usual: str
    provisional: bool
    exempt: str
    exemption: str
    weight: str
    worth: Fraction


@dataclass(frozen=True, slots=True)
class Shares:
    """The table and its bar: the lines and what is unattributed add up to what is consumed, exactly."""

    lines: Sequence[ShareLine]
    unattributed: str
    consumed: str
    charged: str
    pieces: Sequence[Part]
    words: str


def shares_of(state: ObjectiveState, lines: Sequence[ShareLine]) -> Shares | None:
    """``lines`` of the incidents the reader may see; what others spent stays in the unattributed line."""
    if state.measured is None or state.charged is None:
        return None
    seen = sum((line.worth for line in lines), Fraction(0))
    rest = state.measured - seen
    left = max(Fraction(0), 1 - state.measured)
    pieces = [
        *(("incident", one.worth, f"{one.reference}: {one.net}", one.mark) for one in lines),
        ("unattributed", rest, f"No incident: {slo_words.share(rest)}", "no incident"),
        ("left", left, f"Left: {slo_words.share(left)}", f"left {slo_words.share(left)}"),
    ]
    said = ", ".join(words for _, share, words, _ in pieces if share > 0)
    return Shares(
        lines, slo_words.share(rest, 2), slo_words.share(state.measured, 2), slo_words.share(state.charged, 2),
        parts(pieces), f"Of the whole budget: {said}",
    )  # fmt: skip


def mark(index: int) -> str:
    """A, B, …, Z, then numbers: what the chart and the table call an incident."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch of burn that no incident claims, and how much of the budget it spent."""

    start: Instant
    end: Instant
    lasts: str
    spent: str


def missed_of(found: Sequence[tuple[int, int, Fraction]]) -> list[Missed]:
    """The newest first."""
    return [
        Missed(
            from_micros(a * 1_000_000), from_micros(b * 1_000_000), slo_words.length(b - a), slo_words.share(spent)
        )
        for a, b, spent in reversed(found)
    ]  # fmt: skip


__all__ = [
    "HOURS",
    "Amount",
    "Expected",
    "Forecast",
    "Horizon",
    "Missed",
    "RowLine",
    "ShareLine",
    "Shares",
    "amount",
    "expected",
    "forecast_of",
    "mark",
    "missed_of",
    "nominal_s",
    "row_lines",
    "shares_of",
]  # fmt: skip
