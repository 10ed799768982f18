"""Status pages: the list, one page with all that is on it, and the form that makes and edits one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.people import passwords
from firebell.domain.people import queries as people
from firebell.domain.statuspage import commands, queries, rules
from firebell.domain.statuspage.model import WEIGHTS, Access, PageFields, PublicIncident, StatusPage, TopLine
from firebell.entrypoints.web import choices, sentences
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number, words
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.status_rows import COMPONENT_STATES, ComponentRow, component_rows
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read

router = APIRouter()
_EDIT = Permission.STATUS_EDIT
ACCESS: Choices = (
    (Access.PUBLIC, "Everybody"),
    (Access.PASSWORD, "Who knows a password"),
    (Access.SIGNED_IN, "Who is signed in here"),
    (Access.ADDRESSES, "Who comes from these networks"),
)
_INPUTS = {"password_hash": "password"}


@dataclass(frozen=True, slots=True)
class PageRow:
    id: str
    name: str
    address: str
    top: TopLine
    open: int
    disabled: bool
    access: str


@dataclass(frozen=True, slots=True)
class StatusPagesPage:
    rows: Sequence[PageRow]
    deleted: Sequence[tuple[str, str]]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class StatusPagePage:
    """``address``: where the public finds it. ``rows``: its components as a tree laid flat."""

    page: StatusPage
    address: str
    top: TopLine
    rows: Sequence[ComponentRow]
    states: Choices
    open: Sequence[PublicIncident]
    past: Sequence[PublicIncident]
    access: str
    timeline: Sequence[Line]
    may_edit: bool
    may_publish: bool


@dataclass(frozen=True, slots=True)
class StatusPageForm:
    """``page`` is ``None`` for a new one."""

    page: StatusPage | None
    draft: Draft
    access: Choices
    teams: Choices
    zones: Sequence[str]


@router.get("/status-pages")
def show_list(here: Here) -> Response:
    def look(read: Read) -> StatusPagesPage:
        rows = []
        for page in queries.pages(read):
            shown = rules.shown(queries.components(read, page.id))
            standing = queries.open_incidents(read, page.id)
            top = rules.top_line([c.status for c in shown if not c.is_group], [one.impact for one in standing])
            address = address_of(here, page)
            rows.append(
                PageRow(page.id, page.name, address, top, len(standing), page.disabled, dict(ACCESS)[page.access])
            )
        gone = queries.pages(read, deleted=True) if here.may(_EDIT) else []
        return StatusPagesPage(rows, [(page.id, page.name) for page in gone], here.may(_EDIT))

    return here.page("status_pages/list.html", here.read(look), title="Status pages", nav="status", block="list")


def address_of(here: Here, page: StatusPage) -> str:
    """Where the public finds the page."""
    return f"https://{page.domain}" if page.domain else f"{here.site.base_url}/status/{page.slug}"


@router.get("/status-pages/new")
def new(here: Here) -> Response:
    weights = {f"weight_{name}": f"{weight:g}" for name, weight in WEIGHTS.items()}
    return _form(here, None, Draft({"time_zone": here.zone, "access": "public", **weights}))


@router.post("/status-pages/new")
def create(here: Here, form: Form) -> Response:
    try:
        fields = _fields(here, form, None)
        made = here.run(lambda work: commands.create_page(work, **_owned(work, form, fields)))
    except Refused as error:
        return _form(here, None, refused(form, error, _INPUTS))
    return here.go(f"/status-pages/{made}", Flash("The page is on the air. Add what your customers know by name."))


@router.get("/status-pages/{page_id}")
def show(here: Here, page_id: str) -> Response:
    view = here.read(lambda read: _page(here, read, page_id))
    return here.page("status_pages/page.html", view, title=view.page.name, nav="status", block="page")


def _page(here: Here, read: Read, page_id: str) -> StatusPagePage:
    page = queries.page(read, page_id)
    components = queries.components(read, page_id)
    standing = queries.open_incidents(read, page_id)
    known = {one.id for one in standing}
    leaves = [one.status for one in rules.shown(components) if not one.is_group]
    return StatusPagePage(
        page=page,
        address=address_of(here, page),
        top=rules.top_line(leaves, [one.impact for one in standing]),
        rows=component_rows(components),
        states=COMPONENT_STATES,
        open=standing,
        past=[one for one in queries.incidents(read, page_id, limit=20) if one.id not in known],
        access=dict(ACCESS)[page.access],
        timeline=list(reversed(sentences.lines(read, read.history(page_id, limit=20), here.zone))),
        may_edit=here.may(_EDIT, page.team_id),
        may_publish=here.may(Permission.STATUS_PUBLISH, page.team_id),
    )


@router.get("/status-pages/{page_id}/edit")
def edit(here: Here, page_id: str) -> Response:
    page = here.read(lambda read: queries.page(read, page_id))
    values = {
        "slug": page.slug, "name": page.name, "description": page.description, "url": page.url,
        "time_zone": page.time_zone, "domain": page.domain or "", "access": str(page.access),
        "addresses": "\n".join(page.addresses), "team_id": page.team_id or "", "version": str(page.version),
        "auto_posts": "1" if page.auto_posts else "", "ledger_public": "1" if page.ledger_public else "",
        "disabled": "1" if page.disabled else "",
        **{f"weight_{name}": f"{page.weights.get(name, 0):g}" for name in WEIGHTS},
    }  # fmt: skip
    return _form(here, page, Draft(values))


@router.post("/status-pages/{page_id}/edit")
def save(here: Here, page_id: str, form: Form) -> Response:
    page = here.read(lambda read: queries.page(read, page_id))
    try:
        expected, fields = whole_number(form, "version"), _fields(here, form, page)
        here.run(lambda work: commands.edit_page(work, page_id, expected, **_owned(work, form, fields)))
    except Refused as error:
        return _form(here, page, refused(form, error, _INPUTS))
    return here.go(f"/status-pages/{page_id}", Flash("Saved."))


@router.post("/status-pages/{page_id}/delete")
def delete(here: Here, page_id: str) -> Response:
    here.run(lambda work: commands.delete_page(work, page_id))
    return here.go("/status-pages", Flash("The page is off the air. It can be restored below."))


@router.post("/status-pages/{page_id}/restore")
def restore(here: Here, page_id: str) -> Response:
    here.run(lambda work: commands.restore_page(work, page_id))
    return here.go(f"/status-pages/{page_id}", Flash("The page is back on the air."))


def _fields(here: Here, form: Mapping[str, str], page: StatusPage | None) -> PageFields:
    """What the form says. Hashing a password is slow, so this happens before the unit that saves it."""
    domain = form.get("domain", "").strip()
    if domain and domain.lower() == urlsplit(here.site.base_url).hostname:
        raise Invalid("Firebell itself is served there.", field="domain", hint="Give the page a host name of its own.")
    fields: PageFields = {
        "slug": form.get("slug", "").strip(), "name": form.get("name", ""),
        "description": form.get("description", ""), "url": form.get("url", ""),
        "time_zone": form.get("time_zone", "").strip(), "domain": domain or None,
        "access": form.get("access", "public"), "addresses": tuple(words(form.get("addresses", ""))),
        "auto_posts": bool(form.get("auto_posts")), "ledger_public": bool(form.get("ledger_public")),
        "disabled": bool(form.get("disabled")), "weights": {name: _weight(form, name) for name in WEIGHTS},
    }  # fmt: skip
    typed = form.get("password", "")
    if typed:
        fields["password_hash"] = passwords.make_hash(typed, about=[fields["name"]])
    elif page is None:
        fields["password_hash"] = None
    return fields


def _weight(form: Mapping[str, str], name: str) -> float:
    field = f"weight_{name}"
    try:
        weight = float(form.get(field, "").replace(",", ".") or WEIGHTS[name])
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        raise Invalid("A weight is a number from 0 to 1.", field=field)
    return weight


def _owned(read: Read, form: Mapping[str, str], fields: PageFields) -> PageFields:
    return {**fields, "team_id": choices.team(read, form.get("team_id", ""))}


def _form(here: Here, page: StatusPage | None, draft: Draft) -> Response:
    def look(read: Read) -> StatusPageForm:
        teams = [(t.id, t.display_name) for t in people.teams(read)] if here.may(Permission.PEOPLE_VIEW) else []
        return StatusPageForm(page, draft, ACCESS, teams, sorted(available_timezones()))

    title = f"Settings of {page.name}" if page else "New status page"
    return here.page("status_pages/form.html", here.read(look), title=title, nav="status", status=draft.status)
