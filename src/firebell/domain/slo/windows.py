"""Which stretch of time an objective is judged over.

Calendar windows are counted from the original start, never from the previous window: the 31st clips to the end of a
short month and is the 31st again afterwards. Their length is the real one in UTC, with days of 23 and 25 hours.
"""

from __future__ import annotations

import re

from whenever import PlainDateTime, TimeZoneNotFoundError

from firebell.domain.slo.model import UNIT_S, Calendar, Length, Rolling, Span, Unit, Window
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.errors import Invalid

PERIOD_MAX_S = 366 * 86_400
COUNT_MAX = 10_000
_LENGTH = re.compile(r"(\d{1,5})([mhdwMQY])")
_ROLLS = (Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WEEK)
_TURNS = (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR)
_NEAR_S = {Unit.DAY: 86_400, Unit.WEEK: 604_800, Unit.MONTH: 2_629_746, Unit.QUARTER: 7_889_238, Unit.YEAR: 31_556_952}


def read_length(text: str, field: str) -> Length:
    """``28d``, ``1M`` (month), ``5m`` (minutes). Raises Invalid."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None or not 0 < int(found[1]) <= COUNT_MAX:
        raise Invalid(
            f"“{text[:40]}” is no length of time.", field=field,
            hint="A whole number and m, h, d, w, M (month), Q or Y, such as 28d.",
        )  # fmt: skip
    return Length(int(found[1]), Unit(found[2]))


def seconds(length: Length, field: str) -> int:
    """How long that is. Raises Invalid for months, quarters and years, which have no fixed length."""
    if length.unit not in UNIT_S:
        raise Invalid(
            f"“{length}” has no fixed length.", field=field, hint="Use m, h, d or w, or a calendar-aligned window."
        )
    return length.count * UNIT_S[length.unit]


def rolling(length: Length, field: str = "duration") -> Rolling:
    """Raises Invalid for units that do not roll and for more than a year."""
    period_s = seconds(length, field)
    if period_s > PERIOD_MAX_S:
        raise Invalid(f"{length} is more than a year.", field=field, hint="Use at most 366d.")
    return Rolling(length, period_s)


def calendar(length: Length, starts: str, zone: str, field: str = "calendar") -> Calendar:
    """Raises Invalid for minutes and hours, an unreadable start, a start before 1970 and an unknown zone."""
    if length.unit not in _TURNS:
        raise Invalid(f"A calendar has no window of {length}.", field=field, hint="Use d, w, M, Q or Y.")
    try:
        plain = PlainDateTime.parse_iso(starts.strip().replace(" ", "T", 1))
    except ValueError:
        raise Invalid(
            f"“{starts[:40]}” is not a date and time.", field=f"{field}.startTime", hint="2026-01-01 00:00:00"
        ) from None
    try:
        began = plain.assume_tz(zone, disambiguation="compatible").to_instant()
    except (TimeZoneNotFoundError, ValueError):
        raise Invalid(
            f"There is no time zone “{zone[:60]}”.", field=f"{field}.timeZone", hint="Europe/Berlin, or UTC."
        ) from None
    if plain.second or plain.nanosecond:
        raise Invalid("A window begins on a whole minute.", field=f"{field}.startTime", hint="2026-01-01 00:00:00")
    if micros(began) < 0:
        raise Invalid("The start lies before 1970.", field=f"{field}.startTime", hint="Check the year.")
    return Calendar(length, plain.format_iso().replace("T", " "), zone)


def edge(window: Calendar, k: int) -> Instant:
    """Where window ``k`` begins and window ``k - 1`` ends; ``k`` ≥ 0. A local time that is skipped moves on."""
    plain = PlainDateTime.parse_iso(window.starts.replace(" ", "T"))
    count = k * window.length.count
    date = plain.date()
    match window.length.unit:
        case Unit.DAY:
            date = date.add(days=count)
        case Unit.WEEK:
            date = date.add(weeks=count)
        case Unit.MONTH:
            date = date.add(months=count)
        case Unit.QUARTER:
            date = date.add(months=3 * count)
        case _:
            date = date.add(years=count)
    return date.at(plain.time()).assume_tz(window.zone, disambiguation="compatible").to_instant()


def number(window: Calendar, now: Instant) -> int | None:
    """Which window ``now`` lies in, or ``None`` before the first."""
    passed = micros(now) - micros(edge(window, 0))
    if passed < 0:
        return None
    k = max(0, passed // 1_000_000 // (_NEAR_S[window.length.unit] * window.length.count) - 1)
    while edge(window, k) > now:
        k -= 1
    while edge(window, k + 1) <= now:
        k += 1
    return k


def current(window: Window, now: Instant) -> Span | None:
    """The window ``now`` lies in. A rolling one ends at ``now``. ``None``: a calendar that has not begun."""
    if isinstance(window, Rolling):
        return Span(from_micros(max(0, micros(now) - window.period_s * 1_000_000)), now)
    k = number(window, now)
    return None if k is None else Span(edge(window, k), edge(window, k + 1))


def previous(window: Window, now: Instant) -> Span | None:
    """The one before; ``None`` when there is none."""
    if isinstance(window, Rolling):
        length = window.period_s * 1_000_000
        if micros(now) < 2 * length:
            return None
        return Span(from_micros(micros(now) - 2 * length), from_micros(micros(now) - length))
    k = number(window, now)
    return None if not k else Span(edge(window, k - 1), edge(window, k))


def period_s(window: Window, now: Instant) -> int | None:
    """P: how long the current window really is, in seconds."""
    if isinstance(window, Rolling):
        return window.period_s
    span = current(window, now)
    return None if span is None else (micros(span.end) - micros(span.start)) // 1_000_000


def nominal_s(window: Window) -> int:
    """P for turning written burn rates into shares, once: months have 30 days, quarters 90, years 365."""
    if isinstance(window, Rolling):
        return window.period_s
    days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.QUARTER: 90, Unit.YEAR: 365}[window.length.unit]
    return window.length.count * days * 86_400
