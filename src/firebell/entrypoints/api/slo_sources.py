"""``/api/v1/data-sources``: where counts of objectives are asked for."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.slo import queries, sources
from firebell.domain.slo.records import SourceRecord
from firebell.domain.slo.sources import SourceFields
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Work

router = APIRouter(prefix="/data-sources", tags=["slos"], route_class=ApiRoute)

Source = Annotated[str, Field(max_length=100)]
Text = Annotated[str, Field(max_length=2000)]


class SourceShown(Shown):
    """``has_secret``: one is kept, sealed; it is never shown. ``error``: what it answered last, if that failed."""

    id: str
    name: str
    type: str
    url: str
    username: str
    details: dict[str, str]
    secret_file: str
    has_secret: bool
    checked_at: str | None
    error: str
    error_at: str | None
    warnings: list[str]
    managed_by: str | None
    created_at: str
    updated_at: str
    version: int


class SourceEdit(Body):
    """``secret``: a bearer token, or with ``username`` a password; empty removes it."""

    name: Annotated[str, Field(max_length=63)] | None = None
    type: Annotated[str, Field(max_length=100)] | None = None
    url: Text | None = None
    username: Annotated[str, Field(max_length=200)] | None = None
    details: Annotated[dict[Annotated[str, Field(max_length=100)], Text], Field(max_length=20)] | None = None
    secret: Annotated[str, Field(max_length=4000)] | None = None


class NewSource(SourceEdit):
    name: Annotated[str, Field(min_length=1, max_length=63)]


def _shown(one: SourceRecord) -> SourceShown:
    values = {name: getattr(one, name) for name in SourceShown.model_fields}
    for name in ("checked_at", "error_at", "created_at", "updated_at"):
        values[name] = iso(values[name])
    return SourceShown(**(values | {"details": dict(one.details), "warnings": list(one.warnings)}))


def _fields(body: SourceEdit) -> SourceFields:
    given: dict[str, Any] = body.model_dump(exclude_none=True)
    return cast("SourceFields", given)


@router.get("")
def list_sources(request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[SourceShown]:
    """Oldest first."""
    kept, following = pages_of(read(request, queries.sources, caller), limit, cursor, lambda one: one.id)
    return Page(items=[_shown(one) for one in kept], next=following)


@router.post("", status_code=201)
def create_source(request: Request, response: Response, caller: Caller, body: NewSource) -> SourceShown:
    """A new data source."""
    keyring = site_of(request).keyring
    one = run(request, lambda w: sources.create(w, keyring, **_fields(body)), caller)
    tag(response, one.version)
    return _shown(one)


@router.get("/{source}")
def get_source(request: Request, response: Response, source: Source, caller: Caller) -> SourceShown:
    """One data source, by id or name."""
    one = read(request, lambda r: queries.source(r, source), caller)
    tag(response, one.version)
    return _shown(one)


@router.patch("/{source}")
def edit_source(
    request: Request, response: Response, source: Source, caller: Caller, body: SourceEdit, if_match: IfMatch = None
) -> SourceShown:
    """Change what is given."""
    keyring = site_of(request).keyring

    def change(w: Work) -> SourceRecord:
        return sources.edit(w, queries.source(w, source).id, keyring, expected(if_match), **_fields(body))

    one = run(request, change, caller)
    tag(response, one.version)
    return _shown(one)


@router.delete("/{source}", status_code=204)
def delete_source(request: Request, source: Source, caller: Caller, if_match: IfMatch = None) -> None:
    """It is asked no more, and its secret is forgotten."""
    run(request, lambda w: sources.delete(w, queries.source(w, source).id, expected(if_match)), caller)


@router.post("/{source}:detach")
def detach_source(request: Request, source: Source, caller: Caller) -> SourceShown:
    """Take it out of a configuration file's hands."""
    keyring = site_of(request).keyring

    def change(w: Work) -> SourceRecord:
        return sources.edit(w, queries.source(w, source).id, keyring, managed_by=None)

    return _shown(run(request, change, caller))
