"""Layers as JSON documents, and back without loss. Keys are the field names; defaults are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from whenever import PlainDateTime

from firebell.domain.oncall.model import Advance, LayerRole, Restriction, RotationLayer, Unit, Weekday
from firebell.kernel.clock import Instant
from firebell.kernel.ids import UserId

_INSTANTS = ("starts_at", "ends_at", "in_force_from", "in_force_to")
_DEFAULTS = {field.name: field.default for field in fields(RotationLayer)}


def layers_to_doc(layers: Sequence[RotationLayer]) -> list[dict[str, Any]]:
    return [_to_doc(layer) for layer in layers]


def layers_from_doc(raw: Sequence[Mapping[str, Any]]) -> tuple[RotationLayer, ...]:
    return tuple(_from_doc(one) for one in raw)


def _to_doc(layer: RotationLayer) -> dict[str, Any]:
    doc: dict[str, Any] = {
        name: value for name, default in _DEFAULTS.items() if (value := getattr(layer, name)) != default
    }
    doc["anchor"] = layer.anchor.format_iso()
    for name in _INSTANTS:
        if name in doc:
            doc[name] = doc[name].format_iso()
    if layer.restrictions:
        doc["restrictions"] = [
            [list(rule.days), rule.start_minute, rule.end_minute, rule.end_day] for rule in layer.restrictions
        ]
    return doc


def _from_doc(raw: Mapping[str, Any]) -> RotationLayer:
    values = dict(raw)
    values["anchor"] = PlainDateTime.parse_iso(values["anchor"])
    values["unit"] = Unit(values["unit"])
    values["slots"] = tuple(tuple(UserId(user) for user in slot) for slot in values["slots"])
    for name in _INSTANTS:
        if name in values:
            values[name] = Instant.parse_iso(values[name])
    if "role" in values:
        values["role"] = LayerRole(values["role"])
    if "advance" in values:
        values["advance"] = Advance(values["advance"])
    if "restrictions" in values:
        values["restrictions"] = tuple(
            Restriction(tuple(Weekday(day) for day in days), start, end, None if end_day is None else Weekday(end_day))
            for days, start, end, end_day in values["restrictions"]
        )
    return RotationLayer(**values)
