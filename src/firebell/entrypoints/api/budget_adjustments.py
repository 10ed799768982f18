"""``/api/v1/budget-adjustments``: errors that are measured and not charged, once somebody else has approved it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.people import names
from firebell.domain.slo import adjusting, queries
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.records import AdjustmentRecord
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import (
    Body,
    Cursor,
    IfMatch,
    Limit,
    Page,
    Shown,
    expected,
    iso,
    moment,
    pages_of,
    tag,
)
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_spoken_for

router = APIRouter(prefix="/budget-adjustments", tags=["slos"], route_class=ApiRoute)

Adjustment = Annotated[str, Field(max_length=100)]
Stamp = Annotated[str, Field(max_length=50)]


class AdjustmentShown(Shown):
    """``rrule`` (RFC 5545, in UTC) repeats the stretch. It counts when ``approved_at`` is there."""

    id: str
    name: str
    slos: list[str]
    category: str
    start: str
    end: str
    rrule: str
    reason: str
    author_id: str
    author: str | None
    approver_id: str | None
    approver: str | None
    approved_at: str | None
    managed_by: str | None
    created_at: str
    updated_at: str
    version: int


class AdjustmentEdit(Body):
    """``slos`` by id or name."""

    slos: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=200)] | None = None
    category: Category | None = None
    start: Stamp | None = None
    end: Stamp | None = None
    rrule: Annotated[str, Field(max_length=300)] | None = None
    reason: Annotated[str, Field(max_length=1000)] | None = None


class NewAdjustment(AdjustmentEdit):
    """The author is whoever asks: a person, or the owner of a personal token."""

    name: Annotated[str, Field(max_length=63)] = ""
    slos: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=200)]
    category: Category
    start: Stamp
    end: Stamp
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


def _shown(r: Read, found: list[AdjustmentRecord]) -> list[AdjustmentShown]:
    known = names.of_users(r, {who for one in found for who in (one.author_id, one.approver_id) if who})
    wanted = {each for one in found for each in one.slo_ids}
    slos: dict[str, str] = {one.id: one.name for one in queries.those(r, wanted)}
    return [
        AdjustmentShown(
            id=one.id, name=one.name, slos=[slos[each] for each in one.slo_ids if each in slos],
            category=one.category, start=one.start.format_iso(), end=one.end.format_iso(), rrule=one.rrule,
            reason=one.reason, author_id=one.author_id, author=known.get(one.author_id),
            approver_id=one.approver_id, approver=known.get(one.approver_id or ""), approved_at=iso(one.approved_at),
            managed_by=one.managed_by, created_at=one.created_at.format_iso(),
            updated_at=one.updated_at.format_iso(), version=one.version,
        )
        for one in found
    ]  # fmt: skip


def _fields(r: Read, body: AdjustmentEdit) -> Any:
    given: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"slos", "start", "end"})
    if body.slos is not None:
        given["slo_ids"] = references.slo_ids(r, body.slos)
    for name in ("start", "end"):
        text = getattr(body, name)
        if text is not None:
            given[name] = moment(text, name)
    return given


def _answer(response: Response, w: Read, one: AdjustmentRecord) -> AdjustmentShown:
    tag(response, one.version)
    return _shown(w, [one])[0]


@router.get("")
def list_adjustments(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    slo: Annotated[str | None, Query(max_length=100, description="Only of this one, by id or name.")] = None,
) -> Page[AdjustmentShown]:  # fmt: skip
    """Oldest first."""

    def look(r: Read) -> Page[AdjustmentShown]:
        found = queries.adjustments(r, queries.slo(r, slo).id if slo else None)
        kept, following = pages_of(found, limit, cursor, lambda one: one.id)
        return Page(items=_shown(r, kept), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def propose_adjustment(request: Request, response: Response, caller: Caller, body: NewAdjustment) -> AdjustmentShown:
    """Propose it. It counts once somebody else has approved it."""

    def make(w: Work) -> AdjustmentShown:
        person = incident_spoken_for.person(w, None)
        return _answer(response, w, adjusting.propose(w, person_id=person, **_fields(w, body)))

    return run(request, make, caller)


@router.get("/{adjustment}")
def get_adjustment(request: Request, response: Response, adjustment: Adjustment, caller: Caller) -> AdjustmentShown:
    """One adjustment, by id or name."""
    return read(request, lambda r: _answer(response, r, queries.adjustment(r, adjustment)), caller)


@router.patch("/{adjustment}")
def edit_adjustment(
    request: Request, response: Response, adjustment: Adjustment, caller: Caller, body: AdjustmentEdit,
    if_match: IfMatch = None,
) -> AdjustmentShown:  # fmt: skip
    """Change what is given. Its approval is void."""

    def change(w: Work) -> AdjustmentShown:
        before, person = queries.adjustment(w, adjustment), incident_spoken_for.person(w, None)
        after = adjusting.edit(w, before.id, expected(if_match), person_id=person, **_fields(w, body))
        return _answer(response, w, after)

    return run(request, change, caller)


@router.post("/{adjustment}:approve")
def approve_adjustment(request: Request, response: Response, adjustment: Adjustment, caller: Caller) -> AdjustmentShown:
    """From now on it counts. Somebody else than its author."""

    def change(w: Work) -> AdjustmentShown:
        found, person = queries.adjustment(w, adjustment), incident_spoken_for.person(w, None)
        return _answer(response, w, adjusting.approve(w, found.id, person_id=person))

    return run(request, change, caller)


@router.post("/{adjustment}:detach")
def detach_adjustment(request: Request, response: Response, adjustment: Adjustment, caller: Caller) -> AdjustmentShown:
    """Take it out of a configuration file's hands."""

    def change(w: Work) -> AdjustmentShown:
        return _answer(response, w, adjusting.detach(w, queries.adjustment(w, adjustment).id))

    return run(request, change, caller)


@router.delete("/{adjustment}", status_code=204)
def delete_adjustment(request: Request, adjustment: Adjustment, caller: Caller, if_match: IfMatch = None) -> None:
    """What it forgave is charged again."""
    run(request, lambda w: adjusting.delete(w, queries.adjustment(w, adjustment).id, expected(if_match)), caller)
