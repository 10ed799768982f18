"""Layers as a form without scripts: numbered inputs, buttons that add and remove rows, and the words of configuration
files in between, so that the form and a file are read by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.oncall.config import dump_layers, parse_layers
from firebell.domain.oncall.model import RotationLayer
from firebell.domain.oncall.rules import check_zone
from firebell.entrypoints.web.drafts import Choices
from firebell.kernel.ids import UserId

NOBODY = "nobody"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNITS: Choices = (("h", "hours"), ("d", "days"), ("w", "weeks"), ("mo", "months"))
_EVERY = re.compile(r"(\d+)(h|d|w|mo)")
_PLAIN = ("name", "every", "unit", "weekday", "time", "start", "zone", "priority", "role", "advance", "starts_at",
          "ends_at", "start_index", "turn_offset")  # fmt: skip
_INPUTS = {
    "name": "name", "timeZone": "zone", "startsAt": "starts_at", "endsAt": "ends_at", "priority": "priority",
    "role": "role",
    "rotation.every": "every", "rotation.handoff": "time", "rotation.start": "start", "rotation.advance": "advance",
    "rotation.startIndex": "start_index", "rotation.participants": "s0-0",
}  # fmt: skip


@dataclass(slots=True)
class HoursDraft:
    """Hours of the week: on ``days`` from ``since`` to ``until``, or one stretch to ``end_day``."""

    days: list[str] = field(default_factory=lambda: list(DAYS[:5]))
    since: str = "09:00"
    until: str = "17:00"
    end_day: str = ""


@dataclass(slots=True)
class LayerDraft:
    """One layer as typed: everything is text. ``slots`` are turns, each a list of user ids (or ``nobody``)."""

    name: str = ""
    every: str = "1"
    unit: str = "w"
    weekday: str = "Mon"
    time: str = "09:00"
    start: str = ""
    zone: str = ""
    priority: str = "1"
    role: str = "primary"
    advance: str = "covered"
    starts_at: str = ""
    ends_at: str = ""
    start_index: str = "0"
    turn_offset: str = "0"
    slots: list[list[str]] = field(default_factory=list)
    hours: list[HoursDraft] = field(default_factory=list)

    @property
    def more(self) -> bool:
        """Whether something is set that the form folds away."""
        usual = self.starts_at in ("", "always")
        return not usual or (self.zone, self.role, self.advance, self.ends_at) != ("", "primary", "covered", "")


def read(form: Mapping[str, str], lists: Mapping[str, list[str]]) -> list[LayerDraft]:
    """The layers of a posted form, rows without a person left out."""
    found = []
    for n in range(_count(form, "layers")):
        values = {name: form.get(f"l{n}-{name}", "").strip() for name in _PLAIN}
        layer = LayerDraft()
        for name, value in values.items():
            setattr(layer, name, value)
        for s in range(_count(form, f"l{n}-slots")):
            people = [form.get(f"l{n}-s{s}-{p}", "") for p in range(_count(form, f"l{n}-s{s}-people"))]
            if kept := list(dict.fromkeys(one for one in people if one)):
                layer.slots.append(kept)
        for h in range(_count(form, f"l{n}-hours")):
            at = f"l{n}-h{h}"
            layer.hours.append(
                HoursDraft(
                    lists.get(f"{at}-days", []), form.get(f"{at}-since", ""), form.get(f"{at}-until", ""),
                    form.get(f"{at}-end_day", ""),
                )
            )  # fmt: skip
        found.append(layer)
    return found


def _count(form: Mapping[str, str], name: str) -> int:
    typed = form.get(name, "")
    return min(int(typed), 60) if typed.isascii() and typed.isdigit() else 0


def changed(layers: list[LayerDraft], action: str) -> list[LayerDraft]:
    """What a button that adds, removes or moves a row makes of the layers."""
    verb, _, rest = action.partition(":")
    at = [int(part) for part in rest.split(":") if part.isdigit()]
    if verb == "add-layer":
        above = min(9, len(layers) + 1)
        start = layers[0].start if layers else ""
        layers.append(LayerDraft(name=f"layer-{len(layers) + 1}", start=start, priority=str(above)))
    elif at and at[0] < len(layers):
        layer = layers[at[0]]
        if verb == "remove-layer":
            del layers[at[0]]
        elif verb == "add-hours":
            layer.hours.append(HoursDraft())
        elif verb == "remove-hours" and len(at) > 1 and at[1] < len(layer.hours):
            del layer.hours[at[1]]
        elif verb == "up" and len(at) > 1 and 0 < at[1] < len(layer.slots):
            layer.slots.insert(at[1] - 1, layer.slots.pop(at[1]))
    return layers


def spec(layers: Sequence[LayerDraft], zone: str) -> dict[str, Any]:
    """The layers as a configuration file says them, people by id."""
    return {"timeZone": zone, "layers": [_layer(layer) for layer in layers]}


def _layer(layer: LayerDraft) -> dict[str, Any]:
    handoff = f"{layer.weekday} {layer.time}" if layer.unit == "w" else layer.time
    rotation: dict[str, Any] = {
        "every": f"{layer.every}{layer.unit}", "handoff": handoff, "advance": layer.advance or "covered",
        "startIndex": _number(layer.start_index), "turnOffset": _number(layer.turn_offset),
        "participants": [[one for one in slot if one != NOBODY] for slot in layer.slots],
    }  # fmt: skip
    if layer.start:
        rotation["start"] = layer.start
    said: dict[str, Any] = {
        "name": layer.name, "priority": _number(layer.priority), "role": layer.role or "primary", "rotation": rotation,
        "restrictions": [_hours(one) for one in layer.hours],
    }  # fmt: skip
    bounds = {"timeZone": layer.zone, "startsAt": layer.starts_at, "endsAt": layer.ends_at}
    return said | {key: value for key, value in bounds.items() if value}


def _hours(one: HoursDraft) -> dict[str, Any]:
    if one.end_day:
        return {"from": f"{(one.days or ['Mon'])[0]} {one.since}", "to": f"{one.end_day} {one.until}"}
    return {"days": ",".join(one.days) or "-", "from": one.since, "to": one.until}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def layers_of(drafts: Sequence[LayerDraft], zone: str) -> tuple[RotationLayer, ...]:
    """What the form says. Raises Invalid; :func:`input_of` names the input of its field."""
    check_zone(zone, "spec.timeZone")
    known = {one: UserId(one) for draft in drafts for slot in draft.slots for one in slot}
    return parse_layers(spec(drafts, zone), known)


def input_of(where: str) -> str:
    """The input that ``spec.layers[0].rotation.every`` is about."""
    match = re.match(r"spec\.layers\[(\d+)\]\.(.*)", where)
    if match is None:
        return "zone" if where == "spec.timeZone" else where
    n, rest = match.groups()
    if hours := re.match(r"restrictions\[(\d+)\]\.(\w+)", rest):
        return f"l{n}-h{hours[1]}-{ {'from': 'since', 'to': 'until'}.get(hours[2], hours[2]) }"
    return f"l{n}-{_INPUTS.get(rest.partition('[')[0], rest)}"


def drafts_of(layers: Sequence[RotationLayer], zone: str) -> list[LayerDraft]:
    """The form of layers that stand."""
    people = {user: str(user) for layer in layers for slot in layer.slots for user in slot}
    return [_draft(doc) for doc in dump_layers(layers, people, zone)]


def _draft(doc: Mapping[str, Any]) -> LayerDraft:
    rotation = doc["rotation"]
    every = _EVERY.fullmatch(rotation["every"])
    assert every is not None
    weekday, _, time = rotation["handoff"].rpartition(" ")
    return LayerDraft(
        name=doc["name"], every=every[1], unit=every[2], weekday=weekday or "Mon", time=time, start=rotation["start"],
        zone=doc.get("timeZone", ""), priority=str(doc["priority"]), role=doc.get("role", "primary"),
        advance=rotation.get("advance", "covered"), starts_at=doc.get("startsAt", ""), ends_at=doc.get("endsAt", ""),
        start_index=str(rotation.get("startIndex", 0)), turn_offset=str(rotation.get("turnOffset", 0)),
        slots=[list(slot) or [NOBODY] for slot in rotation["participants"]],
        hours=[_hours_draft(one) for one in doc.get("restrictions", ())],
    )  # fmt: skip


def _hours_draft(doc: Mapping[str, Any]) -> HoursDraft:
    first, _, since = doc["from"].rpartition(" ")
    end_day, _, until = doc["to"].rpartition(" ")
    if first:
        return HoursDraft([first], since, until, end_day)
    return HoursDraft(_days(doc["days"]), since, until)


def _days(text: str) -> list[str]:
    begin, dash, end = text.partition("-")
    return list(DAYS[DAYS.index(begin) : DAYS.index(end) + 1]) if dash else text.split(",")
