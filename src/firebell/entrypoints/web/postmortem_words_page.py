"""All the linter says about one postmortem, piece by piece, with the way to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems.blameless import Hit
from firebell.domain.postmortems.model import Section
from firebell.entrypoints.web import postmortem_desk
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.session import Here
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the document and its hits. ``href``: where it is written."""

    label: str
    href: str
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class LintPage:
    desk: Desk
    pieces: Sequence[Piece]

    @property
    def total(self) -> int:
        return sum(len(one.hits) for one in self.pieces)


@router.get("/postmortems/{key}/lint")
def show(here: Here, key: str) -> Response:
    def look(read: Read) -> LintPage:
        desk = postmortem_desk.look(here, read, key)
        found = postmortems_seen.hits(read, desk.pm)
        return LintPage(desk, [_piece(desk, where, hits) for where, hits in found.items()])

    view = here.read(look)
    title = f"Words: {view.desk.pm.reference}"
    return here.page("postmortems/lint.html", view, title=title, nav="postmortems")


def _piece(desk: Desk, where: str, hits: Sequence[Hit]) -> Piece:
    if where in [*Section]:
        return Piece(where, f"{desk.href}/edit/{words.SLUG_OF[where]}", hits)
    kind, _, part = where.partition(":")
    place = {"why": "whys", "factor": "factors", "action": "actions"}.get(kind)
    label = {"why": "Why-tree", "factor": "Contributing factors", "action": "Action items"}.get(kind, "Title")
    return Piece(label, f"{desk.href}/{place}#{part}" if place else desk.href, hits)
