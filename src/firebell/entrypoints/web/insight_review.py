"""The review of a month or a quarter as a page, made to be read together and printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.insight import periods
from firebell.domain.insight.distribution import METHOD
from firebell.entrypoints.web import insight_view
from firebell.entrypoints.web import insight_words as words
from firebell.entrypoints.web.insight_view import Figure, PastRow, Tile
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Browser, Here
from firebell.kernel.work import Read
from firebell.workflows import insight_review
from firebell.workflows.insight_review import Review

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """``before`` and ``after``: addresses of the reviews beside this one, or empty. ``teams``: (id, name)."""

    review: Review
    tiles: Sequence[Tile]
    figures: Sequence[Figure]
    past: Sequence[PastRow]
    causes: Mapping[str, str]
    names: Names
    teams: Sequence[tuple[str, str]]
    team_id: str
    periods: Sequence[tuple[str, str]]
    before: tuple[str, str]
    after: tuple[str, str]
    insight: str
    method: str
    note: str


@router.get("/insight/review")
def newest(here: Here, period: str = "", team: str = "") -> Response:
    """To the period that was picked, else to the last month that is over."""
    now = here.site.runner.clock.now()
    found = periods.parse(period, now) if period else periods.before(periods.month_of(now))
    return here.go(_address(found.name, team))


@router.get("/insight/review/{period}")
def show(here: Here, period: str, team: str = "") -> Response:
    view = here.read(lambda read: _page(here, read, period, team))
    title = f"Review: {view.review.period.words}"
    return here.page("insight/review.html", view, title=title, nav="insight")


def _address(period: str, team_id: str) -> str:
    return f"/insight/review/{period}" + (f"?{urlencode({'team': team_id})}" if team_id else "")


def _page(here: Browser, read: Read, text: str, team_id: str) -> ReviewPage:
    period = periods.parse(text, read.now)
    found = insight_review.review(read, period, team_id=team_id)
    earlier, later = periods.before(period), periods.after(period)
    query = {"period": period.name, "team": team_id} if team_id else {"period": period.name}
    ids = {part for one in found.overridden for part in (one.record.override.by, one.record.override.service)}
    company = found.found.company
    return ReviewPage(
        review=found, tiles=insight_view.tiles(found.found),
        figures=insight_view.figures(found.found, "/insight/durations.csv?" + urlencode(query)),
        past=insight_view.past(found.found), causes={one.key: words.cause(one.key) for one in found.themes},
        names=look_up(read, ids), teams=sorted(company.teams.items(), key=lambda pair: (pair[1].lower(), pair[0])),
        team_id=team_id, periods=_offered(read, period), before=(_address(earlier.name, team_id), earlier.words),
        after=(_address(later.name, team_id), later.words) if later and later.since <= read.now else ("", ""),
        insight="/insight?" + urlencode(query), method=METHOD, note=insight_view.FEW_NOTE,
    )  # fmt: skip


def _offered(read: Read, shown: periods.Period) -> list[tuple[str, str]]:
    """The last twelve months and the last five quarters, and the one that is shown."""
    found = []
    for start, many in ((periods.month_of(read.now), 13), (periods.quarter_of(read.now), 5)):
        at = start
        for _ in range(many):
            found.append((at.name, at.words))
            at = periods.before(at)
    return found if any(name == shown.name for name, _ in found) else [(shown.name, shown.words), *found]
