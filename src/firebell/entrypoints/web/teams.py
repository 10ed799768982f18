"""Teams: who is in them and with which role, and what they own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.escalation import queries as escalation
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries, rules, teams
from firebell.domain.people.model import Team, TeamRole, User
from firebell.domain.services import queries as services
from firebell.entrypoints.web import sentences
from firebell.entrypoints.web.drafts import Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.people import UNREACHABLE
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import NotFound, Refused
from firebell.kernel.work import Read

router = APIRouter()
_EDIT = Permission.TEAMS_EDIT


@dataclass(frozen=True, slots=True)
class TeamRow:
    team: Team
    members: Sequence[str]
    owns: int


@dataclass(frozen=True, slots=True)
class TeamsPage:
    rows: Sequence[TeamRow]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Member:
    user: User
    role: str
    unreachable: str


@dataclass(frozen=True, slots=True)
class TeamPage:
    """``others`` may be put into the team."""

    team: Team
    draft: Draft
    members: Sequence[Member]
    others: Sequence[User]
    owned: Sequence[tuple[str, str, str]]
    timeline: Sequence[Line]
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True, slots=True)
class TeamForm:
    draft: Draft


@router.get("/teams")
def show_list(here: Here) -> Response:
    def look(read: Read) -> TeamsPage:
        names = {u.id: u.display_name for u in queries.users(read)}
        owned = [s.team_id for s in services.services(read)]
        return TeamsPage(
            [
                TeamRow(t, [names[u] for u, _ in queries.team_members(read, t.id) if u in names], owned.count(t.id))
                for t in queries.teams(read)
            ],
            here.may(_EDIT),
        )

    return here.page("teams/list.html", here.read(look), title="Teams", nav="people", block="list")


@router.get("/teams/new")
def new(here: Here) -> Response:
    return here.page("teams/form.html", TeamForm(Draft()), title="New team", nav="people")


@router.post("/teams/new")
def create(here: Here, form: Form) -> Response:
    try:
        made = here.run(
            lambda work: teams.create_team(
                work, name=form.get("name", "").strip(), display_name=form.get("display_name", "").strip()
            )
        )
    except Refused as error:
        draft = refused(form, error)
        return here.page("teams/form.html", TeamForm(draft), title="New team", nav="people", status=draft.status)
    return here.go(f"/teams/{made}", Flash("The team is made. Put people into it."))


@router.get("/teams/{team_id}")
def show(here: Here, team_id: str) -> Response:
    return _show(here, team_id, None)


def _show(here: Here, team_id: str, draft: Draft | None) -> Response:
    view = here.read(lambda read: _page(here, read, team_id, draft))
    return here.page(
        "teams/team.html", view, title=view.team.display_name, nav="people", status=draft.status if draft else 200
    )


def _page(here: Here, read: Read, team_id: str, draft: Draft | None) -> TeamPage:
    team = queries.team(read, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    inside = dict(queries.team_members(read, team_id))
    known = queries.people(read, inside)
    problems = {u: rules.reachable(person) for u, person in known.items()}
    stands = Draft({"name": team.name, "display_name": team.display_name, "version": str(team.version)})
    owned = [("Service", s.display_name, f"/services/{s.id}") for s in services.services(read) if s.team_id == team_id]
    owned += [("Schedule", s.name, f"/on-call/{s.id}") for s in oncall.schedules(read) if s.team_id == team_id]
    policies = [p for p in escalation.policies(read) if p.team_id == team_id]
    owned += [("Policy", p.display_name, f"/policies/{p.id}") for p in policies]
    return TeamPage(
        team=team, draft=draft or stands,
        members=[
            Member(known[u].user, str(role), UNREACHABLE[problem] if (problem := problems[u]) else "")
            for u, role in inside.items()
        ],
        others=[u for u in queries.users(read) if u.id not in inside], owned=owned,
        timeline=list(reversed(sentences.lines(read, read.history(team_id, limit=20), here.zone))),
        may_edit=here.may(_EDIT, team_id) and not team.managed_by, may_delete=here.may(_EDIT) and not team.managed_by,
    )  # fmt: skip


@router.post("/teams/{team_id}/edit")
def save(here: Here, team_id: str, form: Form) -> Response:
    try:
        version = whole_number(form, "version")
        here.run(
            lambda work: teams.edit_team(
                work, team_id, name=form.get("name", "").strip(), display_name=form.get("display_name", "").strip(),
                version=version,
            )
        )  # fmt: skip
    except Refused as error:
        return _show(here, team_id, refused(form, error))
    return here.go(f"/teams/{team_id}", Flash("Saved."))


@router.post("/teams/{team_id}/members")
def set_members(here: Here, team_id: str, form: Form) -> Response:
    """``role-<user id>`` is a role, or empty to take the person out; ``add`` puts one in."""
    here.run(lambda work: teams.set_members(work, team_id, _members(form)))
    return here.go(f"/teams/{team_id}", Flash("The members are saved."))


def _members(form: Mapping[str, str]) -> dict[str, TeamRole]:
    wanted = {name.removeprefix("role-"): role for name, role in form.items() if name.startswith("role-") and role}
    if form.get("add"):
        wanted[form["add"]] = form.get("add_role") or TeamRole.RESPONDER
    return {user: TeamRole(role) for user, role in wanted.items() if role in [*TeamRole]}


@router.post("/teams/{team_id}/delete")
def delete(here: Here, team_id: str) -> Response:
    here.run(lambda work: teams.delete_team(work, team_id))
    return here.go("/teams", Flash("The team is deleted.", "note"))
