"""Short words for the tests of on-call: layers, instants and schedules in one line each."""

from __future__ import annotations

from typing import Any

from whenever import PlainDateTime

from firebell.domain.oncall.model import (
    LayerRole,
    Override,
    OverrideKind,
    Restriction,
    RotationLayer,
    Schedule,
    Shift,
    Slot,
    Unit,
    Weekday,
    Window,
)
from firebell.kernel.clock import Instant
from firebell.kernel.ids import LayerId, OverrideId, ScheduleId, UserId

CHICAGO, BERLIN = "America/Chicago", "Europe/Berlin"
WORKDAYS = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI)
EVERY_DAY = tuple(Weekday)
LONG_AGO = Instant.from_utc(2000, 1, 1)


def z(text: str) -> Instant:
    """``z("2026-06-01 09:00")`` in UTC."""
    return Instant.parse_iso(text.replace(" ", "T") + ("" if text.endswith("Z") else ":00Z"))


def local(zone: str, text: str) -> Instant:
    """A wall-clock time that exists exactly once."""
    return PlainDateTime.parse_iso(text.replace(" ", "T")).assume_tz(zone, disambiguation="raise").to_instant()


def slot(names: str) -> Slot:
    """``"ab"`` are two people, ``""`` is nobody."""
    return tuple(UserId(name) for name in names)


def layer(
    zone: str, anchor: str, every: int, unit: str, people: str = "A", name: str = "base", **more: Any
) -> RotationLayer:
    """``people``: slots separated by spaces, ``-`` for nobody."""
    slots = tuple(slot("" if part == "-" else part) for part in people.split())
    more.setdefault("id", LayerId(f"lay_{name}"))
    at = PlainDateTime.parse_iso(anchor.replace(" ", "T"))
    return RotationLayer(name=name, zone=zone, anchor=at, unit=Unit(unit), every=every, slots=slots, **more)


def hours(start: str, end: str, days: tuple[Weekday, ...] = EVERY_DAY) -> Restriction:
    return Restriction(days, _minute(start), _minute(end))


def weekly(start: str, end: str) -> Restriction:
    """``weekly("FRI 20:00", "MON 08:00")``."""
    (day, at), (end_day, until) = start.split(), end.split()
    return Restriction((Weekday[day],), _minute(at), _minute(until), Weekday[end_day])


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def schedule(*layers: RotationLayer, **more: Any) -> Schedule:
    return Schedule(id=ScheduleId("sch_1"), name="payments-primary", zone="UTC", layers=layers, **more)


def fixed(who: str, begin: Instant, end: Instant, name: str, priority: int = 1, **more: Any) -> RotationLayer:
    """One person from ``begin`` to ``end``."""
    return layer(
        "UTC", "2000-01-01 00:00", 9000, "month", who, name, starts_at=begin, ends_at=end, priority=priority, **more
    )


def override(
    kind: str, user: str, begin: Instant, end: Instant, by: str | None = None, n: int = 1, **more: Any
) -> Override:
    return Override(
        id=OverrideId(f"ovr_{n}"), kind=OverrideKind(kind), user_id=UserId(user), starts_at=begin, ends_at=end,
        by_user_id=None if by is None else UserId(by), saved_at=more.pop("saved_at", LONG_AGO), **more,
    )  # fmt: skip


def window(begin: Instant, end: Instant, *layers: RotationLayer, rank: int = 0, n: int = 1, **more: Any) -> Window:
    return Window(
        id=OverrideId(f"ovr_w{n}"), starts_at=begin, ends_at=end, layers=layers, rank=rank,
        saved_at=more.pop("saved_at", LONG_AGO), **more,
    )  # fmt: skip


def primaries(shifts: tuple[Shift, ...]) -> list[Shift]:
    return [shift for shift in shifts if shift.on.role is LayerRole.PRIMARY]


def lengths_h(shifts: tuple[Shift, ...]) -> list[float]:
    return [(shift.ends_at.timestamp() - shift.starts_at.timestamp()) / 3600 for shift in shifts]
