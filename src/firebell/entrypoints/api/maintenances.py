"""``/api/v1/status-pages/{page}/maintenances``: planned work, begun and ended by the clock or by hand."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.statuspage import maintenance, maintenance_queries
from firebell.domain.statuspage.maintenance_model import Every, Maintenance, Recurrence
from firebell.entrypoints.api.frame import Body, IfMatch, Page, Shown, expected, iso, moment, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.status_pages import page_of
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import maintenance_due

router = APIRouter(prefix="/status-pages/{page}/maintenances", tags=["status pages"], route_class=ApiRoute)

At = Annotated[str, Field(max_length=40, description="RFC 3339.")]
Text = Annotated[str, Field(max_length=4096)]
Title = Annotated[str, Field(max_length=200)]
Components = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)]
Notices = Annotated[list[Annotated[int, Field(ge=60, le=2_592_000)]], Field(max_length=5)]


class Recurring(Body):
    """Every ``interval`` weeks or months at the same hour of ``zone``."""

    every: Every
    interval: int = Field(1, ge=1, le=52)
    zone: Annotated[str, Field(max_length=60)] = "Etc/UTC"
    until: At | None = None


class MaintenanceEdit(Body):
    """``notices_s``: seconds before its start at which subscribers are reminded."""

    name: Title | None = None
    body: Text | None = None
    component_ids: Components | None = None
    auto_start: bool | None = None
    auto_complete: bool | None = None
    verify_s: int | None = Field(None, ge=0, le=604_800)
    notices_s: Notices | None = None
    notify: bool | None = None
    recurrence: Recurring | None = None


class NewMaintenance(MaintenanceEdit):
    name: Title
    scheduled_for: At
    scheduled_until: At


class NewTimes(Body):
    """``notify``: whoever was told of the old time is told of the new one."""

    scheduled_for: At
    scheduled_until: At
    body: Text = ""
    notify: bool = True


class NewState(Body):
    state: Literal["in_progress", "verifying", "completed", "cancelled"]
    body: Text = ""
    notify: bool = True


class Note(Body):
    body: Annotated[str, Field(min_length=1, max_length=4096)]
    notify: bool = True


class SaidShown(Shown):
    state: str
    body: str
    at: str
    notify: bool


class MaintenanceShown(Shown):
    """``updates`` newest first. ``due_at``: when the clock next does something with it."""

    id: str
    name: str
    body: str
    component_ids: list[str]
    state: str
    scheduled_for: str
    scheduled_until: str
    auto_start: bool
    auto_complete: bool
    verify_s: int
    notices_s: list[int]
    notify: bool
    series_id: str
    recurrence: dict[str, Any] | None
    started_at: str | None
    completed_at: str | None
    created_at: str
    updated_at: str
    due_at: str | None
    updates: list[SaidShown]
    version: int


def _shown(one: Maintenance) -> MaintenanceShown:
    values = {name: getattr(one, name) for name in MaintenanceShown.model_fields}
    for name in (
        "scheduled_for",
        "scheduled_until",
        "started_at",
        "completed_at",
        "created_at",
        "updated_at",
        "due_at",
    ):
        values[name] = iso(values[name])
    every = one.recurrence
    values |= {
        "state": str(one.state), "component_ids": list(one.component_ids), "notices_s": list(one.notices_s),
        "updates": [
            SaidShown(state=str(each.state), body=each.body, at=each.at.format_iso(), notify=each.notify)
            for each in reversed(one.updates)
        ],
        "recurrence": None if every is None else {
            "every": str(every.every), "interval": every.interval, "zone": every.zone, "until": iso(every.until)
        },
    }  # fmt: skip
    return MaintenanceShown(**values)


def _fields(body: MaintenanceEdit) -> dict[str, Any]:
    names = [name for name in MaintenanceEdit.model_fields if name in body.model_fields_set]
    fields = {name: getattr(body, name) for name in names if name == "recurrence" or getattr(body, name) is not None}
    for name in ("component_ids", "notices_s"):
        if name in fields:
            fields[name] = tuple(fields[name])
    if (every := fields.get("recurrence")) is not None:
        until = moment(every.until, "recurrence.until") if every.until else None
        fields["recurrence"] = Recurrence(every=every.every, interval=every.interval, zone=every.zone, until=until)
    return fields


def _of(r: Read, page: str, maintenance_id: str) -> Maintenance:
    found = maintenance_queries.maintenance(r, maintenance_id)
    if found.page_id != page_of(r, page).id:
        raise NotFound("There is no such maintenance on this page.")
    return found


@router.get("")
def list_maintenances(request: Request, page: str, caller: Caller) -> Page[MaintenanceShown]:
    """What is to come, what is under way, and what was in the last ninety days, by planned start."""
    found = read(request, lambda r: maintenance.of_page(r, page_of(r, page).id), caller)
    return Page(items=[_shown(one) for one in found], next=None)


@router.post("", status_code=201)
def schedule_maintenance(
    request: Request, response: Response, page: str, caller: Caller, body: NewMaintenance
) -> MaintenanceShown:
    """Plan work; its subscribers hear of it."""
    begins, ends = moment(body.scheduled_for, "scheduled_for"), moment(body.scheduled_until, "scheduled_until")
    fields = _fields(body)
    one = run(request, lambda w: maintenance_due.schedule(w, page_of(w, page).id, begins, ends, **fields), caller)
    tag(response, one.version)
    return _shown(one)


@router.get("/{maintenance_id}")
def show_maintenance(
    request: Request, response: Response, page: str, maintenance_id: str, caller: Caller
) -> MaintenanceShown:
    """One maintenance."""
    one = read(request, lambda r: _of(r, page, maintenance_id), caller)
    tag(response, one.version)
    return _shown(one)


@router.patch("/{maintenance_id}")
def edit_maintenance(
    request: Request, page: str, maintenance_id: str, caller: Caller, body: MaintenanceEdit, if_match: IfMatch = None
) -> MaintenanceShown:
    """Change what is given; nobody is told."""
    fields, version = _fields(body), expected(if_match)

    def job(w: Work) -> Maintenance:
        return maintenance.edit(w, _of(w, page, maintenance_id).id, version, **fields)

    return _shown(run(request, job, caller))


@router.post("/{maintenance_id}:move")
def move_maintenance(
    request: Request, page: str, maintenance_id: str, caller: Caller, body: NewTimes
) -> MaintenanceShown:
    """To another time; once it has begun, only its end."""
    begins, ends = moment(body.scheduled_for, "scheduled_for"), moment(body.scheduled_until, "scheduled_until")

    def job(w: Work) -> Maintenance:
        there = _of(w, page, maintenance_id).id
        return maintenance_due.move_times(w, there, begins, ends, body.body, notify=body.notify)

    return _shown(run(request, job, caller))


@router.post("/{maintenance_id}:set-state")
def set_state(request: Request, page: str, maintenance_id: str, caller: Caller, body: NewState) -> MaintenanceShown:
    """Begin, check, complete or cancel it by hand."""

    def job(w: Work) -> Maintenance:
        there = _of(w, page, maintenance_id).id
        return maintenance_due.move(w, there, body.state, body.body, notify=body.notify)

    return _shown(run(request, job, caller))


@router.post("/{maintenance_id}:note")
def note(request: Request, page: str, maintenance_id: str, caller: Caller, body: Note) -> MaintenanceShown:
    """Say something about it."""

    def job(w: Work) -> Maintenance:
        return maintenance_due.note(w, _of(w, page, maintenance_id).id, body.body, notify=body.notify)

    return _shown(run(request, job, caller))
