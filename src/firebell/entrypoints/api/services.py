"""``/api/v1/services``: what can break, who owns it, and whom its alerts wake."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.escalation import queries as escalation
from firebell.domain.services import commands, queries
from firebell.domain.services.model import Service, UrgencyRule
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.users import Name, Text
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work
from firebell.workflows import slo_written

router = APIRouter(prefix="/services", tags=["services"], route_class=ApiRoute)

Severity = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
Long = Annotated[str, Field(max_length=16_384)]
Reference = Annotated[str, Field(max_length=100, description="A name or an id.")]


class ServiceShown(Shown):
    """A service. ``depends_on`` are names of other services."""

    id: str
    name: str
    display_name: str
    description: str
    team_id: str | None
    team: str | None
    policy_id: str | None
    policy: str | None
    default_severity: str
    urgency: UrgencyRule
    component: str | None
    depends_on: list[str]
    managed_by: str | None
    created_at: str
    deleted_at: str | None
    html_url: str


class ServiceEdit(Body):
    """What to change. ``team`` and ``policy`` are names or ids, null for none."""

    name: Name | None = None
    display_name: Text | None = None
    description: Long | None = None
    team: Reference | None = None
    policy: Reference | None = None
    default_severity: Severity | None = None
    urgency: UrgencyRule | None = None
    component: Text | None = None
    depends_on: list[Reference] | None = Field(None, max_length=100)


class NewService(ServiceEdit):
    """Only ``name`` is needed. Without a policy, alerts reach the team's managers or the installation's fallback."""

    name: Name


def shown(request: Request, r: Read, found: list[Service]) -> list[ServiceShown]:
    """Services as the API shows them."""
    teams = references.team_names(r, [one.team_id for one in found])
    # Names only: whoever may see the service may know what its policy is called.
    everything = Read(r.connection, r.now, SYSTEM)
    policies = {each.id: each.name for each in escalation.policies(everything)}
    return [
        ServiceShown(
            id=one.id, name=one.name, display_name=one.display_name, description=one.description, team_id=one.team_id,
            team=teams.get(one.team_id or ""), policy_id=one.policy_id, policy=policies.get(one.policy_id or ""),
            default_severity=one.default_severity, urgency=one.urgency, component=one.component,
            depends_on=list(one.depends_on), managed_by=one.managed_by, created_at=one.created_at.format_iso(),
            deleted_at=iso(one.deleted_at), html_url=f"{site_of(request).base_url}/services/{one.id}",
        )
        for one in found
    ]  # fmt: skip


def _answer(request: Request, response: Response, r: Read, found: Service) -> ServiceShown:
    tag(response, found.version)
    return shown(request, r, [found])[0]


@router.get("")
def list_services(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    team: Annotated[str | None, Query(max_length=100)] = None, deleted: bool = False,
) -> Page[ServiceShown]:  # fmt: skip
    """Services by name; a token of a team sees that team's."""

    def look(r: Read) -> Page[ServiceShown]:
        team_id = references.team_id(r, team) if team else None
        found, following = pages_of(
            queries.services(r, team_id, deleted=deleted), limit, cursor, lambda one: f"{one.name} {one.id}"
        )
        return Page(items=shown(request, r, found), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_service(request: Request, response: Response, caller: Caller, body: NewService) -> ServiceShown:
    """A new service."""

    def make(w: Work) -> ServiceShown:
        made = commands.create_service(w, **_fields(w, body))
        return _answer(request, response, w, queries.service(w, made))

    return run(request, make, caller)


@router.get("/{service}")
def get_service(request: Request, response: Response, service: str, caller: Caller) -> ServiceShown:
    """One service, by id or name."""
    return read(request, lambda r: _answer(request, response, r, references.service(r, service)), caller)


@router.patch("/{service}")
def edit_service(
    request: Request, response: Response, service: str, caller: Caller, body: ServiceEdit, if_match: IfMatch = None
) -> ServiceShown:
    """Change what is given."""

    def change(w: Work) -> ServiceShown:
        before = references.service(w, service)
        after = commands.edit_service(w, before.id, expected(if_match), **_fields(w, body))
        slo_written.follow(w, before.id)
        return _answer(request, response, w, after)

    return run(request, change, caller)


@router.delete("/{service}", status_code=204)
def delete_service(request: Request, service: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Take the service and its integrations out of use. Can be restored."""
    run(request, lambda w: commands.delete_service(w, references.service(w, service).id, expected(if_match)), caller)


@router.post("/{service}:restore")
def restore_service(request: Request, response: Response, service: str, caller: Caller) -> ServiceShown:
    """Undo a deletion; ``service`` is the id."""

    def change(w: Work) -> ServiceShown:
        commands.restore_service(w, service)
        return _answer(request, response, w, queries.service(w, service))

    return run(request, change, caller)


@router.post("/{service}:detach")
def detach_service(request: Request, response: Response, service: str, caller: Caller) -> ServiceShown:
    """Take the service out of a configuration file's hands."""

    def change(w: Work) -> ServiceShown:
        found = references.service(w, service)
        return _answer(request, response, w, commands.edit_service(w, found.id, managed_by=None))

    return run(request, change, caller)


def _fields(r: Read, body: ServiceEdit) -> Any:
    given = body.model_dump(exclude_unset=True)
    nullable = ("team", "policy", "component")
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None or name in nullable}
    if "team" in fields:
        fields["team_id"] = references.team_id(r, fields.pop("team"))
    if "policy" in fields:
        fields["policy_id"] = references.policy_id(r, fields.pop("policy"))
    if "depends_on" in fields:
        fields["depends_on"] = tuple(fields["depends_on"])
    return fields
