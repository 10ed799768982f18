"""``/api/v1/teams``: who belongs together, and what a team grants within itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.people import names, queries, teams
from firebell.domain.people.model import Team, TeamRole
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.users import Name, Text
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/teams", tags=["teams"], route_class=ApiRoute)


class MemberShown(Shown):
    """One person in a team and their role within it."""

    user_id: str
    user: str
    role: TeamRole


class TeamShown(Shown):
    id: str
    name: str
    display_name: str
    managed_by: str | None
    created_at: str
    members: list[MemberShown]
    html_url: str


class Member(Body):
    """A person (name or id) and their role within the team."""

    user: str = Field(max_length=100)
    role: TeamRole = TeamRole.RESPONDER


class NewTeam(Body):
    name: Name
    display_name: Text = ""
    members: list[Member] = Field(default_factory=list, max_length=1000)


class TeamEdit(Body):
    """What to change; ``members`` is the whole team."""

    name: Name | None = None
    display_name: Text | None = None
    members: list[Member] | None = Field(None, max_length=1000)


class Members(Body):
    members: list[Member] = Field(max_length=1000)


def shown(request: Request, r: Read, team: Team) -> TeamShown:
    """A team as the API shows it, with its people."""
    return TeamShown(
        id=team.id, name=team.name, display_name=team.display_name, managed_by=team.managed_by,
        created_at=team.created_at.format_iso(), members=_members(r, team),
        html_url=f"{site_of(request).base_url}/teams/{team.id}",
    )  # fmt: skip


def _members(r: Read, team: Team) -> list[MemberShown]:
    found = queries.team_members(r, team.id)
    known = names.of_users(r, [user_id for user_id, _ in found])
    return [MemberShown(user_id=user_id, user=known.get(user_id, ""), role=role) for user_id, role in found]


@router.get("")
def list_teams(request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[TeamShown]:
    """Teams by name."""

    def look(r: Read) -> Page[TeamShown]:
        found, following = pages_of(queries.teams(r), limit, cursor, lambda team: team.name)
        return Page(items=[shown(request, r, team) for team in found], next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_team(request: Request, response: Response, caller: Caller, body: NewTeam) -> TeamShown:
    """A new team."""

    def make(w: Work) -> TeamShown:
        team_id = teams.create_team(w, name=body.name, display_name=body.display_name)
        if body.members:
            teams.set_members(w, team_id, _roles(w, body.members))
        return _answer(request, response, w, team_id)

    return run(request, make, caller)


@router.get("/{team}")
def get_team(request: Request, response: Response, team: str, caller: Caller) -> TeamShown:
    """One team, by id or name."""
    return read(request, lambda r: _answer(request, response, r, references.team(r, team).id), caller)


@router.patch("/{team}")
def edit_team(
    request: Request, response: Response, team: str, caller: Caller, body: TeamEdit, if_match: IfMatch = None
) -> TeamShown:
    """Change what is given."""

    def change(w: Work) -> TeamShown:
        team_id = references.team(w, team).id
        teams.edit_team(w, team_id, name=body.name, display_name=body.display_name, version=expected(if_match))
        if body.members is not None:
            teams.set_members(w, team_id, _roles(w, body.members))
        return _answer(request, response, w, team_id)

    return run(request, change, caller)


@router.delete("/{team}", status_code=204)
def delete_team(request: Request, team: str, caller: Caller) -> None:
    """Hide the team and what it grants."""
    run(request, lambda w: teams.delete_team(w, references.team(w, team).id), caller)


@router.post("/{team}:detach")
def detach_team(request: Request, response: Response, team: str, caller: Caller) -> TeamShown:
    """Take the team out of a configuration file's hands."""

    def change(w: Work) -> TeamShown:
        team_id = references.team(w, team).id
        teams.detach_team(w, team_id)
        return _answer(request, response, w, team_id)

    return run(request, change, caller)


@router.get("/{team}/members")
def get_members(request: Request, team: str, caller: Caller) -> list[MemberShown]:
    """Who is in the team."""
    return read(request, lambda r: _members(r, references.team(r, team)), caller)


@router.put("/{team}/members")
def set_members(request: Request, team: str, caller: Caller, body: Members) -> list[MemberShown]:
    """Make these people the whole team."""

    def change(w: Work) -> list[MemberShown]:
        found = references.team(w, team)
        teams.set_members(w, found.id, _roles(w, body.members))
        return _members(w, found)

    return run(request, change, caller)


def _roles(r: Read, members: list[Member]) -> dict[str, TeamRole]:
    return {references.user_id(r, m.user, f"members[{n}].user"): m.role for n, m in enumerate(members)}


def _answer(request: Request, response: Response, r: Read, team_id: str) -> TeamShown:
    found = references.team(r, team_id)
    tag(response, found.version)
    return shown(request, r, found)
