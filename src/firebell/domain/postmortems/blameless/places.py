"""Hits with the lines they stand in: what a terminal, an editor and a check in continuous integration show."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from firebell.domain.postmortems.blameless.hits import Hit, Level
from firebell.domain.postmortems.blameless.linter import lint
from firebell.domain.postmortems.blameless.names import NOBODY, Names

ORDER = (Level.GATE, Level.HIGH, Level.MEDIUM, Level.LOW)


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """``line`` and ``column`` count from 1, columns in characters."""

    line: int
    column: int
    hit: Hit


def lint_file(text: str, names: Names = NOBODY) -> list[Placed]:
    """Hits of a whole Markdown file in the order of their lines. Sections come from its headings."""
    begins = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    found = []
    for hit in lint(text, names):
        line = bisect_right(begins, hit.start)
        found.append(Placed(line=line, column=hit.start - begins[line - 1] + 1, hit=hit))
    return found


def at_least(found: Iterable[Placed], level: Level) -> bool:
    """Whether one of them is of this level or a worse one."""
    limit = ORDER.index(level)
    return any(ORDER.index(one.hit.level) <= limit for one in found)
