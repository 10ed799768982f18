"""The review of a month or a quarter: what was learned, what came again, what was kept (postmortems.md 10).

Of the whole organisation, or of one team beside its own past. Nobody is ranked, and no team stands beside another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Severity
from firebell.domain.insight import distribution as stats
from firebell.domain.insight import periods
from firebell.domain.insight.periods import Period
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.runbooks import queries as runbooks
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read
from firebell.workflows import insight_budget, insight_learning, insight_read
from firebell.workflows.insight_budget import Overridden
from firebell.workflows.insight_learning import Learned
from firebell.workflows.insight_read import Insight, Scope

MAJOR = frozenset({Severity.SEV1, Severity.SEV2})


@dataclass(frozen=True, slots=True)
class Lesson:
    """A postmortem published in the period. ``readers``, ``useful``, ``useless``: how many, never who."""

    postmortem_id: str
    reference: str
    title: str
    severity: str
    published_at: Instant
    lesson: str
    readers: int = 0
    useful: int = 0
    useless: int = 0


@dataclass(frozen=True, slots=True)
class Theme:
    """A class of contributing factors: in how many incidents of the period, and in how many of the one before."""

    key: str
    n: int
    before: int
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Promised:
    """An action item by what became of it: ``overdue`` or ``declined``. ``reason``: why it was declined."""

    action_id: str
    text: str
    reference: str
    severity: str
    due_at: Instant | None
    what: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of somebody's postmortem: a surprise, or luck."""

    reference: str
    postmortem_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Miss:
    """An alert or incident for which there was no runbook, or a wrong one."""

    subject: str
    what: str
    words: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A grave incident of exactly ``years`` years before a day of this period."""

    reference: str
    name: str
    severity: str
    at: Instant
    years: int


@dataclass(frozen=True, slots=True)
class Review:
    """Everything of one period. ``running``: it is not over yet."""

    found: Insight
    team: str
    running: bool
    lessons: Sequence[Lesson]
    themes: Sequence[Theme]
    promised: Sequence[Promised]
    surprises: Sequence[Said]
    luck: Sequence[Said]
    overridden: Sequence[Overridden]
    misses: Sequence[Miss]
    anniversaries: Sequence[Anniversary]
    readers: int
    useful: int
    useless: int

    @property
    def period(self) -> Period:
        return self.found.scope.period

    def promises(self, what: str) -> list[Promised]:
        return [one for one in self.promised if one.what == what]


def review(read: Read, period: Period, *, team_id: str = "", outward: bool = False) -> Review:
    """Raises NotFound when there is no review of such a period, or no such team."""
    if not periods.is_review(period) or micros(period.since) > micros(read.now):
        raise NotFound("There is no review of this period.", field="period", hint="Of months and quarters there is.")
    scope = Scope(period=period, team_id=team_id, outward=outward)
    found = insight_read.insight(read, scope)
    learned = [
        one
        for one in insight_learning.learned(read, period, outward=outward)
        if insight_read.is_in(one, scope, found.company)
    ]
    published = [one for one in learned if one.published and _in(period, one.postmortem.published_at)]
    reach = insight_learning.reach(read, published)
    lessons = [_lesson(one, reach) for one in published]
    return Review(
        found=found, team=found.company.teams.get(team_id, ""), running=micros(read.now) < micros(period.until),
        lessons=sorted(lessons, key=lambda one: (one.published_at, one.postmortem_id)), themes=_themes(found),
        promised=_promised(learned, period, read.now),
        surprises=_said(published, insight_learning.surprises), luck=_said(published, insight_learning.luck),
        overridden=insight_budget.overridden(read, period, _services(found)),
        misses=_misses(read, found, outward=outward), anniversaries=_anniversaries(read, scope, found),
        readers=sum(one.readers for one in lessons), useful=sum(one.useful for one in lessons),
        useless=sum(one.useless for one in lessons),
    )  # fmt: skip


def _in(period: Period, at: Instant | None) -> bool:
    return at is not None and period.holds(at)


def _lesson(one: Learned, reach: Mapping[str, tuple[int, int, int]]) -> Lesson:
    about = one.postmortem
    assert about.published_at is not None
    return Lesson(
        about.id, about.reference, about.document.title, about.peak, about.published_at, one.lesson,
        *reach.get(about.id, (0, 0, 0)),
    )  # fmt: skip


def _themes(found: Insight) -> list[Theme]:
    """Classes with how many incidents share each: most first, then by name."""
    now: dict[str, list[str]] = {}
    for one in found.cases:
        for key in one.classes:
            now.setdefault(key, []).append(one.reference)
    before = Counter(key for one in found.before for key in one.classes)
    themes = [Theme(key, len(refs), before.get(key, 0), tuple(refs)) for key, refs in now.items()]
    return sorted(themes, key=lambda one: (-one.n, one.key))


def _promised(learned: Sequence[Learned], period: Period, now: Instant) -> list[Promised]:
    """What fell due in the period and is overdue, and what was declined then."""
    found = []
    for one, item in insight_learning.items(learned):
        what = _became(item, period, now)
        if what:
            about = one.postmortem
            found.append(
                Promised(item.id, item.text, about.reference, item.severity, item.due_at, what, item.reason)
            )  # fmt: skip
    return sorted(found, key=lambda one: (micros(one.due_at) if one.due_at else 0, one.action_id))


def _became(item: ActionItem, period: Period, now: Instant) -> str:
    due = item.due_at is not None and period.holds(item.due_at)
    if item.state is ActionState.DECLINED and due and item.committed_at is not None:
        return "declined"
    if item.state is ActionState.COMMITTED and due and not item.waived and item.due_at is not None:
        return "overdue" if micros(now) > micros(item.due_at) else ""
    return ""


def _said(published: Sequence[Learned], lines: Callable[[Learned], list[str]]) -> list[Said]:
    return [
        Said(one.postmortem.reference, one.postmortem.id, text) for one in published for text in lines(one)
    ]  # fmt: skip


def _services(found: Insight) -> list[str] | None:
    """The services of the team a review is about; ``None``: of every team."""
    team = found.scope.team_id
    return [key for key, owner in found.company.team_of.items() if owner == team] if team else None


def _misses(read: Read, found: Insight, *, outward: bool) -> list[Miss]:
    """Runbooks that were missing or wrong. Of a team: in its incidents."""
    if not read.actor.may(Permission.RUNBOOKS_VIEW):
        return []
    period = found.scope.period
    rows = runbooks.misses_between(read, period.since, period.until)
    hidden = (
        incidents.private_among(read, (row.subject for row in rows)) if outward else incidents.hidden_subjects(read)
    )
    mine = {one.id: one.reference for one in found.cases}
    return [
        Miss(mine.get(row.subject, row.subject), row.what, row.words, row.at)
        for row in rows
        if row.subject not in hidden and (not found.scope.team_id or row.subject in mine)
    ]


def _anniversaries(read: Read, scope: Scope, found: Insight) -> list[Anniversary]:
    """SEV1 and SEV2 of the same days one to three years ago."""
    every = []
    for years in (1, 2, 3):
        then = _years_before(scope.period, years)
        if then is None:
            break
        cases = insight_read.cases(read, replace(scope, period=then), found.company)
        every += [
            Anniversary(one.reference, one.name, one.severity, one.at, years)
            for one in stats.counted(cases)
            if one.severity in MAJOR and not insight_read.unreal(one)
        ]
    return every


def _years_before(period: Period, years: int) -> Period | None:
    year, _, rest = period.name.partition("-")
    if int(year) - years < 1970:
        return None
    return periods.parse(f"{int(year) - years:04}-{rest}", period.since)
