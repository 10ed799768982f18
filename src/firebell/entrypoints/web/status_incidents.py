"""What is said on a status page: a new incident, the next update, a past one, and mending what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.statuspage import commands, queries
from firebell.domain.statuspage.model import PublicIncident, StatusPage
from firebell.entrypoints.web import sentences
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_forms import instant
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.status_pages import address_of
from firebell.entrypoints.web.status_rows import (
    COMPONENT_STATES,
    IMPACTS,
    PUBLIC_STATES,
    ComponentRow,
    component_rows,
)
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import status_published

router = APIRouter()
_COMPONENT = "component:"


@dataclass(frozen=True, slots=True)
class PublicForm:
    """``incident`` is ``None`` for a new one. ``past``: the form of one that is over already."""

    page: StatusPage
    incident: PublicIncident | None
    draft: Draft
    rows: Sequence[ComponentRow]
    states: Choices
    statuses: Choices
    impacts: Choices
    past: bool


@dataclass(frozen=True, slots=True)
class PublicPage:
    """``address``: where the public reads it. ``names`` of components by id. ``inside``: the internal incident."""

    page: StatusPage
    incident: PublicIncident
    address: str
    names: Mapping[str, str]
    impacts: Choices
    timeline: Sequence[Line]
    may_publish: bool
    may_edit: bool


@router.get("/status-pages/{page_id}/incidents/new")
def new(here: Here, page_id: str, past: str = "") -> Response:
    return _form(here, page_id, None, Draft({"status": "investigating", "notify": "1", "next": "30"}), past=bool(past))


@router.post("/status-pages/{page_id}/incidents/new")
def create(here: Here, page_id: str, form: Form) -> Response:
    past = bool(form.get("past"))
    try:
        made = here.run(lambda work: _add_past(work, page_id, form) if past else _post(work, page_id, form, None))
    except Refused as error:
        return _form(here, page_id, None, refused(form, error), past=past)
    return here.go(f"/status-incidents/{made.id}", Flash("It is on the page."))


@router.get("/status-incidents/{public_incident_id}")
def show(here: Here, public_incident_id: str) -> Response:
    def look(read: Read) -> PublicPage:
        one = queries.incident(read, public_incident_id)
        page = queries.page(read, one.page_id)
        names = {str(each.id): each.name for each in queries.components(read, one.page_id)}
        return PublicPage(
            page, one, f"{address_of(here, page)}/incidents/{one.code}", names, IMPACTS,
            list(reversed(sentences.lines(read, read.history(one.id), here.zone))),
            here.may(Permission.STATUS_PUBLISH, page.team_id), here.may(Permission.STATUS_EDIT, page.team_id),
        )  # fmt: skip

    view = here.read(look)
    return here.page("status_pages/incident.html", view, title=view.incident.name, nav="status", block="incident")


@router.get("/status-incidents/{public_incident_id}/update")
def next_update(here: Here, public_incident_id: str) -> Response:
    one = here.read(lambda read: queries.incident(read, public_incident_id))
    values = {"name": one.name, "status": str(one.status), "notify": "1", "next": "30"}
    return _form(here, one.page_id, one, Draft(values))


@router.post("/status-incidents/{public_incident_id}/update")
def update(here: Here, public_incident_id: str, form: Form) -> Response:
    one = here.read(lambda read: queries.incident(read, public_incident_id))
    try:
        here.run(lambda work: _post(work, one.page_id, form, public_incident_id))
    except Refused as error:
        return _form(here, one.page_id, one, refused(form, error))
    return here.go(f"/status-incidents/{public_incident_id}", Flash("The public reads it now."))


@router.post("/status-incidents/{public_incident_id}/edit")
def edit(here: Here, public_incident_id: str, form: Form) -> Response:
    name, impact = form.get("name"), form.get("impact")
    here.run(lambda work: commands.edit_incident(work, public_incident_id, name=name, impact=impact))
    return here.go(f"/status-incidents/{public_incident_id}", Flash("Saved. Nobody was told again."))


@router.post("/status-incidents/{public_incident_id}/remove")
def remove(here: Here, public_incident_id: str, form: Form) -> Response:
    one = here.read(lambda read: queries.incident(read, public_incident_id))
    here.run(lambda work: commands.remove_incident(work, public_incident_id, form.get("why", "")))
    return here.go(f"/status-pages/{one.page_id}", Flash(f"“{one.name}” is off the page."))


@router.post("/status-updates/{public_update_id}/edit")
def edit_update(here: Here, public_update_id: str, form: Form) -> Response:
    after = here.run(lambda work: commands.edit_update(work, public_update_id, form.get("body", "")))
    return here.go(f"/status-incidents/{after.public_incident_id}", Flash("Saved. Nobody was told again."))


def _post(work: Work, page_id: str, form: Mapping[str, str], public_incident_id: str | None) -> PublicIncident:
    minutes = whole_number(form, "next", otherwise=0)
    return status_published.post(
        work, page_id, public_incident_id=public_incident_id, name=form.get("name", ""),
        status=form.get("status", ""), body=form.get("body", ""), components=_components(form),
        next_update_by=plus(work.now, minutes * 60) if minutes else None, notify=bool(form.get("notify")),
        impact_override=form.get("impact") or None,
    )  # fmt: skip


def _add_past(work: Work, page_id: str, form: Mapping[str, str]) -> PublicIncident:
    zone = queries.page(work, page_id).time_zone
    from_at, until_at = (instant(form.get(name, ""), zone, work.now, name) for name in ("from_at", "until_at"))
    return commands.add_past(
        work, page_id, name=form.get("name", ""), body=form.get("body", ""), from_at=from_at, until_at=until_at,
        components=_components(form), impact_override=form.get("impact") or None,
    )  # fmt: skip


def _components(form: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_COMPONENT): state for name, state in form.items() if name.startswith(_COMPONENT) and state
    }


def _form(here: Here, page_id: str, incident: PublicIncident | None, draft: Draft, *, past: bool = False) -> Response:
    def look(read: Read) -> PublicForm:
        rows = [row for row in component_rows(queries.components(read, page_id)) if not row.component.is_group]
        page = queries.page(read, page_id)
        return PublicForm(page, incident, draft, rows, COMPONENT_STATES, PUBLIC_STATES, IMPACTS, past)

    title = f"Update: {incident.name}" if incident else "A past incident" if past else "New public incident"
    return here.page("status_pages/post.html", here.read(look), title=title, nav="status", status=draft.status)
