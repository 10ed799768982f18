"""Read models: who is on call, a schedule's calendar page, a person's shifts, calendar feeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from firebell.domain.oncall import feed_store, store
from firebell.domain.oncall.events import FEED_AHEAD_S, FEED_PAST_S, MARGIN_S, Event, FeedEvent, FeedPage, events
from firebell.domain.oncall.model import (
    Calendar,
    Feed,
    Gap,
    LayerRole,
    OnCall,
    OnCallAnswer,
    Override,
    RotationLayer,
    Schedule,
    Shift,
    SkippedTurn,
    Window,
)
from firebell.domain.oncall.records import answered, merged
from firebell.domain.oncall.rotation import stretches
from firebell.domain.oncall.rules import agenda, next_change, who
from firebell.domain.oncall.store import Kept
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros, plus, seconds_between
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.ids import ScheduleId, UserId
from firebell.kernel.reach import reach
from firebell.kernel.secrets import hash_token
from firebell.kernel.work import Read

_VIEW = Permission.SCHEDULES_VIEW
RANGE_MAX_S = 400 * 86_400


class LaneKind(StrEnum):
    LAYER = "layer"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Lane:
    """What one layer would say alone, over all its versions, before priorities, windows and overrides."""

    name: str
    kind: LaneKind
    priority: int
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class FinalCalendar:
    """A calendar page: ``lanes`` from the highest priority down, what overrides them, and the result.

    ``shifts`` and ``gaps`` are the final lane; shadows are among the shifts, by their role.
    """

    schedule: Schedule
    starts_at: Instant
    ends_at: Instant
    lanes: tuple[Lane, ...]
    overrides: tuple[Override | Window, ...]
    shifts: tuple[Shift, ...]
    gaps: tuple[Gap, ...]
    skipped: tuple[SkippedTurn, ...]


def schedule(read: Read, schedule_id: str) -> Schedule:
    """One living schedule with all overrides; raises NotFound."""
    return _kept(read, schedule_id).schedule


def schedule_by_name(read: Read, name: str) -> Schedule | None:
    found = store.by_name(read, name)
    read.needs(_VIEW, found.schedule.team_id if found else None)
    return found.schedule if found else None


def schedules(read: Read, team: str | None = None) -> list[Schedule]:
    """Living schedules by name, of one team if given, or of those the actor may see. Past overrides are left out."""
    teams = reach(read, _VIEW, team)
    found = (kept.schedule for kept in store.every(read, team_id=team, begin=read.now))
    return [one for one in found if teams is None or one.team_id in teams]


def who_is_on(read: Read, schedule_id: str, at: Instant | None = None) -> OnCallAnswer:
    """Who is on call at ``at`` (now by default), and why. For the past, what was recorded wins."""
    at = at or read.now
    kept = _kept(read, schedule_id, at, plus(at, 1), deleted=True)
    return _answer(read, kept, at)


def on_call_everywhere(
    read: Read, at: Instant | None = None, team: str | None = None
) -> list[tuple[Schedule, OnCallAnswer, Instant | None]]:
    """Every living schedule the actor may see, with who is on call and when that next changes."""
    teams = reach(read, _VIEW, team)
    at = at or read.now
    found = store.every(read, team_id=team, begin=min(at, read.now))
    return [
        (kept.schedule, _answer(read, kept, at), next_change(kept.schedule, at))
        for kept in found
        if teams is None or kept.schedule.team_id in teams
    ]


def final(read: Read, schedule_id: str, from_: Instant, to: Instant) -> FinalCalendar:
    """The calendar of one schedule over ``[from_, to)``, at most 400 days."""
    _check_range(from_, to)
    kept = _kept(read, schedule_id, plus(from_, -2), plus(to, 2))
    calendar = _calendar(read, kept, from_, to)
    found = kept.schedule
    changes: tuple[Override | Window, ...] = (*found.windows, *found.overrides)
    return FinalCalendar(
        found,
        from_,
        to,
        tuple(_lanes(found, from_, to)),
        tuple(one for one in changes if one.starts_at < to and one.ends_at > from_),
        calendar.shifts,
        calendar.gaps,
        calendar.skipped,
    )


def shifts_of_user(read: Read, user_id: UserId, from_: Instant, to: Instant) -> list[tuple[Schedule, Shift]]:
    """A person's shifts in all schedules, by start."""
    own = read.actor.kind == "user" and read.actor.id == user_id
    read.needs(Permission.SELF_EDIT if own else _VIEW)
    _check_range(from_, to)
    return _shifts_of_user(read, user_id, from_, to)


def next_turnover_at(read: Read) -> Instant | None:
    """When :func:`commands.record_turnovers` is next due."""
    return store.next_due_at(read)


def feeds(read: Read, *, schedule_id: ScheduleId | None = None, user_id: UserId | None = None) -> list[Feed]:
    """The standing feeds of a schedule or a user, without their tokens."""
    if schedule_id is not None:
        _kept(read, schedule_id)
    else:
        own = read.actor.kind == "user" and read.actor.id == user_id
        read.needs(Permission.SELF_EDIT if own else Permission.PEOPLE_EDIT)
    return feed_store.feeds_of(read, schedule_id=schedule_id, user_id=user_id)


def feed_page(read: Read, token: str) -> FeedPage | None:
    """What the calendar address with this token shows, or ``None``. Asks no permission: the token is the permission.

    From 15 days ago to 180 days ahead, counted from the start of the day (UTC), so that a feed in which nothing
    changed is the same all day.
    """
    feed = feed_store.feed_by_hash(read, hash_token(token))
    if feed is None:
        return None
    today = Instant.from_timestamp(read.now.timestamp() // 86_400 * 86_400)
    begin, end = plus(today, -FEED_PAST_S), plus(today, FEED_AHEAD_S)
    left, right = plus(begin, -MARGIN_S), plus(end, MARGIN_S)
    if feed.schedule_id is not None:
        kept = store.kept(read, feed.schedule_id)
        assert kept is not None
        of = {feed.schedule_id: kept}
        found = _calendar(read, kept, left, right).shifts
    else:
        assert feed.user_id is not None
        of = {kept.schedule.id: kept for kept in store.every(read)}
        found = tuple(
            shift
            for kept in of.values()
            for shift in _calendar(read, kept, left, right).shifts
            if shift.user_id == feed.user_id
        )
    shown = [_feed_event(event, of[event.on.schedule_id]) for event in events(found, begin, end)]
    uids = {one.event.uid for one in shown}
    for event, at in feed_store.cancelled_events(read, schedule_id=feed.schedule_id, user_id=feed.user_id):
        kept_of = of.get(event.on.schedule_id) or store.kept(read, event.on.schedule_id)
        if event.uid not in uids and event.ends_at > begin and kept_of is not None:
            shown.append(replace(_feed_event(event, kept_of), changed_at=at, cancelled=True))
    shown.sort(key=lambda one: (one.event.starts_at, one.event.uid))
    only = of[feed.schedule_id].schedule if feed.schedule_id is not None else None
    return FeedPage(feed, only, tuple(shown))


# --- steps -------------------------------------------------------------------------------------------------------


def _kept(
    read: Read, schedule_id: str, begin: Instant | None = None, end: Instant | None = None, *, deleted: bool = False
) -> Kept:
    found = store.kept(read, schedule_id, begin, end)
    read.needs(_VIEW, found.schedule.team_id if found else None)
    if found is None or (found.schedule.deleted_at is not None and not deleted):
        raise NotFound("There is no such schedule.", field="schedule_id")
    return found


def _answer(read: Read, kept: Kept, at: Instant) -> OnCallAnswer:
    if at < read.now and at < kept.recorded_until:
        told = answered(store.recorded(read, kept, at, plus(at, 1)), at)
        if told is not None:
            return told
    return who(kept.schedule, at)


def _calendar(read: Read, kept: Kept, from_: Instant, to: Instant) -> Calendar:
    computed = agenda(kept.schedule, from_, to)
    return merged(computed, store.recorded(read, kept, from_, to)) if from_ < kept.recorded_until else computed


def _shifts_of_user(read: Read, user_id: UserId, from_: Instant, to: Instant) -> list[tuple[Schedule, Shift]]:
    found = [
        (kept.schedule, shift)
        for kept in store.every(read, begin=plus(from_, -2), end=plus(to, 2))
        for shift in _calendar(read, kept, from_, to).shifts
        if shift.user_id == user_id
    ]
    return sorted(found, key=lambda pair: (pair[1].starts_at, pair[1].key))


def _lanes(found: Schedule, from_: Instant, to: Instant) -> Iterable[Lane]:
    versions: dict[tuple[str, LayerRole], list[RotationLayer]] = {}
    for layer in found.layers:
        versions.setdefault((layer.name, layer.role), []).append(layer)
    lanes = []
    for (name, role), layers in versions.items():
        shifts = _alone(found, layers, from_, to)
        if shifts or layers[-1].in_force_to is None:
            kind = LaneKind.SHADOW if role is LayerRole.SHADOW else LaneKind.LAYER
            lanes.append(Lane(name, kind, layers[-1].priority, tuple(shifts)))
    return sorted(lanes, key=lambda lane: (lane.kind is LaneKind.SHADOW, -lane.priority, lane.name))


def _alone(found: Schedule, layers: Sequence[RotationLayer], from_: Instant, to: Instant) -> list[Shift]:
    to = min(to, found.deleted_at) if found.deleted_at is not None else to
    return sorted(
        (
            Shift(
                piece.starts_at,
                piece.ends_at,
                OnCall(user, found.id, layer.role, layer.id, layer.name, piece.turn.index),
            )
            for layer in layers
            for piece in stretches(layer, from_, to)
            if piece.starts_at < piece.ends_at
            for user in piece.turn.slot
        ),
        key=lambda shift: (shift.starts_at, shift.key),
    )


def _feed_event(event: Event, kept: Kept) -> FeedEvent:
    return FeedEvent(event, kept.schedule.name, kept.schedule.version, kept.changed_at)


def _check_range(from_: Instant, to: Instant) -> None:
    if micros(to) <= micros(from_):
        raise Invalid("The end lies before the start.", field="to", hint="Choose a later end.")
    if seconds_between(from_, to) > RANGE_MAX_S:
        raise Invalid("At most 400 days at once.", field="to", hint="Ask for several ranges.")
