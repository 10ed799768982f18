"""``/api/v1/incidents/{incident}/…``: who has which role, and how command moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.incidents import brief, queries, verbs
from firebell.entrypoints.api.frame import Body
from firebell.entrypoints.api.incidents import (
    AsPerson,
    IncidentActed,
    Parts,
    Reference,
    Text,
    part_of,
    plain,
    say,
    user_named,
)
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read
from firebell.kernel.work import Read

router = APIRouter(prefix="/incidents/{incident}", tags=["incidents"], route_class=ApiRoute)


class Assignment(Body):
    role: Annotated[str, Field(max_length=60)]
    user: Reference


class NewOffer(Body):
    to: Reference
    note: Text = ""


class Acceptance(Body):
    """``brief_read``: whoever accepts has read ``GET …/brief``; ``comms_to``, ``tasks_to`` move what would conflict."""

    brief_read: bool = False
    comms_to: Reference | None = None
    tasks_to: Reference | None = None


class WithReason(Body):
    reason: Text = ""


@router.get("/roles")
def list_roles(request: Request, incident: str, caller: Caller) -> Parts:
    """Who holds and held which role, in the order they took it."""
    found: Parts = part_of(request, incident, caller, "engagements")
    return found


@router.post("/roles")
def assign_role(
    request: Request, response: Response, incident: str, caller: Caller, body: Assignment, as_person: AsPerson = None
) -> IncidentActed:
    """Give a role (any but commander, which is taken or handed over)."""
    user_id = user_named(request, body.user, caller, "user") or ""
    verb = verbs.AssignRole(role=body.role, user_id=user_id)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.delete("/roles/{role}/{user}")
def leave_role(
    request: Request, response: Response, incident: str, role: str, user: str, caller: Caller
) -> IncidentActed:
    """Take a role back."""
    user_id = user_named(request, user, caller, "user") or ""
    return say(request, response, caller, incident, verbs.LeaveRole(role=role, user_id=user_id))


@router.get("/handoffs")
def list_offers(request: Request, incident: str, caller: Caller) -> Parts:
    """Command that was offered, and what became of each offer."""
    found: Parts = part_of(request, incident, caller, "offers")
    return found


@router.post("/handoffs")
def offer_command(
    request: Request, response: Response, incident: str, caller: Caller, body: NewOffer, as_person: AsPerson = None
) -> IncidentActed:
    """Offer command; it moves only when accepted. ``made`` is the offer's id."""
    to = user_named(request, body.to, caller, "to") or ""
    return say(request, response, caller, incident, verbs.OfferCommand(to=to, note=body.note), as_person=as_person)


@router.get("/brief")
def hand_off_brief(request: Request, incident: str, caller: Caller) -> dict[str, Any]:
    """What whoever takes command has to know."""

    def look(r: Read) -> dict[str, Any]:
        one = queries.incident(r, incident)
        made = brief.brief(one, queries.asking(r, one))
        minutes = {str(severity or "unset"): n for severity, n in made.minutes.items()}
        found: dict[str, Any] = plain(replace(made, minutes={}))
        return found | {"minutes": minutes}

    return read(request, look, caller)


@router.post("/handoffs/{offer}:accept")
def accept_command(
    request: Request, response: Response, incident: str, offer: str, caller: Caller, body: Acceptance,
    as_person: AsPerson = None,
) -> IncidentActed:  # fmt: skip
    """Take command that was offered."""
    verb = verbs.AcceptCommand(
        offer=offer, brief_read=body.brief_read, comms_to=user_named(request, body.comms_to, caller, "comms_to"),
        tasks_to=user_named(request, body.tasks_to, caller, "tasks_to"),
    )  # fmt: skip
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.post("/handoffs/{offer}:decline")
def decline_command(
    request: Request, response: Response, incident: str, offer: str, caller: Caller, body: WithReason,
    as_person: AsPerson = None,
) -> IncidentActed:  # fmt: skip
    """Command stays where it is."""
    verb = verbs.DeclineCommand(offer=offer, reason=body.reason)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.post("/handoffs/{offer}:withdraw")
def withdraw_offer(
    request: Request, response: Response, incident: str, offer: str, caller: Caller, as_person: AsPerson = None
) -> IncidentActed:
    """Take the offer back."""
    return say(request, response, caller, incident, verbs.WithdrawOffer(offer=offer), as_person=as_person)
