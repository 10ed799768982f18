"""``/api/v1/insight``: distributions of durations, recurrence, what was kept, and reviews of months and quarters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse

from firebell.domain.incidents.metrics import METRICS
from firebell.domain.insight import distribution as stats
from firebell.domain.insight import periods
from firebell.domain.insight.distribution import Distribution
from firebell.domain.insight.keeping import Keeping
from firebell.domain.insight.model import Dimension
from firebell.domain.insight.recurrence import Recurrence
from firebell.domain.insight.shares import Share
from firebell.entrypoints import insight_tables
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Shown, iso
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, site_of
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows import insight_read, insight_review
from firebell.workflows.insight_read import Insight, Scope
from firebell.workflows.insight_review import Review

router = APIRouter(prefix="/insight", tags=["insight"], route_class=ApiRoute)

Period = Annotated[str, Query(description="2026-04, 2026-Q2, 2026, 90d or 2026-04-03..2026-04-20.", max_length=40)]
Word = Annotated[str, Query(max_length=100)]
By = Literal["severity", "service", "cause"]
Last = Annotated[bool, Query(description="Of milestones that come again the last instead of the first.")]
Backfilled = Annotated[bool, Query(description="Incidents that were entered afterwards count, too.")]
Table = Literal["durations", "summary", "groups", "past", "recurrence", "kept", "budget"]


class Durations(Shown):
    """Seconds over what was recorded; ``quantiles`` names the method. The others are counted and in no number."""

    metric: str
    convention: str
    n: int
    median_s: int | None
    p75_s: int | None
    p90_s: int | None
    values_s: list[int]
    pending: int
    not_applicable: int
    invalid: int
    too_few_to_compare: bool


class Part(Shown):
    """``part`` of ``n``; ``percent`` only from five on."""

    part: int
    n: int
    percent: int | None


class Again(Shown):
    """Alike to an incident of the days before. ``history_reaches``: else the true rate may be higher."""

    days: int
    share: Part
    history_reaches: bool


class Done(Shown):
    """What fell due in the period."""

    in_time: int
    late: int
    overdue: int
    open: int
    dropped: int
    share: Part


class PromisesShown(Shown):
    """ "Next update by" of the period's incidents."""

    audience: str
    severity: str
    n: int
    kept: int
    late_p50_s: int | None
    late_p90_s: int | None


class BudgetShown(Shown):
    """Percent of the objective's budget, as last evaluated."""

    slo_id: str
    name: str
    objective: int
    consumed_percent: float
    unattributed_percent: float
    missed_incidents: int
    at: str | None


class InvalidShown(Shown):
    incident: str
    metric: str
    reason: str


class InsightShown(Shown):
    """What the incidents of a period say together. Drills and tests are in no number."""

    period: str
    since: str
    until: str
    incidents: int
    incidents_before: int
    declined_or_duplicate: int
    impact_s: int
    quantiles: str
    durations: list[Durations]
    recurrence: list[Again]
    repeat_after_fix: Part
    actions: Done
    postmortems: Done
    promises: list[PromisesShown]
    budgets: list[BudgetShown]
    invalid: list[InvalidShown]
    html_url: str


class GroupShown(Durations):
    """``group``: a severity, a service's id, or a class of contributing factors (``none``: none is written)."""

    group: str
    name: str


class ReviewShown(Shown):
    """The review of a month or a quarter: what was learned, what came again, what was kept."""

    period: str
    team: str
    running: bool
    insight: InsightShown
    lessons: list[dict[str, Any]]
    themes: list[dict[str, Any]]
    overdue: list[dict[str, Any]]
    declined: list[dict[str, Any]]
    surprises: list[dict[str, Any]]
    luck: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    runbooks_missing_or_wrong: list[dict[str, Any]]
    anniversaries: list[dict[str, Any]]
    readers: int
    useful: int
    not_useful: int
    html_url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which incidents are looked at, as the caller says it."""

    period: str
    severity: str
    service: str
    cause: str
    team: str
    last: bool
    backfilled: bool

    def scope(self, r: Read, *, outward: bool = False) -> Scope:
        """Raises Invalid, NotFound."""
        return Scope(
            period=periods.parse(self.period, r.now), severity=self.severity, cause=self.cause, last=self.last,
            backfilled=self.backfilled, outward=outward,
            service_id=str(references.service(r, self.service).id) if self.service else "",
            team_id=str(references.team(r, self.team).id) if self.team else "",
        )  # fmt: skip


def _asked(
    period: Period = "90d", severity: Word = "", service: Word = "", cause: Word = "", team: Word = "",
    last: Last = False, backfilled: Backfilled = False,
) -> Asked:  # fmt: skip
    return Asked(period, severity, service, cause, team, last, backfilled)


Narrowed = Annotated[Asked, Depends(_asked)]


@router.get("")
def show(request: Request, caller: Caller, asked: Narrowed) -> InsightShown:
    """Distributions, recurrence and what was kept. Drills and tests are in no number."""

    def look(r: Read) -> InsightShown:
        return _shown(insight_read.insight(r, asked.scope(r)), site_of(request).base_url)

    return read(request, look, caller)


@router.get("/groups")
def groups(
    request: Request, caller: Caller, asked: Narrowed, by: By = "severity", metric: Word = "time_to_resolve"
) -> list[GroupShown]:
    """One metric side by side: by severity, service or cause. Never by person, never one team beside another."""
    _known(metric)

    def look(r: Read) -> list[GroupShown]:
        found = insight_read.insight(r, asked.scope(r))
        names = found.company.services if by == "service" else {}
        return [
            GroupShown(group=key or "none", name=names.get(key, key) or "none", **_durations(metric, one))
            for key, one in found.by(Dimension(by), metric).items()
        ]

    return read(request, look, caller)


@router.get("/tables/{table}", response_class=PlainTextResponse)
def table(
    request: Request, caller: Caller, table: Table, asked: Narrowed, by: By = "severity",
    metric: Word = "time_to_resolve",
) -> PlainTextResponse:  # fmt: skip
    """A chart's numbers as CSV. Private incidents are in no file."""
    _known(metric)

    def look(r: Read) -> str:
        found = insight_read.insight(r, asked.scope(r, outward=True))
        if table == "groups":
            return insight_tables.as_csv(insight_tables.groups(found, Dimension(by), metric))
        return insight_tables.as_csv(insight_tables.TABLES[table](found))

    return PlainTextResponse(read(request, look, caller), media_type="text/csv; charset=utf-8")


@router.get("/reviews/{period}")
def show_review(request: Request, caller: Caller, period: str, team: Word = "") -> ReviewShown:
    """The review of a month (``2026-04``) or a quarter (``2026-Q2``), of the organisation or of one team."""

    def look(r: Read) -> ReviewShown:
        team_id = str(references.team(r, team).id) if team else ""
        found = insight_review.review(r, periods.parse(period, r.now), team_id=team_id)
        return _review(found, site_of(request).base_url)

    return read(request, look, caller)


def _known(metric: str) -> None:
    names = [one.name for one in METRICS]
    if metric not in names:
        raise Invalid("There is no such metric.", field="metric", hint=f"One of {', '.join(names)}.")


def _durations(metric: str, one: Distribution) -> dict[str, Any]:
    convention = next(str(each.convention) for each in METRICS if each.name == metric)
    return {
        "metric": metric, "convention": convention, "n": one.n, "median_s": one.median, "p75_s": one.p75,
        "p90_s": one.p90, "values_s": [seconds for seconds, _ in one.values], "too_few_to_compare": one.too_few,
        **{str(standing): n for standing, n in one.others.items()},
    }  # fmt: skip


def _part(one: Share) -> Part:
    return Part(part=one.part, n=one.n, percent=one.percent)


def _done(one: Keeping) -> Done:
    return Done(**{str(each): n for each, n in one.counts.items()}, share=_part(one.in_time))


def _again(one: Recurrence) -> list[Again]:
    return [Again(days=each.days, share=_part(each.share), history_reaches=each.whole) for each in one.rates]


def _shown(found: Insight, base_url: str) -> InsightShown:
    period = found.scope.period
    return InsightShown(
        period=period.name, since=period.since.format_iso(), until=period.until.format_iso(),
        incidents=len(found.cases), incidents_before=len(found.before), declined_or_duplicate=found.unreal,
        impact_s=found.impact_s, quantiles=stats.METHOD,
        durations=[Durations(**_durations(one.name, found.of(one.name))) for one in METRICS],
        recurrence=_again(found.recurrence), repeat_after_fix=_part(found.recurrence.after_fix),
        actions=_done(found.actions), postmortems=_done(found.postmortems),
        promises=[
            PromisesShown(
                audience=str(one.audience), severity=str(one.severity), n=one.n, kept=one.kept,
                late_p50_s=one.late_p50_s, late_p90_s=one.late_p90_s,
            )
            for one in found.promises
        ],
        budgets=[
            BudgetShown(
                slo_id=one.slo_id, name=one.name, objective=one.objective, consumed_percent=float(100 * one.consumed),
                unattributed_percent=float(100 * one.unattributed), missed_incidents=len(one.missed), at=iso(one.at),
            )
            for one in found.budgets
        ],
        invalid=[
            InvalidShown(incident=one.case.reference, metric=one.metric, reason=one.sample.why)
            for one in stats.not_counted(found.cases)
        ],
        html_url=f"{base_url}/insight?period={period.name}",
    )  # fmt: skip


def _review(one: Review, base_url: str) -> ReviewShown:
    team = f"?team={one.found.scope.team_id}" if one.found.scope.team_id else ""
    return ReviewShown(
        period=one.period.name, team=one.team, running=one.running, insight=_shown(one.found, base_url),
        lessons=[
            {"postmortem_id": each.postmortem_id, "incident": each.reference, "title": each.title,
             "severity": each.severity, "published_at": iso(each.published_at), "lesson": each.lesson,
             "readers": each.readers, "useful": each.useful, "not_useful": each.useless}
            for each in one.lessons
        ],
        themes=[
            {"class": each.key, "n": each.n, "n_before": each.before, "incidents": list(each.references)}
            for each in one.themes
        ],
        overdue=_promised(one, "overdue"), declined=_promised(one, "declined"),
        surprises=[{"incident": each.reference, "text": each.text} for each in one.surprises],
        luck=[{"incident": each.reference, "text": each.text} for each in one.luck],
        overrides=[
            {"id": each.record.id, "service_id": each.record.override.service, "by": each.record.override.by,
             "reason": each.record.override.reason, "since": iso(each.record.override.since),
             "until": iso(each.record.override.until), "revoked_at": iso(each.record.override.revoked_at),
             "shipped": [{"at": iso(use.at), "change": use.change, "sha": use.sha} for use in each.shipped]}
            for each in one.overridden
        ],
        runbooks_missing_or_wrong=[
            {"subject": each.subject, "what": each.what, "words": each.words, "at": iso(each.at)}
            for each in one.misses
        ],
        anniversaries=[
            {"incident": each.reference, "name": each.name, "severity": each.severity, "at": iso(each.at),
             "years": each.years}
            for each in one.anniversaries
        ],
        readers=one.readers, useful=one.useful, not_useful=one.useless,
        html_url=f"{base_url}/insight/review/{one.period.name}{team}",
    )  # fmt: skip


def _promised(one: Review, what: str) -> list[dict[str, Any]]:
    return [
        {"action_id": each.action_id, "incident": each.reference, "text": each.text, "severity": each.severity,
         "due_at": iso(each.due_at), "reason": each.reason}
        for each in one.promises(what)
    ]  # fmt: skip
