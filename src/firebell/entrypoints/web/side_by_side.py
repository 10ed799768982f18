"""Two versions of a text beside each other, with what is gone marked on the left and what came on the right."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from markupsafe import Markup, escape

_PIECES = re.compile(r"\{\{.{0,400}?\}\}|\{%.{0,400}?%\}|\w+|\s+|[^\w\s]", re.DOTALL)
"""What is compared as one: a word, a name to be filled in, a condition."""
_WORDS_MAX = 4000
"""Beyond that many words in one changed passage it is marked as a whole: comparing costs the square."""


@dataclass(frozen=True, slots=True)
class Compared:
    """``left`` and ``right`` as HTML with ``<del>`` and ``<ins>``."""

    left: Markup
    right: Markup


def compared(left: str, right: str) -> Compared:
    """Line by line, and within the lines that changed word by word."""
    was, now = left.splitlines(keepends=True), right.splitlines(keepends=True)
    there: list[Markup] = []
    here: list[Markup] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        gone, came = "".join(was[i1:i2]), "".join(now[j1:j2])
        if tag == "equal":
            there.append(escape(gone))
            here.append(escape(came))
        else:
            one, other = _words(gone, came)
            there.append(one)
            here.append(other)
    return Compared(Markup("").join(there), Markup("").join(here))


def _words(left: str, right: str) -> tuple[Markup, Markup]:
    was, now = _PIECES.findall(left), _PIECES.findall(right)
    if len(was) + len(now) > _WORDS_MAX:
        was, now = [left], [right]
    there, here = [], []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        gone, came = escape("".join(was[i1:i2])), escape("".join(now[j1:j2]))
        there.append(Markup("<del>{}</del>").format(gone) if tag != "equal" and gone else gone)
        here.append(Markup("<ins>{}</ins>").format(came) if tag != "equal" and came else came)
    return Markup("").join(there), Markup("").join(here)
