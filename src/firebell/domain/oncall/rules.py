"""Decisions about schedules: who is on call, what changes when, what an edit does, what is refused.

Pure: the instant asked about, or ``now``, is always an argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from whenever import TimeZoneNotFoundError

from firebell.domain.oncall.model import (
    Calendar,
    Gap,
    LayerRole,
    OnCallAnswer,
    Override,
    OverrideKind,
    Restriction,
    RotationLayer,
    Schedule,
    Shift,
    Slot,
    Window,
)
from firebell.domain.oncall.rotation import Turn, next_change_of, plan_of
from firebell.domain.oncall.sweep import calendar, moment, settle, top
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.ids import LayerId, ScheduleId

EVERY_MAX = 9000
SLOTS_MAX = 500
PRIORITY_MAX = 9
LAYERS_MAX = 50
RESTRICTIONS_MAX = 300  # of all layers together; every page that says who is on call walks along them
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")


def who(schedule: Schedule, at: Instant) -> OnCallAnswer:
    """Who is on call at ``at``, and why: schedule, layer, turn, override. Shadows apart."""
    return settle(schedule, moment(schedule, at))


def shifts(schedule: Schedule, from_: Instant, to: Instant) -> tuple[Shift, ...]:
    """Shifts in ``[from_, to)``, cut to it, ordered by (start, key). Shadows are among them, by their role."""
    return calendar(schedule, from_, to).shifts


def gaps(schedule: Schedule, from_: Instant, to: Instant) -> tuple[Gap, ...]:
    """Stretches of more than a second without a primary person, apart by reason."""
    return calendar(schedule, from_, to).gaps


def agenda(schedule: Schedule, from_: Instant, to: Instant) -> Calendar:
    """Shifts, gaps and skipped turns of ``[from_, to)`` in one pass."""
    return calendar(schedule, from_, to)


def next_change(schedule: Schedule, at: Instant) -> Instant | None:
    """The first instant after ``at`` at which :func:`who` answers differently; ``None`` if it never will.

    Different means other people, or the same people because of another layer or override. One turn following
    another with the same person is no change.
    """
    before = _essence(who(schedule, at))
    seen = _next_edge(schedule, at)
    while seen is not None and _essence(who(schedule, seen)) == before:
        seen = _next_edge(schedule, seen)
    return seen


def _essence(answer: OnCallAnswer) -> frozenset[tuple[object, ...]]:
    people = (*answer.people, *answer.shadows)
    return frozenset((p.user_id, p.role, p.layer_id, p.override_id, p.instead_of) for p in people)


def _next_edge(schedule: Schedule, at: Instant) -> Instant | None:
    """The next instant at which something that can matter changes.

    Layers below the one on call are left out: they matter when it ends, and that is an edge. Without this, a
    schedule whose low layer rotates for ever under a constant high one would be searched for ever.
    """
    if schedule.deleted_at is not None and at >= schedule.deleted_at:
        return None
    found = moment(schedule, at)
    edges = [schedule.deleted_at] if schedule.deleted_at is not None else []
    changes: tuple[Window | Override, ...] = (*schedule.windows, *schedule.overrides)
    edges += [edge for change in changes for edge in (change.starts_at, change.ends_at) if edge > at]
    groups: list[tuple[Sequence[RotationLayer], int]] = []
    if not found.windows:
        groups.append((_of_role(schedule, shadow=False), _floor(found.turns)))
    groups.append((_of_role(schedule, shadow=True), _floor(found.shadows)))
    groups += [(window.layers, _floor(turns)) for window, turns in found.windows]
    for layers, floor in groups:
        edges += [edge for layer in layers if layer.priority >= floor and (edge := next_change_of(layer, at))]
    return min(edges, default=None)


def _floor(turns: Sequence[Turn]) -> int:
    return max((turn.layer.priority for turn in top(turns)), default=0)


def _of_role(schedule: Schedule, *, shadow: bool) -> list[RotationLayer]:
    return [layer for layer in schedule.layers if (layer.role is LayerRole.SHADOW) is shadow]


# --- editing -----------------------------------------------------------------------------------------------------


def current_layers(schedule: Schedule) -> tuple[RotationLayer, ...]:
    """The layers as they are now set: versions ended by an edit are left out."""
    return tuple(layer for layer in schedule.layers if layer.in_force_to is None)


def same_setting(one: RotationLayer, other: RotationLayer) -> bool:
    """Whether two versions say the same. What edits leave behind (ids, versions, ``turn_offset``) is not looked at."""
    return _setting(one) == _setting(other)


def _setting(layer: RotationLayer) -> RotationLayer:
    return replace(layer, id=LayerId(""), turn_offset=0, in_force_from=None, in_force_to=None, follows=None)


def edited(
    schedule: Schedule, wanted: Sequence[RotationLayer], now: Instant, *, keep_current: bool = True
) -> tuple[RotationLayer, ...]:
    """The layers after an edit at ``now``. Layers are matched by name; ``wanted`` carry the ids of new versions.

    Unchanged layers stay. A changed or missing one ends at ``now``; a changed one is followed by its new version, in
    which whoever is on stays on until the next handoff unless ``keep_current`` is off. Versions that never were in
    force are dropped, since nobody was on call by them.
    """
    wishes = {layer.name: layer for layer in wanted}
    result: list[RotationLayer] = []
    kept: set[str] = set()
    current = {layer.name: layer for layer in current_layers(schedule)}
    for layer in schedule.layers:
        wish = wishes.get(layer.name)
        if layer.in_force_to is not None:
            result.append(layer)
        elif wish is not None and same_setting(layer, wish):
            result.append(layer)
            kept.add(layer.name)
        elif layer.in_force_from is None or layer.in_force_from < now:
            result.append(replace(layer, in_force_to=now))
    for wish in wanted:
        if wish.name in kept:
            continue
        before = current.get(wish.name)
        if before is None:
            result.append(replace(wish, in_force_from=now))
        else:
            after = carried_over(before, wish, now) if keep_current else wish
            follows = before.follows if before.in_force_from == now else before.id
            result.append(replace(after, in_force_from=now, follows=follows))
    return tuple(result)


def carried_over(before: RotationLayer, after: RotationLayer, now: Instant) -> RotationLayer:
    """``after`` turned so that its turn at ``now`` is the current person's, or, if they are no longer in it, the turn
    of whoever followed them in ``before``."""
    old, new = plan_of(before), plan_of(after)
    if not old.lower <= now < old.upper:
        return after
    here = old.place(old.index_at(now))
    order = [before.slots[(here + step) % len(before.slots)] for step in range(len(before.slots))]
    place = next((found for slot in order if (found := _place_of(slot, after.slots, here)) is not None), None)
    if place is None:
        return after
    offset = (place - after.start_index - new.turns_before(new.index_at(now))) % len(after.slots)
    return replace(after, turn_offset=offset)


def _place_of(slot: Slot, slots: Sequence[Slot], hint: int) -> int | None:
    """Where the people of ``slot`` stand in ``slots``: the same slot, best at the same place, else a shared person."""
    if hint < len(slots) and slots[hint] == slot:
        return hint
    if slot in slots:
        return slots.index(slot)
    return next((i for i, other in enumerate(slots) if set(slot) & set(other)), None)


# --- refusals ----------------------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """``name`` if it can stand in a URL and a YAML file."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"“{name}” cannot be a name.", field="name",
            hint="Use 1-63 lower-case letters, digits, “-”, “_” or “.”, beginning and ending with a letter or digit.",
        )  # fmt: skip
    return name


def check_layers(layers: Sequence[RotationLayer], field: str = "layers") -> None:
    """Raise :class:`Invalid` naming the field of the first value that cannot be used."""
    if len(layers) > LAYERS_MAX:
        raise Invalid(f"At most {LAYERS_MAX} layers.", field=field, hint="Make another schedule.")
    if sum(len(layer.restrictions) for layer in layers) > RESTRICTIONS_MAX:
        raise Invalid(
            f"At most {RESTRICTIONS_MAX} restrictions in all layers together.", field=field,
            hint="One restriction can name several weekdays.",
        )  # fmt: skip
    names: set[str] = set()
    for i, layer in enumerate(layers):
        where = f"{field}[{i}]"
        if layer.name in names or not layer.name:
            raise Invalid("Every layer needs a name of its own.", field=f"{where}.name", hint="Rename one of them.")
        names.add(layer.name)
        check_layer(layer, where)


def check_layer(layer: RotationLayer, where: str = "layer") -> None:
    check_zone(layer.zone, f"{where}.timeZone")
    if layer.anchor.second or layer.anchor.nanosecond:
        raise Invalid("Handoffs fall on whole minutes.", field=f"{where}.rotation.handoff", hint="Drop the seconds.")
    if not 1 <= layer.every <= EVERY_MAX:
        raise Invalid(f"A turn lasts 1 to {EVERY_MAX} units.", field=f"{where}.rotation.every", hint="For example 1w.")
    if not 1 <= len(layer.slots) <= SLOTS_MAX:
        raise Invalid(
            f"A rotation has 1 to {SLOTS_MAX} participants.", field=f"{where}.rotation.participants",
            hint="Write [] inside the list for a turn that is nobody's.",
        )  # fmt: skip
    for n, slot in enumerate(layer.slots):
        if len(set(slot)) < len(slot):
            raise Invalid("A person stands twice in one turn.", field=f"{where}.rotation.participants[{n}]")
    if not 0 <= layer.start_index < len(layer.slots):
        raise Invalid(
            f"The first turn is one of 0 to {len(layer.slots) - 1}.", field=f"{where}.rotation.startIndex",
            hint="It counts the participants from 0.",
        )  # fmt: skip
    if not 0 <= layer.priority <= PRIORITY_MAX:
        raise Invalid(f"A priority is 0 to {PRIORITY_MAX}.", field=f"{where}.priority", hint="Higher wins.")
    if layer.starts_at is not None and layer.ends_at is not None and layer.ends_at <= layer.starts_at:
        raise Invalid("The layer ends before it starts.", field=f"{where}.endsAt", hint="Choose a later end.")
    for n, rule in enumerate(layer.restrictions):
        _check_restriction(rule, f"{where}.restrictions[{n}]")


def _check_restriction(rule: Restriction, where: str) -> None:
    if not rule.days:
        raise Invalid("A restriction needs a weekday.", field=f"{where}.days", hint="Leave days out for every day.")
    if rule.end_day is not None and len(rule.days) != 1:
        raise Invalid("A weekly stretch starts on one weekday.", field=f"{where}.from", hint='Write from: "Fri 20:00".')
    for name, minute in (("from", rule.start_minute), ("to", rule.end_minute)):
        if not 0 <= minute < 1440:
            raise Invalid("A time of day is 00:00 to 23:59.", field=f"{where}.{name}")


def check_zone(zone: str, field: str) -> None:
    try:
        Instant.from_timestamp(0).to_tz(zone)
    except (TimeZoneNotFoundError, ValueError) as error:
        message = f"There is no time zone {zone!r}."
        raise Invalid(message, field=field, hint="Use an IANA name: Europe/Berlin.") from error


def check_override(wanted: Override, existing: Iterable[Override]) -> None:
    """Raise Invalid for an impossible override, Conflict for one that names a user another one names at that time."""
    if wanted.ends_at <= wanted.starts_at:
        raise Invalid("The override ends before it starts.", field="ends_at", hint="Choose a later end.")
    if (wanted.kind is OverrideKind.REPLACE) != (wanted.by_user_id is not None):
        raise Invalid("A replacement, and only that, names who takes over.", field="by_user_id")
    if wanted.by_user_id == wanted.user_id:
        raise Invalid("Nobody can take over from themselves.", field="by_user_id", hint="Choose somebody else.")
    for other in existing:
        overlaps = other.starts_at < wanted.ends_at and wanted.starts_at < other.ends_at
        if overlaps and other.user_id == wanted.user_id and other.everywhere == wanted.everywhere:
            raise Conflict(
                "Another override already speaks about this person at that time.", field="user_id",
                hint=f"Remove {other.id} first, or choose a time outside {other.starts_at} to {other.ends_at}.",
            )  # fmt: skip


def check_window(wanted: Window) -> None:
    """Raise Invalid for an impossible or empty replacement window."""
    if wanted.ends_at <= wanted.starts_at:
        raise Invalid("The window ends before it starts.", field="ends_at", hint="Choose a later end.")
    if not 0 <= wanted.rank <= PRIORITY_MAX:
        raise Invalid(f"A rank is 0 to {PRIORITY_MAX}.", field="rank", hint="Higher wins.")
    check_layers(wanted.layers)
    if any(layer.role is LayerRole.SHADOW for layer in wanted.layers):
        raise Invalid("A window replaces the people on call; shadows stay.", field="layers", hint="Use primary layers.")
    probe = Schedule(id=ScheduleId(""), name="", zone="UTC", layers=wanted.layers)
    if not shifts(probe, wanted.starts_at, wanted.ends_at):
        raise Invalid("Nobody would be on call in this window.", field="layers", hint="Name at least one person.")
