"""Burn-rate rows: the built-in sets, which rows can fire at all, and what to expect of them.

After the Google SRE workbook, chapter 5. Rows are kept as shares of the budget, so that another period moves their
burn rates with it: BR = s·P/W.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo.exact import percent, shown
from firebell.domain.slo.model import BurnRow, RuleSet, Stream
from firebell.kernel.errors import Invalid

HOUR, DAY = 3600, 86_400
SHORT_PART = 12
"""The short window is the long one by this: at a constant error ratio it clears in a twelfth of the time."""
BAD_EVENTS_DEFAULT = 2


def row(stream: Stream, share: str, long_s: int, short_s: int | None = None) -> BurnRow:
    """``share`` as decimal text; the short window is a twelfth of the long one unless given."""
    return BurnRow(stream, Fraction(share), long_s, long_s // SHORT_PART if short_s is None else short_s)


OPTIONAL = row(Stream.TICKET, "0.1", DAY)
"""With even traffic never true unless 3 d / 6 h is: 3·24 = 1·72. Off by default."""
DEFAULT = RuleSet(
    "default",
    30 * DAY,
    (row(Stream.PAGE, "0.02", HOUR), row(Stream.PAGE, "0.05", 6 * HOUR), row(Stream.TICKET, "0.1", 3 * DAY)),
)
SEVEN_DAY = RuleSet(
    "seven-day",
    7 * DAY,
    (row(Stream.PAGE, "0.08", HOUR), row(Stream.PAGE, "0.125", 6 * HOUR), row(Stream.TICKET, "0.42", 3 * DAY)),
)
BUILT_IN: Mapping[str, RuleSet] = {one.name: one for one in (DEFAULT, SEVEN_DAY)}


def rate(one: BurnRow, period_s: int) -> Fraction:
    """BR of a row for a period of ``period_s``."""
    return one.share * period_s / one.long_s


def from_rate(stream: Stream, factor: Fraction, long_s: int, period_s: int, short_s: int | None = None) -> BurnRow:
    """A row that was written as a burn rate: s = BR·W/P."""
    return BurnRow(
        stream, factor * long_s / period_s, long_s, max(60, long_s // SHORT_PART) if short_s is None else short_s
    )


def threshold(one: BurnRow, allowed: Fraction, period_s: int) -> Fraction:
    """The error ratio that has to be exceeded: BR·β."""
    return rate(one, period_s) * allowed


def check_row(one: BurnRow, field: str) -> None:
    """Raises Invalid when the windows or the share make no sense."""
    if not 0 < one.short_s <= one.long_s or one.short_s % 60 or one.long_s % 60:
        raise Invalid("The short window is not longer than the long one; both are whole minutes.", field=field)
    if not 0 < one.share <= 1:
        raise Invalid("A row's share of the budget is above 0 and at most 1.", field=field, hint="0.02 is 2 %.")


@dataclass(frozen=True, slots=True)
class Usable:
    """Rows that can fire, and in words why the others were dropped."""

    rows: tuple[BurnRow, ...]
    warnings: tuple[str, ...] = ()


def usable(rows: Iterable[BurnRow], allowed: Fraction, period_s: int, *, written: bool, field: str = "rows") -> Usable:
    """Those of ``rows`` that can ever be true: BR·β < 1. ``written`` by hand, the others are refused (Invalid)."""
    kept, warnings = [], []
    for index, one in enumerate(rows):
        check_row(one, f"{field}[{index}]")
        factor = rate(one, period_s)
        if factor * allowed < 1:
            kept.append(one)
            continue
        words = (
            f"A burn rate of {shown(factor)} on a target of {percent(1 - allowed)} can never fire: "
            f"{shown(factor * allowed)} ≥ 1. It has to be below {shown(1 / allowed)}."
        )
        if written:
            raise Invalid(words, field=f"{field}[{index}]", hint="Lower the burn rate or raise the target.")
        warnings.append(words)
    return Usable(tuple(kept), tuple(warnings))


# ------------------------------------------------------------------ what to expect


def fires_after_s(
    error: Fraction, factor: Fraction, allowed: Fraction, window_s: int, *, strict: bool = True
) -> Fraction | None:
    """Seconds from 0 errors to a window average above BR·β at a constant ``error``: BR·β·W/e; ``None`` is never."""
    least = factor * allowed
    if error <= 0 or error < least or (strict and error == least):
        return None
    return least * window_s / error


def clears_after_s(error: Fraction, factor: Fraction, allowed: Fraction, window_s: int) -> Fraction:
    """Seconds from the end of an incident longer than the window until its average is down again: W·(1 − BR·β/e)."""
    return window_s * (1 - factor * allowed / error)


def first_to_fire(
    rows: Sequence[BurnRow], error: Fraction, allowed: Fraction, period_s: int
) -> tuple[Fraction, BurnRow] | None:
    """When the first of the rows fires at a constant ``error``, and which. Short windows are true before long ones."""
    found = [
        (after, index)
        for index, one in enumerate(rows)
        if (after := fires_after_s(error, rate(one, period_s), allowed, one.long_s)) is not None
    ]
    if not found:
        return None
    after, index = min(found)
    return after, rows[index]


def row_clears_after_s(one: BurnRow, error: Fraction, allowed: Fraction, period_s: int) -> Fraction:
    """Seconds after a long incident until the row is false: its short window is the first to be."""
    return clears_after_s(error, rate(one, period_s), allowed, one.short_s)


def stream_clears_after_s(
    rows: Iterable[BurnRow], stream: Stream, error: Fraction, allowed: Fraction, period_s: int
) -> Fraction | None:
    """Seconds until none of the stream's rows is true; ``None`` when none ever was."""
    found = [
        row_clears_after_s(one, error, allowed, period_s)
        for one in rows
        if one.stream is stream and error > threshold(one, allowed, period_s)
    ]
    return max(found, default=None)


def spent_at(error: Fraction, after_s: Fraction, allowed: Fraction, period_s: int) -> Fraction:
    """The share that is gone when something fires ``after_s`` into a constant ``error``."""
    return error / allowed * after_s / period_s


@dataclass(frozen=True, slots=True)
class LowTraffic:
    """One failure alone fires ``row``: ``failure`` is its error ratio in the long window, above ``least``.
    ``bad_events``: offer to ask for at least so many."""

    row: BurnRow
    failure: Fraction
    least: Fraction
    spends: Fraction
    bad_events: int = BAD_EVENTS_DEFAULT


def low_traffic(
    rows: Iterable[BurnRow], allowed: Fraction, period_s: int, events_per_hour: Fraction
) -> tuple[LowTraffic, ...]:
    """Rows that a single failed event fires at this traffic. None without any traffic."""
    if events_per_hour <= 0:
        return ()
    found = []
    for one in rows:
        least = threshold(one, allowed, period_s)
        # In a window with less than one event expected, the one that fails is all there is.
        long, short = (1 / max(Fraction(1), events_per_hour * w / HOUR) for w in (one.long_s, one.short_s))
        if long > least and short > least:
            spends = 1 / (allowed * events_per_hour * Fraction(period_s, HOUR))
            found.append(LowTraffic(one, long, least, spends))
    return tuple(found)
