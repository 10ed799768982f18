"""Support hours, and due times as people write and read them."""

from __future__ import annotations

import re

from whenever import Date, OffsetDateTime, PlainDateTime, RepeatedTime, SkippedTime, Time

from firebell.kernel.clock import Instant, micros, plus, seconds_between
from firebell.kernel.errors import Invalid

OPENS = Time(9)
CLOSES = Time(17)
DAY_S = 86_400
_FRIDAY = 5


def after_business(start: Instant, wait_s: int, zone: str) -> Instant:
    """``wait_s`` of support time after ``start`` (Monday to Friday, 9 to 17 in ``zone``). Whole days are business days:
    one day from Tuesday 10:00 is Wednesday 10:00, from Friday 10:00 Monday 10:00."""
    at = _opening(start, zone)
    days, rest_s = divmod(wait_s, DAY_S)
    for _ in range(days):
        local = at.to_tz(zone)
        at = _on(_next_business_day(local.date()), local.time(), zone)
    while True:
        left_s = seconds_between(at, _on(at.to_tz(zone).date(), CLOSES, zone))
        if rest_s <= left_s:
            return plus(at, rest_s)
        rest_s -= int(left_s)
        at = _opening(plus(at, left_s), zone)


def _opening(at: Instant, zone: str) -> Instant:
    """``at`` if it lies in support hours, else when they next begin."""
    day = at.to_tz(zone).date()
    while True:
        if day.day_of_week().value <= _FRIDAY:
            opens, closes = _on(day, OPENS, zone), _on(day, CLOSES, zone)
            if micros(at) < micros(closes):
                return at if micros(at) >= micros(opens) else opens
        day = day.add(days=1)


def _next_business_day(day: Date) -> Date:
    day = day.add(days=1)
    while day.day_of_week().value > _FRIDAY:
        day = day.add(days=1)
    return day


def _on(day: Date, time: Time, zone: str) -> Instant:
    return day.at(time).assume_tz(zone).to_instant()


def shown(at: Instant, zone: str = "UTC", now: Instant | None = None) -> str:
    """``14:30 UTC``: as a text names a due time. Another day is named too, and the offset where the hour repeats."""
    zone = "UTC" if zone in ("Etc/UTC", "Etc/GMT", "GMT") else zone
    local = at.to_tz(zone)
    # "By 14:30" must not be read as a later moment than was promised, so seconds are dropped.
    words = f"{local.hour:02}:{local.minute:02}"
    if now is not None and now.to_tz(zone).date() != local.date():
        words = f"{local.date().format_iso()} {words}"
    if zone == "UTC":
        return f"{words} UTC"
    if local.is_repeated():
        minutes = int(local.offset.total("minutes"))
        return f"{words} UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return f"{words} {local.tz_abbrev()}"


_IN = re.compile(r"(?:in\s+)?(\d{1,4})\s*(m|min|minutes?|h|hours?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:by\s+)?([01]?\d|2[0-3]):([0-5]\d)\s*(UTC|Z|GMT)?\s*([+-]\d\d:?\d\d)?", re.IGNORECASE)


def due_time(text: str, zone: str, now: Instant) -> Instant:
    """A due time as somebody typed it: ``30``, ``in 45 min``, ``14:30``, ``14:30 UTC``, ``02:30 +01:00``, or a whole
    date and time. Wall-clock times are those of ``zone``, the next to come.

    Raises Invalid (field ``next_update_by``) for what cannot be read, and for a time in a repeated hour without its
    offset.
    """
    words = text.strip()
    if found := _IN.fullmatch(words):
        hours = (found[2] or "m").lower().startswith("h")
        return plus(now, int(found[1]) * (3600 if hours else 60))
    if found := _CLOCK.fullmatch(words):
        return _clock_time(Time(int(found[1]), int(found[2])), found[3], found[4], zone, now)
    try:
        if words.upper().endswith("Z") or re.search(r"[+-]\d\d:?\d\d$", words):
            return OffsetDateTime.parse_iso(words.replace(" ", "T", 1)).to_instant()
        return _local(PlainDateTime.parse_iso(words.replace(" ", "T", 1)), zone)
    except ValueError:
        raise Invalid(
            f"{text!r} is not a time.", field="next_update_by", hint="Write 14:30 UTC, in 30 min, or a date and time."
        ) from None


def _clock_time(time: Time, utc: str | None, offset: str | None, zone: str, now: Instant) -> Instant:
    if utc or offset:
        sign = offset.replace(":", "") if offset else "+0000"
        shift_s = int(sign[0] + "1") * (int(sign[1:3]) * 3600 + int(sign[3:5]) * 60)
        today = plus(now, shift_s).to_tz("UTC").date()
        at = plus(today.at(time).assume_utc(), -shift_s)
        return at if micros(at) > micros(now) else plus(at, DAY_S)
    day = now.to_tz(zone).date()
    at = _local(day.at(time), zone)
    return at if micros(at) > micros(now) else _local(day.add(days=1).at(time), zone)


def _local(local: PlainDateTime, zone: str) -> Instant:
    try:
        return local.assume_tz(zone, disambiguation="raise").to_instant()
    except RepeatedTime:
        raise Invalid(
            f"{local.time().format_iso()[:5]} comes twice that day in {zone}.", field="next_update_by",
            hint="Name the offset, for example 02:30 +01:00, or give the time in UTC.",
        ) from None  # fmt: skip
    except SkippedTime:
        raise Invalid(
            f"{local.time().format_iso()[:5]} does not exist that day in {zone}.", field="next_update_by",
            hint="The clock is put forward over it: choose a later time, or give it in UTC.",
        ) from None  # fmt: skip
