"""People: who can be reached, one person with their teams, shifts and pages, and what administrators do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from whenever import available_timezones

from firebell.domain.oncall import queries as oncall
from firebell.domain.paging import queries as paging
from firebell.domain.people import commands, queries, rules, setup
from firebell.domain.people.model import Person, Unreachable, User
from firebell.domain.people.setup import Link, Purpose
from firebell.entrypoints.web import lanes, proving, sentences
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.moments import Moment, moment
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission, Role
from firebell.kernel.clock import plus
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import person_left

router = APIRouter()
_EDIT = Permission.PEOPLE_EDIT
AHEAD_S = 28 * 86_400
ROLES: Choices = (
    ("viewer", "Viewer: looks"), ("responder", "Responder: answers pages, covers shifts"),
    ("manager", "Manager: services, schedules, policies, teams"), ("admin", "Administrator: everything"),
)  # fmt: skip
UNREACHABLE = {
    Unreachable.DELETED: "deleted", Unreachable.DISABLED_USER: "switched off", Unreachable.AWAY: "away",
    Unreachable.NO_VERIFIED_METHOD: "no verified contact method",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonRow:
    """``unreachable``: why they cannot be paged; empty when they can. ``ways``: how they are reached."""

    user: User
    unreachable: str
    ways: Sequence[str]
    teams: Sequence[str]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    rows: Sequence[PersonRow]
    deleted: Sequence[User]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class PagedRow:
    at: Moment | None
    alert_href: str
    service: str
    severity: str
    why: str
    state: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """``link``: a one-time address, shown only on the answer that made it."""

    user: User
    unreachable: str
    ways: Sequence[tuple[str, str, str, Moment | None]]
    teams: Sequence[tuple[str, str, str]]
    shifts: Sequence[tuple[str, str, str]]
    pages: Sequence[PagedRow]
    timeline: Sequence[Line]
    link: str
    link_until: Moment | None
    link_purpose: str
    me: bool
    may_edit: bool


@dataclass(frozen=True, slots=True)
class PersonForm:
    """``user`` is ``None`` for an invitation."""

    user: User | None
    draft: Draft
    roles: Choices
    zones: Sequence[str]


@router.get("/people")
def show_list(here: Here) -> Response:
    def look(read: Read) -> PeoplePage:
        users = queries.users(read)
        known = queries.people(read, [u.id for u in users])
        names = {t.id: t.display_name for t in queries.teams(read)}
        rows = [
            PersonRow(u, _unreachable(known[u.id]), _ways(here, known[u.id]),
                      [names[t] for t, _ in queries.teams_of(read, u.id) if t in names])
            for u in users
        ]  # fmt: skip
        gone = queries.users(read, deleted=True) if here.may(_EDIT) else []
        return PeoplePage(rows, gone, here.may(_EDIT))

    return here.page("people/list.html", here.read(look), title="People", nav="people", block="list")


def _unreachable(person: Person) -> str:
    problem = rules.reachable(person)
    return UNREACHABLE[problem] if problem else ""


def _ways(here: Here, person: Person) -> list[str]:
    used = dict.fromkeys(m.channel for m in person.methods if m.usable)
    return [here.site.channels[c].name if c in here.site.channels else c for c in used]


@router.get("/people/invite")
def invitation(here: Here) -> Response:
    here.read(lambda read: read.needs(_EDIT))
    if away := proving.detour(here, "/people/invite"):
        return away
    return _form(here, None, Draft({"role": "responder", "time_zone": here.zone}))


@router.post("/people/invite")
def invite(here: Here, form: Form) -> Response:
    if away := proving.detour(here, "/people/invite"):
        return away
    try:
        role = _role(form)
        link = here.run(
            lambda work: setup.invite_user(
                work, name=form.get("name", "").strip(), display_name=form.get("display_name", "").strip(),
                email=form.get("email", "").strip() or None, time_zone=form.get("time_zone", "").strip(), role=role,
            )
        )  # fmt: skip
    except Refused as error:
        return _form(here, None, refused(form, error))
    return _show(here, str(link.user_id), link)


@router.get("/people/{user_id}")
def show(here: Here, user_id: str) -> Response:
    return _show(here, user_id, None)


def _show(here: Here, user_id: str, link: Link | None) -> Response:
    view = here.read(lambda read: _page(here, read, user_id, link))
    return here.page("people/person.html", view, title=view.user.display_name, nav="people")


def _page(here: Here, read: Read, user_id: str, link: Link | None) -> PersonPage:
    user = queries.user(read, user_id)
    person = queries.people(read, [user_id])[user.id]
    own = user.id == here.me.id
    private = own or here.may(_EDIT)
    names = {t.id: t.display_name for t in queries.teams(read)}
    shifts = oncall.shifts_of_user(read, user.id, read.now, plus(read.now, AHEAD_S))
    received = paging.pages_of_user(read, user_id, limit=15)
    services = look_up(read, [p.service_id for p in received])
    path = {Purpose.INVITE: "invite", Purpose.RESET: "reset"}
    return PersonPage(
        user=user,
        unreachable=_unreachable(person),
        ways=[
            (here.site.channels[m.channel].name if m.channel in here.site.channels else m.channel,
             m.masked if private else "", "off" if m.disabled_at else "verified" if m.verified_at else "unverified",
             moment(m.last_delivered_at, read.now, here.zone))
            for m in person.methods
        ],
        teams=[(names[t], f"/teams/{t}", str(role)) for t, role in queries.teams_of(read, user_id) if t in names],
        shifts=[(s.name, lanes.stretch(x.starts_at, x.ends_at, here.zone), f"/on-call/{s.id}") for s, x in shifts[:12]],
        pages=[
            PagedRow(moment(p.started_at, read.now, here.zone), f"/alerts/{p.alert_id}",
                     services.of(p.service_id) or "Firebell itself", p.severity, p.why, p.state)
            for p in received
        ],
        timeline=list(reversed(sentences.lines(read, read.history(user_id, limit=20), here.zone))) if private else [],
        link=f"{here.site.base_url}/{path[link.purpose]}/{link.plain}" if link else "",
        link_until=moment(link.expires_at, read.now, here.zone) if link else None,
        link_purpose=str(link.purpose) if link else "",
        me=own,
        may_edit=here.may(_EDIT),
    )  # fmt: skip


@router.get("/people/{user_id}/edit")
def edit(here: Here, user_id: str) -> Response:
    here.read(lambda read: read.needs(_EDIT))
    if away := proving.detour(here, f"/people/{user_id}/edit"):
        return away
    user = here.read(lambda read: queries.user(read, user_id))
    values = {
        "name": user.name, "display_name": user.display_name, "email": user.email or "", "time_zone": user.time_zone,
        "role": str(user.role), "version": str(user.version),
    }  # fmt: skip
    return _form(here, user, Draft(values))


@router.post("/people/{user_id}/edit")
def save(here: Here, user_id: str, form: Form) -> Response:
    if away := proving.detour(here, f"/people/{user_id}/edit"):
        return away
    user = here.read(lambda read: queries.user(read, user_id))
    try:
        role, version = _role(form), whole_number(form, "version")
        here.run(
            lambda work: commands.edit_user(
                work, user_id, name=form.get("name", "").strip(), display_name=form.get("display_name", "").strip(),
                email=form.get("email", "").strip(), time_zone=form.get("time_zone", "").strip(), role=role,
                version=version,
            )
        )  # fmt: skip
    except Refused as error:
        return _form(here, user, refused(form, error))
    return here.go(f"/people/{user_id}", Flash("Saved."))


def _role(form: Mapping[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise Invalid("Choose a role.", field="role") from None


def _form(here: Here, user: User | None, draft: Draft) -> Response:
    here.read(lambda read: read.needs(_EDIT))
    view = PersonForm(user, draft, ROLES, sorted(available_timezones()))
    title = f"Edit {user.display_name}" if user else "Invite somebody"
    return here.page("people/form.html", view, title=title, nav="people", status=draft.status)


@router.post("/people/{user_id}/invite-link")
def invite_link(here: Here, user_id: str) -> Response:
    if away := proving.detour(here, f"/people/{user_id}"):
        return away
    return _show(here, user_id, here.run(lambda work: setup.issue_invite(work, user_id)))


@router.post("/people/{user_id}/reset-link")
def reset_link(here: Here, user_id: str) -> Response:
    if away := proving.detour(here, f"/people/{user_id}"):
        return away
    return _show(here, user_id, here.run(lambda work: setup.issue_reset(work, user_id)))


@router.post("/people/{user_id}/{verb}")
def act(here: Here, user_id: str, verb: str) -> Response:
    """Switch off and on, delete and restore."""
    verbs = {
        "deactivate": (person_left.deactivate, "Switched off: no pages, no sign-in."),
        "activate": (commands.activate_user, "Switched on again."),
        "restore": (commands.restore_user, "Restored."),
        "detach": (commands.detach_user, "No longer managed by a file."),
    }
    if verb == "delete":
        here.run(lambda work: person_left.delete(work, user_id))
        return here.go("/people", Flash("Deleted. The person can be restored below.", "note"))
    if verb not in verbs:
        raise Invalid("There is no such act.", field="verb")
    job, said = verbs[verb]

    def do(work: Work) -> None:
        job(work, user_id)

    here.run(do)
    return here.go(f"/people/{user_id}", Flash(said))
