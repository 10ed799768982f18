"""What the page "Insight" is made of: incidents of a period, as cases with durations, and what was promised about them.

Private incidents take part for those who may know of them, and never in what leaves the house (files, letters).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import Record
from firebell.domain.incidents import metrics
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, Phase, Severity
from firebell.domain.insight import distribution as stats
from firebell.domain.insight import periods
from firebell.domain.insight.distribution import Distribution
from firebell.domain.insight.keeping import Keeping, keeping
from firebell.domain.insight.model import Case, Dimension, Sample, Standing
from firebell.domain.insight.periods import Period
from firebell.domain.insight.recurrence import Recurrence, recurrence
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.work import Read
from firebell.workflows import insight_budget, insight_learning
from firebell.workflows.insight_budget import Budget
from firebell.workflows.insight_learning import Learned

UNSET = "unset"
NO_CAUSE = "none"
SEVERITIES = (*(str(one) for one in Severity), UNSET)
_NOT_REAL = frozenset({Phase.DECLINED, Phase.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Scope:
    """Which incidents are looked at. Empty texts: all. ``cause``: a class of contributing factors, or ``none``.

    ``last``: of milestones that come again the last instead of the first. ``outward``: the answer leaves the house, so
    private incidents are left out whoever asks.
    """

    period: Period
    severity: str = ""
    service_id: str = ""
    cause: str = ""
    team_id: str = ""
    last: bool = False
    backfilled: bool = False
    outward: bool = False

    @property
    def narrowed(self) -> bool:
        return bool(self.severity or self.service_id or self.cause or self.team_id)


@dataclass(frozen=True, slots=True)
class Company:
    """Names of what incidents are grouped and narrowed by, by id; ``team_of`` a service."""

    services: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    team_of: Mapping[str, str] = field(default_factory=dict)
    depends: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything of one period. ``cases`` are counted ones only; ``before`` those of the period before.

    ``unreal``: how many were declined or a duplicate, and so in no number. ``known_since``: the first incident ever.
    """

    scope: Scope
    company: Company
    cases: Sequence[Case]
    before: Sequence[Case]
    unreal: int
    known_since: Instant | None
    recurrence: Recurrence
    actions: Keeping
    postmortems: Keeping
    promises: Sequence[Record]
    budgets: Sequence[Budget]
    passed_s: int

    def of(self, metric: str) -> Distribution:
        return stats.of_metric(self.cases, metric)

    def of_before(self, metric: str) -> Distribution:
        return stats.of_metric(self.before, metric)

    def by(self, dimension: Dimension, metric: str) -> dict[str, Distribution]:
        """Rows to lay side by side, in an order that ranks nobody: severities as they are, the rest by name."""
        found = stats.by(self.cases, metric, lambda one: keys(one, dimension))
        if dimension is Dimension.SERVICE:
            names = self.company.services
            return dict(sorted(found.items(), key=lambda pair: (not pair[0], names.get(pair[0], pair[0]).lower())))
        return found

    @property
    def impact_s(self) -> int:
        """Seconds with impact, over all incidents whose impact is known."""
        return sum(one.impact_s for one in self.cases if one.impact_s is not None)

    @property
    def unhealthy(self) -> Fraction:
        """Time with impact by the time of the period that has passed. Incidents at once count each, so it may be more
        than one."""
        return Fraction(self.impact_s, max(1, self.passed_s))


def keys(one: Case, dimension: Dimension) -> Sequence[str]:
    match dimension:
        case Dimension.SEVERITY:
            return (one.severity,)
        case Dimension.SERVICE:
            return one.service_ids
        case Dimension.CAUSE:
            return one.classes


def insight(read: Read, scope: Scope) -> Insight:
    """Raises Forbidden to one who may see no incident at all; NotFound, Invalid for a scope that names nothing."""
    company = company_of(read)
    checked(scope, company)
    found = cases(read, scope, company)
    counted = _counted(found, scope)
    earlier = replace(scope, period=periods.before(scope.period))
    learned = insight_learning.learned(read, scope.period, outward=scope.outward)
    mine = [one for one in learned if is_in(one, scope, company)]
    known_since = incidents.first_declared(read)
    return Insight(
        scope=scope, company=company, cases=counted, before=_counted(cases(read, earlier, company), earlier),
        unreal=sum(unreal(one) for one in stats.counted(found, backfilled=scope.backfilled)), known_since=known_since,
        recurrence=recurrence(
            counted, insight_learning.echoes(read, counted, company.depends, outward=scope.outward),
            known_since=known_since, begins=scope.period.since,
        ),
        actions=keeping(insight_learning.action_dues(mine), scope.period, read.now),
        postmortems=keeping(insight_learning.postmortem_dues(read, mine), scope.period, read.now),
        promises=comms.kept(read, since=scope.period.since, among={one.id for one in counted}),
        budgets=insight_budget.budgets(
            read, service_id=scope.service_id, team_id=scope.team_id, outward=scope.outward
        ),
        passed_s=int(seconds_between(scope.period.since, min(read.now, scope.period.until))),
    )  # fmt: skip


def company_of(read: Read) -> Company:
    """What the actor may see of services and teams, deleted ones included: history names them, too."""
    found = []
    if any(read.actor.may(Permission.SERVICES_VIEW, team) for team in (None, *read.actor.teams)):
        found = [*services.services(read, deleted=True), *services.services(read)]
    named = {one.name: str(one.id) for one in found if one.deleted_at is None}
    return Company(
        services={str(one.id): one.display_name or one.name for one in found},
        teams={str(one.id): one.display_name or one.name for one in people.teams(read)}
        if read.actor.may(Permission.PEOPLE_VIEW)
        else {},
        team_of={str(one.id): str(one.team_id) for one in found if one.team_id},
        depends={
            str(one.id): frozenset(named[name] for name in one.depends_on if name in named)
            for one in found
            if one.deleted_at is None
        },
    )


def checked(scope: Scope, company: Company) -> None:
    """Raises NotFound or Invalid for what is not there, so that a slip of the pen is not an empty page."""
    if scope.severity and scope.severity not in SEVERITIES:
        raise Invalid("There is no such severity.", field="severity", hint=f"One of {', '.join(SEVERITIES)}.")
    if scope.service_id and scope.service_id not in company.services:
        raise NotFound("There is no such service.", field="service")
    if scope.team_id and scope.team_id not in company.teams:
        raise NotFound("There is no such team.", field="team")


def cases(read: Read, scope: Scope, company: Company) -> list[Case]:
    """Those declared in the period and within the scope, of every kind and phase, oldest first."""
    found = incidents.declared_between(read, scope.period.since, scope.period.until)
    if scope.outward:
        found = [one for one in found if not one.private]
    classes = insight_learning.classes_of(read, [one.id for one in found])
    which = metrics.Which.LAST if scope.last else metrics.Which.FIRST
    every = [_case(one, classes.get(one.id, ()), which, read.now) for one in found]
    return [one for one in every if within(one, scope, company)]


def _case(one: Incident, classes: Sequence[str], which: metrics.Which, now: Instant) -> Case:
    samples = {
        name: Sample(one.id, Standing(str(found.standing)), found.seconds, found.why)
        for name, found in metrics.measures(one, which).items()
    }
    return Case(
        id=one.id, reference=one.reference, name=one.name, at=one.declared_at, kind=str(one.kind),
        severity=str(one.peak) if one.peak else UNSET, team_id=one.team_id, service_ids=one.service_ids,
        classes=tuple(classes), private=one.private, samples=samples,
        impact_s=None if one.phase in _NOT_REAL else metrics.impact_s(one, now),
    )  # fmt: skip


def within(one: Case, scope: Scope, company: Company) -> bool:
    """Whether a case is one of those that are looked at, whenever it was."""
    return (
        (not scope.severity or one.severity == scope.severity)
        and (not scope.service_id or scope.service_id in one.service_ids)
        and (not scope.cause or scope.cause in (one.classes or (NO_CAUSE,)))
        and (not scope.team_id or _of_team(one.team_id, one.service_ids, scope.team_id, company))
    )


def _of_team(team_id: str | None, service_ids: Sequence[str], wanted: str, company: Company) -> bool:
    return team_id == wanted or any(company.team_of.get(one) == wanted for one in service_ids)


def is_in(one: Learned, scope: Scope, company: Company) -> bool:
    """Whether a postmortem is of an incident that is looked at."""
    about = one.postmortem
    case = Case(
        id=one.incident_id, reference="", name="", at=about.resolved_at, kind=about.kind, severity=about.peak,
        team_id=about.team_id, service_ids=about.service_ids, classes=one.classes,
    )  # fmt: skip
    kinds = stats.MEASURED if scope.backfilled else frozenset({"normal"})
    return case.kind in kinds and within(case, scope, company)


def unreal(one: Case) -> bool:
    """Whether it was declined or a duplicate, and so no incident of its own."""
    return bool(one.samples) and all(s.standing is Standing.NOT_APPLICABLE for s in one.samples.values())


def _counted(found: Sequence[Case], scope: Scope) -> list[Case]:
    """What numbers are made of: no drill or test, and nothing that turned out to be no incident of its own."""
    return [one for one in stats.counted(found, backfilled=scope.backfilled) if not unreal(one)]
