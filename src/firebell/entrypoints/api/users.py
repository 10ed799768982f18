"""``/api/v1/users``: who may be asked, and what each of them may do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.paging import queries as paging
from firebell.domain.people import commands, queries
from firebell.domain.people.model import User
from firebell.entrypoints.api import references
from firebell.entrypoints.api.alerts import delivery_shown
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Role
from firebell.kernel.work import Read, Work
from firebell.workflows import person_left

router = APIRouter(prefix="/users", tags=["users"], route_class=ApiRoute)

Name = Annotated[str, Field(max_length=63, description="The name in URLs and configuration files.")]
Text = Annotated[str, Field(max_length=200)]
Zone = Annotated[str, Field(max_length=64, description="An IANA time zone.")]


class UserShown(Shown):
    """A person. ``managed_by`` names the configuration file that owns them."""

    id: str
    name: str
    display_name: str
    email: str | None
    time_zone: str
    role: Role
    active: bool
    managed_by: str | None
    created_at: str
    deleted_at: str | None
    html_url: str


class NewUser(Body):
    name: Name
    display_name: Text = ""
    email: Text | None = None
    time_zone: Zone = "UTC"
    role: Role = Role.RESPONDER


class UserEdit(Body):
    """What to change; ``email: ""`` removes the address."""

    name: Name | None = None
    display_name: Text | None = None
    email: Text | None = None
    time_zone: Zone | None = None
    role: Role | None = None
    active: bool | None = None


def shown(request: Request, user: User) -> UserShown:
    """A person as the API shows them."""
    return UserShown(
        id=user.id, name=user.name, display_name=user.display_name, email=user.email, time_zone=user.time_zone,
        role=user.role, active=user.active, managed_by=user.managed_by, created_at=user.created_at.format_iso(),
        deleted_at=iso(user.deleted_at), html_url=f"{site_of(request).base_url}/people/{user.id}",
    )  # fmt: skip


@router.get("")
def list_users(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None, role: Role | None = None,
    team: Annotated[str | None, Query(max_length=100)] = None, deleted: bool = False,
) -> Page[UserShown]:  # fmt: skip
    """People by name."""

    def look(r: Read) -> list[User]:
        team_id = references.team(r, team).id if team else None
        return queries.users(r, role=role, team_id=team_id, deleted=deleted)

    found, following = pages_of(read(request, look, caller), limit, cursor, lambda user: f"{user.name} {user.id}")
    return Page(items=[shown(request, user) for user in found], next=following)


@router.post("", status_code=201)
def create_user(request: Request, response: Response, caller: Caller, body: NewUser) -> UserShown:
    """A new person, active and without a password: invite them, or let them only be paged."""

    def make(w: Work) -> User:
        return queries.user(w, commands.create_user(w, **body.model_dump()))

    made = run(request, make, caller)
    tag(response, made.version)
    return shown(request, made)


@router.get("/me")
def who_am_i(caller: Caller) -> dict[str, Any]:
    """Whom the token or the session stands for, and what it may do."""
    return {
        "kind": caller.kind, "id": caller.id, "name": caller.name, "grants": sorted(caller.grants),
        "teams": {team: sorted(granted) for team, granted in caller.teams.items()},
    }  # fmt: skip


@router.get("/{user}")
def get_user(request: Request, response: Response, user: str, caller: Caller) -> UserShown:
    """One person, by id or name."""
    found = read(request, lambda r: references.user(r, user), caller)
    tag(response, found.version)
    return shown(request, found)


@router.patch("/{user}")
def edit_user(
    request: Request, response: Response, user: str, caller: Caller, body: UserEdit, if_match: IfMatch = None
) -> UserShown:
    """Change what is given. ``active: false``: no more pages and no more sign-in."""
    fields = body.model_dump(exclude_unset=True)
    active = fields.pop("active", None)

    def change(w: Work) -> User:
        user_id = references.user(w, user).id
        commands.edit_user(w, user_id, version=expected(if_match), **fields)
        if active is not None:
            (commands.activate_user if active else person_left.deactivate)(w, user_id)
        return queries.user(w, user_id)

    changed = run(request, change, caller)
    tag(response, changed.version)
    return shown(request, changed)


@router.delete("/{user}", status_code=204)
def delete_user(request: Request, user: str, caller: Caller) -> None:
    """Hide the person everywhere; history keeps the id. Can be restored."""
    run(request, lambda w: person_left.delete(w, references.user(w, user).id), caller)


@router.post("/{user}:restore")
def restore_user(request: Request, user: str, caller: Caller) -> UserShown:
    """Undo a deletion; ``user`` is the id."""

    def change(w: Work) -> User:
        commands.restore_user(w, user)
        return queries.user(w, user)

    return shown(request, run(request, change, caller))


@router.post("/{user}:detach")
def detach_user(request: Request, user: str, caller: Caller) -> UserShown:
    """Take the person and their contact methods out of a configuration file's hands."""

    def change(w: Work) -> User:
        user_id = references.user(w, user).id
        commands.detach_user(w, user_id)
        return queries.user(w, user_id)

    return shown(request, run(request, change, caller))


@router.get("/{user}/deliveries")
def deliveries(
    request: Request, user: str, caller: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Page[dict[str, Any]]:
    """Every message to this person, newest first, with every attempt and what the provider said."""

    def look(r: Read) -> list[paging.LedgerLine]:
        user_id = references.user(r, user).id
        return paging.ledger_of_user(r, user_id, before_id=cursor, limit=limit + 1)

    found = read(request, look, caller)
    kept = found[:limit]
    return Page(
        items=[delivery_shown(line) for line in kept], next=kept[-1].delivery.id if len(found) > limit else None
    )
