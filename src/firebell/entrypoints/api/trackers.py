"""``/api/v1/trackers``: GitHub repositories and Jira projects in which action items are mirrored."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.trackers import commands, queries
from firebell.domain.trackers.model import Tracker, TrackerFields, Vendor
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import actions_mirrored

router = APIRouter(prefix="/trackers", tags=["trackers"], route_class=ApiRoute)

Name = Annotated[str, Field(max_length=100)]
Url = Annotated[str, Field(max_length=2000)]
Project = Annotated[str, Field(max_length=150)]
Token = Annotated[str, Field(max_length=500)]


class TrackerShown(Shown):
    """A tracker without its token. ``failures`` in a row; ``said``: what it last answered when it did not work."""

    id: str
    vendor: str
    name: str
    url: str
    project: str
    account: str
    issue_type: str
    team_id: str | None
    enabled: bool
    works: bool | None
    said: str
    failures: int
    due_at: str
    created_at: str
    version: int
    html_url: str


class TrackerEdit(Body):
    """Another ``url`` needs the ``token`` again. ``team``: whose items go there; ``null``: all teams'."""

    name: Name | None = None
    url: Url | None = None
    project: Project | None = Field(None, description="owner/repository, or the key of a project.")
    account: Annotated[str, Field(max_length=254)] | None = None
    issue_type: Annotated[str, Field(max_length=60)] | None = None
    team: Annotated[str, Field(max_length=100)] | None = None
    enabled: bool | None = None
    token: Token | None = None


class NewTracker(TrackerEdit):
    vendor: Vendor
    name: Name
    project: Project
    token: Token


class Tried(Shown):
    """``said``: its answer in words."""

    works: bool
    said: str


def _shown(request: Request, one: Tracker) -> TrackerShown:
    values = {name: getattr(one, name) for name in TrackerShown.model_fields if hasattr(one, name)}
    values |= {"vendor": str(one.vendor), "due_at": iso(one.due_at), "created_at": iso(one.created_at)}
    return TrackerShown(**values, html_url=f"{site_of(request).base_url}/settings/trackers/{one.id}")


def _fields(r: Read, body: TrackerEdit) -> TrackerFields:
    names = ("name", "url", "project", "account", "issue_type", "enabled", "token")
    given: dict[str, Any] = {name: getattr(body, name) for name in names if getattr(body, name) is not None}
    if "team" in body.model_fields_set:
        given["team_id"] = references.team_id(r, body.team)
    return cast("TrackerFields", given)


@router.get("")
def list_trackers(request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[TrackerShown]:
    """All of them, oldest first."""
    found = sorted(read(request, queries.trackers, caller), key=lambda one: one.id)
    kept, following = pages_of(found, limit, cursor, lambda one: one.id)
    return Page(items=[_shown(request, one) for one in kept], next=following)


@router.post("", status_code=201)
def connect_tracker(request: Request, response: Response, caller: Caller, body: NewTracker) -> TrackerShown:
    """Mirror action items there from now on. The token is sealed and never shown."""
    keyring = site_of(request).keyring

    def make(w: Work) -> Tracker:
        return queries.tracker(w, commands.connect(w, keyring, vendor=body.vendor, **_fields(w, body)))

    one = run(request, make, caller)
    tag(response, one.version)
    return _shown(request, one)


@router.get("/{tracker_id}")
def show_tracker(request: Request, response: Response, tracker_id: str, caller: Caller) -> TrackerShown:
    """One tracker."""
    one = read(request, lambda r: queries.tracker(r, tracker_id), caller)
    tag(response, one.version)
    return _shown(request, one)


@router.patch("/{tracker_id}")
def edit_tracker(
    request: Request, response: Response, tracker_id: str, caller: Caller, body: TrackerEdit, if_match: IfMatch = None
) -> TrackerShown:
    """Change what is given."""
    keyring, version = site_of(request).keyring, expected(if_match)
    one = run(request, lambda w: commands.edit(w, keyring, tracker_id, expected=version, **_fields(w, body)), caller)
    tag(response, one.version)
    return _shown(request, one)


@router.post("/{tracker_id}:test")
def test_tracker(request: Request, tracker_id: str, caller: Caller) -> Tried:
    """Ask it now."""
    site = site_of(request)
    one = read(request, lambda r: queries.tracker(r, tracker_id), caller)
    works, said = actions_mirrored.try_out(site.runner, site.fetch, site.keyring, one)
    return Tried(works=works, said=said)


@router.delete("/{tracker_id}", status_code=204)
def disconnect_tracker(request: Request, tracker_id: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Mirror nothing there any more; its issues stay as they are."""
    run(request, lambda w: commands.disconnect(w, tracker_id, expected(if_match)), caller)
