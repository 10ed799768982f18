"""Updates of an incident: what is said, to whom, what was promised, and their release."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from firebell.domain.comms import queries
from firebell.domain.comms.model import Audience, Draft, Finding, NewUpdate, Update
from firebell.domain.incidents import queries as incidents
from firebell.entrypoints.api.frame import Body, Shown, iso, moment
from firebell.entrypoints.api.incidents import Moment, Text, plain
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_spoken_for, update_posted

router = APIRouter(tags=["updates"], route_class=ApiRoute)
_OF = "/incidents/{incident}/updates"


class UpdateShown(Shown):
    """An update. ``sha256`` is what an approval is bound to."""

    id: str
    incident_id: str
    audience: str
    state: str
    phase: str
    title: str
    body: str
    status: str
    severity: str
    impact: str
    eta: str
    next_update_by: str | None
    final: bool
    components: dict[str, str]
    automatic: bool
    author_id: str
    approver_id: str | None
    sha256: str
    overrides: dict[str, str]
    reason: str
    event_at: str
    recorded_at: str
    sent_at: str | None
    html_url: str


class FindingShown(Shown):
    """What the quality gate says. ``level``: block or warn."""

    check: str
    level: str
    message: str
    excerpt: str


class UpdateBody(Body):
    """``audience`` is never guessed. ``body`` empty: the template's text. ``key``: the same key posts once.
    ``overrides``: checks the Incident Commander overrules, each with a reason."""

    audience: Audience
    body: Text = ""
    title: Annotated[str, Field(max_length=300)] = ""
    status: Annotated[str, Field(max_length=40)] = ""
    impact: Text = ""
    eta: Annotated[str, Field(max_length=200)] = ""
    next_update_by: Moment | None = None
    final: bool = False
    components: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=40)]] = Field(
        default_factory=dict, max_length=200
    )
    page_id: Annotated[str, Field(max_length=40)] | None = None
    key: Annotated[str, Field(max_length=100)] = ""
    event_at: Moment | None = None
    overrides: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict, max_length=30
    )


class Approval(Body):
    """``sha256`` of what was read: an edit since then is not approved by accident."""

    sha256: Annotated[str, Field(max_length=64)]


class Rejection(Body):
    reason: Text


class DraftShown(Shown):
    """A composed update, ready to edit; ``true_things``: of which "no update is an update" needs one."""

    update: dict[str, Any]
    findings: list[FindingShown]
    true_things: list[dict[str, Any]]
    latest: str | None


def shown(request: Request, one: Update) -> UpdateShown:
    """An update as the API shows it."""
    values = {name: getattr(one, name) for name in UpdateShown.model_fields if hasattr(one, name)}
    for name in ("next_update_by", "event_at", "recorded_at", "sent_at"):
        values[name] = iso(values[name])
    return UpdateShown(**values, html_url=f"{site_of(request).base_url}/incidents/{one.incident_id}#{one.id}")


def _new(body: UpdateBody) -> NewUpdate:
    return NewUpdate(
        **body.model_dump(exclude={"next_update_by", "event_at"}),
        next_update_by=moment(body.next_update_by, "next_update_by") if body.next_update_by else None,
        event_at=moment(body.event_at, "event_at") if body.event_at else None,
    )


def _finding(one: Finding) -> FindingShown:
    return FindingShown(check=one.check, level=str(one.level), message=one.message, excerpt=one.excerpt)


@router.get(_OF)
def list_updates(
    request: Request, incident: str, caller: Caller, audience: Audience | None = None
) -> list[UpdateShown]:
    """What was written about an incident, oldest first."""

    def look(r: Read) -> list[UpdateShown]:
        one = incidents.incident(r, incident)
        return [shown(request, u) for u in queries.updates(r, one.id, audience=audience, team=one.team_id)]

    return read(request, look, caller)


@router.get(_OF + ":compose")
def compose(request: Request, incident: str, caller: Caller, audience: Annotated[Audience, Query()]) -> DraftShown:
    """The template of this audience and phase, filled in, with the latest time that may be promised."""

    def look(r: Read) -> DraftShown:
        found: Draft = update_posted.compose(r, incidents.incident(r, incident).id, audience)
        return DraftShown(
            update=plain(found.new), findings=[_finding(f) for f in found.findings],
            true_things=[plain(t) for t in found.true_things], latest=iso(found.latest),
        )  # fmt: skip

    return read(request, look, caller)


@router.post(_OF + ":check")
def check(request: Request, incident: str, caller: Caller, body: UpdateBody) -> list[FindingShown]:
    """What the quality gate would say."""

    def look(r: Read) -> list[FindingShown]:
        one = incidents.incident(r, incident)
        found = update_posted.check(r, one.id, _new(body), person_id=incident_spoken_for.person(r, None))
        return [_finding(f) for f in found]

    return read(request, look, caller)


@router.post(_OF, status_code=201)
def submit(request: Request, incident: str, caller: Caller, body: UpdateBody) -> UpdateShown:
    """Send an update, or hand it in for the Incident Commander's release (``state`` says which)."""

    def do(w: Work) -> UpdateShown:
        one = incidents.incident(w, incident)
        person = incident_spoken_for.person(w, None)
        return shown(request, update_posted.submit(w, one.id, _new(body), person_id=person))

    return run(request, do, caller)


@router.post("/updates/{update}:approve")
def approve(request: Request, update: str, caller: Caller, body: Approval) -> UpdateShown:
    """The Incident Commander (or the deputy) releases it; it is sent."""

    def do(w: Work) -> UpdateShown:
        person = incident_spoken_for.person(w, None)
        return shown(request, update_posted.approve(w, update, body.sha256, person_id=person))

    return run(request, do, caller)


@router.post("/updates/{update}:reject")
def reject(request: Request, update: str, caller: Caller, body: Rejection) -> UpdateShown:
    """It goes back to its author."""

    def do(w: Work) -> UpdateShown:
        person = incident_spoken_for.person(w, None)
        return shown(request, update_posted.reject(w, update, body.reason, person_id=person))

    return run(request, do, caller)


@router.post("/updates/{update}:withdraw")
def withdraw(request: Request, update: str, caller: Caller) -> UpdateShown:
    """It will not be sent."""
    return run(request, lambda w: shown(request, update_posted.withdraw(w, update)), caller)


@router.get("/incidents/{incident}/promises")
def promises(request: Request, incident: str, caller: Caller) -> list[dict[str, Any]]:
    """Every "next update by", and whether it was kept."""

    def look(r: Read) -> list[dict[str, Any]]:
        one = incidents.incident(r, incident)
        return [plain(p) for p in queries.promises(r, one.id, team=one.team_id)]

    return read(request, look, caller)


@router.get("/incidents/{incident}/clocks")
def clocks(request: Request, incident: str, caller: Caller) -> dict[str, Any]:
    """When the next update to each audience is due at the latest."""

    def look(r: Read) -> dict[str, Any]:
        one = incidents.incident(r, incident)
        return {name: plain(clock) for name, clock in queries.clocks(r, one.id, team=one.team_id).items()}

    return read(request, look, caller)
