"""Who is told by a status page: for its owners, with lists in and out as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.statuspage import queries, subscriber_lists, subscriber_queries, subscribers
from firebell.domain.statuspage.model import StatusPage
from firebell.domain.statuspage.subscriber_lists import CHUNK
from firebell.domain.statuspage.subscriber_model import Counts, Fanout, Subscriber
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.status_pages import address_of
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import subscribers_told

router = APIRouter(prefix="/status-pages/{page_id}/subscribers")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class SubscribersPage:
    """``names`` of components by id. ``older``: where the next ones are, or nothing."""

    page: StatusPage
    address: str
    counts: Counts
    rows: Sequence[Subscriber]
    names: Mapping[str, str]
    told: Sequence[Fanout]
    text: str
    older: str
    draft: Draft


@router.get("")
def show(here: Here, page_id: str, text: str = "", before: str = "") -> Response:
    return _show(here, page_id, Draft(), text[:200], before)


def _show(here: Here, page_id: str, draft: Draft, text: str = "", before: str = "") -> Response:
    def look(read: Read) -> SubscribersPage:
        page = queries.page(read, page_id)
        found = subscriber_queries.listed(read, page_id, text=text, before=before or None, limit=SHOWN + 1)
        rows = found[:SHOWN]
        older = f"?text={text}&before={rows[-1].id}" if len(found) > SHOWN else ""
        names = {str(one.id): one.name for one in queries.components(read, page_id)}
        return SubscribersPage(
            page, address_of(here, page), subscriber_queries.counts(read, page_id), rows, names,
            subscriber_queries.fanouts(read, page_id, 10), text, older, draft,
        )  # fmt: skip

    view = here.read(look)
    return here.page(
        "status_pages/subscribers.html", view, title=f"Subscribers of {view.page.name}", nav="status",
        status=draft.status,
    )  # fmt: skip


@router.post("/import")
def bring_in(here: Here, page_id: str, form: Form) -> Response:
    """Five hundred in a unit, so that none is long."""
    confirmed = bool(form.get("confirmed"))
    added = known = 0
    problems: list[str] = []
    try:
        rows = subscriber_lists.rows_of(form.get("csv", ""))
        for start in range(0, len(rows), CHUNK) or (0,):
            part = rows[start : start + CHUNK]
            done = here.run(lambda work, part=part: _add(work, page_id, part, confirmed=confirmed))  # type: ignore[misc]
            added, known = added + done.added, known + done.known
            problems += [f"line {line}: {words}" for line, words in done.problems]
    except Refused as error:
        return _show(here, page_id, refused(form, error, {"file": "csv"}))
    words = f"{added} added, {known} known already." + (f" Left out: {'; '.join(problems[:5])}" if problems else "")
    return here.go(f"/status-pages/{page_id}/subscribers", Flash(words, "attention" if problems else "ok"))


def _add(
    work: Work, page_id: str, rows: Sequence[subscriber_lists.Row], *, confirmed: bool
) -> subscriber_lists.Imported:
    done = subscriber_lists.add_rows(work, page_id, rows, confirmed=confirmed)
    page = queries.page(work, page_id)
    for one in done.to_ask:
        subscribers_told.asked(work, page, subscribers.Asked(one))
    return done


@router.get("/export")
def export(here: Here, page_id: str) -> Response:
    text = here.run(lambda work: subscriber_lists.exported(work, page_id))
    named = {"content-disposition": 'attachment; filename="subscribers.csv"', "cache-control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=named)


@router.post("/{subscriber_id}/remove")
def remove(here: Here, page_id: str, subscriber_id: str) -> Response:
    here.run(lambda work: subscribers.remove(work, page_id, subscriber_id))
    return here.go(f"/status-pages/{page_id}/subscribers", Flash("They hear nothing more.", "note"))
