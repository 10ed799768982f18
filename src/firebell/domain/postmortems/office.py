"""The team's calendar: business days and office hours."""

from __future__ import annotations

import msgspec
from whenever import Date, Time

from firebell.kernel.clock import Instant, plus

_FRIDAY = 5
_SEARCH_DAYS = 400


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Monday to Friday, ``opens`` to ``closes`` (hours) in ``zone``, but for ``holidays`` (``2026-12-25``)."""

    zone: str = "UTC"
    opens: int = 9
    closes: int = 17
    holidays: frozenset[str] = frozenset()

    def is_business(self, day: Date) -> bool:
        return day.day_of_week().value <= _FRIDAY and day.format_iso() not in self.holidays

    def open_at(self, at: Instant) -> bool:
        """Whether somebody may be nagged now."""
        local = at.to_tz(self.zone)
        return self.is_business(local.date()) and self.opens <= local.hour < self.closes

    def opening(self, at: Instant) -> Instant:
        """``at`` within office hours, else when they next begin; ``at`` when there is no such day in a year."""
        if self.open_at(at):
            return at
        day = at.to_tz(self.zone).date()
        for _ in range(_SEARCH_DAYS):
            if self.is_business(day) and (begins := self._on(day)) >= at:
                return begins
            day = day.add(days=1)
        return at

    def after_business_days(self, start: Instant, days: int) -> Instant:
        """The same time of day ``days`` business days later: five from a Tuesday is the Tuesday after."""
        local = start.to_tz(self.zone)
        day, left = local.date(), days
        for _ in range(_SEARCH_DAYS):
            if left <= 0:
                break
            day = day.add(days=1)
            left -= self.is_business(day)
        return day.at(local.time()).assume_tz(self.zone).to_instant()

    def _on(self, day: Date) -> Instant:
        return day.at(Time(self.opens)).assume_tz(self.zone).to_instant()


def days(count: int, after: Instant) -> Instant:
    """``count`` times 24 hours later."""
    return plus(after, count * 86_400)
