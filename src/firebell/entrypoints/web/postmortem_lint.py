"""What the linter says of a text while somebody writes it: places, reasons, suggestions, and taking them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from firebell.domain.postmortems import blameless
from firebell.domain.postmortems.blameless import Family, Hit, Level, Names
from firebell.domain.postmortems.model import Section
from firebell.entrypoints.web import postmortem_words as words
from firebell.kernel.errors import Invalid

_AROUND = 60


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit with the words around it. ``start`` and ``end`` are what a suggestion replaces, ``was`` what stands
    there: a name alone, anything else with its sentence."""

    hit: Hit
    before: str
    after: str
    start: int
    end: int
    was: str
    suggestions: Sequence[str]

    @property
    def level(self) -> str:
        return words.LEVELS[self.hit.level]

    @property
    def family(self) -> str:
        return words.FAMILIES[self.hit.family]

    @property
    def is_name(self) -> bool:
        return self.hit.family is Family.NAME


@dataclass(frozen=True, slots=True)
class Said:
    """``hits`` still open, ``aside`` those somebody has dismissed."""

    hits: Sequence[HitRow]
    aside: Sequence[HitRow]

    @property
    def named(self) -> int:
        return sum(row.is_name for row in self.hits)


def said(text: str, names: Names, section: Section, dismissed: Collection[str]) -> Said:
    """The linter's hits in a text of ``section``."""
    found = blameless.lint(text, names, section=section)
    still = {id(one) for one in blameless.still_open(found, dismissed)}
    rows = [_row(text, one, names) for one in found]
    return Said(
        [row for row in rows if id(row.hit) in still], [row for row in rows if id(row.hit) not in still]
    )  # fmt: skip


def _row(text: str, hit: Hit, names: Names) -> HitRow:
    begins, ends = hit.sentence
    start, end = (hit.start, hit.end) if hit.family is Family.NAME else hit.sentence
    return HitRow(
        hit=hit,
        before=text[max(begins, hit.start - _AROUND) : hit.start], after=text[hit.end : min(ends, hit.end + _AROUND)],
        start=start, end=end, was=text[start:end],
        suggestions=[one if hit.family is Family.NAME else blameless.unnamed(one, names) for one in hit.suggestions],
    )  # fmt: skip


def taken(text: str, names: Names, section: Section, which: str) -> str:
    """``text`` with a suggestion taken; ``which`` is ``start:key:choice`` of the hit. Raises Invalid if it is gone."""
    start, _, rest = which.partition(":")
    key, _, choice = rest.partition(":")
    for hit in blameless.lint(text, names, section=section):
        if str(hit.start) == start and hit.key == key and choice.isdigit():
            return blameless.accepted(text, hit, names, int(choice))
    raise Invalid("That place has changed since it was read.", field="text", hint="It was read again.")


def unnamed(text: str, names: Names) -> str:
    """``text`` with every name of a person as the role held at that time."""
    return blameless.unnamed(text, names)


def worst(rows: Sequence[HitRow]) -> Level | None:
    """The gravest level among them."""
    order = (Level.GATE, Level.HIGH, Level.MEDIUM, Level.LOW)
    return next((level for level in order if any(row.hit.level is level for row in rows)), None)
