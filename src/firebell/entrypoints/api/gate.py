"""``/api/v1/gate``: may this ship? And who said that it may in spite of the budget."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.people import names
from firebell.domain.slo import policy_queries
from firebell.domain.slo.gate import Change
from firebell.domain.slo.records import OverrideRecord
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Shown, iso, moment
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run
from firebell.kernel.work import Read, Work
from firebell.workflows import gate_asked

router = APIRouter(prefix="/gate", tags=["gate"], route_class=ApiRoute)

Sha = Annotated[str, Field(max_length=200, description="What is to ship: a commit, a tag, a digest.")]


class ReasonShown(Shown):
    """``why`` is stable for scripts; ``text`` is for people. ``slo``: which objective it is about, if one."""

    why: str
    text: str
    slo: str


class StandingShown(Shown):
    """``remaining``: the charged share of the budget that is left (below 0 when overspent), null when unknown.
    ``coverage``: how much of the period is known, 0 to 1."""

    name: str
    state: str
    remaining: float | None
    coverage: float


class OverrideShown(Shown):
    """Somebody's word that ships in spite of the budget. ``change`` and ``sha`` narrow it; empty: any."""

    id: str
    service_id: str
    service: str
    by_user_id: str
    by_user: str | None
    reason: str
    change: str
    sha: str
    since: str
    expires_at: str
    revoked_at: str | None
    revoked_by: str | None


class UsedShown(Shown):
    """The override that let it through."""

    by: str
    reason: str
    expires_at: str


class GateShown(Shown):
    """``decision``: allow, warn or block. ``reasons``: the deciding one first. Ask again after ``expires_at``."""

    service: str
    change: str
    decision: str
    reasons: list[ReasonShown]
    slos: list[StandingShown]
    fast_burn_firing: bool
    policy_version: int | None
    override: UsedShown | None
    expires_at: str


class NewOverride(Body):
    """By a named person with the permission, for at most as long as the policy allows."""

    service: Reference
    reason: str = Field(min_length=1, max_length=1000)
    expires_at: str = Field(max_length=50)
    change: Change | None = Field(None, description="Only for this kind of change.")
    sha: Sha = ""


@router.get("")
def ask(
    request: Request,
    caller: Caller,
    service: Annotated[str, Query(max_length=100, description="Name or id.")],
    change: Annotated[Change, Query(description="What is to happen.")] = Change.DEPLOY,
    sha: Annotated[str, Query(max_length=200)] = "",
    incident: Annotated[str, Query(max_length=100, description="What a fix or a rollback mends: INC-12.")] = "",
) -> GateShown:
    """The first rule that matches decides, and the worst of the service's objectives counts. It is recorded."""

    def answer(w: Work) -> GateShown:
        given = gate_asked.ask(w, references.service(w, service), change=change, sha=sha, incident=incident)
        found = given.answer
        used = found.override
        return GateShown(
            service=given.service.name, change=change, decision=found.decision,
            reasons=[ReasonShown(why=one.why, text=one.words, slo=one.slo) for one in found.reasons],
            slos=[
                StandingShown(
                    name=one.name, state=one.state, coverage=float(one.coverage),
                    remaining=None if one.remaining is None else round(float(one.remaining), 9),
                )
                for one in found.slos
            ],
            fast_burn_firing=found.fast_burn_firing, policy_version=given.policy_version,
            override=None if used is None else UsedShown(
                by=used.by, reason=used.reason, expires_at=used.until.format_iso()
            ),
            expires_at=found.expires_at.format_iso(),
        )  # fmt: skip

    return run(request, answer, caller)


def shown(r: Read, found: list[OverrideRecord]) -> list[OverrideShown]:
    """Overrides as the API shows them."""
    known = names.of_users(r, {who for one in found for who in (one.override.by, one.revoked_by) if who})
    services = gate_asked.service_names(r, {one.override.service for one in found})
    return [
        OverrideShown(
            id=one.id, service_id=one.override.service, service=services.get(one.override.service, ""),
            by_user_id=one.override.by, by_user=known.get(one.override.by), reason=one.override.reason,
            change=one.override.change, sha=one.override.sha, since=one.override.since.format_iso(),
            expires_at=one.override.until.format_iso(), revoked_at=iso(one.override.revoked_at),
            revoked_by=known.get(one.revoked_by or ""),
        )
        for one in found
    ]  # fmt: skip


@router.get("/overrides")
def list_overrides(
    request: Request, caller: Caller,
    service: Annotated[str | None, Query(max_length=100, description="Only this one's.")] = None,
    live: Annotated[bool, Query(description="Only those that hold now.")] = False,
) -> list[OverrideShown]:  # fmt: skip
    """The newest first."""

    def look(r: Read) -> list[OverrideShown]:
        one = references.service(r, service).id if service is not None else None
        return shown(r, list(policy_queries.overrides(r, one, live=live)))

    return read(request, look, caller)


@router.post("/overrides", status_code=201)
def add_override(request: Request, caller: Caller, body: NewOverride) -> OverrideShown:
    """Let it through. A token of nobody in particular may not."""

    def make(w: Work) -> OverrideShown:
        found = gate_asked.override(
            w, references.service(w, body.service), reason=body.reason, until=moment(body.expires_at, "expires_at"),
            change=body.change or "", sha=body.sha,
        )  # fmt: skip
        return shown(w, [found])[0]

    return run(request, make, caller)


@router.delete("/overrides/{override_id}", status_code=204)
def revoke_override(request: Request, caller: Caller, override_id: str) -> Response:
    """It no longer holds."""
    run(request, lambda w: gate_asked.revoke(w, override_id), caller)
    return Response(status_code=204)
