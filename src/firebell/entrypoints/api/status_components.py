"""``/api/v1/status-pages/{page}/components``: what a page is made of, and the state each is in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from firebell.domain.statuspage import commands, queries, rules
from firebell.domain.statuspage.model import Component, StatusPage
from firebell.entrypoints.api.frame import Body, Shown
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Long, Reference
from firebell.entrypoints.api.status_pages import page_of
from firebell.entrypoints.api.users import Text
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import status_published

router = APIRouter(prefix="/status-pages/{page}/components", tags=["status pages"], route_class=ApiRoute)

State = Literal["operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage"]


class ComponentShown(Shown):
    """A component or a group; a group's ``status`` is the worst of what is in it."""

    id: str
    code: str
    name: str
    description: str
    group: bool
    group_id: str | None
    status: str
    note: str
    status_since: str
    position: int
    showcase: bool
    hidden: bool
    only_show_if_degraded: bool


class ComponentEdit(Body):
    name: Text | None = None
    description: Long | None = None
    group_id: Reference | None = None
    position: int | None = Field(None, ge=0, le=100_000)
    showcase: bool | None = None
    hidden: bool | None = None
    only_show_if_degraded: bool | None = None


class NewComponent(ComponentEdit):
    """Only ``name`` is needed. ``group``: it is a group, for others to stand in."""

    name: Text
    group: bool = False


class NewState(Body):
    """``note`` goes with the state and is replaced with it. ``notify``: subscribers are told."""

    status: State
    note: Annotated[str, Field(max_length=1000)] = ""
    notify: bool = True


def component_of(r: Read, page: StatusPage, component_id: str) -> Component:
    found = queries.component(r, component_id)
    if found.page_id != page.id:
        raise NotFound("There is no such component on this page.")
    return found


def _components(every: list[Component], wanted: list[Component] | None = None) -> list[ComponentShown]:
    states = rules.with_group_states(every)
    return [
        ComponentShown(
            id=one.id, code=one.code, name=one.name, description=one.description, group=one.is_group,
            group_id=one.group_id, status=states[one.id], note=one.note, status_since=one.status_since.format_iso(),
            position=one.position, showcase=one.showcase, hidden=one.hidden,
            only_show_if_degraded=one.only_show_if_degraded,
        )
        for one in (every if wanted is None else wanted)
    ]  # fmt: skip


@router.get("")
def list_components(request: Request, page: str, caller: Caller) -> list[ComponentShown]:
    """All components and groups of a page in their order, hidden ones too."""
    return read(request, lambda r: _components(queries.components(r, page_of(r, page).id)), caller)


@router.post("", status_code=201)
def add_component(request: Request, page: str, caller: Caller, body: NewComponent) -> ComponentShown:
    """A new component or group at the end of the page."""

    def make(w: Work) -> ComponentShown:
        found = page_of(w, page)
        fields = body.model_dump(exclude_unset=True, exclude={"group"})
        made = commands.add_component(w, found.id, is_group=body.group, **fields)
        return _one(w, found, made)

    return run(request, make, caller)


@router.get("/{component_id}")
def get_component(request: Request, page: str, component_id: str, caller: Caller) -> ComponentShown:
    """One component."""
    return read(request, lambda r: _one(r, page_of(r, page), component_id), caller)


@router.patch("/{component_id}")
def edit_component(
    request: Request, page: str, component_id: str, caller: Caller, body: ComponentEdit
) -> ComponentShown:
    """Change what is given; ``group_id`` null takes it out of its group."""

    def change(w: Work) -> ComponentShown:
        found = page_of(w, page)
        given = body.model_dump(exclude_unset=True)
        fields: Any = {name: value for name, value in given.items() if value is not None or name == "group_id"}
        commands.edit_component(w, component_of(w, found, component_id).id, **fields)
        return _one(w, found, component_id)

    return run(request, change, caller)


@router.post("/{component_id}:set-status")
def set_component_status(
    request: Request, page: str, component_id: str, caller: Caller, body: NewState
) -> ComponentShown:
    """Say which state it is in from now on, with a note, as one message."""

    def change(w: Work) -> ComponentShown:
        found = page_of(w, page)
        one = component_of(w, found, component_id)
        status_published.set_component(w, one.id, body.status, body.note, notify=body.notify)
        return _one(w, found, component_id)

    return run(request, change, caller)


@router.delete("/{component_id}", status_code=204)
def remove_component(request: Request, page: str, component_id: str, caller: Caller) -> None:
    """Take it off the page. A group must be empty."""
    run(
        request,
        lambda w: commands.remove_component(w, component_of(w, page_of(w, page), component_id).id),
        caller,
    )


def _one(r: Read, page: StatusPage, component_id: str) -> ComponentShown:
    one = component_of(r, page, component_id)
    return _components(queries.components(r, page.id), [one])[0]
