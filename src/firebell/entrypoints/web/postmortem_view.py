"""One postmortem as it is read: made from what was looked up, so it is tried by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firebell.domain.postmortems import actionlint, timeline
from firebell.domain.postmortems.actions import ActionItem, Strength
from firebell.domain.postmortems.actions import moves_from as action_moves
from firebell.domain.postmortems.completeness import lesson_parts
from firebell.domain.postmortems.likeness_store import VerdictRow
from firebell.domain.postmortems.model import LESSONS, Comment, Section, State
from firebell.domain.postmortems.queries import Reach
from firebell.domain.postmortems.saidtimes import Disagreement
from firebell.domain.postmortems.timeline import Entry
from firebell.domain.postmortems.verdict import Rule
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.postmortem_tree import Tree
from firebell.workflows.postmortem_likeness import Like
from firebell.workflows.postmortems_seen import Action

_DATE = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class TimelinePart:
    """A run of entries, or Markdown that stands between them."""

    entries: Sequence[Entry] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action item of the document. ``days_late``: -1 when it is no open promise."""

    item: ActionItem
    strength: Strength
    warned: Sequence[str]
    days_late: int
    verbs: Sequence[str]


@dataclass(frozen=True, slots=True)
class SectionView:
    """One of the six. ``hits``: how many sentences the linter would have looked at again."""

    section: Section
    slug: str
    text: str
    hits: int
    comments: Sequence[Comment]

    @property
    def open(self) -> int:
        return sum(one.resolved_at is None for one in self.comments)


@dataclass(frozen=True, slots=True)
class PostmortemPage:
    """``earlier``: open promises of earlier postmortems that may have applied here. ``offers``: how many new lines a
    draft made again has. ``more``: what other parts of the page looked up."""

    desk: Desk
    tree: Tree
    hits: Mapping[str, int]
    similar: Sequence[Like]
    verdict: VerdictRow | None
    reach: Reach
    required: Sequence[str]
    offers: int = 0
    earlier: Sequence[Action] = ()
    disagreements: Sequence[Disagreement] = ()
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def sections(self) -> list[SectionView]:
        document, pm = self.desk.pm.document, self.desk.pm
        return [
            SectionView(
                one, words.SLUG_OF[one], document.text(one), self.hits.get(one.value, 0),
                [c for c in pm.comments if c.section == one],
            )
            for one in Section
        ]  # fmt: skip

    @property
    def timeline(self) -> list[TimelinePart]:
        return timeline_parts(self.desk.pm.document.text(Section.TIMELINE))

    @property
    def lessons(self) -> list[tuple[str, str]]:
        """(heading, text) of the last section, when it keeps its three headings; else nothing."""
        parts = lesson_parts(self.desk.pm.document.text(Section.LESSONS))
        return [(heading, parts.get(heading, "")) for heading in LESSONS] if parts else []

    @property
    def actions(self) -> list[ActionLine]:
        return action_lines(self.desk)

    @property
    def rules(self) -> list[tuple[str, str, str]]:
        """(rule, what it says, the evidence) of those that hold."""
        if self.verdict is None:
            return []
        return [(one.rule, words.RULES[Rule(one.rule)], one.words) for one in self.verdict.findings]

    @property
    def next_step(self) -> str:
        """What this reader has to do now, in a sentence; empty: nothing."""
        desk = self.desk
        if desk.pm.skipped_at is not None:
            return ""
        if desk.pm.state is State.DRAFT and desk.owns:
            left = desk.hard_missing
            return left[0].message if left else "All that must be there is there. Submit it for review."
        if desk.pm.state is State.IN_REVIEW and desk.may.approve and not desk.owns:
            return "Read it. What is missing, what is not yet understood? Then approve it or request changes."
        if desk.pm.state is State.REVIEWED and desk.owns:
            return "It is approved. Publish it."
        return ""


def action_lines(desk: Desk) -> list[ActionLine]:
    """The action items of a postmortem, with what is vague about each."""
    return [
        ActionLine(
            one, actionlint.strength(one),
            [found.message for found in (*actionlint.contract(one), *actionlint.check(one))],
            desk.days_late(one), action_moves(one.state),
        )
        for one in desk.pm.document.actions
    ]  # fmt: skip


def timeline_parts(text: str) -> list[TimelinePart]:
    """Lines with a time as entries, everything between them as Markdown, in the order they stand."""
    parts: list[TimelinePart] = []
    entries: list[Entry] = []
    lines: list[str] = []
    day = ""

    def close() -> None:
        if entries:
            parts.append(TimelinePart(entries=tuple(entries)))
        if "\n".join(lines).strip():
            parts.append(TimelinePart(text="\n".join(lines)))
        entries.clear()
        lines.clear()

    for raw in text.split("\n"):
        found = timeline.parsed(f"{day}\n{raw}" if day else raw)
        timed = [one for one in found if one.at is not None]
        if timed:
            if lines:
                close()
            entries.append(timed[0])
            day = timed[0].at.format_iso()[:10] if timed[0].at else day
            continue
        if dated := _DATE.search(raw):
            day = dated[1]
        if entries and raw.strip():
            close()
        if raw.strip() or lines:
            lines.append(raw)
    close()
    return parts
