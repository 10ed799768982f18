"""Trackers that action items are mirrored in: the list, one tracker with a real test, and its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.people import queries as people
from firebell.domain.trackers import commands, queries
from firebell.domain.trackers.model import Tracker, TrackerFields
from firebell.entrypoints.web import proving
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read
from firebell.workflows import actions_mirrored

router = APIRouter(prefix="/settings/trackers")
HOME = "/settings/trackers"
VENDORS: Mapping[str, str] = {"github": "GitHub issues", "jira": "Jira"}
AT = {"team_id": "team"}


@dataclass(frozen=True, slots=True)
class TrackersPage:
    """Each with the name of its team, empty for all teams, and how many items stand in it."""

    rows: Sequence[tuple[Tracker, str, int]]
    vendors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TrackerForm:
    """``tracker`` is ``None`` for a new one. ``said``: what a test just answered; ``works``: whether it did."""

    tracker: Tracker | None
    vendor: str
    vendor_name: str
    draft: Draft
    teams: Choices
    said: str
    works: bool


@router.get("")
def show_list(here: Here) -> Response:
    def look(read: Read) -> TrackersPage:
        named = {str(one.id): one.display_name or one.name for one in people.teams(read)}
        rows = [
            (one, named.get(one.team_id or "", ""), sum(bool(m.key) for m in queries.mirrors_of(read, one.id).values()))
            for one in queries.trackers(read)
        ]
        return TrackersPage(rows, VENDORS)

    return here.page("trackers/list.html", here.read(look), title="Trackers", nav="settings")


@router.get("/new/{vendor}")
def new(here: Here, vendor: str) -> Response:
    usual = {"name": VENDORS.get(vendor, ""), "url": "https://api.github.com" if vendor == "github" else ""}
    return _form(here, None, vendor, Draft(usual))


@router.post("/new/{vendor}")
def create(here: Here, vendor: str, form: Form) -> Response:
    if away := proving.detour(here, f"{HOME}/new/{vendor}"):
        return away
    try:
        made = here.run(lambda work: commands.connect(work, here.site.keyring, vendor=vendor, **_fields(form)))
    except Refused as error:
        return _form(here, None, vendor, refused(form, error, AT))
    return here.go(f"{HOME}/{made}", Flash("Connected. Test it to see that it works."))


@router.get("/{tracker_id}")
def show(here: Here, tracker_id: str) -> Response:
    one = here.read(lambda read: queries.tracker(read, tracker_id))
    return _form(here, one, one.vendor, _draft(one))


@router.post("/{tracker_id}")
def save(here: Here, tracker_id: str, form: Form) -> Response:
    """A token that is left empty stays as it is."""
    if away := proving.detour(here, f"{HOME}/{tracker_id}"):
        return away
    try:
        here.run(lambda work: commands.edit(work, here.site.keyring, tracker_id, **_fields(form)))
    except Refused as error:
        one = here.read(lambda read: queries.tracker(read, tracker_id))
        return _form(here, one, one.vendor, refused(form, error, AT))
    return here.go(f"{HOME}/{tracker_id}", Flash("Saved."))


@router.post("/{tracker_id}/test")
def test(here: Here, tracker_id: str) -> Response:
    """Ask the tracker now, with no transaction open, and show its real answer."""
    one = here.read(lambda read: queries.tracker(read, tracker_id))
    works, said = actions_mirrored.try_out(here.site.runner, here.site.fetch, here.site.keyring, one)
    return _form(here, one, one.vendor, _draft(one), said, works=works)


@router.post("/{tracker_id}/disconnect")
def disconnect(here: Here, tracker_id: str) -> Response:
    here.run(lambda work: commands.disconnect(work, tracker_id))
    return here.go(HOME, Flash("Disconnected. Its issues stay as they are.", "note"))


def _form(
    here: Here, one: Tracker | None, vendor: str, draft: Draft, said: str = "", *, works: bool = False
) -> Response:
    def look(read: Read) -> TrackerForm:
        read.needs(Permission.SETTINGS_EDIT)
        teams = [(str(team.id), team.display_name or team.name) for team in people.teams(read)]
        return TrackerForm(one, vendor, VENDORS.get(vendor, vendor), draft, teams, said, works)

    title = one.name if one else f"Connect {VENDORS.get(vendor, 'a tracker')}"
    return here.page("trackers/tracker.html", here.read(look), title=title, nav="settings", status=draft.status)


def _draft(one: Tracker) -> Draft:
    values = {name: getattr(one, name) for name in ("name", "url", "project", "account", "issue_type")}
    return Draft({**values, "team": one.team_id or "", "off": "" if one.enabled else "1"})


def _fields(form: Mapping[str, str]) -> TrackerFields:
    fields: dict[str, Any] = {
        name: form.get(name, "") for name in ("name", "url", "project", "account", "issue_type", "token")
    }
    fields |= {"team_id": form.get("team") or None, "enabled": not form.get("off")}
    return cast("TrackerFields", fields)
