"""Schedules: made, edited, covered for a while, deleted; their shifts recorded as they begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from firebell.domain.oncall import feed_store, store
from firebell.domain.oncall.events import vanished
from firebell.domain.oncall.facts import (
    FeedIssued,
    FeedRevoked,
    OverrideAdded,
    OverrideRemoved,
    ScheduleCreated,
    ScheduleDeleted,
    ScheduleEdited,
)
from firebell.domain.oncall.model import (
    Feed,
    NewFeed,
    Override,
    OverrideKind,
    RotationLayer,
    Schedule,
    Window,
)
from firebell.domain.oncall.rules import (
    check_layers,
    check_name,
    check_override,
    check_window,
    check_zone,
    current_layers,
    edited,
)
from firebell.domain.oncall.store import Kept
from firebell.domain.oncall.turnovers import record, record_turnovers
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.ids import LayerId, OverrideId, ScheduleId, TeamId, UserId
from firebell.kernel.secrets import new_url_token
from firebell.kernel.work import Work

__all__ = [
    "add_override", "add_window", "create_schedule", "delete_schedule", "edit_schedule", "issue_feed",
    "record_turnovers", "remove_override", "revoke_feed",
]  # fmt: skip

_EDIT, _OVERRIDE = Permission.SCHEDULES_EDIT, Permission.OVERRIDES_EDIT


class ScheduleFields(TypedDict, total=False):
    """What of a schedule can be set. ``layers`` are all of them, matched by name with the ones before."""

    name: str
    zone: str
    team_id: TeamId | None
    description: str
    layers: Sequence[RotationLayer]
    managed_by: str | None


def create_schedule(work: Work, **fields: Unpack[ScheduleFields]) -> ScheduleId:
    """A new schedule; only ``name`` is needed. Raises Conflict when the name is taken, Invalid for a bad value."""
    work.needs(_EDIT, fields.get("team_id"))
    if "name" not in fields:
        raise Invalid("A schedule needs a name.", field="name")
    new = ScheduleId(ids.new("sch", work.now))
    values = _checked(work, fields)
    _free(work, fields["name"])
    schedule = Schedule(**{"id": new, "zone": "UTC", **values})
    store.add_schedule(work, schedule)
    fact = ScheduleCreated(name=schedule.name, team_id=schedule.team_id, managed_by=schedule.managed_by)
    work.record(new, fact, fresh=True)
    _after_change(work, new)
    return new


def edit_schedule(
    work: Work,
    schedule_id: str,
    expected: int | None = None,
    *,
    keep_current: bool = True,
    **fields: Unpack[ScheduleFields],
) -> Schedule:
    """Change the given fields. Raises Changed when ``expected`` is not the current version.

    Changed layers end now and are followed by their new version, in which whoever is on call stays on until the next
    handoff unless ``keep_current`` is off. Finding nothing to change leaves the version alone. Moving to another
    team needs the permission in both. What a file manages is refused (Conflict) unless ``managed_by`` is given: the
    file, or ``None`` to detach it.
    """
    before = _take(work, schedule_id, _EDIT, expected)
    schedule = before.schedule
    _check_managed(schedule, on_behalf="managed_by" in fields)
    if "team_id" in fields and fields["team_id"] != schedule.team_id:
        work.needs(_EDIT, fields["team_id"])
    values = _checked(work, fields)
    if "layers" in values:
        values["layers"] = edited(schedule, values["layers"], work.now, keep_current=keep_current)
    changed = {name: value for name, value in values.items() if getattr(schedule, name) != value}
    if not changed:
        return schedule
    if "name" in changed:
        _free(work, changed["name"])
    record(work, before)
    store.save(work, schedule, changed)
    work.record(schedule_id, ScheduleEdited(changed=_plain(schedule, changed)))
    return _after_change(work, schedule.id, schedule if "layers" in changed else None)


def delete_schedule(
    work: Work, schedule_id: str, expected: int | None = None, *, managed_by: str | None = None
) -> None:
    """End a schedule now. What it was, and its recorded shifts, stay."""
    before = _take(work, schedule_id, _EDIT, expected)
    _check_managed(before.schedule, on_behalf=managed_by is not None)
    record(work, before)
    store.save(work, before.schedule, {"deleted_at": work.now})
    work.record(schedule_id, ScheduleDeleted(name=before.schedule.name))
    _after_change(work, before.schedule.id, before.schedule)


def add_override(
    work: Work,
    schedule_id: str,
    kind: OverrideKind | str,
    user_id: UserId,
    starts_at: Instant,
    ends_at: Instant,
    *,
    by_user_id: UserId | None = None,
    everywhere: bool = False,
    reason: str = "",
) -> OverrideId:
    """Remove, replace or add a person for a while. A start in the past becomes now: the past is never rewritten.

    Raises Conflict when another override names the same user at that time, Invalid for an impossible one.
    """
    before = _take(work, schedule_id, _OVERRIDE)
    value = Override(
        id=OverrideId(ids.new("ovr", work.now)),
        kind=_kind(kind),
        user_id=user_id,
        by_user_id=by_user_id,
        starts_at=_from_now(work, starts_at, ends_at),
        ends_at=ends_at,
        saved_at=work.now,
        everywhere=everywhere,
        reason=_reason(reason),
    )
    check_override(value, before.schedule.overrides)
    return _add(work, before, value, value.kind, value.user_id, value.by_user_id)


def add_window(
    work: Work,
    schedule_id: str,
    starts_at: Instant,
    ends_at: Instant,
    layers: Sequence[RotationLayer],
    *,
    rank: int = 0,
    reason: str = "",
) -> OverrideId:
    """Replace all layers, and every override saved so far, for a while. Raises Invalid for an empty window."""
    before = _take(work, schedule_id, _OVERRIDE)
    value = Window(
        id=OverrideId(ids.new("ovr", work.now)),
        starts_at=_from_now(work, starts_at, ends_at),
        ends_at=ends_at,
        saved_at=work.now,
        layers=_with_ids(work, layers),
        rank=rank,
        reason=_reason(reason),
    )
    check_window(value)
    return _add(work, before, value, "window", None, None)


def remove_override(work: Work, override_id: str) -> None:
    """Take back an override or window. One that has begun ends now."""
    found = store.change(work, override_id)
    before = store.take(work, found[0]) if found else None
    work.needs(_OVERRIDE, before.schedule.team_id if before else None)
    if found is None or before is None:
        raise NotFound("There is no such override.", field="override_id")
    value = found[1]
    if value.ends_at <= work.now:
        raise Conflict("This override is over.", field="override_id", hint="The past is not rewritten.")
    record(work, before)
    store.end_change(work, value)
    store.save(work, before.schedule, {})
    work.record(before.schedule.id, OverrideRemoved(override_id=override_id, had_begun=value.starts_at <= work.now))
    _after_change(work, before.schedule.id, before.schedule)


def issue_feed(work: Work, *, schedule_id: ScheduleId | None = None, user_id: UserId | None = None) -> NewFeed:
    """A secret calendar address of one schedule, or of one user's shifts in all schedules.

    ``token`` of the answer is shown once; only its hash is kept.
    """
    owner = _feed_owner(work, schedule_id, user_id)
    new = ids.new("fed", work.now)
    token, token_hash = new_url_token()
    feed_store.add_feed(work, Feed(id=new, schedule_id=schedule_id, user_id=user_id, created_at=work.now), token_hash)
    work.record(owner, FeedIssued(feed_id=new))
    return NewFeed(new, token)


def revoke_feed(work: Work, feed_id: str) -> None:
    """From the commit on the address answers as if it had never been."""
    found = feed_store.feed(work, feed_id)
    owner = _feed_owner(work, found.schedule_id if found else None, found.user_id if found else None)
    feed_store.revoke_feed(work, feed_id)
    work.record(owner, FeedRevoked(feed_id=feed_id))


# --- shared steps ------------------------------------------------------------------------------------------------


def _take(work: Work, schedule_id: str, permission: Permission, expected: int | None = None) -> Kept:
    found = store.take(work, schedule_id)
    work.needs(permission, found.schedule.team_id if found else None)
    if found is None:
        raise NotFound("There is no such schedule.", field="schedule_id")
    if expected is not None and expected != found.schedule.version:
        raise Changed("This schedule has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _check_managed(schedule: Schedule, *, on_behalf: bool) -> None:
    if schedule.managed_by is not None and not on_behalf:
        raise Conflict(f"This is managed by {schedule.managed_by}.", hint="Change it there, or detach it first.")


def _add(
    work: Work, before: Kept, value: Override | Window, kind: str, user: UserId | None, by: UserId | None
) -> OverrideId:
    record(work, before)
    store.add_change(work, before.schedule.id, value)
    store.save(work, before.schedule, {})
    work.record(
        before.schedule.id,
        OverrideAdded(
            override_id=value.id,
            override_kind=str(kind),
            user_id=user,
            by_user_id=by,
            starts_at=value.starts_at.format_iso(),
            ends_at=value.ends_at.format_iso(),
            reason=value.reason,
        ),
    )
    _after_change(work, before.schedule.id, before.schedule)
    return value.id


def _after_change(work: Work, schedule_id: ScheduleId, before: Schedule | None = None) -> Schedule:
    """Record who is on since the change, cancel the events it took away, tell pages and worker."""
    now = store.kept(work, schedule_id)
    assert now is not None
    record(work, now)
    if before is not None:
        gone, stand = vanished(before, now.schedule, work.now)
        feed_store.note_cancelled(work, schedule_id, gone, stand)
    work.publish("schedules", schedule_id)
    work.wake()
    return now.schedule


def _checked(work: Work, fields: ScheduleFields) -> dict[str, Any]:
    checked: dict[str, Any] = dict(fields)
    if "name" in fields:
        check_name(fields["name"])
    if "zone" in fields:
        check_zone(fields["zone"], "zone")
    if len(fields.get("description", "")) > 16_384:
        raise Invalid("At most 16,384 characters.", field="description")
    if "layers" in fields:
        check_layers(fields["layers"])
        checked["layers"] = _with_ids(work, fields["layers"])
    return checked


def _with_ids(work: Work, layers: Sequence[RotationLayer]) -> tuple[RotationLayer, ...]:
    """Every version has an id of its own; versions are the house's to make, not the caller's."""
    return tuple(
        replace(layer, id=LayerId(ids.new("lay", work.now)), in_force_from=None, in_force_to=None, follows=None)
        for layer in layers
    )


def _free(work: Work, name: str) -> None:
    if store.by_name(work, name):
        raise Conflict(f"There is a schedule “{name}” already.", field="name", hint="Choose another name.")


def _kind(value: str) -> OverrideKind:
    try:
        return OverrideKind(value)
    except ValueError:
        hint = f"One of {', '.join(OverrideKind)}."
        raise Invalid(f"“{value}” is no kind of override.", field="kind", hint=hint) from None


def _from_now(work: Work, starts_at: Instant, ends_at: Instant) -> Instant:
    if starts_at < ends_at <= work.now:
        raise Invalid("This time is over.", field="ends_at", hint="The past is not rewritten; choose a later end.")
    return max(starts_at, work.now) if starts_at < ends_at else starts_at


def _reason(text: str) -> str:
    if len(text) > 1024:
        raise Invalid("At most 1,024 characters.", field="reason")
    return text


def _feed_owner(work: Work, schedule_id: ScheduleId | None, user_id: UserId | None) -> str:
    if user_id is not None:
        own = work.actor.kind == "user" and work.actor.id == user_id
        work.needs(Permission.SELF_EDIT if own else Permission.PEOPLE_EDIT)
    found = store.kept(work, schedule_id) if schedule_id is not None else None
    if user_id is None:
        work.needs(Permission.SCHEDULES_VIEW, found.schedule.team_id if found else None)
    if (schedule_id is None) == (user_id is None):
        raise NotFound("There is no such calendar.", field="feed_id")
    if schedule_id is not None and (found is None or found.schedule.deleted_at is not None):
        raise NotFound("There is no such schedule.", field="schedule_id")
    return str(schedule_id or user_id)


def _plain(before: Schedule, changed: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: [getattr(before, name), value] for name, value in changed.items()}
    if "layers" in changed:
        now = [layer.id for layer in changed["layers"] if layer.in_force_to is None]
        plain["layers"] = [[layer.id for layer in current_layers(before)], now]
    return plain
