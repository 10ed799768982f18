"""The draft made again from what is known now: what is new beside what people have written, line by line to choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems.model import Section
from firebell.entrypoints.web import postmortem_desk, side_by_side
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.session import Browser, Here
from firebell.entrypoints.web.side_by_side import Compared
from firebell.kernel.work import Read
from firebell.workflows import postmortem_opens

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Fresh:
    """One section. ``compared``: what stands and what would (for one nobody has touched it is replaced). ``offers``:
    lines of the new draft that a touched one lacks; ``gone``: lines of ours that the new draft no longer has."""

    section: Section
    slug: str
    touched: bool
    compared: Compared | None
    offers: Sequence[str]
    gone: Sequence[str]


@dataclass(frozen=True, slots=True)
class RefreshPage:
    desk: Desk
    sections: Sequence[Fresh]

    @property
    def replaced(self) -> int:
        """How many sections nobody has touched would change."""
        return sum(one.compared is not None for one in self.sections)

    @property
    def offered(self) -> int:
        return sum(len(one.offers) for one in self.sections)


@router.get("/postmortems/{key}/refresh")
def show(here: Here, key: str) -> Response:
    return page(here, key)


def page(here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    def look(read: Read) -> RefreshPage:
        desk = postmortem_desk.look(here, read, key, {refused: draft} if draft else {}, refused)
        found = []
        for section, one in postmortem_opens.offers(read, key).items():
            stands = desk.pm.document.text(section)
            changes = not one.touched and one.text.strip() != stands.strip()
            found.append(
                Fresh(
                    section, words.SLUG_OF[section], one.touched,
                    side_by_side.compared(stands, one.text) if changes else None, one.offers, one.gone,
                )
            )  # fmt: skip
        return RefreshPage(desk, found)

    view = here.read(look)
    return here.page(
        "postmortems/refresh.html", view, title=f"New draft: {view.desk.pm.reference}", nav="postmortems", status=status
    )
