"""Stretches of time that numbers are about: half-open, from one midnight UTC to another, the same for everybody.

A period is written ``2026-04`` (a month), ``2026-Q2``, ``2026`` (a year), ``90d`` (the last 90 days, today included) or
``2026-04-03..2026-04-20`` (both days included).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from whenever import Date, Time

from firebell.kernel.clock import Instant, micros, seconds_between
from firebell.kernel.errors import Invalid

DAY_S = 86_400
DAYS_MAX = 3_660
_YEARS = range(1970, 2200)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """``since`` belongs to it, ``until`` does not. ``name`` is how it is written, ``words`` how it is said."""

    name: str
    words: str
    since: Instant
    until: Instant

    @property
    def length_s(self) -> int:
        return int(seconds_between(self.since, self.until))

    @property
    def days(self) -> int:
        return self.length_s // DAY_S

    def holds(self, at: Instant) -> bool:
        return micros(self.since) <= micros(at) < micros(self.until)

    @property
    def dates(self) -> str:
        """``2026-04-01 to 2026-04-30``: both days belong to it."""
        last = self.until.to_tz("UTC").date().subtract(days=1)
        return f"{self.since.to_tz('UTC').date()} to {last}"


def parse(text: str, now: Instant) -> Period:
    """Raises Invalid for what is no period."""
    today = now.to_tz("UTC").date()
    words = text.strip()
    if found := re.fullmatch(r"([0-9]{1,4})d", words):
        days = int(found[1])
        if not 1 <= days <= DAYS_MAX:
            raise _unreadable(text)
        return _made(words, f"Last {days} days", today.subtract(days=days - 1), today.add(days=1))
    if found := re.fullmatch(r"([0-9]{4})", words):
        year = _year(found[1], text)
        return _made(words, words, Date(year, 1, 1), Date(year + 1, 1, 1))
    if found := re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", words):
        year, month = _year(found[1], text), int(found[2])
        first = Date(year, month, 1)
        return _made(words, f"{_MONTHS[month - 1]} {year}", first, first.add(months=1))
    if found := re.fullmatch(r"([0-9]{4})-[Qq]([1-4])", words):
        year, quarter = _year(found[1], text), int(found[2])
        first = Date(year, 3 * quarter - 2, 1)
        return _made(f"{year}-Q{quarter}", f"Quarter {quarter} of {year}", first, first.add(months=3))
    if found := re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})", words):
        return _days(found[1], found[2], text)
    raise _unreadable(text)


def _days(first_text: str, last_text: str, text: str) -> Period:
    try:
        first, last = Date.parse_iso(first_text), Date.parse_iso(last_text)
    except ValueError:
        raise _unreadable(text) from None
    if first.year not in _YEARS or last.year not in _YEARS:
        raise _unreadable(text)
    length = (last.to_stdlib() - first.to_stdlib()).days + 1
    if not 1 <= length <= DAYS_MAX:
        raise Invalid(
            "This period ends before it begins, or is longer than ten years.", field="period",
            hint="Write the earlier day first.",
        )  # fmt: skip
    return _made(f"{first}..{last}", f"{first} to {last}", first, last.add(days=1))


def _year(text: str, whole: str) -> int:
    year = int(text)
    if year not in _YEARS:
        raise _unreadable(whole)
    return year


def _unreadable(text: str) -> Invalid:
    return Invalid(
        f"“{text[:40]}” is no period.", field="period",
        hint="Write 2026-04, 2026-Q2, 2026, 90d or 2026-04-03..2026-04-20.",
    )  # fmt: skip


def _made(name: str, words: str, first: Date, after: Date) -> Period:
    return Period(name, words, _midnight(first), _midnight(after))


def _midnight(day: Date) -> Instant:
    return day.at(Time()).assume_utc()


def before(period: Period) -> Period:
    """The one before, of the same kind: the month before a month, the 90 days before the last 90 days."""
    first = period.since.to_tz("UTC").date()
    if re.fullmatch(r"[0-9]{4}(-Q[1-4]|-[0-9]{2})?", period.name) and first.year > _YEARS[0]:
        return parse(_name_of(period.name, first.subtract(days=1)), period.since)
    since = Instant.from_timestamp(micros(period.since) // 1_000_000 - period.length_s)
    start = since.to_tz("UTC").date()
    return Period(f"{start}..{first.subtract(days=1)}", f"The {period.days} days before", since, period.since)


def after(period: Period) -> Period | None:
    """The one after a month, a quarter or a year; ``None`` after anything else."""
    if not re.fullmatch(r"[0-9]{4}(-Q[1-4]|-[0-9]{2})?", period.name):
        return None
    first = period.until.to_tz("UTC").date()
    return parse(_name_of(period.name, first), period.until) if first.year in _YEARS else None


def _name_of(like: str, day: Date) -> str:
    if "Q" in like:
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return f"{day.year:04}-{day.month:02}" if "-" in like else f"{day.year:04}"


def month_of(at: Instant) -> Period:
    """The month ``at`` lies in."""
    day = at.to_tz("UTC").date()
    return parse(f"{day.year:04}-{day.month:02}", at)


def quarter_of(at: Instant) -> Period:
    """The quarter ``at`` lies in."""
    day = at.to_tz("UTC").date()
    return parse(f"{day.year:04}-Q{(day.month + 2) // 3}", at)


def is_review(period: Period) -> bool:
    """Whether there is a review of it: of months and of quarters."""
    return re.fullmatch(r"[0-9]{4}-(Q[1-4]|[0-9]{2})", period.name) is not None
