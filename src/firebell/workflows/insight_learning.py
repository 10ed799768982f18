"""What insight takes from postmortems: causes, promises, lessons, and what was alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.incidents import queries as incidents
from firebell.domain.insight.keeping import Due
from firebell.domain.insight.model import Case
from firebell.domain.insight.periods import Period
from firebell.domain.insight.recurrence import WINDOWS_D, Echo
from firebell.domain.postmortems import kept_store, likeness_store, settings_store, similar, store
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.completeness import lesson_parts
from firebell.domain.postmortems.model import Postmortem, Section, State
from firebell.domain.postmortems.office import Calendar
from firebell.domain.postmortems.rules import deadlines
from firebell.domain.postmortems.settings import Settings
from firebell.domain.postmortems.verdict import Repeat
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus, seconds_between
from firebell.kernel.work import Read

REACHES_BACK_S = 400 * 86_400
"""How long before a period an incident may have been resolved whose promises fall due in it."""
MANY = 20_000


@dataclass(frozen=True, slots=True)
class Learned:
    """One postmortem the actor may see."""

    postmortem: Postmortem

    @property
    def incident_id(self) -> str:
        return self.postmortem.incident_id

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of its contributing factors, each once."""
        return tuple(sorted({one.kind for one in self.postmortem.document.factors}))

    @property
    def published(self) -> bool:
        return self.postmortem.state in (State.PUBLISHED, State.CLOSED)

    def part(self, heading: str) -> str:
        """What stands under one of the three headings of the lessons, without prompts; empty when nothing does."""
        return lesson_parts(self.postmortem.document.text(Section.LESSONS)).get(heading, "")

    @property
    def lesson(self) -> str:
        """One line: the first of what did not go well, else of what did."""
        for heading in ("What didn't", "What went well"):
            if line := first_line(self.part(heading)):
                return line
        return ""


def first_line(text: str) -> str:
    """The first line that says something, without the marks of a list."""
    return next((line for each in text.splitlines() if (line := each.strip().lstrip("-*+# ").strip())), "")


def surprises(one: Learned) -> list[str]:
    """Lines of the lessons that name a surprise."""
    lines = (each.strip().lstrip("-*+ ").strip() for each in one.part("What didn't").splitlines())
    return [each for each in lines if "surpris" in each.lower() or "unexpected" in each.lower()]


def luck(one: Learned) -> list[str]:
    """Lines under “Where we got lucky”."""
    lines = (each.strip().lstrip("-*+ ").strip() for each in one.part("Where we got lucky").splitlines())
    return [each for each in lines if each]


def may_see(read: Read, team_id: str | None = None) -> bool:
    """Whether the actor may see postmortems: everywhere, or those of this team."""
    return read.actor.may(Permission.POSTMORTEMS_VIEW, team_id)


def learned(read: Read, period: Period, *, outward: bool = False) -> list[Learned]:
    """Every postmortem the actor may see that may have promises due in the period, newest first."""
    where = [
        store.where_open(incidents.hidden_subjects(read)),
        store.postmortems.c.resolved_at >= plus(period.since, -REACHES_BACK_S),
    ]
    found = [Learned(one) for one in store.listed(read, where, MANY)]
    return [one for one in found if may_see(read, one.postmortem.team_id) and not (outward and one.postmortem.private)]


def classes_of(read: Read, incident_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The classes of the contributing factors of incidents that the actor may see."""
    found = store.of_incidents(read, incident_ids)
    return {key: Learned(one).classes for key, one in found.items() if may_see(read, one.team_id)}


def settings(read: Read) -> Settings:
    return settings_store.settings(read) or Settings()


def calendar(read: Read) -> Calendar:
    """The business days and office hours of this installation."""
    return settings(read).calendar


def items(found: Iterable[Learned]) -> list[tuple[Learned, ActionItem]]:
    """Every action item with the postmortem it is of."""
    return [(one, item) for one in found for item in one.postmortem.document.actions]


def action_dues(found: Iterable[Learned]) -> list[Due]:
    """Promises only: an idea nobody committed to was due to nobody."""
    return [
        Due(item.id, item.due_at, item.done_at, dropped=item.state is ActionState.DECLINED or bool(item.waived))
        for _, item in items(found)
        if item.due_at is not None and item.committed_at is not None
    ]


def postmortem_dues(read: Read, found: Iterable[Learned]) -> list[Due]:
    """When each was to be published. One that need not be written, since somebody said why, is in no share."""
    days = calendar(read)
    return [
        Due(
            one.postmortem.id, deadlines(one.postmortem.peak, one.postmortem.resolved_at, days).published_at,
            one.postmortem.published_at, dropped=one.postmortem.skipped_at is not None,
        )
        for one in found
    ]  # fmt: skip


def reach(read: Read, found: Sequence[Learned]) -> dict[str, tuple[int, int, int]]:
    """(read by, found useful, found not useful) by postmortem: how many, never who."""
    return kept_store.reach(read, [one.postmortem.id for one in found]) if found else {}


def echoes(
    read: Read, cases: Sequence[Case], depends: Mapping[str, frozenset[str]], *, outward: bool = False
) -> list[Echo]:
    """Which cases were alike to an earlier incident that the actor may see. ``outward``: and that is not private."""
    if not cases or not may_see(read):
        return []
    hidden = incidents.hidden_subjects(read)
    known = [likeness_store.signature(row) for row in likeness_store.fetched(read)]
    index = similar.index([one for one in known if one.id not in hidden and not (outward and one.private)], depends)
    signatures = {one.id: one for one in index.documents}
    oldest = min(one.at for one in cases)
    fixed = {
        (row.incident_id, row.earlier_id)
        for row in likeness_store.all_repeats(read, oldest)
        if row.kind is Repeat.AFTER_FIX
    }
    found = []
    for one in cases:
        asked = signatures.get(one.id)
        if asked is None:
            continue
        found += [
            Echo(one.id, other, seconds_between(signatures[other].at, asked.at), (one.id, other) in fixed)
            for other, _ in similar.scores(asked, index, WINDOWS_D[-1] * 86_400)
        ]
    return found
