"""The review deck as boards: the slides' lines with the words in front that name them, for either template."""

from __future__ import annotations

import math
import re

import msgspec

from firebell.domain.postmortems import slides
from firebell.domain.postmortems.slides import Deck
from firebell.entrypoints.documents.sheet import Outgoing
from firebell.kernel import text as texts

_LEAD = re.compile(
    r"(?P<time>(?:\d\d-\d\d )?\d\d:\d\d(?::\d\d)? UTC) |(?P<label>[^\W\d_][\w'’%/&+ -]{1,26}[\w%]): (?=\S)"
)  # A time, or a label such as "Impact" or "monitoring gap".


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """``lead`` names the line, and is set apart. ``more``: it says that something was cut."""

    lead: str = ""
    text: str
    more: bool = False


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """``timed``: every line begins with a time."""

    number: int
    title: str
    lines: tuple[Line, ...]
    timed: bool = False


class Boards(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    kicker: str
    boards: tuple[Board, ...]
    foot: str
    more: str = f"… {slides.SEE_DOCUMENT}"
    watermark: str = ""


def boards(out: Outgoing) -> Boards:
    """Six boards, without a name of anybody."""
    deck = slides.deck(out.document, out.stamp, out.response, out.names)
    return Boards(
        title=texts.printable(deck.title, one_line=True), foot=deck.foot, watermark=deck.watermark,
        boards=tuple(_board(deck, number) for number in range(len(deck.slides))),
        kicker=out.kicker("Postmortem review"),
    )  # fmt: skip


def _board(deck: Deck, index: int) -> Board:
    slide = deck.slides[index]
    lines = tuple(_line(texts.printable(one, one_line=True)) for one in slide.lines)
    told = [one for one in lines if not one.more]
    timed = bool(told) and all(one.lead.endswith(" UTC") for one in told)
    return Board(number=slide.number, title=slide.title, lines=lines, timed=timed)


def _line(line: str) -> Line:
    if line == f"… {slides.SEE_DOCUMENT}":
        return Line(text=line, more=True)
    match = _LEAD.match(line)
    if match is None:
        return Line(text=line)
    lead = match["time"] or match["label"]
    return Line(lead=lead, text=line[match.end() :])


# ------------------------------------------------------------------ on a screen
# The PDF engine measures what fits. A browser draws with whatever font its machine has and cannot be asked, so for it
# the room is estimated, for a wide font.

SIZES_PT = (28, 25, 22, 20, 18)
_WIDE_PT, _HIGH_PT = 820, 340
_NARROW = frozenset("iljftrI.,;:!'’|()[]·- ")


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A board's lines as they fit on a slide of a browser. ``step`` is an index of ``SIZES_PT``."""

    board: Board
    lines: tuple[Line, ...]
    step: int


def fitted(deck: Boards) -> tuple[Fitted, ...]:
    """Every board at the largest size that holds all of it; at the smallest one, what does not fit is cut."""
    return tuple(_fitted(board, deck) for board in deck.boards)


def _fitted(board: Board, deck: Boards) -> Fitted:
    room = _HIGH_PT
    if board.number == 1:
        size = 32 if len(deck.title) > LONG_TITLE else 40
        room = 358 - round(size * 1.12) * _rows(deck.title, size, _WIDE_PT)
    for step, size in enumerate(SIZES_PT):
        if _high(board, board.lines, size) <= room:
            return Fitted(board=board, lines=board.lines, step=step)
    more = Line(text=deck.more, more=True)
    lines = [one for one in board.lines if not one.more]
    while len(lines) > 1 and _high(board, (*lines, more), SIZES_PT[-1]) > room:
        lines.pop()
    return Fitted(board=board, lines=(*lines, more), step=len(SIZES_PT) - 1)


LONG_TITLE = 60


def _high(board: Board, lines: tuple[Line, ...], size: int) -> float:
    """Points that ``lines`` are high: rows of 1.2, and 0.3 between two of them."""
    total = 0.0
    for one in lines:
        if board.timed and one.lead:
            rows = _rows(one.text, size, _WIDE_PT - (_ems(one.lead) * 1.08 + 0.9) * size)
        else:
            rows = _rows(f"{one.lead} {one.text}" if one.lead else one.text, size, _WIDE_PT - 1.1 * size)
        total += (rows * 1.2 + 0.3) * size
    return total


def _rows(text: str, size: int, wide: float) -> int:
    """Rows of a text in a column, with a little lost at the end of each."""
    return max(1, math.ceil(_ems(text) * size * 1.05 / wide))


def _ems(text: str) -> float:
    return sum(
        0.4 if char in _NARROW else 0.76 if char.isupper() or char in "mw%@" else 0.62 * slides.width(char)
        for char in text
    )
