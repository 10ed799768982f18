"""Components of a status page: add, edit, move and remove them, and say which state each is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.statuspage import commands, queries
from firebell.domain.statuspage.model import Component, ComponentFields, StatusPage
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.status_rows import COMPONENT_STATES, component_rows
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import status_published

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ComponentForm:
    """``component`` is ``None`` for a new one. ``groups`` it may stand in."""

    page: StatusPage
    component: Component | None
    draft: Draft
    groups: Choices
    group: bool


@router.get("/status-pages/{page_id}/components/new")
def new(here: Here, page_id: str, group: str = "") -> Response:
    return _form(here, page_id, None, Draft({"showcase": "1"}), group=bool(group))


@router.post("/status-pages/{page_id}/components/new")
def create(here: Here, page_id: str, form: Form) -> Response:
    group = bool(form.get("group"))
    try:
        here.run(lambda work: commands.add_component(work, page_id, is_group=group, **_fields(form)))
    except Refused as error:
        return _form(here, page_id, None, refused(form, error), group=group)
    return here.go(f"/status-pages/{page_id}#components", Flash("It is on the page."))


@router.get("/status-components/{component_id}/edit")
def edit(here: Here, component_id: str) -> Response:
    one = here.read(lambda read: queries.component(read, component_id))
    values = {
        "name": one.name, "description": one.description, "group_id": one.group_id or "",
        "hidden": "1" if one.hidden else "", "showcase": "1" if one.showcase else "",
        "only_show_if_degraded": "1" if one.only_show_if_degraded else "",
    }  # fmt: skip
    return _form(here, one.page_id, one, Draft(values), group=one.is_group)


@router.post("/status-components/{component_id}/edit")
def save(here: Here, component_id: str, form: Form) -> Response:
    one = here.read(lambda read: queries.component(read, component_id))
    try:
        here.run(lambda work: commands.edit_component(work, component_id, **_fields(form)))
    except Refused as error:
        return _form(here, one.page_id, one, refused(form, error), group=one.is_group)
    return here.go(f"/status-pages/{one.page_id}#components", Flash("Saved."))


@router.post("/status-components/{component_id}/state")
def set_state(here: Here, component_id: str, form: Form) -> Response:
    """State and note in one act, and one message about both."""
    status, note = form.get("status", ""), form.get("note", "")
    quiet = form.get("quiet") == "1"
    after = here.run(lambda work: status_published.set_component(work, component_id, status, note, notify=not quiet))
    words = dict(COMPONENT_STATES)[after.status].lower()
    return here.go(f"/status-pages/{after.page_id}#components", Flash(f"The public now reads: {after.name}, {words}."))


@router.post("/status-components/{component_id}/move")
def move(here: Here, component_id: str, form: Form) -> Response:
    """One place up or down among those it stands beside."""

    def act(work: Work) -> str:
        one = queries.component(work, component_id)
        every = queries.components(work, one.page_id)
        beside = [str(each.id) for each in every if each.group_id == one.group_id]
        at = beside.index(component_id)
        to = max(0, at - 1) if form.get("to") == "up" else min(len(beside) - 1, at + 1)
        beside.insert(to, beside.pop(at))
        rest = iter(beside)
        order = [next(rest) if str(each.id) in set(beside) else str(each.id) for each in every]
        commands.arrange(work, one.page_id, order)
        return str(one.page_id)

    return here.go(f"/status-pages/{here.run(act)}#components")


@router.post("/status-components/{component_id}/remove")
def remove(here: Here, component_id: str) -> Response:
    one = here.read(lambda read: queries.component(read, component_id))
    here.run(lambda work: commands.remove_component(work, component_id))
    return here.go(f"/status-pages/{one.page_id}#components", Flash(f"{one.name} is off the page."))


def _fields(form: Mapping[str, str]) -> ComponentFields:
    return {
        "name": form.get("name", ""), "description": form.get("description", ""),
        "group_id": form.get("group_id", "") or None, "hidden": bool(form.get("hidden")),
        "showcase": bool(form.get("showcase")), "only_show_if_degraded": bool(form.get("only_show_if_degraded")),
    }  # fmt: skip


def _form(here: Here, page_id: str, one: Component | None, draft: Draft, *, group: bool) -> Response:
    def look(read: Read) -> ComponentForm:
        every: Sequence[Component] = queries.components(read, page_id)
        groups = [
            (row.component.id, row.label)
            for row in component_rows(every)
            if row.component.is_group and (one is None or row.component.id != one.id)
        ]
        return ComponentForm(queries.page(read, page_id), one, draft, groups, group)

    title = f"Edit {one.name}" if one else "New group" if group else "New component"
    return here.page("status_pages/component.html", here.read(look), title=title, nav="status", status=draft.status)
