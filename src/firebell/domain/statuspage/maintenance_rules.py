"""How a maintenance moves on, by the clock and by hand, and who is told when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace
from whenever import TimeZoneNotFoundError

from firebell.domain.statuspage.maintenance_model import (
    OVER,
    Every,
    Happening,
    Maintenance,
    MaintenanceState,
    MaintenanceUpdate,
    Recurrence,
    Step,
)
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Invalid

_S = MaintenanceState
MOVES: Mapping[MaintenanceState, tuple[MaintenanceState, ...]] = {
    _S.SCHEDULED: (_S.IN_PROGRESS, _S.CANCELLED),
    _S.IN_PROGRESS: (_S.VERIFYING, _S.COMPLETED),
    _S.VERIFYING: (_S.IN_PROGRESS, _S.COMPLETED),
    _S.COMPLETED: (),
    _S.CANCELLED: (),
}
"""Which states a person may move it to."""
STEPS: Mapping[MaintenanceState, Step] = {
    _S.IN_PROGRESS: Step.STARTED,
    _S.VERIFYING: Step.VERIFYING,
    _S.COMPLETED: Step.COMPLETED,
    _S.CANCELLED: Step.CANCELLED,
}
_NOTICES_MAX = 5
_LONGEST_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Ticked:
    """The maintenance as it is now, and what happened on the way. The very input when nothing was due."""

    maintenance: Maintenance
    happened: tuple[Happening, ...] = ()


def due_at(one: Maintenance) -> Instant | None:
    """When the clock next has something to do with it."""
    times: list[Instant] = []
    if one.state is _S.SCHEDULED:
        times += [at for key, at in _reminders(one) if key not in one.told]
        if one.auto_start:
            times.append(one.scheduled_for)
    elif one.state is _S.IN_PROGRESS and one.auto_complete:
        times.append(one.scheduled_until)
    elif one.state is _S.VERIFYING and one.auto_complete and one.verifying_at is not None:
        times.append(plus(one.verifying_at, one.verify_s))
    return min(times, default=None)


def settled(one: Maintenance) -> Maintenance:
    """With ``due_at`` as its other fields make it."""
    return replace(one, due_at=due_at(one))


def born(one: Maintenance, now: Instant) -> Maintenance:
    """Just scheduled: the reminders whose time has passed are not caught up with."""
    return settled(replace(one, told=_without_past(one, now)))


def tick(one: Maintenance, now: Instant) -> Ticked:
    """Everything the clock has to do up to ``now``. Of several late reminders only the last is given."""
    at, happened = one, list[Happening]()
    while (due := due_at(at)) is not None and due <= now:
        if at.state is _S.SCHEDULED and not (at.auto_start and at.scheduled_for <= now):
            late = [key for key, when in _reminders(at) if when <= now and key not in at.told]
            at = settled(replace(at, told=(*at.told, *late)))
            happened.append(Happening(Step.REMINDED, at, _key(at, late[-1])))
            continue
        after = {
            _S.SCHEDULED: _S.IN_PROGRESS,
            _S.IN_PROGRESS: _S.VERIFYING if at.verify_s else _S.COMPLETED,
            _S.VERIFYING: _S.COMPLETED,
        }[at.state]
        at, one_more = move(at, after, "", now, "system")
        happened.append(one_more)
    return Ticked(at, tuple(happened))


def move(
    one: Maintenance, state: MaintenanceState, body: str, now: Instant, by: str, *, notify: bool = True
) -> tuple[Maintenance, Happening]:
    """Into another state. Raises Conflict, naming what it may be moved to."""
    if state not in MOVES[one.state]:
        legal = ", ".join(MOVES[one.state]) or "nothing: it is over"
        raise Conflict(f"It is {one.state.replace('_', ' ')}.", field="state", hint=f"It can become: {legal}.")
    said = MaintenanceUpdate(state=state, body=body, at=now, by=by, notify=notify and one.notify)
    after = replace(
        one, state=state, updates=(*one.updates, said), updated_at=now,
        started_at=one.started_at or (now if state is _S.IN_PROGRESS else None),
        verifying_at=now if state is _S.VERIFYING else one.verifying_at,
        completed_at=now if state is _S.COMPLETED else None,
    )  # fmt: skip
    after = settled(after)
    key = _key(after, f"{STEPS[state]}:{len(after.updates)}") if said.notify else ""
    return after, Happening(STEPS[state], after, key, body)


def moved(
    one: Maintenance, scheduled_for: Instant, scheduled_until: Instant, body: str, now: Instant, by: str,
    *, notify: bool = True,
) -> tuple[Maintenance, Happening]:  # fmt: skip
    """To another time. Once it has begun only its end can move. Whoever was told of the old time is told of the new."""
    if one.state not in (_S.SCHEDULED, _S.IN_PROGRESS, _S.VERIFYING):
        raise Conflict("It is over.", hint="Schedule a new one.")
    if one.state is not _S.SCHEDULED:
        scheduled_for = one.scheduled_for
    check_times(scheduled_for, scheduled_until)
    said = MaintenanceUpdate(state=one.state, body=body, at=now, by=by, notify=notify and one.notify)
    after = replace(
        one, scheduled_for=scheduled_for, scheduled_until=scheduled_until, updates=(*one.updates, said),
        updated_at=now, told=tuple(key for key in one.told if not key.startswith("before:")),
    )  # fmt: skip
    after = born(after, now)
    key = _key(after, f"moved:{len(after.updates)}") if said.notify else ""
    return after, Happening(Step.MOVED, after, key, body)


def noted(one: Maintenance, body: str, now: Instant, by: str, *, notify: bool) -> tuple[Maintenance, Happening]:
    """Something is said without a change of state."""
    said = MaintenanceUpdate(state=one.state, body=body, at=now, by=by, notify=notify and one.notify)
    after = replace(one, updates=(*one.updates, said), updated_at=now)
    return after, Happening(Step.NOTED, after, _key(after, f"noted:{len(after.updates)}") if said.notify else "", body)


def following(one: Maintenance, new_id: str, now: Instant) -> Maintenance | None:
    """The next one of its series that is still to come (``None``: there is none)."""
    if one.recurrence is None:
        return None
    length_s = (one.scheduled_until - one.scheduled_for).total("seconds")
    number = one.occurrence
    while True:
        number += 1
        at = occurs(one.recurrence, one.anchor_at, number)
        if one.recurrence.until is not None and at > one.recurrence.until:
            return None
        if at > now:
            break
    fresh = replace(
        one, id=new_id, state=_S.SCHEDULED, scheduled_for=at, scheduled_until=plus(at, length_s), told=(), updates=(),
        started_at=None, verifying_at=None, completed_at=None, created_at=now, updated_at=now, occurrence=number,
        version=1, series_id=one.series_id or one.id,
    )  # fmt: skip
    return born(fresh, now)


def occurs(recurrence: Recurrence, anchor: Instant, number: int) -> Instant:
    """When the ``number``-th after ``anchor`` is, at the same hour of its zone."""
    local = anchor.to_tz(recurrence.zone)
    steps = recurrence.interval * number
    if recurrence.every is Every.WEEK:
        return local.add(weeks=steps).to_instant()
    return local.add(months=steps).to_instant()


def overdue(one: Maintenance, now: Instant) -> bool:
    """Past its end and not over."""
    return one.state not in OVER and one.scheduled_until < now


# ------------------------------------------------------------------ what is valid


def check_times(scheduled_for: Instant, scheduled_until: Instant) -> None:
    length_s = (scheduled_until - scheduled_for).total("seconds")
    if not 60 <= length_s <= _LONGEST_S:
        raise Invalid("It must last between a minute and thirty days.", field="scheduled_until")


def notices(values: tuple[int, ...]) -> tuple[int, ...]:
    """Seconds before the start, longest first."""
    found = tuple(sorted(set(values), reverse=True))
    if len(found) > _NOTICES_MAX or any(not 60 <= each <= _LONGEST_S for each in found):
        raise Invalid("At most five reminders, each a minute to thirty days before the start.", field="notices_s")
    return found


def recurrence(value: Recurrence | None, anchor: Instant) -> Recurrence | None:
    if value is None:
        return None
    if not 1 <= value.interval <= 52:
        raise Invalid("It can recur every 1 to 52 weeks or months.", field="recurrence.interval")
    try:
        anchor.to_tz(value.zone)
    except (TimeZoneNotFoundError, ValueError):
        raise Invalid(f"There is no time zone {value.zone[:60]}.", field="recurrence.zone") from None
    return value


def _reminders(one: Maintenance) -> list[tuple[str, Instant]]:
    """Key and time of every reminder, in the order they are due."""
    if not one.notify:
        return []
    return [(f"before:{each}", plus(one.scheduled_for, -each)) for each in sorted(one.notices_s, reverse=True)]


def _without_past(one: Maintenance, now: Instant) -> tuple[str, ...]:
    return (*one.told, *(key for key, at in _reminders(one) if at <= now and key not in one.told))


def _key(one: Maintenance, what: str) -> str:
    return f"{one.id}/{what}@{one.scheduled_for.format_iso()}"
