"""The layers of a schedule: from the files, from the house and back, in one canonical form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firebell.domain.oncall.config import dump_layers, parse_layers
from firebell.domain.oncall.model import RotationLayer, Schedule
from firebell.domain.oncall.rules import current_layers
from firebell.kernel.ids import UserId
from firebell.workflows.config.specs import ScheduleSpec

Layers = tuple[Mapping[str, Any], ...]


def participants(layers: Any) -> list[tuple[str, str]]:
    """``(path, name)`` of every person named in the layers of a file; what has the wrong shape is passed over."""
    found: list[tuple[str, str]] = []
    for i, layer in enumerate(layers if isinstance(layers, list) else []):
        rotation = layer.get("rotation") if isinstance(layer, dict) else None
        slots = rotation.get("participants") if isinstance(rotation, dict) else None
        for n, slot in enumerate(slots if isinstance(slots, list) else []):
            path = f"layers[{i}].rotation.participants[{n}]"
            if isinstance(slot, str):
                found.append((path, slot))
            elif isinstance(slot, list):
                found += [(f"{path}[{m}]", person) for m, person in enumerate(slot) if isinstance(person, str)]
    return found


def canonical_layers(layers: Any, zone: str) -> Layers:
    """The layers of a file with every default settled. Raises Invalid with a field below ``spec``.

    Names stand for ids here: whether there are such people is asked elsewhere.
    """
    names = {name: UserId(name) for _, name in participants(layers)}
    parsed = parse_layers({"timeZone": zone, "layers": layers}, names)
    return _ordered(dump_layers(parsed, {user: name for name, user in names.items()}, zone))


def written_layers(schedule: Schedule, names: Mapping[str, str]) -> Layers:
    """The layers in force, with ``names`` (id → name); people who are not in it are left out of their turns."""
    layers = current_layers(schedule)
    everyone: Sequence[UserId] = [user for layer in layers for slot in layer.slots for user in slot]
    written = dump_layers(layers, {user: names.get(user, "") for user in everyone}, schedule.zone)
    for layer in written:
        slots = layer["rotation"]["participants"]
        layer["rotation"]["participants"] = [[name for name in slot if name] for slot in slots]
    return _ordered(written)


def _ordered(layers: Sequence[Mapping[str, Any]]) -> Layers:
    # Priorities decide, not the order, and edits move a changed layer to the end.
    return tuple(sorted(layers, key=lambda layer: (layer["priority"], layer["name"])))


def settled_layers(wanted: Layers, current: Layers) -> Layers:
    """``wanted`` at the turn that earlier edits have led each layer to, which is no setting of the file's."""
    offsets = {layer["name"]: layer["rotation"].get("turnOffset", 0) for layer in current}
    settled: list[Mapping[str, Any]] = []
    for layer in wanted:
        if layer["name"] not in offsets:
            settled.append(layer)
            continue
        rotation = {key: value for key, value in layer["rotation"].items() if key not in ("turnOffset", "participants")}
        if offset := offsets[layer["name"]]:
            rotation["turnOffset"] = offset
        rotation["participants"] = layer["rotation"]["participants"]
        settled.append({**layer, "rotation": rotation})
    return tuple(settled)


def stored_layers(spec: ScheduleSpec, people: Mapping[str, str]) -> tuple[RotationLayer, ...]:
    """The layers as the schedule keeps them, with ``people`` (name → id)."""
    users = {name: UserId(user) for name, user in people.items()}
    return parse_layers({"timeZone": spec.time_zone, "layers": spec.layers}, users)
