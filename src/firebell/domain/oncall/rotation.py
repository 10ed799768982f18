"""One layer by itself: which turn is it, whose is it, and when are its people on.

Turns are found by floor division on the naive timeline, so a question about the year 2500 costs what one about
tomorrow costs.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import gcd

from whenever import TimeDelta

from firebell.domain.oncall.clockwork import DAY, FIRST_MONDAY, JUMP_MAX, WEEK, first, last, minutes_of, wall
from firebell.domain.oncall.model import Advance, Restriction, RotationLayer, Slot, Unit
from firebell.kernel.clock import Instant

_MINUTES = {Unit.HOUR: 60, Unit.DAY: DAY, Unit.WEEK: WEEK}
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_FORTNIGHT = TimeDelta(hours=15 * 24)
_BEYOND = 10**12  # minutes no Instant reaches; maps to Instant.MIN / MAX


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn ``index`` of ``layer`` belongs to ``slot``."""

    layer: RotationLayer
    index: int
    slot: Slot


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of time in which a turn's people are on. Zero length: the clock jumped over it."""

    starts_at: Instant
    ends_at: Instant
    turn: Turn


class Plan:
    """What is worth working out once per layer. Obtain it with :func:`plan_of`."""

    __slots__ = ("_covered", "_month", "anchor", "constant", "cycle", "hours", "layer", "length", "lower", "upper")

    def __init__(self, layer: RotationLayer) -> None:
        self.layer = layer
        self.anchor = minutes_of(layer.anchor)
        self.length = layer.every * _MINUTES.get(layer.unit, 0)  # 0: months, whose length varies
        self._month = layer.anchor.year * 12 + layer.anchor.month - 1
        self.hours = weekly_hours(layer.restrictions)
        self.lower = _latest(layer.starts_at, layer.in_force_from)
        self.upper = _earliest(layer.ends_at, layer.in_force_to)
        # Whether a period is covered repeats with the week; from a week's length on, every period is.
        self._covered: list[int] | None = None
        if self.hours and layer.advance is Advance.COVERED and 0 < self.length < WEEK:
            repeat = WEEK // gcd(self.length, WEEK)
            self._covered = [0, *accumulate(self.meets_hours(k) for k in range(repeat))]
        periods = WEEK // gcd(self.length, WEEK) if self.length else 1
        self.cycle = periods * len(layer.slots)
        self.constant = len(set(layer.slots)) == 1 and not self.hours

    def meets_hours(self, k: int) -> bool:
        """Whether turn ``k`` holds at least one restricted minute, on the naive timeline."""
        if not self.hours:
            return True
        begin = (self.begins(k) - FIRST_MONDAY) % WEEK
        end = begin + self.begins(k + 1) - self.begins(k)
        shifted = [(a + w, b + w) for a, b in self.hours for w in (-WEEK, 0, WEEK)]
        return end - begin >= WEEK or any(a < end and begin < b for a, b in shifted)

    def begins(self, k: int) -> int:
        """When turn ``k`` begins, on the naive timeline."""
        if self.length:
            return self.anchor + k * self.length
        year, month = divmod(self._month + k * self.layer.every, 12)
        if not 1 <= year <= 9999:
            return _BEYOND if year > 9999 else -_BEYOND
        day = min(self.layer.anchor.day, calendar.monthrange(year, month + 1)[1])
        days = dt.date(year, month + 1, day).toordinal() - _EPOCH_ORDINAL
        return days * DAY + self.anchor % DAY

    def handoff(self, k: int) -> Instant:
        """When turn ``k`` begins, and turn ``k - 1`` ends."""
        return first(self.layer.zone, self.begins(k))

    def index_at(self, at: Instant) -> int:
        """The turn running at ``at``; of several of zero length, the one that outlives them."""
        if self.length:
            k = (wall(self.layer.zone, at) - self.anchor) // self.length
        else:
            local = at.to_tz(self.layer.zone)
            k = (local.year * 12 + local.month - 1 - self._month) // self.layer.every
        # In a repeated hour the naive value alone is wrong.
        while self.handoff(k + 1) <= at:
            k += 1
        while self.handoff(k) > at:
            k -= 1
        return k

    def turns_before(self, k: int) -> int:
        """How many turns were spent on periods ``0 .. k-1`` (negative before the anchor)."""
        if self._covered is None:
            return k
        weeks, rest = divmod(k, len(self._covered) - 1)
        return weeks * self._covered[-1] + self._covered[rest]

    def place(self, k: int) -> int:
        """Index into ``layer.slots`` of turn ``k``."""
        layer = self.layer
        return (layer.start_index + layer.turn_offset + self.turns_before(k)) % len(layer.slots)

    def turn(self, k: int) -> Turn:
        return Turn(self.layer, k, self.layer.slots[self.place(k)])

    def open_at(self, at: Instant) -> bool:
        """Whether the restrictions allow ``at``."""
        if not self.hours:
            return True
        zone = self.layer.zone
        now = wall(zone, at)
        week = (now - FIRST_MONDAY) // WEEK * WEEK + FIRST_MONDAY
        near: list[tuple[int, int]] = []
        for a, b in self.hours:
            for begin in (a + week, a + week - WEEK):
                end = begin + b - a
                if begin <= now < end:
                    return True
                if begin - JUMP_MAX <= now < end + JUMP_MAX:
                    near.append((begin, end))
            if a + week + WEEK - JUMP_MAX <= now:
                near.append((a + week + WEEK, b + week + WEEK))
        # Outside by the clock, yet close: in a repeated hour the stretch may hold the instant all the same.
        return any(first(zone, begin) <= at < last(zone, end) for begin, end in near)

    def open_spans(self, begin: Instant, end: Instant) -> list[tuple[Instant, Instant]]:
        """Stretches of open hours touching ``[begin, end)``, uncut, in order, overlaps joined, empty ones kept."""
        if not self.hours:
            return [(Instant.MIN, Instant.MAX)]
        zone = self.layer.zone
        week = (wall(zone, begin) - FIRST_MONDAY - JUMP_MAX) // WEEK * WEEK + FIRST_MONDAY - WEEK
        spans: list[tuple[Instant, Instant]] = []
        while True:
            for a, b in self.hours:
                opens = first(zone, a + week)
                if opens >= end:
                    return spans
                closes = last(zone, b + week)
                if opens < closes and spans and opens <= spans[-1][1] and spans[-1][0] < spans[-1][1]:
                    spans[-1] = (spans[-1][0], max(closes, spans[-1][1]))
                elif closes > begin or opens == closes == begin:
                    spans.append((opens, closes))
            week += WEEK


@lru_cache(maxsize=4096)
def plan_of(layer: RotationLayer) -> Plan:
    return Plan(layer)


def turn_at(layer: RotationLayer, at: Instant) -> Turn | None:
    """The turn whose people are on at ``at`` (its slot may be nobody), or ``None`` outside bounds and hours."""
    plan = plan_of(layer)
    if at < plan.lower or at >= plan.upper or not plan.open_at(at):
        return None
    return plan.turn(plan.index_at(at))


def stretches(layer: RotationLayer, begin: Instant, end: Instant) -> Iterator[Stretch]:
    """Every stretch of every turn in ``[begin, end)``, cut to it, in order; nobody slots and zero lengths included."""
    plan = plan_of(layer)
    begin, end = max(begin, plan.lower), min(end, plan.upper)
    if begin >= end:
        return
    spans = plan.open_spans(begin, end)
    k = plan.index_at(begin)
    while plan.handoff(k - 1) == begin:
        k -= 1
    starts = plan.handoff(k)
    at = 0
    while starts < end:
        stops = plan.handoff(k + 1)
        turn = plan.turn(k)
        if starts == stops and plan.meets_hours(k):
            yield Stretch(starts, starts, turn)
        while at < len(spans) and spans[at][1] <= starts and spans[at][0] < starts:
            at += 1
        i = at
        while i < len(spans) and spans[i][0] < stops:
            opens, closes = spans[i]
            piece = Stretch(max(opens, starts, begin), min(closes, stops, end), turn)
            if piece.starts_at < piece.ends_at or (opens == closes and begin <= opens):
                yield piece
            i += 1
        k, starts = k + 1, stops


def next_change_of(layer: RotationLayer, at: Instant) -> Instant | None:
    """The first instant after ``at`` at which this layer puts other people on; ``None`` if that never happens."""
    plan = plan_of(layer)
    if at >= plan.upper or not any(layer.slots):
        return None
    if at < plan.lower:
        return plan.lower
    final = plan.upper if plan.upper < Instant.MAX else None
    if plan.constant:
        return final
    k = plan.index_at(at)
    here = plan.turn(k).slot if plan.open_at(at) else ()
    # Who is on repeats after one cycle: if nothing changed by then, nothing will. Two more for a start mid-turn.
    for step in range(k, k + plan.cycle + 2):
        slot = plan.turn(step).slot
        starts, stops = plan.handoff(step), plan.handoff(step + 1)
        if starts >= plan.upper or starts == Instant.MAX:
            break
        if starts == stops:
            continue
        # Hours open and close within a week, so a turn of many years need not be looked through.
        look = max(starts, at)
        spans = plan.open_spans(look, min(stops, look + _FORTNIGHT)) if plan.hours else []
        edges = {starts, *(edge for span in spans for edge in span)}
        for edge in sorted(edge for edge in edges if starts <= edge < stops and edge > at):
            if edge >= plan.upper:
                return final
            if (slot if plan.open_at(edge) else ()) != here:
                return edge
    return final


def weekly_hours(restrictions: tuple[Restriction, ...]) -> tuple[tuple[int, int], ...]:
    """Restrictions as minutes of the week from Monday 00:00: sorted, joined, ends may pass the week's end.

    No restriction, or restrictions that leave no minute out, give ``()``: always.
    """
    raw: list[tuple[int, int]] = []
    for rule in restrictions:
        for day in rule.days:
            begin = day * DAY + rule.start_minute
            if rule.end_day is None:
                length = (rule.end_minute - rule.start_minute) % DAY or DAY
            else:
                length = (rule.end_day * DAY + rule.end_minute - begin) % WEEK or WEEK
            raw.append((begin, begin + length))
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(raw):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    # A stretch past Sunday midnight swallows the ones it reaches on Monday.
    while len(joined) > 1 and joined[-1][1] - WEEK >= joined[0][0]:
        begin, end = joined.pop(0)
        joined[-1] = (joined[-1][0], max(joined[-1][1], end + WEEK))
    if joined and joined[-1][1] - joined[-1][0] >= WEEK:
        return ()
    return tuple(joined)


def _latest(*bounds: Instant | None) -> Instant:
    return max((bound for bound in bounds if bound is not None), default=Instant.MIN)


def _earliest(*bounds: Instant | None) -> Instant:
    return min((bound for bound in bounds if bound is not None), default=Instant.MAX)
