"""Insight: what the incidents of a period say together. Distributions, never a mean; nobody is ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents.metrics import METRICS
from firebell.domain.insight import commands, digest, periods, queries
from firebell.domain.insight.distribution import METHOD
from firebell.domain.insight.model import Dimension
from firebell.domain.insight.periods import Period
from firebell.domain.people import queries as people
from firebell.domain.people.model import TeamRole
from firebell.entrypoints.web import insight_view
from firebell.entrypoints.web import insight_words as words
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.insight_view import Figure, PastRow, Tile, Wrong
from firebell.entrypoints.web.session import Browser, FormLists, Here
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import insight_read
from firebell.workflows.insight_read import Company, Insight, Scope

router = APIRouter()
DEFAULT = "90d"
METRIC = "time_to_resolve"


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One scope of the digest by mail. ``default``: what one gets without saying anything."""

    scope: str
    name: str
    wanted: bool
    default: bool


@dataclass(frozen=True, slots=True)
class InsightPage:
    """``asked``: the filters as they were sent. ``error``: why another period is shown than was asked for."""

    found: Insight
    asked: Mapping[str, str]
    error: str
    hint: str
    periods: Sequence[tuple[str, str]]
    severities: Sequence[tuple[str, str]]
    services: Sequence[tuple[str, str]]
    causes: Sequence[tuple[str, str]]
    teams: Sequence[tuple[str, str]]
    metrics: Sequence[tuple[str, str]]
    dimensions: Sequence[tuple[str, str]]
    tiles: Sequence[Tile]
    figures: Sequence[Figure]
    groups: Figure
    past: Sequence[PastRow]
    wrong: Sequence[Wrong]
    letters: Sequence[LetterRow]
    address: str
    query: str
    method: str
    note: str
    review: str
    length: object


@router.get("/insight")
def show(here: Here) -> Response:
    view = here.read(lambda read: _page(here, read))
    return here.page("insight/insight.html", view, title="Insight", nav="insight")


def asked_for(here: Browser) -> dict[str, str]:
    """The filters in the address; unknown ones are left out."""
    known = ("period", "from", "to", "severity", "service", "cause", "team", "which", "backfilled", "metric", "by")
    return {name: value[:100] for name in known if (value := here.request.query_params.get(name, "").strip())}


def scope_of(asked: Mapping[str, str], now: Instant, *, outward: bool = False) -> Scope:
    """Raises Invalid for a period that is none."""
    return Scope(
        period=_period(asked, now), severity=asked.get("severity", ""), service_id=asked.get("service", ""),
        cause=asked.get("cause", ""), team_id=asked.get("team", ""), last=asked.get("which") == "last",
        backfilled=bool(asked.get("backfilled")), outward=outward,
    )  # fmt: skip


def _period(asked: Mapping[str, str], now: Instant) -> Period:
    if asked.get("from") and asked.get("to"):
        return periods.parse(f"{asked['from']}..{asked['to']}", now)
    return periods.parse(asked.get("period") or DEFAULT, now)


def chosen(asked: Mapping[str, str]) -> tuple[Dimension, str]:
    """What lies side by side, and by which metric; the usual ones where the address names none."""
    by, metric = asked.get("by", ""), asked.get("metric", "")
    return (
        Dimension(by) if by in set(Dimension) else Dimension.SEVERITY,
        metric if metric in words.LONG else METRIC,
    )


def _page(here: Browser, read: Read) -> InsightPage:
    asked = asked_for(here)
    error = hint = ""
    try:
        scope = scope_of(asked, read.now)
    except Invalid as refused:
        error, hint = refused.message, refused.hint or ""
        asked = {name: value for name, value in asked.items() if name not in ("period", "from", "to")}
        scope = scope_of(asked, read.now)
    found = insight_read.insight(read, scope)
    query = urlencode(asked)
    dimension, metric = chosen(asked)

    def csv(name: str) -> str:
        return f"/insight/{name}.csv" + (f"?{query}" if query else "")

    def narrower(name: str, value: str) -> str:
        return "/insight?" + urlencode({**asked, name: "unset" if name == "severity" and value == "none" else value})

    company = found.company
    return InsightPage(
        found=found, asked=asked, error=error, hint=hint, periods=offered(scope.period, read.now),
        severities=[("", "Any severity"), *((one, words.severity(one)) for one in insight_read.SEVERITIES)],
        services=[("", "Any service"), *_named(company.services)], causes=_causes(found, scope),
        teams=[("", "All teams"), *_named(company.teams)],
        metrics=[(one.name, words.LONG[one.name]) for one in METRICS],
        dimensions=[(str(Dimension.SEVERITY), "By severity"), (str(Dimension.SERVICE), "By service"),
                    (str(Dimension.CAUSE), "By cause")],
        tiles=insight_view.tiles(found), figures=insight_view.figures(found, csv("durations")),
        groups=insight_view.side_by_side(found, dimension, metric, csv("groups"), narrower),
        past=insight_view.past(found), wrong=insight_view.wrong(found), letters=letters(here, read, company),
        address=here.path, query=f"?{query}" if query else "", method=METHOD, note=insight_view.FEW_NOTE,
        review=f"/insight/review/{periods.before(periods.month_of(read.now)).name}", length=words.length,
    )  # fmt: skip


def _named(found: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(found.items(), key=lambda pair: (pair[1].lower(), pair[0]))


def _causes(found: Insight, scope: Scope) -> list[tuple[str, str]]:
    seen = {key for one in (*found.cases, *found.before) for key in one.classes} | ({scope.cause} - {"", "none"})
    return [("", "Any cause"), *((key, words.cause(key)) for key in sorted(seen)), ("none", words.cause("none"))]


def offered(shown: Period, now: Instant) -> list[tuple[str, str]]:
    """Periods to pick, the one that is shown among them."""
    month, quarter = periods.month_of(now), periods.quarter_of(now)
    every = [periods.parse(text, now) for text in ("30d", "90d", "180d", "365d")]
    every += [month, periods.before(month), quarter, periods.before(quarter), periods.parse(quarter.name[:4], now)]
    found = [(one.name, one.words) for one in every]
    return found if any(name == shown.name for name, _ in found) else [(shown.name, shown.words), *found]


# ---- the digest by mail


def letters(here: Browser, read: Read, company: Company) -> list[LetterRow]:
    """The digests one may choose: the whole organisation's, and those of one's teams."""
    mine = people.teams_of(read, here.me.id) if read.actor.kind == "user" else []
    leads = {str(team) for team, role in mine if role is TeamRole.MANAGER}
    default = digest.by_default(str(here.me.role), leads)
    said = queries.my_choices(read)
    scopes = [(digest.ALL, "The whole organisation"), *((str(t), company.teams.get(str(t), "A team")) for t, _ in mine)]
    return [LetterRow(key, name, said.get(key, key in default), key in default) for key, name in scopes]


@router.post("/insight/letters")
def choose(here: Here, form: FormLists) -> Response:
    wanted = set(form.get("scope", ()))

    def change(work: Work) -> None:
        for row in letters(here, work, insight_read.company_of(work)):
            if (row.scope in wanted) is not row.wanted:
                commands.choose(work, row.scope, row.scope in wanted)

    try:
        here.run(change)
    except Refused as refused:
        return here.go("/insight#letters", Flash(refused.message, "attention"))
    return here.go("/insight#letters", Flash("Saved. The next digest follows what you chose."))


__all__ = ["InsightPage", "asked_for", "chosen", "router", "scope_of"]
