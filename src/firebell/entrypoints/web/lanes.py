"""A schedule's calendar as lanes: positions in percent of the range, every shift a sentence. See ``_calendar.html``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from whenever import Date, Time, ZonedDateTime

from firebell.domain.oncall.model import (
    EmptyReason,
    Gap,
    LayerRole,
    Override,
    RotationLayer,
    Shift,
    Unit,
    Window,
)
from firebell.entrypoints.web import moments
from firebell.kernel.clock import Instant, micros, plus, seconds_between

HOUR_S = 3600
REASONS = {
    EmptyReason.UNCOVERED: "no layer covers this", EmptyReason.EMPTY_SLOT: "the turn is nobody’s",
    EmptyReason.REMOVED: "somebody was taken out", EmptyReason.DELETED: "the schedule is deleted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    label: str
    title: str
    start_pct: float
    end_pct: float
    color_index: int = 0
    is_gap: bool = False
    is_mine: bool = False
    href: str = ""
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    label: str
    sub: str
    is_final: bool
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Mark:
    pct: float
    label: str
    kind: str
    note: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """The days a calendar shows: whole days in ``zone``."""

    first: Date
    days: int
    zone: str

    @property
    def starts_at(self) -> Instant:
        return midnight(self.first, self.zone)

    @property
    def ends_at(self) -> Instant:
        return midnight(self.first.add(days=self.days), self.zone)

    def pct(self, at: Instant) -> float:
        """Where ``at`` lies, 0…100."""
        begin, end = micros(self.starts_at), micros(self.ends_at)
        return round(min(100.0, max(0.0, (micros(at) - begin) / (end - begin) * 100)), 3)

    def day(self, offset: int) -> str:
        """The day that far in, as an address carries it."""
        return self.first.add(days=offset).format_iso()


def midnight(day: Date, zone: str) -> Instant:
    """When a day begins on the clocks of ``zone``."""
    return day.at(Time()).assume_tz(zone).to_instant()


def this_week(now: Instant, zone: str) -> Date:
    """The Monday of the current week in ``zone``."""
    today = now.to_tz(zone).date()
    return today.subtract(days=today.day_of_week().value - 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws lanes for one reader: names by user id, whose shifts are theirs, where a shift leads."""

    range: Range
    names: Mapping[str, str]
    me: str
    href: Callable[[Shift], str] = lambda shift: ""

    def shifts(self, found: Iterable[Shift], holes: Iterable[Gap] = ()) -> list[Span]:
        spans = [self._shift(one) for one in found if one.starts_at < one.ends_at]
        spans += [
            Span(
                "Nobody", f"Nobody on call: {self.words(g.starts_at, g.ends_at)} ({REASONS[g.reason]})",
                self.range.pct(g.starts_at), self.range.pct(g.ends_at), is_gap=True,
                brief=f"Nobody: {brief(g.starts_at, g.ends_at, self.range.zone)}",
            )
            for g in holes
        ]  # fmt: skip
        return sorted(spans, key=lambda s: (s.start_pct, s.end_pct))

    def _shift(self, shift: Shift) -> Span:
        on = shift.on
        name = self.names.get(on.user_id, "somebody removed")
        why = f", instead of {self.names.get(on.instead_of, 'somebody removed')}" if on.instead_of else ""
        why += ", learning along" if on.role is LayerRole.SHADOW else ""
        return Span(
            name, f"{name}: {self.words(shift.starts_at, shift.ends_at)}{why}", self.range.pct(shift.starts_at),
            self.range.pct(shift.ends_at), self._color(on.user_id), is_mine=on.user_id == self.me,
            href=self.href(shift), brief=f"{name}: {brief(shift.starts_at, shift.ends_at, self.range.zone)}{why}",
        )  # fmt: skip

    def changes(self, found: Iterable[Override | Window]) -> list[Span]:
        """Covers and replacement windows."""
        spans = []
        for one in found:
            label, user = change_words(one, self.names)
            title = f"{label}: {self.words(one.starts_at, one.ends_at)}" + (f". {one.reason}" if one.reason else "")
            begin, end = self.range.pct(one.starts_at), self.range.pct(one.ends_at)
            spans.append(Span(label, title, begin, end, self._color(user), is_mine=user == self.me))
        return sorted(spans, key=lambda s: (s.start_pct, s.end_pct))

    def _color(self, user_id: str) -> int:
        known = sorted(self.names)
        return known.index(user_id) % 6 if user_id in known else 5

    def words(self, starts_at: Instant, ends_at: Instant) -> str:
        return stretch(starts_at, ends_at, self.range.zone)

    def lanes(self, label: str, sub: str, spans: Sequence[Span], *, final: bool = False) -> list[Lane]:
        """One lane, and another below it for what would lie on top of something else."""
        tracks: list[list[Span]] = []
        for span in spans:
            free = next((t for t in tracks if t[-1].end_pct <= span.start_pct + 0.01), None)
            if free is None:
                tracks.append([span])
            else:
                free.append(span)
        return [
            Lane(label if n == 0 else "", sub if n == 0 else "at the same time", final, track)
            for n, track in enumerate(tracks or [[]])
        ]

    def marks(self, now: Instant) -> list[Mark]:
        """Midnights, changes of the clocks, and now."""
        found = []
        for n in range(self.range.days):
            at = midnight(self.range.first.add(days=n), self.range.zone)
            label = moments.day(at.to_tz(self.range.zone))
            short = label if self.range.days <= 7 else label.rpartition(" ")[0]
            short = short if self.range.days <= 14 or n % 7 == 0 else ""
            found.append(Mark(self.range.pct(at), label, "day", short=short))
        for at, note in clock_changes(self.range):
            found.append(Mark(self.range.pct(at), "", "dst", note))
        if self.range.starts_at <= now < self.range.ends_at:
            found.append(Mark(self.range.pct(now), "", "now"))
        return found


def clock_changes(shown: Range) -> list[tuple[Instant, str]]:
    """When the clocks of the zone change within the range, and which way."""
    found = []
    at = shown.starts_at
    while at < shown.ends_at:
        after = plus(at, HOUR_S)
        here, there = at.to_tz(shown.zone).offset, after.to_tz(shown.zone).offset
        if here != there:
            found.append((after, "clocks go back" if there < here else "clocks go forward"))
        at = after
    return found


def stretch(starts_at: Instant, ends_at: Instant, zone: str) -> str:
    """``Thu 26 Nov 09:00 – 18:00 CET``; the second day is said when it is another."""
    begin, end = starts_at.to_tz(zone), ends_at.to_tz(zone)
    last = f"{_clock(end)}" if begin.date() == end.date() else f"{moments.day(end)} {_clock(end)}"
    return f"{moments.day(begin)} {_clock(begin)} – {last} {end.tz_abbrev()}"


def brief(starts_at: Instant, ends_at: Instant, zone: str) -> str:
    """``Thu 09:00 – Fri 18:00``, for a list that names the day above."""
    begin, end = starts_at.to_tz(zone), ends_at.to_tz(zone)
    if begin.date() == end.date():
        return f"{_clock(begin)} – {_clock(end)}"
    return " – ".join(f"{moments.day(at).split()[0]} {_clock(at)}" for at in (begin, end))


def _clock(there: ZonedDateTime) -> str:
    return f"{there.hour:02}:{there.minute:02}"


def length(gaps: Iterable[Gap]) -> str:
    """How long gaps are together, in words."""
    return moments.span(sum(seconds_between(g.starts_at, g.ends_at) for g in gaps))


def change_words(one: Override | Window, names: Mapping[str, str]) -> tuple[str, str]:
    """What a change does in a few words, and whom it puts on call."""
    if isinstance(one, Window):
        return "Other layers", ""
    who = names.get(one.user_id, "somebody removed")
    if one.by_user_id:
        return f"{names.get(one.by_user_id, 'somebody removed')} for {who}", one.by_user_id
    return (f"{who} added", one.user_id) if one.kind == "add" else (f"without {who}", "")


def turns_in_words(layer: RotationLayer) -> str:
    """``weekly, Mon 09:00``."""
    time = f"{layer.anchor.hour:02}:{layer.anchor.minute:02}"
    once = {Unit.HOUR: "hourly", Unit.DAY: "daily", Unit.WEEK: "weekly", Unit.MONTH: "monthly"}
    words = once[layer.unit] if layer.every == 1 else f"every {layer.every} {layer.unit}s"
    day = moments.day(layer.anchor.assume_tz("UTC")).split()[0] + " " if layer.unit is Unit.WEEK else ""
    return f"{words}, {day}{time}" + (", certain hours" if layer.restrictions else "")


def address(schedule_id: str, **query: str) -> str:
    """The address of the form that covers a shift."""
    return f"/on-call/{schedule_id}/cover?{urlencode(query)}"
