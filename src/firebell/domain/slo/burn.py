"""Whether a budget burns so fast that somebody has to know: rows, streams, and what changes.

A row is true iff both its windows are *above* BR·β. A stream fires when any of its rows is true and clears when none
is. A row without enough data is frozen: it opens nothing and resolves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo import coverage
from firebell.domain.slo.budget import exhausts_s
from firebell.domain.slo.burn_rows import rate
from firebell.domain.slo.model import BurnRow, Stream
from firebell.domain.slo.tally import Tally


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of one window of ``window_s``. ``elapsed_s``: how much of it lies after the first data."""

    window_s: int
    tally: Tally
    elapsed_s: int
    coverage: Fraction

    @property
    def error(self) -> Fraction | None:
        """e_W = (bad/total)·(E/W): time before the first data burns nothing."""
        error = self.tally.error
        return None if error is None else error * min(self.elapsed_s, self.window_s) / self.window_s


class Verdict(StrEnum):
    TRUE = "true"
    FALSE = "false"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Judged:
    """One row, judged. ``least`` is BR·β, which both ratios have to exceed."""

    row: BurnRow
    verdict: Verdict
    factor: Fraction
    least: Fraction
    long: Fraction | None
    short: Fraction | None

    def burn(self, allowed: Fraction) -> Fraction | None:
        """The burn rate over the long window."""
        return None if self.long is None else self.long / allowed

    def spent(self, allowed: Fraction, period_s: int) -> Fraction | None:
        """The share of the budget that the long window has spent."""
        return None if self.long is None else self.long / allowed * self.row.long_s / period_s


def judge(
    rows: Iterable[BurnRow],
    readings: Mapping[int, Reading],
    *,
    allowed: Fraction,
    period_s: int,
    is_stale: bool = False,
    bad_events_min: int = 0,
    atoms: int = 1,
) -> tuple[Judged, ...]:
    """All rows. ``readings`` by window length in seconds; a window that is missing counts as unknown.

    ``bad_events_min`` (low traffic): below so many bad events in the long window a row is false; ``atoms`` is what
    one event is in the tallies.
    """
    judged = []
    for row in rows:
        factor = rate(row, period_s)
        least = factor * allowed
        long, short = readings.get(row.long_s), readings.get(row.short_s)
        e_long, e_short = (None if one is None else one.error for one in (long, short))
        if (
            long is None or short is None or e_long is None or e_short is None
            or coverage.frozen(long.coverage, short.coverage, is_stale=is_stale)
        ):  # fmt: skip
            verdict = Verdict.FROZEN
        else:
            enough = long.tally.bad >= bad_events_min * atoms
            verdict = Verdict.TRUE if enough and e_long > least and e_short > least else Verdict.FALSE
        judged.append(Judged(row, verdict, factor, least, e_long, e_short))
    return tuple(judged)


class Standing(StrEnum):
    """Of a stream. ``joined``: a ticket that became true while the page was open, and so is part of its alert."""

    QUIET = "quiet"
    OPEN = "open"
    JOINED = "joined"


class Happens(StrEnum):
    OPENS = "opens"
    JOINS = "joins"
    CLEARS = "clears"
    FREEZES = "freezes"
    THAWS = "thaws"


@dataclass(frozen=True, slots=True)
class StreamState:
    """How a stream stood after the last evaluation. ``frozen``: at least one of its rows could not be judged."""

    standing: Standing = Standing.QUIET
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What the intake is told: a signal for OPENS and CLEARS, a note on the open alert for the others.

    ``worst``: the true row with the highest burn rate. ``notify`` is false where a louder alert is open already.
    """

    stream: Stream
    happens: Happens
    notify: bool
    worst: Judged | None = None
    rows: tuple[Judged, ...] = ()


Streams = Mapping[Stream, StreamState]


def turn(before: Streams, judged: Sequence[Judged]) -> tuple[Streams, tuple[Change, ...]]:
    """The streams after an evaluation and what changed, the page first. The same again changes nothing.

    A page always notifies, whether or not a ticket is open: a slow alert never masks a fast one.
    """
    after: dict[Stream, StreamState] = {}
    changes: list[Change] = []
    for stream in (Stream.PAGE, Stream.TICKET):
        was = before.get(stream, StreamState())
        rows = tuple(one for one in judged if one.row.stream is stream)
        true = tuple(one for one in rows if one.verdict is Verdict.TRUE)
        is_frozen = any(one.verdict is Verdict.FROZEN for one in rows)
        standing = was.standing
        page_open = stream is Stream.TICKET and after[Stream.PAGE].standing is Standing.OPEN
        # A ticket that joined a page would be forgotten with it: when the page clears it opens by itself.
        if true and (standing is Standing.QUIET or (standing is Standing.JOINED and not page_open)):
            standing = Standing.JOINED if page_open else Standing.OPEN
            happens = Happens.JOINS if page_open else Happens.OPENS
            changes.append(Change(stream, happens, not page_open, _worst(true), true))
        elif not true and not is_frozen and standing is not Standing.QUIET:
            changes.append(Change(stream, Happens.CLEARS, standing is Standing.OPEN, None, rows))
            standing = Standing.QUIET
        elif is_frozen != was.frozen and standing is not Standing.QUIET:
            changes.append(Change(stream, Happens.FREEZES if is_frozen else Happens.THAWS, False, None, rows))
        after[stream] = StreamState(standing, is_frozen)
    return after, tuple(changes)


def _worst(true: Sequence[Judged]) -> Judged:
    return max(true, key=lambda one: (one.factor, -one.row.long_s))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the alert carries: all exact, rounded where it is shown."""

    row: BurnRow
    factor: Fraction
    burn: Fraction
    long: Fraction
    short: Fraction
    spent: Fraction
    exhausts_s: Fraction | None


def shown(change: Change, *, allowed: Fraction, period_s: int, remaining: Fraction) -> Shown | None:
    """The numbers of the worst true row; ``None`` when the change has none."""
    one = change.worst
    if one is None or one.long is None or one.short is None:
        return None
    burn = one.long / allowed
    spent = burn * one.row.long_s / period_s
    return Shown(one.row, one.factor, burn, one.long, one.short, spent, exhausts_s(remaining, burn, period_s))
