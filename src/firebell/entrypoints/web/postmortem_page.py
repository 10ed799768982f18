"""One postmortem to read: looked up, and drawn whole or in the parts that a live page asks for anew."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems.merge import Merged
from firebell.domain.postmortems.model import Section, State
from firebell.entrypoints.web import postmortem_desk, postmortem_tree
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.postmortem_view import PostmortemPage
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.kernel.work import Read
from firebell.workflows import (
    postmortem_likeness,
    postmortem_moves,
    postmortem_opens,
    postmortem_said,
    postmortem_verdicts,
    postmortems_seen,
)

router = APIRouter()
TEMPLATE = "postmortems/postmortem.html"


@router.get("/postmortems/{key}")
def show(here: Here, key: str) -> Response:
    """By id, or by the incident's id, number or reference; the page's own address is the id's."""
    if not key.startswith("pmt_"):
        return here.go(f"/postmortems/{here.read(lambda read: postmortems_seen.one(read, key)).id}")
    return page(here, key)


def page(here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    """The page; after a refusal with the form ``refused`` (``verb:key``) as it was sent."""
    drafts = {refused: draft} if draft is not None else {}

    def job(read: Read) -> PostmortemPage:
        desk = postmortem_desk.look(here, read, key, drafts, refused)
        pm = desk.pm
        found = postmortems_seen.hits(read, pm)
        writing = pm.state is State.DRAFT and desk.may.edit
        return PostmortemPage(
            desk=desk,
            tree=postmortem_tree.tree(pm.document, pm.peak, postmortems_seen.names(read, pm)),
            hits={where: len(hits) for where, hits in found.items()},
            similar=postmortem_likeness.similar_to(read, pm.incident_id),
            verdict=postmortem_verdicts.shown(read, pm.incident_id),
            reach=postmortems_seen.reach(read, pm),
            required=[words.REQUIRED.get(one, one.replace("_", " ")) for one in pm.required],
            disagreements=postmortem_said.disagreements(read, pm),
            earlier=postmortem_verdicts.candidates(read, pm.incident_id) if desk.may.edit else (),
            offers=_offered(postmortem_opens.offers(read, pm.id)) if writing else 0,
        )

    view = here.read(job)
    title = view.desk.pm.document.title
    return here.page(TEMPLATE, view, title=title, nav="postmortems", status=status)


def _offered(found: Mapping[Section, Merged]) -> int:
    return sum(len(one.offers) for one in found.values())


@router.post("/postmortems/{key}/read")
def was_read(here: Here, key: str) -> Response:
    """It has been open and seen for a while: counted once for each reader."""
    here.run(lambda work: postmortem_moves.note_read(work, key))
    return Response(status_code=204)


@router.post("/postmortems/{key}/useful")
def useful(here: Here, key: str, form: Form) -> Response:
    """Whether it taught this reader something."""
    here.run(lambda work: postmortem_moves.say_useful(work, key, form.get("useful") == "yes"))
    return here.go(f"/postmortems/{key}#reach")
