"""How a postmortem came to be: its revisions, two of them side by side, and who stood behind which role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems.model import Document, Section
from firebell.domain.postmortems.queries import RevisionLine
from firebell.entrypoints.web import postmortem_desk, sentences, side_by_side
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Browser, Here
from firebell.entrypoints.web.side_by_side import Compared
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen

router = APIRouter()


@dataclass(frozen=True, slots=True)
class RevisionRow:
    line: RevisionLine
    by: str
    state: str


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    compared: Compared


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``left`` and ``right`` are the revisions compared (0: none is)."""

    desk: Desk
    rows: Sequence[RevisionRow]
    left: int
    right: int
    differences: Sequence[Difference]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class NamesPage:
    """(name, role) of everybody who took part."""

    desk: Desk
    rows: Sequence[tuple[str, str, str]]


@router.get("/postmortems/{key}/history")
def history(here: Here, key: str) -> Response:
    return page(here, key)


def page(here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    """Revisions, the two that the address names (else the last two) side by side."""
    left, right = (here.request.query_params.get(side, "") for side in ("left", "right"))

    def look(read: Read) -> HistoryPage:
        desk = postmortem_desk.look(here, read, key, {refused: draft} if draft else {}, refused)
        found = postmortems_seen.revisions(read, key)
        names = look_up(read, {one.by for one in found})
        numbers = [one.number for one in found]
        newer = _number(right, numbers, numbers[0] if numbers else 0)
        older = _number(left, numbers, next((n for n in numbers if n < newer), newer))
        return HistoryPage(
            desk, [RevisionRow(one, _who(names.of(one.by), one.by), words.STATES[one.state]) for one in found],
            older, newer, _differences(read, key, older, newer) if older != newer else [],
            list(reversed(sentences.lines(read, read.history(desk.pm.id, limit=100), here.zone))),
        )  # fmt: skip

    view = here.read(look)
    title = f"History: {view.desk.pm.reference}"
    return here.page("postmortems/history.html", view, title=title, nav="postmortems", status=status)


def _who(name: str, by: str) -> str:
    return "Firebell" if by in ("", "system") else name or by


def _number(typed: str, numbers: Sequence[int], otherwise: int) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and int(typed[:9]) in numbers else otherwise


def _differences(read: Read, key: str, older: int, newer: int) -> list[Difference]:
    """What differs between two revisions, part by part; equal parts are left out."""
    try:
        was, now = (postmortems_seen.revision(read, key, n).document for n in (older, newer))
    except NotFound:
        return []
    parts = [
        (label, side_by_side.compared(left, right))
        for (label, left), (_, right) in zip(_parts(was), _parts(now), strict=True)
        if left.strip() != right.strip()
    ]
    return [Difference(label, compared) for label, compared in parts]


def _parts(document: Document) -> list[tuple[str, str]]:
    """A document as texts that can be compared."""
    whys = "\n".join(f"{one.condition} ← {_parent(document, one.parent)}" for one in document.whys)
    factors = "\n".join(f"{words.FACTORS.get(one.kind, one.kind)}: {one.text}" for one in document.factors)
    items = "\n".join(f"{one.text} ({one.state}) {one.end_state}".rstrip() for one in document.actions)
    said = [one for one in (document.trigger, document.detected_by, document.mitigated_by) if one]
    return [
        ("Title", document.title), *((one.value, document.text(one)) for one in Section), ("Why-tree", whys),
        ("Contributing factors", "\n".join([factors, *said])), ("Items", items),
    ]  # fmt: skip


def _parent(document: Document, parent: str | None) -> str:
    return next((one.condition for one in document.whys if one.id == parent), "the impact")


@router.get("/postmortems/{key}/names")
def role_map(here: Here, key: str) -> Response:
    """Who held which role: for interviews, with a permission of its own."""

    def look(read: Read) -> NamesPage:
        desk = postmortem_desk.look(here, read, key)
        held = postmortems_seen.role_map(read, desk.pm)
        names = look_up(read, held)
        return NamesPage(desk, sorted((role, names.of(user), user) for user, role in held.items()))

    view = here.read(look)
    title = f"Roles: {view.desk.pm.reference}"
    return here.page("postmortems/names.html", view, title=title, nav="postmortems")
