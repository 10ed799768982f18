"""``/api/v1/status-pages/{page}/incidents``: what is said to the public, and mending it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from firebell.domain.statuspage import commands, queries
from firebell.domain.statuspage.model import PublicIncident, PublicUpdate, StatusPage
from firebell.entrypoints.api.frame import Body, Cursor, Limit, Page, Shown, iso, moment
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Long
from firebell.entrypoints.api.status_components import State
from firebell.entrypoints.api.status_pages import page_of
from firebell.entrypoints.api.users import Text
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import status_published

router = APIRouter(prefix="/status-pages/{page}/incidents", tags=["status pages"], route_class=ApiRoute)

Status = Literal["investigating", "identified", "monitoring", "resolved", "postmortem"]
Impact = Literal["none", "minor", "major", "critical"]
At = Annotated[str, Field(max_length=40, description="RFC 3339.")]
States = Annotated[dict[str, State], Field(max_length=200, description="Component id to the state it is in now.")]


class ChangeShown(Shown):
    component_id: str
    code: str
    name: str
    old: str
    new: str


class PublicUpdateShown(Shown):
    """``event_at`` is shown as its time; ``created_at`` is when it was recorded."""

    id: str
    code: str
    status: str
    body: str
    changes: list[ChangeShown]
    event_at: str
    created_at: str
    updated_at: str
    next_update_by: str | None
    notify: bool


class PublicIncidentShown(Shown):
    """A public incident; ``updates`` newest first. ``overridden``: its impact was set by hand."""

    id: str
    code: str
    incident_id: str | None
    number: int
    name: str
    status: str
    impact: str
    overridden: bool
    components: dict[str, str]
    backfilled: bool
    started_at: str
    created_at: str
    updated_at: str
    monitoring_at: str | None
    resolved_at: str | None
    next_update_by: str | None
    updates: list[PublicUpdateShown]
    html_url: str


class NewPublicUpdate(Body):
    """``body`` is Markdown. ``name``: another title from now on. ``notify``: subscribers are told, once."""

    status: Status
    body: Long
    name: Text | None = None
    components: States = Field(default_factory=dict)
    event_at: At | None = None
    next_update_by: At | None = None
    notify: bool = True
    impact: Impact | None = Field(None, description="Overrules what follows from the components.")


class NewPublicIncident(NewPublicUpdate):
    """``incident_id``: the internal incident behind it; one that is told on this page already gets an update."""

    name: Text
    incident_id: Annotated[str, Field(max_length=30)] | None = None


class PastIncident(Body):
    """Over already: it is marked, counts in the uptime, and nobody is told."""

    name: Text
    body: Long
    started_at: At
    ended_at: At
    components: States = Field(default_factory=dict)
    impact: Impact | None = None


class PublicIncidentEdit(Body):
    """``impact`` overrules what follows from the components; null takes that back."""

    name: Text | None = None
    impact: Impact | None = None


class Words(Body):
    body: Long


def _shown(request: Request, one: PublicIncident) -> PublicIncidentShown:
    return PublicIncidentShown(
        id=one.id, code=one.code, incident_id=one.incident_id, number=one.number, name=one.name, status=one.status,
        impact=one.impact, overridden=one.overridden, components=dict(one.components), backfilled=one.backfilled,
        started_at=one.started_at.format_iso(), created_at=one.created_at.format_iso(),
        updated_at=one.updated_at.format_iso(), monitoring_at=iso(one.monitoring_at), resolved_at=iso(one.resolved_at),
        next_update_by=iso(one.next_update_by), updates=[_update(each) for each in one.updates],
        html_url=f"{site_of(request).base_url}/status-incidents/{one.id}",
    )  # fmt: skip


def _update(one: PublicUpdate) -> PublicUpdateShown:
    return PublicUpdateShown(
        id=one.id, code=one.code, status=one.status, body=one.body,
        changes=[ChangeShown.model_validate(each) for each in one.changes], event_at=one.event_at.format_iso(),
        created_at=one.created_at.format_iso(), updated_at=one.updated_at.format_iso(),
        next_update_by=iso(one.next_update_by), notify=one.notify,
    )  # fmt: skip


def _here(r: Read, page: StatusPage, public_incident_id: str) -> PublicIncident:
    found = queries.incident(r, public_incident_id)
    if found.page_id != page.id:
        raise NotFound("There is no such public incident on this page.")
    return found


@router.get("")
def list_public_incidents(
    request: Request, page: str, caller: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Page[PublicIncidentShown]:
    """What the public was told, newest first."""

    def look(r: Read) -> Page[PublicIncidentShown]:
        before = moment(cursor, "cursor") if cursor else None
        found = queries.incidents(r, page_of(r, page).id, limit=limit + 1, before=before)
        kept = found[:limit]
        following = kept[-1].started_at.format_iso() if len(found) > limit else None
        return Page(items=[_shown(request, one) for one in kept], next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def open_public_incident(request: Request, page: str, caller: Caller, body: NewPublicIncident) -> PublicIncidentShown:
    """Tell the public. Subscribers are told in the same commit, as one message each."""

    def make(w: Work) -> PublicIncidentShown:
        made = status_published.post(w, page_of(w, page).id, incident_id=body.incident_id, **_said(body, body.name))
        return _shown(request, made)

    return run(request, make, caller)


@router.post(":backfill", status_code=201)
def add_past_incident(request: Request, page: str, caller: Caller, body: PastIncident) -> PublicIncidentShown:
    """Enter an incident that is over."""

    def make(w: Work) -> PublicIncidentShown:
        made = commands.add_past(
            w, page_of(w, page).id, name=body.name, body=body.body, from_at=moment(body.started_at, "started_at"),
            until_at=moment(body.ended_at, "ended_at"), components=body.components, impact_override=body.impact,
        )  # fmt: skip
        return _shown(request, made)

    return run(request, make, caller)


@router.get("/{public_incident_id}")
def get_public_incident(request: Request, page: str, public_incident_id: str, caller: Caller) -> PublicIncidentShown:
    """One public incident with all that was said."""
    return read(request, lambda r: _shown(request, _here(r, page_of(r, page), public_incident_id)), caller)


@router.post("/{public_incident_id}/updates", status_code=201)
def post_public_update(
    request: Request, page: str, public_incident_id: str, caller: Caller, body: NewPublicUpdate
) -> PublicIncidentShown:
    """Say what is new."""

    def make(w: Work) -> PublicIncidentShown:
        found = page_of(w, page)
        one = _here(w, found, public_incident_id)
        said = _said(body, body.name or one.name)
        return _shown(request, status_published.post(w, found.id, public_incident_id=one.id, **said))

    return run(request, make, caller)


@router.patch("/{public_incident_id}")
def edit_public_incident(
    request: Request, page: str, public_incident_id: str, caller: Caller, body: PublicIncidentEdit
) -> PublicIncidentShown:
    """Another title, or an impact by hand. Nobody is told again."""

    def change(w: Work) -> PublicIncidentShown:
        one = _here(w, page_of(w, page), public_incident_id)
        impact = (body.impact or "") if "impact" in body.model_fields_set else None
        return _shown(request, commands.edit_incident(w, one.id, name=body.name, impact=impact))

    return run(request, change, caller)


@router.patch("/{public_incident_id}/updates/{public_update_id}")
def edit_public_update(
    request: Request, page: str, public_incident_id: str, public_update_id: str, caller: Caller, body: Words
) -> PublicIncidentShown:
    """Mend the words of an update. Nobody is told again; the words before stay in the journal."""

    def change(w: Work) -> PublicIncidentShown:
        one = _here(w, page_of(w, page), public_incident_id)
        if public_update_id not in {each.id for each in one.updates}:
            raise NotFound("There is no such update of this incident.")
        commands.edit_update(w, public_update_id, body.body)
        return _shown(request, queries.incident(w, one.id))

    return run(request, change, caller)


@router.delete("/{public_incident_id}", status_code=204)
def remove_public_incident(
    request: Request, page: str, public_incident_id: str, caller: Caller,
    why: Annotated[str, Query(min_length=1, max_length=500, description="Kept in the journal.")] = "Removed by the API",
) -> None:  # fmt: skip
    """Take off the page what should never have been posted."""
    run(
        request,
        lambda w: commands.remove_incident(w, _here(w, page_of(w, page), public_incident_id).id, why),
        caller,
    )


def _said(body: NewPublicUpdate, name: str) -> dict[str, Any]:
    return {
        "name": name, "status": body.status, "body": body.body, "components": body.components,
        "event_at": moment(body.event_at, "event_at") if body.event_at else None,
        "next_update_by": moment(body.next_update_by, "next_update_by") if body.next_update_by else None,
        "notify": body.notify, "impact_override": body.impact,
    }  # fmt: skip
