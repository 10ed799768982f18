"""Planned work on a status page: the list, planning and moving it, and taking it from one state to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.statuspage import maintenance, maintenance_queries, queries
from firebell.domain.statuspage.maintenance_model import Every, Maintenance, Recurrence
from firebell.domain.statuspage.maintenance_rules import MOVES
from firebell.domain.statuspage.model import Component, StatusPage
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_forms import instant
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import maintenance_due

router = APIRouter()
WORDS: Mapping[str, str] = {
    "scheduled": "Scheduled", "in_progress": "In progress", "verifying": "Being verified", "completed": "Completed",
    "cancelled": "Cancelled",
}  # fmt: skip
VERBS: Mapping[str, str] = {
    "in_progress": "Begin now", "verifying": "Verify", "completed": "Complete", "cancelled": "Cancel it",
}  # fmt: skip
RECURS: Choices = (("week", "Every week"), ("month", "Every month"))


@dataclass(frozen=True, slots=True)
class PlansPage:
    page: StatusPage
    plans: Sequence[Maintenance]
    words: Mapping[str, str]
    may_publish: bool


@dataclass(frozen=True, slots=True)
class PlanForm:
    page: StatusPage
    draft: Draft
    components: Sequence[Component]
    chosen: Sequence[str]
    recurs: Choices


@dataclass(frozen=True, slots=True)
class PlanPage:
    """``moves``: (state, what its button says), the legal ones."""

    page: StatusPage
    plan: Maintenance
    words: Mapping[str, str]
    names: Sequence[str]
    moves: Sequence[tuple[str, str]]
    draft: Draft
    overdue: bool
    may_publish: bool


@router.get("/status-pages/{page_id}/maintenance")
def show_list(here: Here, page_id: str) -> Response:
    def look(read: Read) -> PlansPage:
        page = queries.page(read, page_id)
        found = list(reversed(maintenance.of_page(read, page_id)))
        return PlansPage(page, found, WORDS, here.may(Permission.STATUS_PUBLISH, page.team_id))

    view = here.read(look)
    return here.page("status_pages/plans.html", view, title=f"Maintenance of {view.page.name}", nav="status")


@router.get("/status-pages/{page_id}/maintenance/new")
def new(here: Here, page_id: str) -> Response:
    return _form(here, page_id, Draft({"notify": "1", "notices": "24 1", "auto": "1"}), [])


@router.post("/status-pages/{page_id}/maintenance/new")
def create(here: Here, page_id: str, form: Form, lists: FormLists) -> Response:
    chosen = lists.get("components", [])
    try:
        made = here.run(lambda work: _schedule(work, page_id, form, chosen))
    except Refused as error:
        inputs = {"scheduled_for": "from_at", "scheduled_until": "until_at", "notices_s": "notices"}
        return _form(here, page_id, refused(form, error, inputs), chosen)
    return here.go(f"/status-maintenance/{made.id}", Flash("It is on the page."))


def _schedule(work: Work, page_id: str, form: Mapping[str, str], chosen: Sequence[str]) -> Maintenance:
    page = queries.page(work, page_id)
    begins, ends = _times(form, page, work.now)
    hours = form.get("notices", "").split()
    fields: dict[str, Any] = {
        "name": form.get("name", ""), "body": form.get("body", ""), "component_ids": tuple(chosen),
        "notify": bool(form.get("notify")), "auto_start": bool(form.get("auto")),
        "auto_complete": bool(form.get("auto")), "verify_s": 60 * whole_number(form, "verify", otherwise=0),
        "notices_s": tuple(3600 * whole_number({"notices": one}, "notices") for one in hours),
    }  # fmt: skip
    if form.get("recurs"):
        fields["recurrence"] = Recurrence(every=Every(form["recurs"]), zone=page.time_zone)
    return maintenance_due.schedule(work, page_id, begins, ends, **fields)


def _times(form: Mapping[str, str], page: StatusPage, now: Instant) -> tuple[Instant, Instant]:
    return (
        instant(form.get("from_at", ""), page.time_zone, now, "from_at"),
        instant(form.get("until_at", ""), page.time_zone, now, "until_at"),
    )


@router.get("/status-maintenance/{maintenance_id}")
def show(here: Here, maintenance_id: str) -> Response:
    return _show(here, maintenance_id, Draft())


def _show(here: Here, maintenance_id: str, draft: Draft) -> Response:
    def look(read: Read) -> PlanPage:
        one = maintenance_queries.maintenance(read, maintenance_id)
        page = queries.page(read, one.page_id)
        known = queries.components_by_id(read, one.component_ids)
        legal = [(str(state), VERBS[state]) for state in MOVES[one.state]]
        late = any(each.id == one.id for each in maintenance_queries.overdue(read))
        may = here.may(Permission.STATUS_PUBLISH, page.team_id)
        return PlanPage(page, one, WORDS, [each.name for each in known.values()], legal, draft, late, may)

    view = here.read(look)
    return here.page("status_pages/plan.html", view, title=view.plan.name, nav="status", status=draft.status)


@router.post("/status-maintenance/{maintenance_id}/state")
def set_state(here: Here, maintenance_id: str, form: Form) -> Response:
    notify, body = bool(form.get("notify")), form.get("body", "")
    try:
        here.run(lambda work: maintenance_due.move(work, maintenance_id, form.get("state", ""), body, notify=notify))
    except Refused as error:
        return _show(here, maintenance_id, refused(form, error))
    return here.go(f"/status-maintenance/{maintenance_id}", Flash("The page says so now."))


@router.post("/status-maintenance/{maintenance_id}/note")
def note(here: Here, maintenance_id: str, form: Form) -> Response:
    notify = bool(form.get("notify"))
    try:
        here.run(lambda work: maintenance_due.note(work, maintenance_id, form.get("body", ""), notify=notify))
    except Refused as error:
        return _show(here, maintenance_id, refused(form, error))
    return here.go(f"/status-maintenance/{maintenance_id}", Flash("The public reads it now."))


@router.post("/status-maintenance/{maintenance_id}/move")
def move(here: Here, maintenance_id: str, form: Form) -> Response:
    def job(work: Work) -> Maintenance:
        one = maintenance_queries.maintenance(work, maintenance_id)
        begins, ends = _times(form, queries.page(work, one.page_id), work.now)
        return maintenance_due.move_times(work, one.id, begins, ends, form.get("body", ""))

    try:
        here.run(job)
    except Refused as error:
        inputs = {"scheduled_for": "from_at", "scheduled_until": "until_at"}
        return _show(here, maintenance_id, refused(form, error, inputs))
    return here.go(f"/status-maintenance/{maintenance_id}", Flash("Moved. Its subscribers hear of it."))


def _form(here: Here, page_id: str, draft: Draft, chosen: Sequence[str]) -> Response:
    def look(read: Read) -> PlanForm:
        page = queries.page(read, page_id)
        read.needs(Permission.STATUS_PUBLISH, page.team_id)
        leaves = [one for one in queries.components(read, page_id) if not one.is_group]
        return PlanForm(page, draft, leaves, chosen, RECURS)

    return here.page(
        "status_pages/plan_form.html", here.read(look), title="Schedule maintenance", nav="status", status=draft.status
    )
