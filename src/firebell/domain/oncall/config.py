"""Layers in the words of configuration files, and back without loss.

``rotation: {every: 1w, handoff: "Mon 09:00", start: 2026-01-05, participants: [[ann], [ben]]}`` with ``restrictions``
of ``days``, ``from`` and ``to``. ``start`` is the day on or after which the first handoff falls; the layer begins with
it unless ``startsAt`` says otherwise. Without ``start`` the layer always was.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from whenever import Date, PlainDateTime, Time

from firebell.domain.oncall.clockwork import first, minutes_of
from firebell.domain.oncall.model import Advance, LayerRole, Restriction, RotationLayer, Slot, Unit, Weekday
from firebell.domain.oncall.rules import check_layers
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import LayerId, UserId

Choice = TypeVar("Choice", Unit, Advance, LayerRole)

_LAYER_KEYS = ("name", "priority", "role", "timeZone", "startsAt", "endsAt", "rotation", "restrictions")
_ROTATION_KEYS = ("every", "handoff", "start", "startIndex", "turnOffset", "advance", "participants")
_RESTRICTION_KEYS = ("days", "from", "to")
_UNITS = {"h": Unit.HOUR, "d": Unit.DAY, "w": Unit.WEEK, "mo": Unit.MONTH}
_SUFFIX = {unit: suffix for suffix, unit in _UNITS.items()}
_DAYS = {day.name.title(): day for day in Weekday}
_ALWAYS = "always"
_EVER = Date(2024, 1, 1)  # a Monday: where a rotation without a start is anchored
_MIDNIGHT = Time()


def parse_layers(
    spec: Mapping[str, Any], users: Mapping[str, UserId], field: str = "spec"
) -> tuple[RotationLayer, ...]:
    """The layers of a Schedule's ``spec``. ``users`` maps the names that may stand in it.

    The layers have no ids yet. Raises Invalid naming the field as a dotted path under ``field``, with the way out.
    """
    zone = spec.get("timeZone", "UTC")
    raw = spec.get("layers", ())
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise Invalid("Layers are a list.", field=f"{field}.layers", hint="Begin each layer with a dash.")
    layers = tuple(_layer(one, users, zone, n, f"{field}.layers[{n}]") for n, one in enumerate(raw))
    check_layers(layers, f"{field}.layers")
    return layers


def dump_layers(
    layers: Sequence[RotationLayer], names: Mapping[UserId, str], zone: str = "UTC"
) -> list[dict[str, Any]]:
    """The inverse of :func:`parse_layers`: what is a default, or the schedule's own ``zone``, is left out."""
    return [_dump_layer(layer, names, zone) for layer in layers]


def _layer(raw: Any, users: Mapping[str, UserId], zone: str, n: int, where: str) -> RotationLayer:
    known = _keys(raw, _LAYER_KEYS, where)
    rotation = _keys(known.get("rotation"), _ROTATION_KEYS, f"{where}.rotation")
    zone = _text(known.get("timeZone", zone), f"{where}.timeZone")
    every, unit = _every(rotation.get("every"), f"{where}.rotation.every")
    anchor = _anchor(rotation, unit, f"{where}.rotation")
    if "startsAt" in known:
        starts_at = None if known["startsAt"] == _ALWAYS else _instant(known["startsAt"], f"{where}.startsAt")
    else:
        starts_at = _first(zone, anchor) if "start" in rotation else None
    return RotationLayer(
        id=LayerId(""),
        name=_text(known.get("name", f"layer-{n + 1}"), f"{where}.name"),
        zone=zone,
        anchor=anchor,
        unit=unit,
        every=every,
        slots=_slots(rotation.get("participants"), users, f"{where}.rotation.participants"),
        start_index=_number(rotation.get("startIndex", 0), f"{where}.rotation.startIndex"),
        turn_offset=_number(rotation.get("turnOffset", 0), f"{where}.rotation.turnOffset"),
        starts_at=starts_at,
        ends_at=_instant(known["endsAt"], f"{where}.endsAt") if "endsAt" in known else None,
        restrictions=_restrictions(known.get("restrictions", ()), f"{where}.restrictions"),
        priority=_number(known.get("priority", 1), f"{where}.priority"),
        role=_choice(LayerRole, known.get("role", LayerRole.PRIMARY), f"{where}.role"),
        advance=_choice(Advance, rotation.get("advance", Advance.COVERED), f"{where}.rotation.advance"),
    )


def _dump_layer(layer: RotationLayer, names: Mapping[UserId, str], zone: str) -> dict[str, Any]:
    day, time = layer.anchor.date(), f"{layer.anchor.hour:02}:{layer.anchor.minute:02}"
    weekday = Weekday(day.day_of_week().value - 1).name.title()
    rotation: dict[str, Any] = {
        "every": f"{layer.every}{_SUFFIX[layer.unit]}",
        "handoff": f"{weekday} {time}" if layer.unit is Unit.WEEK else time,
        "start": day.format_iso(),
    }
    _put(rotation, "startIndex", layer.start_index, 0)
    _put(rotation, "turnOffset", layer.turn_offset, 0)
    _put(rotation, "advance", layer.advance.value, Advance.COVERED.value)
    rotation["participants"] = [[names[user] for user in slot] for slot in layer.slots]
    result: dict[str, Any] = {"name": layer.name, "priority": layer.priority}
    _put(result, "role", layer.role.value, LayerRole.PRIMARY.value)
    _put(result, "timeZone", layer.zone, zone)
    if layer.starts_at is None:
        result["startsAt"] = _ALWAYS
    elif layer.starts_at != _first(layer.zone, layer.anchor):
        result["startsAt"] = layer.starts_at.format_iso()
    if layer.ends_at is not None:
        result["endsAt"] = layer.ends_at.format_iso()
    result["rotation"] = rotation
    if layer.restrictions:
        result["restrictions"] = [_dump_restriction(rule) for rule in layer.restrictions]
    return result


def _put(into: dict[str, Any], key: str, value: Any, default: Any) -> None:
    if value != default:
        into[key] = value


def _first(zone: str, anchor: PlainDateTime) -> Instant | None:
    try:
        return first(zone, minutes_of(anchor))
    except ValueError:  # an unknown zone is refused, by field, once all layers are read
        return None


# --- when ----------------------------------------------------------------------------------------------------------


def _every(raw: Any, where: str) -> tuple[int, Unit]:
    match = re.fullmatch(r"(\d{1,6})\s*(h|d|w|mo)", str(raw).strip())
    if match is None:
        raise Invalid(f"“{raw}” is not the length of a turn.", field=where, hint="Write 12h, 1d, 2w or 1mo.")
    return int(match[1]), _UNITS[match[2]]


def _anchor(rotation: Mapping[str, Any], unit: Unit, where: str) -> PlainDateTime:
    day = _date(rotation.get("start", _EVER), f"{where}.start")
    raw = rotation.get("handoff", "00:00" if unit is Unit.HOUR else "09:00")
    weekday, time = None, raw
    if isinstance(raw, str) and len(parts := raw.split()) == 2:
        weekday, time = _weekday(parts[0], f"{where}.handoff"), parts[1]
    minute = _minute(time, f"{where}.handoff")
    if weekday is not None:
        if unit is not Unit.WEEK:
            raise Invalid(
                "Only a weekly rotation hands off on a weekday.", field=f"{where}.handoff",
                hint='Write "09:00"; the day comes from start.',
            )  # fmt: skip
        day = day.add(days=(weekday - (day.day_of_week().value - 1)) % 7)
    return day.at(Time(minute // 60, minute % 60))


def _date(raw: Any, where: str) -> Date:
    if isinstance(raw, Date):
        return raw
    if isinstance(raw, dt.date) and not isinstance(raw, dt.datetime):  # what a YAML reader makes of 2026-01-05
        return Date(raw.year, raw.month, raw.day)
    try:
        return Date.parse_iso(raw)
    except (ValueError, TypeError):
        raise Invalid(f"“{raw}” is not a day.", field=where, hint="Write 2026-01-05.") from None


def _instant(raw: Any, where: str) -> Instant:
    if isinstance(raw, dt.datetime) and raw.tzinfo is not None:
        return Instant(raw)
    try:
        return Instant.parse_iso(raw)
    except (ValueError, TypeError):
        raise Invalid(f"“{raw}” is not an instant.", field=where, hint="Write 2026-01-05T09:00:00Z.") from None


def _minute(raw: Any, where: str, *, midnight: bool = False) -> int:
    # An unquoted 17:00 reaches us as 1020: YAML 1.1 reads it as a number to base 60, which is the minute of the day.
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 1440:
        return raw
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", raw) if isinstance(raw, str) else None
    if match is not None and int(match[1]) < 24 and int(match[2]) < 60:
        return int(match[1]) * 60 + int(match[2])
    if raw in ("24:00", 1440) and midnight:
        return 0
    raise Invalid(f"“{raw}” is not a time of day.", field=where, hint='Write "09:00" to "23:59".')


def _weekday(raw: Any, where: str) -> Weekday:
    text = str(raw).strip().title()
    day = _DAYS.get(text[:3]) if len(text) == 3 or text in _LONG_DAYS else None
    if day is None:
        raise Invalid(f"“{raw}” is not a weekday.", field=where, hint="Write Mon, Tue, Wed, Thu, Fri, Sat or Sun.")
    return day


_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# --- restrictions --------------------------------------------------------------------------------------------------


def _restrictions(raw: Any, where: str) -> tuple[Restriction, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise Invalid("Restrictions are a list.", field=where, hint="- {days: Mon-Fri, from: '09:00', to: '17:00'}")
    return tuple(_restriction(one, f"{where}[{n}]") for n, one in enumerate(raw))


def _restriction(raw: Any, where: str) -> Restriction:
    known = _keys(raw, _RESTRICTION_KEYS, where)
    start, end = known.get("from", "00:00"), known.get("to", "00:00")
    starts, ends = str(start).split(), str(end).split()
    if len(starts) == 2 and len(ends) == 2:
        if "days" in known:
            raise Invalid("The weekdays stand in from and to already.", field=f"{where}.days", hint="Leave days out.")
        day, end_day = _weekday(starts[0], f"{where}.from"), _weekday(ends[0], f"{where}.to")
        end_minute = _minute(ends[1], f"{where}.to")
        return Restriction((day,), _minute(starts[1], f"{where}.from"), end_minute, end_day)
    days = _days(known.get("days", "Mon-Sun"), f"{where}.days")
    return Restriction(days, _minute(start, f"{where}.from"), _minute(end, f"{where}.to", midnight=True))


def _days(raw: Any, where: str) -> tuple[Weekday, ...]:
    parts = raw.split(",") if isinstance(raw, str) else list(raw) if isinstance(raw, Sequence) else [raw]
    days: set[Weekday] = set()
    for part in parts:
        ends = [_weekday(end, where) for end in str(part).split("-")]
        if len(ends) > 2:
            raise Invalid(f"“{part}” is not a range of weekdays.", field=where, hint="Write Mon-Fri.")
        span = (ends[-1] - ends[0]) % 7
        days |= {Weekday((ends[0] + step) % 7) for step in range(span + 1)}
    return tuple(sorted(days))


def _dump_restriction(rule: Restriction) -> dict[str, Any]:
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (rule.start_minute, rule.end_minute))
    if rule.end_day is not None:
        return {"from": f"{rule.days[0].name.title()} {start}", "to": f"{rule.end_day.name.title()} {end}"}
    names = [day.name.title() for day in rule.days]
    run = len(names) > 2 and rule.days[-1] - rule.days[0] == len(names) - 1
    return {"days": f"{names[0]}-{names[-1]}" if run else ",".join(names), "from": start, "to": end}


# --- small words ---------------------------------------------------------------------------------------------------


def _slots(raw: Any, users: Mapping[str, UserId], where: str) -> tuple[Slot, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise Invalid("A rotation needs participants.", field=where, hint="participants: [[ann], [ben]]")
    slots: list[Slot] = []
    for n, slot in enumerate(raw):
        people = [slot] if isinstance(slot, str) else slot
        if not isinstance(people, Sequence):
            raise Invalid("A turn is a list of people.", field=f"{where}[{n}]", hint="[ann], or [] for nobody.")
        slots.append(tuple(_user(name, users, f"{where}[{n}]") for name in people))
    return tuple(slots)


def _user(name: Any, users: Mapping[str, UserId], where: str) -> UserId:
    found = users.get(name) if isinstance(name, str) else None
    if found is None:
        near = get_close_matches(str(name), users, 1)
        hint = f"Did you mean “{near[0]}”?" if near else "Create the user first."
        raise Invalid(f"There is no user “{name}”.", field=where, hint=hint)
    return found


def _keys(raw: Any, allowed: Sequence[str], where: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise Invalid(f"{where.rpartition('.')[2]} is a mapping.", field=where, hint=f"Its keys: {', '.join(allowed)}.")
    for key in raw:
        if key not in allowed:
            near = get_close_matches(str(key), allowed, 1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Its keys: {', '.join(allowed)}."
            raise Invalid(f"“{key}” is not known here.", field=f"{where}.{key}", hint=hint)
    return raw


def _text(raw: Any, where: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise Invalid("This is a word.", field=where, hint="Write it in quotes.")
    return raw


def _number(raw: Any, where: str) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise Invalid(f"“{raw}” is not a whole number.", field=where, hint="Write 0, 1, 2 …")
    return raw


def _choice(kind: type[Choice], raw: Any, where: str) -> Choice:
    try:
        return kind(raw)
    except ValueError:
        raise Invalid(f"“{raw}” cannot stand here.", field=where, hint=f"One of {', '.join(kind)}.") from None
