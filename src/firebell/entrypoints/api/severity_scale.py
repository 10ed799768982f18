"""``/api/v1/severity-scale``: what each severity means, and the clocks that go with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.model import Level, Scale, Severity
from firebell.entrypoints.api.frame import Body, IfMatch, Shown, expected, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/severity-scale", tags=["severity-scale"], route_class=ApiRoute)

_YEAR_S = 366 * 86_400
Words = Annotated[str, Field(min_length=1, max_length=500)]
Seconds = Annotated[int, Field(ge=1, le=_YEAR_S)]
Role = Annotated[str, Field(max_length=64)]


class LevelBody(Body):
    """One severity. Times are in seconds; a ``public_*_s`` or ``*_every_s`` of null has no clock.

    ``page_roles`` are paged as soon as an incident of this level is declared.
    """

    severity: Severity
    name: Words
    impact: Words
    example: Annotated[str, Field(max_length=500)]
    response: Words
    respond_s: Seconds
    command_s: Seconds | None
    calendar: Literal["24x7", "business"] = "24x7"
    internal_every_s: Seconds | None
    executive_every_s: Seconds | None = None
    public_first_s: Seconds | None
    public_scope_s: Seconds | None
    public_every_s: Seconds | None
    stability_s: Annotated[int, Field(ge=0, le=_YEAR_S)]
    postmortem: Literal["required", "optional"]
    action_days: Annotated[int, Field(ge=1, le=366)]
    page_roles: list[Role] = Field(default_factory=list, max_length=50)


class ScaleShown(Shown):
    """The scale, worst first. An incident keeps the ``version`` it was judged under."""

    version: int
    levels: list[LevelBody]
    managed_by: str | None
    html_url: str


class ScaleBody(Body):
    """SEV1, SEV2, SEV3 and SEV4, in this order."""

    levels: list[LevelBody] = Field(min_length=4, max_length=4)


def may_look(r: Read) -> None:
    """Whoever can see incidents anywhere may see how they are run."""
    if not any(r.actor.may(Permission.INCIDENTS_VIEW, team) for team in (None, *r.actor.teams)):
        r.needs(Permission.INCIDENTS_VIEW)


def _answer(request: Request, response: Response, found: Scale) -> ScaleShown:
    tag(response, found.version)
    levels: list[Any] = [
        LevelBody(
            **{name: getattr(level, name) for name in LevelBody.model_fields} | {"page_roles": [*level.page_roles]}
        )
        for level in found.levels
    ]
    return ScaleShown(
        version=found.version, levels=levels, managed_by=found.managed_by,
        html_url=f"{site_of(request).base_url}/settings/incidents/scale",
    )  # fmt: skip


@router.get("")
def get_scale(
    request: Request, response: Response, caller: Caller,
    version: Annotated[int | None, Query(ge=1, le=1_000_000, description="An earlier one; the one in force.")] = None,
) -> ScaleShown:  # fmt: skip
    """The scale in force, or the one of a version."""

    def look(r: Read) -> ScaleShown:
        may_look(r)
        return _answer(request, response, queries.scale(r, version))

    return read(request, look, caller)


@router.put("")
def set_scale(
    request: Request, response: Response, caller: Caller, body: ScaleBody, if_match: IfMatch = None
) -> ScaleShown:
    """A new version. Incidents that are open keep the one they were judged under."""
    levels = [Level(**{**one.model_dump(), "page_roles": tuple(one.page_roles)}) for one in body.levels]

    def change(w: Work) -> ScaleShown:
        return _answer(request, response, commands.set_scale(w, levels, expected=expected(if_match)))

    return run(request, change, caller)


@router.post(":detach")
def detach_scale(request: Request, response: Response, caller: Caller) -> ScaleShown:
    """Take the scale out of a configuration file's hands."""

    def change(w: Work) -> ScaleShown:
        commands.detach_scale(w)
        return _answer(request, response, queries.scale(w))

    return run(request, change, caller)
