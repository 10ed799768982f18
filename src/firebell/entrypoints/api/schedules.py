"""``/api/v1/schedules``: who takes turns. Layers are written as in the configuration files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.oncall import commands, queries
from firebell.domain.oncall.config import parse_layers
from firebell.domain.oncall.model import EmptyReason, RotationLayer, Schedule, Shift
from firebell.domain.people import names
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, moment, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Long, Reference
from firebell.entrypoints.api.users import Name, Zone
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import UserId
from firebell.kernel.work import Read, Work
from firebell.workflows.config.schedules import written_layers

router = APIRouter(prefix="/schedules", tags=["schedules"], route_class=ApiRoute)

Layers = Annotated[
    list[dict[str, Any]],
    Field(
        max_length=50,
        description="As in the files: name, priority, role, rotation {every, handoff, start, participants} …",
        examples=[
            [{"name": "base", "rotation": {"every": "1w", "handoff": "Mon 09:00", "participants": [["ann"], ["ben"]]}}]
        ],
    ),
]
Moment = Annotated[str | None, Query(max_length=50, description="RFC 3339, for example 2026-01-05T09:00:00Z.")]
RANGE_S = 14 * 86_400
SHIFTS_MAX = 20_000


class ScheduleShown(Shown):
    """A schedule with its layers in the words of the files."""

    id: str
    name: str
    team_id: str | None
    team: str | None
    time_zone: str
    description: str
    layers: list[dict[str, Any]]
    managed_by: str | None
    html_url: str


class ScheduleEdit(Body):
    """What to change. ``layers`` are all of them; whoever is on call stays on until the next handoff unless
    ``keep_current`` is false.
    """

    name: Name | None = None
    team: Reference | None = None
    time_zone: Zone | None = None
    description: Long | None = None
    layers: Layers | None = None
    keep_current: bool = True


class NewSchedule(Body):
    name: Name
    team: Reference | None = None
    time_zone: Zone = "UTC"
    description: Long = ""
    layers: Layers = Field(default_factory=list)


class ShiftShown(Shown):
    """One person, one uninterrupted stretch. ``role``: primary, or shadow (learns, is no coverage)."""

    starts_at: str
    ends_at: str
    user_id: str
    user: str
    role: str
    layer: str
    override_id: str | None
    instead_of: str | None


class GapShown(Shown):
    """Nobody is on call. ``reason``: uncovered, empty_slot, removed or deleted."""

    starts_at: str
    ends_at: str
    reason: EmptyReason


def shown(request: Request, r: Read, found: Sequence[Schedule]) -> list[ScheduleShown]:
    """Schedules as the API shows them."""
    teams = references.team_names(r, [one.team_id for one in found])
    known = names.of_users(r, {u for one in found for layer in one.layers for slot in layer.slots for u in slot})
    return [
        ScheduleShown(
            id=one.id, name=one.name, team_id=one.team_id, team=teams.get(one.team_id or ""), time_zone=one.zone,
            description=one.description, layers=[dict(layer) for layer in written_layers(one, known)],
            managed_by=one.managed_by, html_url=f"{site_of(request).base_url}/on-call/{one.id}",
        )
        for one in found
    ]  # fmt: skip


def shifts_shown(r: Read, found: Sequence[Shift]) -> list[ShiftShown]:
    """Shifts as the API shows them."""
    known = names.of_users(r, {one.user_id for one in found})
    return [
        ShiftShown(
            starts_at=one.starts_at.format_iso(), ends_at=one.ends_at.format_iso(), user_id=one.user_id,
            user=known.get(one.user_id, ""), role=one.on.role.value, layer=one.on.layer_name,
            override_id=one.on.override_id, instead_of=one.on.instead_of,
        )
        for one in found
    ]  # fmt: skip


@router.get("")
def list_schedules(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    team: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[ScheduleShown]:  # fmt: skip
    """Schedules by name."""

    def look(r: Read) -> Page[ScheduleShown]:
        team_id = references.team_id(r, team) if team else None
        found, following = pages_of(queries.schedules(r, team_id), limit, cursor, lambda one: one.name)
        return Page(items=shown(request, r, found), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_schedule(request: Request, response: Response, caller: Caller, body: NewSchedule) -> ScheduleShown:
    """A new schedule."""

    def make(w: Work) -> ScheduleShown:
        made = commands.create_schedule(
            w, name=body.name, zone=body.time_zone, description=body.description,
            team_id=references.team_id(w, body.team), layers=layers_of(w, body.layers, body.time_zone),
        )  # fmt: skip
        return _answer(request, response, w, queries.schedule(w, made))

    return run(request, make, caller)


@router.get("/{schedule}")
def get_schedule(request: Request, response: Response, schedule: str, caller: Caller) -> ScheduleShown:
    """One schedule, by id or name."""
    return read(request, lambda r: _answer(request, response, r, references.schedule(r, schedule)), caller)


@router.patch("/{schedule}")
def edit_schedule(
    request: Request, response: Response, schedule: str, caller: Caller, body: ScheduleEdit, if_match: IfMatch = None
) -> ScheduleShown:
    """Change what is given."""
    given = body.model_dump(exclude_unset=True)

    def change(w: Work) -> ScheduleShown:
        before = references.schedule(w, schedule)
        fields: dict[str, Any] = {k: given[k] for k in ("name", "description") if given.get(k) is not None}
        if given.get("time_zone") is not None:
            fields["zone"] = given["time_zone"]
        if "team" in given:
            fields["team_id"] = references.team_id(w, given["team"])
        if given.get("layers") is not None:
            fields["layers"] = layers_of(w, given["layers"], fields.get("zone", before.zone))
        after = commands.edit_schedule(w, before.id, expected(if_match), keep_current=body.keep_current, **fields)
        return _answer(request, response, w, after)

    return run(request, change, caller)


@router.delete("/{schedule}", status_code=204)
def delete_schedule(request: Request, schedule: str, caller: Caller, if_match: IfMatch = None) -> None:
    """End the schedule now. Its recorded shifts stay."""
    run(request, lambda w: commands.delete_schedule(w, references.schedule(w, schedule).id, expected(if_match)), caller)


@router.post("/{schedule}:detach")
def detach_schedule(request: Request, response: Response, schedule: str, caller: Caller) -> ScheduleShown:
    """Take the schedule out of a configuration file's hands."""

    def change(w: Work) -> ScheduleShown:
        found = references.schedule(w, schedule)
        return _answer(request, response, w, commands.edit_schedule(w, found.id, managed_by=None))

    return run(request, change, caller)


@router.get("/{schedule}/shifts")
def shifts(
    request: Request, schedule: str, caller: Caller, from_: Annotated[Moment, Query(alias="from")] = None,
    to: Moment = None, user: Annotated[str | None, Query(max_length=100)] = None,
) -> list[ShiftShown]:  # fmt: skip
    """Who is on call from when to when; without a range the next 14 days. At most 400 days."""

    def look(r: Read) -> list[ShiftShown]:
        begin, end = range_of(r, from_, to)
        found = queries.final(r, references.schedule(r, schedule).id, begin, end).shifts
        if user is not None:
            wanted = references.user_id(r, user)
            found = tuple(one for one in found if one.user_id == wanted)
        if len(found) > SHIFTS_MAX:
            raise Invalid(f"These are more than {SHIFTS_MAX} shifts.", field="to", hint="Ask for several ranges.")
        return shifts_shown(r, found)

    return read(request, look, caller)


@router.get("/{schedule}/gaps")
def gaps(
    request: Request, schedule: str, caller: Caller, from_: Annotated[Moment, Query(alias="from")] = None,
    to: Moment = None,
) -> list[GapShown]:  # fmt: skip
    """When nobody is on call; without a range in the next 14 days."""

    def look(r: Read) -> list[GapShown]:
        begin, end = range_of(r, from_, to)
        found = queries.final(r, references.schedule(r, schedule).id, begin, end).gaps
        return [
            GapShown(starts_at=one.starts_at.format_iso(), ends_at=one.ends_at.format_iso(), reason=one.reason)
            for one in found
        ]

    return read(request, look, caller)


def layers_of(r: Read, raw: list[dict[str, Any]], zone: str) -> tuple[RotationLayer, ...]:
    """Layers out of a body. Raises Invalid naming the field (``layers[0].rotation.every``)."""
    known = names.users(r)
    by_id = {str(user_id): user_id for user_id in known.values()}
    users: dict[str, UserId] = {**by_id, **known}
    try:
        return parse_layers({"timeZone": zone, "layers": raw}, users)
    except Invalid as error:
        field = (error.field or "layers").removeprefix("spec.")
        raise Invalid(error.message, field=field, hint=error.hint) from None


def range_of(r: Read, from_: str | None, to: str | None) -> tuple[Instant, Instant]:
    """The asked range; by default 14 days from now, or from its start."""
    begin = moment(from_, "from") if from_ else r.now
    return begin, moment(to, "to") if to else plus(begin, RANGE_S)


def _answer(request: Request, response: Response, r: Read, found: Schedule) -> ScheduleShown:
    tag(response, found.version)
    return shown(request, r, [found])[0]
