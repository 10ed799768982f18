"""``/api/v1/escalation-policies``: who is told next, in the words of the configuration files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.escalation import commands, queries
from firebell.domain.escalation.model import Policy
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.api.users import Name, Text
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import policy_removed
from firebell.workflows.config.policies import climb, known_targets, words

router = APIRouter(prefix="/escalation-policies", tags=["escalation-policies"], route_class=ApiRoute)

Target = Annotated[dict[str, str], Field(examples=[{"schedule": "payments-primary"}])]
Step = Annotated[
    dict[str, Any],
    Field(examples=[{"notify": [{"schedule": "payments-primary"}], "wait": {"SEV1": "5m", "default": "30m"}}]),
]


class PolicyShown(Shown):
    """A policy. ``ackTimeout`` "off": an acknowledgement never expires."""

    id: str
    name: str
    display_name: str
    team_id: str | None
    team: str | None
    version: int
    steps: list[dict[str, Any]]
    repeat: int
    ackTimeout: str  # noqa: N815 - the word of the configuration files
    fallback: list[dict[str, str]]
    managed_by: str | None
    html_url: str


class PolicyEdit(Body):
    """What to change. A step: ``{notify: [{user|schedule|team: name}], wait: "5m" or {SEV1: "5m", default: "9m"}}``."""

    name: Name | None = None
    display_name: Text | None = None
    team: Reference | None = None
    steps: list[Step] | None = Field(None, max_length=50)
    repeat: int | None = Field(None, ge=0, le=1000)
    ackTimeout: str | None = Field(None, max_length=30)  # noqa: N815
    fallback: list[Target] | None = Field(None, max_length=100)


class NewPolicy(PolicyEdit):
    """``fallback`` is needed: who is told when a step reaches nobody."""

    name: Name
    steps: list[Step] = Field(max_length=50)
    fallback: list[Target] = Field(max_length=100)


def shown(request: Request, r: Read, found: Sequence[Policy]) -> list[PolicyShown]:
    """Policies as the API shows them."""
    teams = references.team_names(r, [one.team_id for one in found])
    known = known_targets(r)
    return [
        PolicyShown(
            id=one.id, name=one.name, display_name=one.display_name, team_id=one.team_id, version=one.version,
            team=teams.get(one.team_id or ""), managed_by=one.managed_by, **words(one, known),
            html_url=f"{site_of(request).base_url}/policies/{one.id}",
        )
        for one in found
    ]  # fmt: skip


@router.get("")
def list_policies(request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[PolicyShown]:
    """Policies by name."""

    def look(r: Read) -> Page[PolicyShown]:
        found, following = pages_of(queries.policies(r), limit, cursor, lambda one: one.name)
        return Page(items=shown(request, r, found), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_policy(request: Request, response: Response, caller: Caller, body: NewPolicy) -> PolicyShown:
    """A new policy."""

    def make(w: Work) -> PolicyShown:
        made = commands.create_policy(
            w, name=body.name, display_name=body.display_name or "", team_id=references.team_id(w, body.team),
            climb=climb(_words(body), known_targets(w)),
        )  # fmt: skip
        return _answer(request, response, w, made)

    return run(request, make, caller)


@router.get("/{policy}")
def get_policy(request: Request, response: Response, policy: str, caller: Caller) -> PolicyShown:
    """One policy, by id or name."""
    return read(request, lambda r: _answer(request, response, r, references.policy(r, policy)), caller)


@router.patch("/{policy}")
def edit_policy(
    request: Request, response: Response, policy: str, caller: Caller, body: PolicyEdit, if_match: IfMatch = None
) -> PolicyShown:
    """Change what is given. Runs under way keep climbing the version they started with."""

    def change(w: Work) -> PolicyShown:
        before = references.policy(w, policy)
        known = known_targets(w)
        given = _words(body)
        team_id = (references.team_id(w, body.team) or "") if "team" in body.model_fields_set else None
        after = commands.edit_policy(
            w, before.id, expected(if_match), name=body.name, display_name=body.display_name, team_id=team_id,
            climb=climb({**words(before, known), **given}, known) if given else None,
        )  # fmt: skip
        return _answer(request, response, w, after)

    return run(request, change, caller)


@router.delete("/{policy}", status_code=204)
def delete_policy(request: Request, policy: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Take the policy out of use. Refused while a service uses it."""

    def change(w: Work) -> None:
        policy_removed.remove(w, references.policy(w, policy).id, expected(if_match))

    run(request, change, caller)


@router.post("/{policy}:detach")
def detach_policy(request: Request, response: Response, policy: str, caller: Caller) -> PolicyShown:
    """Take the policy out of a configuration file's hands."""

    def change(w: Work) -> PolicyShown:
        found = references.policy(w, policy)
        commands.detach_policy(w, found.id)
        return _answer(request, response, w, queries.policy(w, found.id))

    return run(request, change, caller)


def _words(body: PolicyEdit) -> dict[str, Any]:
    given = body.model_dump(exclude_unset=True, include={"steps", "repeat", "ackTimeout", "fallback"})
    return {name: value for name, value in given.items() if value is not None}


def _answer(request: Request, response: Response, r: Read, found: Policy) -> PolicyShown:
    tag(response, found.version)
    return shown(request, r, [found])[0]
