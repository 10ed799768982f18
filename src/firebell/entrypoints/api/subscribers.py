"""``/api/v1/status-pages/{page}/subscribers``: who is told by a page, for its owners."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.statuspage import subscriber_lists, subscriber_queries, subscribers
from firebell.domain.statuspage.subscriber_lists import CHUNK
from firebell.domain.statuspage.subscriber_model import Subscriber
from firebell.entrypoints.api.frame import Body, Cursor, Limit, Page, Shown, iso
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.status_pages import page_of
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import subscribers_told

router = APIRouter(prefix="/status-pages/{page}/subscribers", tags=["status pages"], route_class=ApiRoute)


class SubscriberShown(Shown):
    """``address``: of a webhook only its host. ``components`` empty: the whole page."""

    id: str
    kind: str
    address: str
    components: list[str]
    incidents: bool
    maintenance: bool
    state: str
    source: str
    asked_at: str
    confirmed_at: str | None
    ended_at: str | None
    ended_why: str


class CountsShown(Shown):
    confirmed: int
    pending: int
    ended: int


class SubscriberList(Body):
    """``csv``: a header line, then a mailbox a line. ``confirmed``: you answer for their having agreed; else each is
    asked."""

    csv: Annotated[str, Field(max_length=2_000_000)]
    confirmed: bool = False


class ImportShown(Shown):
    added: int
    known: int
    problems: list[str]


def _shown(one: Subscriber) -> SubscriberShown:
    return SubscriberShown(
        id=one.id, kind=str(one.kind), address=one.shown, components=list(one.components), incidents=one.incidents,
        maintenance=one.maintenance, state=str(one.state), source=one.source, asked_at=one.asked_at.format_iso(),
        confirmed_at=iso(one.confirmed_at), ended_at=iso(one.ended_at), ended_why=one.ended_why,
    )  # fmt: skip


@router.get("")
def list_subscribers(
    request: Request, page: str, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    state: Annotated[Literal["confirmed", "pending", "ended"] | None, Query()] = None,
    text: Annotated[str, Query(max_length=200)] = "",
) -> Page[SubscriberShown]:  # fmt: skip
    """Newest first; without ``state`` those that are told or asked."""
    states = (state,) if state else ("confirmed", "pending")

    def look(r: Read) -> list[Subscriber]:
        return subscriber_queries.listed(
            r, page_of(r, page).id, states=states, text=text, before=cursor, limit=limit + 1
        )

    found = read(request, look, caller)
    more = found[limit - 1].id if len(found) > limit else None
    return Page(items=[_shown(one) for one in found[:limit]], next=more)


@router.get(":count")
def count_subscribers(request: Request, page: str, caller: Caller) -> CountsShown:
    """How many, by state: those that have not confirmed get nothing."""
    found = read(request, lambda r: subscriber_queries.counts(r, page_of(r, page).id), caller)
    return CountsShown(confirmed=found.confirmed, pending=found.pending, ended=found.ended)


@router.get(":export", response_class=Response)
def export_subscribers(request: Request, page: str, caller: Caller) -> Response:
    """All mailboxes as CSV; that it was made is recorded."""
    text = run(request, lambda w: subscriber_lists.exported(w, page_of(w, page).id), caller)
    named = {"content-disposition": 'attachment; filename="subscribers.csv"', "cache-control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=named)


@router.post(":import")
def import_subscribers(request: Request, page: str, caller: Caller, body: SubscriberList) -> ImportShown:
    """Add mailboxes; a known one is left as it is."""
    return add_all(request, page, caller, body.csv, confirmed=body.confirmed)


def add_all(request: Request, page: str, caller: Caller, text: str, *, confirmed: bool) -> ImportShown:
    """Five hundred in a unit, so that none is long."""
    rows = subscriber_lists.rows_of(text)
    added = known = 0
    problems: list[str] = []
    for start in range(0, len(rows), CHUNK) or (0,):

        def job(w: Work, start: int = start) -> subscriber_lists.Imported:
            where = page_of(w, page)
            done = subscriber_lists.add_rows(w, where.id, rows[start : start + CHUNK], confirmed=confirmed)
            for one in done.to_ask:
                subscribers_told.asked(w, where, subscribers.Asked(one))
            return done

        done = site_of(request).runner.run(job, caller)
        added, known = added + done.added, known + done.known
        problems += [f"Line {line}: {words}" for line, words in done.problems]
    return ImportShown(added=added, known=known, problems=problems[:100])


@router.delete("/{subscriber_id}", status_code=204)
def remove_subscriber(request: Request, page: str, subscriber_id: str, caller: Caller) -> None:
    """They hear nothing more; they may subscribe again."""
    run(request, lambda w: subscribers.remove(w, page_of(w, page).id, subscriber_id), caller)
