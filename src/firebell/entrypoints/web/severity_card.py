"""The severity card: what each level means and which clocks go with it, and the matrix that suggests one.

One tap from every severity label. ``?version=`` shows the scale an incident was judged under. The matrix asks nothing
of the server but an answer, so its form is a GET.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.incidents import queries, scale
from firebell.domain.incidents.model import Level, RoleDefinition, Scale
from firebell.domain.incidents.scale import MATRIX, Condition, Reach
from firebell.entrypoints.web import incident_words as words
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.session import Here
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read

router = APIRouter()
NARROW = "\N{NO-BREAK SPACE}"
CALENDARS: Mapping[str, str] = {"24x7": "day and night", "business": "support hours"}


@dataclass(frozen=True, slots=True)
class LevelCard:
    """``clocks``: (what, how long) for people at work; ``after``: what follows when it is over."""

    level: Level
    clocks: Choices
    after: Choices


@dataclass(frozen=True, slots=True)
class MatrixRow:
    reach: str
    label: str
    cells: Sequence[tuple[str, str]]
    """(condition, severity)."""


@dataclass(frozen=True, slots=True)
class SeverityPage:
    """``current``: the version in force. ``suggested``: what the matrix says of the answers given, or nothing."""

    scale: Scale
    current: int
    cards: Sequence[LevelCard]
    matrix: Sequence[MatrixRow]
    conditions: Choices
    reaches: Choices
    draft: Draft
    suggested: str
    may_edit: bool

    @property
    def older(self) -> bool:
        return self.scale.version != self.current


@router.get("/incidents/severity")
def show(
    here: Here, version: str = Query("", max_length=9), reach: str = "", condition: str = "", breach: str = ""
) -> Response:
    """All four levels. A version that nobody has shows the one in force."""
    wanted = int(version) if version.isascii() and version.isdigit() else None
    answers = {"reach": reach, "condition": condition, "breach": breach, "version": version}

    def look(read: Read) -> SeverityPage:
        shown = queries.scale(read, wanted)
        roles = queries.roles(read)
        return SeverityPage(
            scale=shown, current=queries.scale(read).version, cards=[_card(one, roles) for one in shown.levels],
            matrix=[
                MatrixRow(row, words.REACHES[row], [(column, str(MATRIX[row][column])) for column in Condition])
                for row in Reach
            ],
            conditions=[(one, words.CONDITIONS[one]) for one in Condition],
            reaches=[(one, words.REACHES[one]) for one in Reach],
            draft=_asked(answers), suggested=_suggested(reach, condition, bool(breach)),
            may_edit=here.may(Permission.INCIDENTS_EDIT),
        )  # fmt: skip

    return here.page("incidents/severity.html", here.read(look), title="Severity", nav="incidents")


def _suggested(reach: str, condition: str, breach: bool) -> str:
    if reach not in [*Reach] or condition not in [*Condition]:
        return ""
    return str(scale.suggest(reach, condition, breach))


def _asked(answers: Mapping[str, str]) -> Draft:
    """Half an answer is asked for the other half."""
    if not (answers["reach"] or answers["condition"] or answers["breach"]):
        return Draft(answers)
    if answers["reach"] not in [*Reach]:
        return Draft(answers, "reach", "Say whom it hits.")
    if answers["condition"] not in [*Condition]:
        return Draft(answers, "condition", "Say how badly.")
    return Draft(answers)


def _card(level: Level, roles: Sequence[RoleDefinition]) -> LevelCard:
    called = {one.name: one.display_name for one in roles}
    clocks = [
        ("Acknowledged within", f"{_span(level.respond_s)}, {CALENDARS.get(level.calendar, level.calendar)}"),
        ("Commanded within", _span(level.command_s)),
        ("The team hears every", _span(level.internal_every_s)),
        ("Customers hear first within", _span(level.public_first_s)),
        ("What is affected, within", _span(level.public_scope_s)),
        ("Customers then hear every", _span(level.public_every_s)),
        ("Executives hear every", _span(level.executive_every_s)),
        ("Called at once", ", ".join(called.get(name, name) for name in level.page_roles)),
    ]
    after = [
        ("Stable before it is resolved", _span(level.stability_s)),
        ("Postmortem", level.postmortem),
        ("Actions done within", f"{level.action_days}{NARROW}d"),
    ]
    return LevelCard(level, [one for one in clocks if one[1]], [one for one in after if one[1]])


def _span(seconds: int | None) -> str:
    """In the largest unit that is exact: ``90 min``, never a rounded hour; unbroken at the end of a line."""
    if not seconds:
        return ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size}{NARROW}{unit}"
    return f"{seconds}{NARROW}s"
