"""The history by month: a calendar in which a day shows its worst state, and what happened on which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whenever import Date, YearMonth

from firebell.domain.statuspage import queries, uptime
from firebell.domain.statuspage.model import ComponentStatus, PublicIncident, Snapshot
from firebell.domain.statuspage.uptime import Day
from firebell.entrypoints.public import words
from firebell.entrypoints.public.planned import Planned, planned
from firebell.entrypoints.public.stories import Story, told
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read

_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
YEARS_BACK = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar; ``number`` 0 is the empty space before the first."""

    number: int
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Month:
    """``before`` / ``after``: the neighbouring months as ``2026-02``, empty where there is nothing."""

    title: str
    cells: Sequence[Cell]
    days: Sequence[tuple[str, Sequence[Story]]]
    before: str
    after: str


def month(read: Read, snapshot: Snapshot, wanted: str) -> Month:
    """One month in the page's zone. Raises NotFound for one that has not begun or is more than ten years back."""
    zone = snapshot.page.time_zone
    today = snapshot.taken_at.to_tz(zone).date()
    this = today.year_month()
    try:
        chosen = YearMonth(*map(int, wanted.split("-"))) if wanted else this
    except ValueError:
        raise NotFound("There is no such month.") from None
    if not (this.year - YEARS_BACK <= chosen.year and chosen <= this):
        raise NotFound("There is no history of that month.")
    first, following = chosen.on_day(1), _following(chosen)
    start, end = uptime.bounds(first, zone)[0], uptime.bounds(following, zone)[0]
    found: list[PublicIncident | Planned] = [
        *queries.between(read, snapshot.page.id, start, end),
        *(one for one in planned(snapshot) if one.over and start <= one.scheduled_for < end),
    ]
    leaves = [one.id for one in snapshot.components if not one.is_group]
    spans = [span for theirs in queries.spans_of(read, leaves, start).values() for span in theirs]
    born = min([snapshot.page.created_at, *(span.from_at for span in spans)])
    count = (min(following, today.add(days=1)).to_stdlib() - first.to_stdlib()).days
    until = min(end, snapshot.taken_at)
    days = uptime.days(spans, _last(until, end), zone, born_at=born, count=count)
    before = first.subtract(days=1).year_month()
    return Month(
        title=f"{_NAMES[chosen.month - 1]} {chosen.year}",
        cells=_cells(days),
        days=told(snapshot, found),
        before=str(before) if before.year >= this.year - YEARS_BACK else "",
        after=str(following.year_month()) if chosen < this else "",
    )


def everything(snapshot: Snapshot) -> Month:
    """All that the snapshot knows, without a calendar."""
    over = [one for one in planned(snapshot) if one.over]
    return Month("History", (), told(snapshot, [*snapshot.incidents, *over]), "", "")


def _last(until: Instant, end: Instant) -> Instant:
    # The last moment of the month, not the first of the next, which is another day.
    return until if until < end else end.subtract(nanoseconds=1000)


def _following(chosen: YearMonth) -> Date:
    year, of_year = (chosen.year + 1, 1) if chosen.month == 12 else (chosen.year, chosen.month + 1)
    return Date(year, of_year, 1)


def _cells(days: Sequence[Day]) -> list[Cell]:
    if not days:
        return []
    ahead = days[0].date.day_of_week().value - 1
    return [Cell(0, "none", "")] * ahead + [_cell(day) for day in days]


def _cell(day: Day) -> Cell:
    if day.status is None:
        return Cell(day.date.day, "none", "no data")
    if day.status is ComponentStatus.OPERATIONAL:
        return Cell(day.date.day, "ok", words.COMPONENT["operational"])
    return Cell(day.date.day, words.TONE[day.status], words.COMPONENT[day.status])
