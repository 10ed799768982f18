"""Instants as people read them: relative, absolute in the reader's zone, and UTC."""

from __future__ import annotations

from dataclasses import dataclass

from whenever import ZonedDateTime

from firebell.kernel.clock import Instant, micros, seconds_between

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True)
class Moment:
    """What ``ui.when`` draws: machine-readable, relative words, local and UTC absolute."""

    iso: str
    words: str
    local: str
    utc: str


def moment(at: Instant | None, now: Instant, zone: str) -> Moment | None:
    """``at`` for a reader in ``zone`` (an IANA name) whose page was made at ``now``."""
    if at is None:
        return None
    whole = Instant.from_timestamp(int(at.timestamp()))
    utc = whole.to_tz("UTC")
    return Moment(
        iso=whole.format_iso(),
        words=words(at, now),
        local=local(at, zone, now),
        utc=f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year} {utc.hour:02}:{utc.minute:02}:{utc.second:02} UTC",
    )


def words(at: Instant, now: Instant) -> str:
    """``2 min ago``, ``in 4 h``, ``now``."""
    gap_s = seconds_between(at, now)
    size = span(abs(gap_s))
    if abs(gap_s) < 5:
        return "now"
    return f"{size} ago" if gap_s > 0 else f"in {size}"


def span(seconds: float) -> str:
    """A length in its largest whole unit: ``12 s``, ``4 min``, ``3 h``, ``2 d``."""
    whole = int(seconds)
    for size, unit in _UNITS:
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def countdown(seconds: float) -> str:
    """Time left or over on a watched clock: ``4:31``, from an hour on ``1 h 04 min``, from two days ``3 d``."""
    whole = int(abs(seconds))
    if whole >= 2 * 86_400:
        return f"{whole // 86_400} d"
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60}:{whole % 60:02}"


def local(at: Instant, zone: str, now: Instant | None = None) -> str:
    """``Tue 24 Nov, 04:12 CET``; the year is said when it is not this one."""
    there = at.to_tz(zone)
    year = "" if now is None or now.to_tz(zone).year == there.year else f" {there.year}"
    return f"{day(there)}{year}, {there.hour:02}:{there.minute:02} {there.tz_abbrev()}"


def clock(at: Instant, zone: str, now: Instant) -> str:
    """``04:12`` on the same day or within twelve hours, else :func:`local`: what follows "at"."""
    there, here = at.to_tz(zone), now.to_tz(zone)
    if there.date() == here.date() or abs(seconds_between(now, at)) < 12 * 3600:
        return f"{there.hour:02}:{there.minute:02}"
    return local(at, zone, now)


def day(there: ZonedDateTime) -> str:
    """``Tue 24 Nov``."""
    weekday = _DAYS[there.date().day_of_week().value - 1]
    return f"{weekday} {there.day} {_MONTHS[there.month - 1]}"


def seconds_left(until: Instant, now: Instant) -> int:
    """Whole seconds until then, never below zero."""
    return max(0, (micros(until) - micros(now)) // 1_000_000)


__all__ = ["Moment", "clock", "countdown", "day", "local", "moment", "seconds_left", "span", "words"]
