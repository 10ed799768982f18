"""``/api/v1/status-pages``: the pages customers read. Their components: ``status_components.py``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.people import passwords
from firebell.domain.statuspage import commands, queries, rules
from firebell.domain.statuspage.model import StatusPage
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.api.users import Text, Zone
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/status-pages", tags=["status pages"], route_class=ApiRoute)

Slug = Annotated[str, Field(max_length=63, description="The page is at /status/ and this.")]
Weight = Annotated[float, Field(ge=0, le=1)]


class StatusPageShown(Shown):
    """A status page. ``address`` is where the public finds it; ``code`` its id in the public JSON."""

    id: str
    code: str
    slug: str
    name: str
    description: str
    url: str
    time_zone: str
    domain: str | None
    access: str
    addresses: list[str]
    auto_posts: bool
    ledger_public: bool
    weights: dict[str, float]
    team: str | None
    disabled: bool
    indicator: str
    status: str
    managed_by: str | None
    created_at: str
    changed_at: str
    deleted_at: str | None
    address: str
    html_url: str


class StatusPageEdit(Body):
    """What to change. ``password``: what opens a page whose ``access`` is ``password``; it is never shown again."""

    slug: Slug | None = None
    name: Text | None = None
    description: Annotated[str, Field(max_length=4096)] | None = None
    url: Annotated[str, Field(max_length=500)] | None = None
    time_zone: Zone | None = None
    domain: Annotated[str, Field(max_length=253)] | None = None
    access: Literal["public", "password", "signed_in", "addresses"] | None = None
    password: Annotated[str, Field(max_length=256)] | None = None
    addresses: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)] | None = None
    auto_posts: bool | None = None
    ledger_public: bool | None = None
    weights: dict[str, Weight] | None = None
    team: Reference | None = None
    disabled: bool | None = None


class NewStatusPage(StatusPageEdit):
    """``slug`` and ``name`` are needed."""

    slug: Slug
    name: Text


def page_of(r: Read, reference: str) -> StatusPage:
    """A page by id or slug. Raises NotFound."""
    found = queries.page_by_slug(r, reference)
    return found if found is not None else queries.page(r, reference)


def _shown(request: Request, r: Read, found: list[StatusPage]) -> list[StatusPageShown]:
    teams = references.team_names(r, [one.team_id for one in found])
    base = site_of(request).base_url
    shown = []
    for one in found:
        leaves = [each.status for each in rules.shown(queries.components(r, one.id)) if not each.is_group]
        top = rules.top_line(leaves, [each.impact for each in queries.open_incidents(r, one.id)])
        shown.append(
            StatusPageShown(
                id=one.id, code=one.code, slug=one.slug, name=one.name, description=one.description, url=one.url,
                time_zone=one.time_zone, domain=one.domain, access=one.access, addresses=list(one.addresses),
                auto_posts=one.auto_posts, ledger_public=one.ledger_public, weights=dict(one.weights),
                team=teams.get(one.team_id or ""), disabled=one.disabled, indicator=top.indicator,
                status=top.description, managed_by=one.managed_by, created_at=one.created_at.format_iso(),
                changed_at=one.changed_at.format_iso(), deleted_at=iso(one.deleted_at),
                address=f"https://{one.domain}" if one.domain else f"{base}/status/{one.slug}",
                html_url=f"{base}/status-pages/{one.id}",
            )
        )  # fmt: skip
    return shown


def _answer(request: Request, response: Response, r: Read, found: StatusPage) -> StatusPageShown:
    tag(response, found.version)
    return _shown(request, r, [found])[0]


@router.get("")
def list_status_pages(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None, deleted: bool = False
) -> Page[StatusPageShown]:
    """Status pages by name."""

    def look(r: Read) -> Page[StatusPageShown]:
        every = queries.pages(r, deleted=deleted)
        found, following = pages_of(every, limit, cursor, lambda one: f"{one.name} {one.id}")
        return Page(items=_shown(request, r, found), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_status_page(request: Request, response: Response, caller: Caller, body: NewStatusPage) -> StatusPageShown:
    """A new page; it is on the air at once."""
    hashed = _hash(body)

    def make(w: Work) -> StatusPageShown:
        made = commands.create_page(w, **(_fields(w, body) | hashed))
        return _answer(request, response, w, queries.page(w, made))

    return run(request, make, caller)


@router.get("/{page}")
def get_status_page(request: Request, response: Response, page: str, caller: Caller) -> StatusPageShown:
    """One page, by id or slug."""
    return read(request, lambda r: _answer(request, response, r, page_of(r, page)), caller)


@router.patch("/{page}")
def edit_status_page(
    request: Request, response: Response, page: str, caller: Caller, body: StatusPageEdit, if_match: IfMatch = None
) -> StatusPageShown:
    """Change what is given."""
    hashed = _hash(body)

    def change(w: Work) -> StatusPageShown:
        before = page_of(w, page)
        after = commands.edit_page(w, before.id, expected(if_match), **(_fields(w, body) | hashed))
        return _answer(request, response, w, after)

    return run(request, change, caller)


@router.delete("/{page}", status_code=204)
def delete_status_page(request: Request, page: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Take the page off the air. Can be restored."""
    run(request, lambda w: commands.delete_page(w, page_of(w, page).id, expected(if_match)), caller)


@router.post("/{page}:restore")
def restore_status_page(request: Request, response: Response, page: str, caller: Caller) -> StatusPageShown:
    """Undo a deletion; ``page`` is the id."""

    def change(w: Work) -> StatusPageShown:
        commands.restore_page(w, page)
        return _answer(request, response, w, queries.page(w, page))

    return run(request, change, caller)


@router.post("/{page}:detach")
def detach_status_page(request: Request, response: Response, page: str, caller: Caller) -> StatusPageShown:
    """Take the page and its components out of a configuration file's hands."""

    def change(w: Work) -> StatusPageShown:
        return _answer(request, response, w, commands.detach_page(w, page_of(w, page).id))

    return run(request, change, caller)


def _hash(body: StatusPageEdit) -> dict[str, Any]:
    # Slow, so it happens before the unit of work.
    return {"password_hash": passwords.make_hash(body.password)} if body.password else {}


def _fields(r: Read, body: StatusPageEdit) -> Any:
    given = body.model_dump(exclude_unset=True, exclude={"password"})
    fields: dict[str, Any] = {n: value for n, value in given.items() if value is not None or n in ("team", "domain")}
    if "team" in fields:
        fields["team_id"] = references.team_id(r, fields.pop("team"))
    if "addresses" in fields:
        fields["addresses"] = tuple(fields["addresses"])
    return fields
