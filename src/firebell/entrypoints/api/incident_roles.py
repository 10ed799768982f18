"""``/api/v1/incident-roles``: the roles of an incident as this installation words them, and who is paged for each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from firebell.domain.escalation.model import TargetKind
from firebell.domain.incidents import queries, role_definitions
from firebell.domain.incidents.model import RoleDefinition
from firebell.domain.incidents.scale import role_definition
from firebell.entrypoints.api.frame import Body, Shown
from firebell.entrypoints.api.policies import Target
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.severity_scale import may_look
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows.config.policies import Known, known_targets
from firebell.workflows.config.problems import near

router = APIRouter(prefix="/incident-roles", tags=["incident-roles"], route_class=ApiRoute)

Words = Annotated[str, Field(min_length=1, max_length=500)]


class RoleShown(Shown):
    """A role. ``holders_max`` null: any number. ``page``: who is paged for it; ``own``: added by this installation."""

    name: str
    display_name: str
    duties: list[str]
    never: str
    holders_max: int | None
    page: dict[str, str] | None
    own: bool
    managed_by: str | None
    html_url: str


class RoleBody(Body):
    """``page``: one user, schedule or team, by name."""

    display_name: Annotated[str, Field(min_length=1, max_length=100)]
    duties: list[Words] = Field(min_length=1, max_length=30)
    never: Annotated[str, Field(max_length=500)] = ""
    holders_max: Annotated[int, Field(ge=1, le=1000)] | None = 1
    page: Target | None = None


def _shown(request: Request, one: RoleDefinition, known: Known) -> RoleShown:
    word, _, row_id = one.page.partition(":")
    name = known[TargetKind(word)].get(row_id) if word else None
    return RoleShown(
        name=one.name, display_name=one.display_name, duties=list(one.duties), never=one.never,
        holders_max=one.holders_max, page={word: name} if name else None, own=one.own, managed_by=one.managed_by,
        html_url=f"{site_of(request).base_url}/settings/incidents/roles",
    )  # fmt: skip


def _answer(request: Request, r: Read, name: str) -> RoleShown:
    found = role_definition(tuple(queries.roles(r)), name)
    if found is None:
        raise NotFound("There is no such role.", field="role")
    return _shown(request, found, known_targets(r))


def _page(r: Read, target: dict[str, str] | None) -> str:
    if target is None:
        return ""
    if len(target) != 1 or next(iter(target)) not in {kind.value for kind in TargetKind}:
        raise Invalid("A role is paged at one user, schedule or team.", field="page", hint="{schedule: commanders}")
    word, name = next(iter(target.items()))
    ids = {name: row_id for row_id, name in known_targets(r)[TargetKind(word)].items()}
    if name not in ids:
        hint = near(name, ids, otherwise="Create it first.")
        raise Invalid(f"There is no {word} “{name[:100]}”.", field=f"page.{word}", hint=hint)
    return f"{word}:{ids[name]}"


@router.get("")
def list_roles(request: Request, caller: Caller) -> list[RoleShown]:
    """All roles, in the order in which they are shown."""

    def look(r: Read) -> list[RoleShown]:
        may_look(r)
        known = known_targets(r)
        return [_shown(request, one, known) for one in queries.roles(r)]

    return read(request, look, caller)


@router.get("/{role}")
def get_role(request: Request, role: str, caller: Caller) -> RoleShown:
    """One role by its name."""

    def look(r: Read) -> RoleShown:
        may_look(r)
        return _answer(request, r, role)

    return read(request, look, caller)


@router.put("/{role}")
def set_role(request: Request, role: str, caller: Caller, body: RoleBody) -> RoleShown:
    """Reword a role, or add one of the installation's own."""

    def change(w: Work) -> RoleShown:
        new = RoleDefinition(
            name=role, display_name=body.display_name, duties=tuple(body.duties), never=body.never,
            holders_max=body.holders_max, page=_page(w, body.page),
        )  # fmt: skip
        role_definitions.put_role(w, new)
        return _answer(request, w, role)

    return run(request, change, caller)


@router.delete("/{role}", status_code=204)
def reset_role(request: Request, role: str, caller: Caller) -> None:
    """Take one of the installation's own away; one of the seven goes back to what comes with Firebell."""
    run(request, lambda w: role_definitions.reset_role(w, role), caller)


@router.post("/{role}:detach")
def detach_role(request: Request, role: str, caller: Caller) -> RoleShown:
    """Take the role out of a configuration file's hands."""

    def change(w: Work) -> RoleShown:
        role_definitions.detach_role(w, role)
        return _answer(request, w, role)

    return run(request, change, caller)
