"""``/api/v1/rehearsals``: who would be paged, when, and by which channel. Nobody is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field

from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Shown, moment
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference, Severity
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read
from firebell.kernel.clock import plus
from firebell.kernel.work import Read
from firebell.workflows.who_would_be_paged import FALLBACK, preview

router = APIRouter(prefix="/rehearsals", tags=["rehearsals"], route_class=ApiRoute)


class Rehearsal(Body):
    """Exactly one of ``service``, ``policy`` and ``schedule`` (name or id); ``at`` is now when left out."""

    service: Reference | None = None
    policy: Reference | None = None
    schedule: Reference | None = None
    severity: Severity = "SEV1"
    at: str | None = Field(None, max_length=50)


class RehearsalLine(Shown):
    """One message that would go out, or why a step reaches nobody. ``step`` counts from 1; null is the fallback."""

    at: str
    offset_s: int
    step: int | None
    loop: int
    user_id: str | None
    user: str | None
    why: str
    channel: str | None
    method: str | None
    shadow: bool
    reason: str | None


class RehearsalShown(Shown):
    """``urgency`` low: nothing more happens after the first step that reaches somebody. ``loop`` 0 is round one."""

    at: str
    severity: str
    urgency: str
    lines: list[RehearsalLine]


@router.post("")
def rehearse(request: Request, caller: Caller, body: Rehearsal) -> RehearsalShown:
    """Climb the whole ladder on paper: nobody answers, nothing is sent."""

    def look(r: Read) -> RehearsalShown:
        at = moment(body.at, "at") if body.at is not None else r.now
        found = preview(
            r, severity=body.severity, at=at,
            service_id=references.service(r, body.service).id if body.service is not None else None,
            policy_id=references.policy(r, body.policy).id if body.policy is not None else None,
            schedule_id=references.schedule(r, body.schedule).id if body.schedule is not None else None,
        )  # fmt: skip
        lines = [
            RehearsalLine(
                at=plus(at, one.offset_s).format_iso(), offset_s=one.offset_s,
                step=None if one.step == FALLBACK else one.step + 1, loop=one.loop, user_id=one.person_id,
                user=one.person or None, why=one.why, channel=one.channel or None, method=one.method or None,
                shadow=one.shadow, reason=one.reason or None,
            )
            for one in found.lines
        ]  # fmt: skip
        return RehearsalShown(at=at.format_iso(), severity=body.severity, urgency=found.urgency, lines=lines)

    return read(request, look, caller)
