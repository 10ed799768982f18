"""The page "Insight" as values: figures of strips, tables beside them, and the few numbers above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.incidents.metrics import METRICS
from firebell.domain.insight import distribution as stats
from firebell.domain.insight import shares
from firebell.domain.insight.distribution import Distribution
from firebell.domain.insight.model import Case, Dimension, Standing
from firebell.domain.insight.shares import Share
from firebell.entrypoints.web import insight_words as words
from firebell.entrypoints.web import strips
from firebell.entrypoints.web.strips import Strip
from firebell.workflows import insight_budget
from firebell.workflows.insight_read import Company, Insight


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure, drawn and as numbers. ``sub``: what it measures. ``href``: a narrower page, or empty."""

    title: str
    sub: str
    strip: Strip
    n: int
    median: str
    p75: str
    p90: str
    others: str
    pending: int
    not_applicable: int
    invalid: int
    too_few: bool
    href: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """Lines over one scale. ``csv``: the same numbers as a file."""

    id: str
    title: str
    sub: str
    lines: Sequence[Line]
    ticks: Sequence[tuple[float, str]]
    csv: str

    @property
    def any(self) -> bool:
        return any(one.n for one in self.lines)


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    sub: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class PastRow:
    """One metric now and in the period before. ``verdict``: what may be said of the difference."""

    title: str
    n: int
    median: str
    n_before: int
    median_before: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """Durations of one incident that are in no number, for one reason."""

    reference: str
    name: str
    href: str
    metrics: Sequence[str]
    why: str


def line(
    title: str, sub: str, found: Distribution, along: strips.Scale, by_id: Mapping[str, Case], href: str = ""
) -> Line:
    def about(seconds: int, case_id: str) -> tuple[str, str, str]:
        one = by_id[case_id]
        return (
            one.severity,
            f"/incidents/{one.id}",
            f"{one.reference}, {words.severity(one.severity)}: {words.length(seconds)}",
        )

    return Line(
        title=title, sub=sub, strip=strips.strip(found, along, about), n=found.n, median=words.length(found.median),
        p75=words.length(found.p75), p90=words.length(found.p90), others=words.others(found),
        pending=found.others.get(Standing.PENDING, 0), not_applicable=found.others.get(Standing.NOT_APPLICABLE, 0),
        invalid=found.others.get(Standing.INVALID, 0), too_few=found.too_few, href=href,
    )  # fmt: skip


def figures(found: Insight, csv: str) -> list[Figure]:
    """Both conventions side by side, and what belongs to neither."""
    by_id = {one.id: one for one in found.cases}
    made = []
    for convention, title, sub in words.FIGURES:
        names = words.of_convention(convention)
        every = {name: found.of(name) for name in names}
        along = strips.scale(list(every.values()))
        made.append(
            Figure(
                str(convention), title, sub,
                [line(words.TITLES[name], words.between(name), every[name], along, by_id) for name in names],
                along.ticks, csv,
            )
        )  # fmt: skip
    return made


def side_by_side(
    found: Insight, dimension: Dimension, metric: str, csv: str, narrower: Callable[[str, str], str]
) -> Figure:
    """One metric by severity, service or cause. ``narrower(name, value)``: the address of the narrower page."""
    by_id = {one.id: one for one in found.cases}
    groups = found.by(dimension, metric)
    along = strips.scale(list(groups.values()))
    lines = [
        line(called(key, dimension, found.company), "", each, along, by_id, narrower(str(dimension), key or "none"))
        for key, each in groups.items()
    ]
    return Figure("groups", words.LONG[metric], words.between(metric), lines, along.ticks, csv)


def called(key: str, dimension: Dimension, company: Company) -> str:
    """A row of the side-by-side figure in words."""
    match dimension:
        case Dimension.SEVERITY:
            return words.severity(key)
        case Dimension.SERVICE:
            return company.services.get(key, "A service no longer there") if key else "No service named"
        case Dimension.CAUSE:
            return words.cause(key)


def tiles(found: Insight) -> list[Tile]:
    """The few numbers above. Each says what it is of."""
    n = len(found.cases)
    known = sum(one.impact_s is not None for one in found.cases)
    again = found.recurrence.at(90).share
    missing, consumed = insight_budget.unattributed(found.budgets)
    return [
        Tile("Incidents", str(n), f"{len(found.before)} in the period before"),
        Tile(
            "Time with impact", words.length(found.impact_s) if known else "–",
            f"of {known} of {n}" + (f", {float(found.unhealthy * 100):.2g} % of the period" if known else ""),
        ),
        Tile("Alike to one before", _share(again), f"{_of(again)}within 90 days", "#recurrence"),
        Tile(
            "Again after a fix", _share(found.recurrence.after_fix), f"{_of(found.recurrence.after_fix)}within a year",
            "#recurrence",
        ),
        Tile("Actions in time", _share(found.actions.in_time), _due(found.actions.in_time), "#kept"),
        Tile("Postmortems in time", _share(found.postmortems.in_time), _due(found.postmortems.in_time), "#kept"),
        Tile("Promises kept", _share(promised(found)), f"{_of(promised(found))}next updates", "#kept"),
        Tile(
            "Budget nobody's", f"{float(100 * missing / consumed):.3g} %" if consumed else "–",
            "of what is spent now" if consumed else "no objective has spent any", "#budget",
        ),
    ]  # fmt: skip


def promised(found: Insight) -> Share:
    """ "Next update by" kept, over all audiences."""
    return Share(sum(one.kept for one in found.promises), sum(one.n for one in found.promises))


def _share(one: Share) -> str:
    if not one.n:
        return "–"
    return f"{one.part} of {one.n}" if one.percent is None else f"{one.percent} %"


def _of(one: Share) -> str:
    return f"{one.part} of {one.n}, " if one.percent is not None else ""


def _due(one: Share) -> str:
    if not one.n:
        return "none was due"
    return f"{one.part} of {one.n} due" if one.percent is not None else "due in this period"


def past(found: Insight) -> list[PastRow]:
    """Every metric beside its own past. Nothing is said of a difference while either side is small."""
    rows = []
    for metric in METRICS:
        now, before = found.of(metric.name), found.of_before(metric.name)
        rows.append(
            PastRow(
                words.LONG[metric.name], now.n, words.length(now.median), before.n, words.length(before.median),
                _verdict(now, before),
            )
        )  # fmt: skip
    return rows


def _verdict(now: Distribution, before: Distribution) -> str:
    if now.too_few or before.too_few or now.median is None or before.median is None:
        return "too few to compare"
    gap = now.median - before.median
    if not gap:
        return "the same"
    return f"{words.length(abs(gap))} {'longer' if gap > 0 else 'shorter'}"


def wrong(found: Insight) -> list[Wrong]:
    """What is invalid, with the reason: it is mended on the incident."""
    grouped: dict[tuple[str, str], tuple[Case, list[str]]] = {}
    for each in stats.not_counted(found.cases):
        _, metrics = grouped.setdefault((each.case.id, each.sample.why), (each.case, []))
        metrics.append(words.LONG[each.metric])
    return [
        Wrong(one.reference, one.name, f"/incidents/{one.id}", metrics, why)
        for (_, why), (one, metrics) in grouped.items()
    ]


FEW_NOTE = f"Fewer than {stats.FEW} are too few to compare. Counts below {shares.LEAST} are said as numbers."
