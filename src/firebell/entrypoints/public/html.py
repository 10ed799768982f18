"""The pages people read: the front, the history by month, and one incident. No script, one small style sheet."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from firebell.domain.statuspage.model import PublicIncident, Snapshot, StatusPage
from firebell.entrypoints.public import months, tree, words
from firebell.entrypoints.public.place import Place
from firebell.entrypoints.public.planned import Planned, planned
from firebell.entrypoints.public.stories import Story, story_of, told
from firebell.entrypoints.public.tree import Row
from firebell.entrypoints.web import moments
from firebell.entrypoints.web.moments import Moment
from firebell.kernel import text
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Read

HERE = Path(__file__).parent / "templates"
RECENT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Front:
    """The front page. ``sections`` from the top: what is open, what is planned, what there is, what was."""

    tone: str
    line: str
    open: Sequence[Story]
    active: Sequence[Story]
    upcoming: Sequence[Story]
    rows: Sequence[Row]
    recent: Sequence[tuple[str, Sequence[Story]]]
    kept: str
    weighed: str


def front(snapshot: Snapshot, place: Place) -> str:
    """What everybody opens first."""
    plans = planned(snapshot)
    since = plus(snapshot.taken_at, -RECENT_DAYS * 86_400)
    over = [one for one in snapshot.incidents if not one.open and (one.resolved_at or one.started_at) >= since]
    done = [one for one in plans if one.over and one.scheduled_until >= since]
    view = Front(
        tone=words.TONE[snapshot.top.indicator],
        line=snapshot.top.description,
        open=[story_of(snapshot, one) for one in snapshot.incidents if one.open],
        active=[story_of(snapshot, one) for one in plans if one.active],
        upcoming=[story_of(snapshot, one) for one in reversed(plans) if one.upcoming],
        rows=tree.rows(snapshot),
        recent=told(snapshot, [*over, *done]),
        kept=_kept(snapshot),
        weighed=_weighed(snapshot.page.weights),
    )
    return _page("front.html", snapshot, place, view, snapshot.page.name)


def month(read: Read, snapshot: Snapshot, wanted: str, place: Place) -> str:
    """The history of one month (``2026-03``; empty: this one). Raises NotFound outside of what there is."""
    view = months.month(read, snapshot, wanted)
    return _page("history.html", snapshot, place, view, f"{view.title} · {snapshot.page.name} history")


def past(snapshot: Snapshot, place: Place) -> str:
    """The history as one page, for a folder of files."""
    view = months.everything(snapshot)
    return _page("history.html", snapshot, place, view, f"{snapshot.page.name} history")


def incident(snapshot: Snapshot, one: PublicIncident | Planned, place: Place) -> str:
    """One incident or maintenance with all that was said about it."""
    story = story_of(snapshot, one)
    return _page("incident.html", snapshot, place, story, f"{story.name} · {snapshot.page.name}")


def locked(page: StatusPage, place: Place, now: Instant, *, wrong: str = "") -> str:
    """The form that asks for a page's password."""
    return _draw("locked.html", page, place, now, {"wrong": wrong}, page.name)


def refused(page: StatusPage, place: Place, now: Instant, message: str) -> str:
    """Why somebody may not look, or that there is nothing."""
    return _draw("refused.html", page, place, now, {"message": message}, page.name)


@cache
def nothing() -> str:
    """What a person reads where no page is; it tells nothing of the pages there are."""
    return _environment().get_template("nothing.html").render()


def form(template: str, page: StatusPage, place: Place, now: Instant, view: object, title: str) -> str:
    """A page that asks for something, or says what came of it."""
    return _draw(template, page, place, now, view, title)


# ------------------------------------------------------------------ drawing


@cache
def style() -> str:
    """The style sheet, which stands in every page: one request, and files that need nothing beside them."""
    return (HERE / "page.css").read_text(encoding="utf-8")


@cache
def style_hash() -> str:
    """What a Content-Security-Policy calls it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= {"markdown": _markdown, "printable": text.printable, "after": _after}
    env.globals["style"] = Markup(style())  # noqa: S704 - our own file
    env.globals["component_words"] = words.COMPONENT
    return env


def _page(template: str, snapshot: Snapshot, place: Place, view: object, title: str) -> str:
    return _draw(template, snapshot.page, place, snapshot.taken_at, view, title)


def _draw(template: str, page: StatusPage, place: Place, now: Instant, view: object, title: str) -> str:
    def when(at: Instant | None) -> Moment | None:
        return moments.moment(at, now, page.time_zone)

    context: Mapping[str, Any] = {"page": page, "place": place, "view": view, "title": title, "when": when, "now": now}
    return _environment().get_template(template).render(context)


def _markdown(source: str) -> Markup:
    return Markup(text.html_of(source))  # noqa: S704 - html_of cleans it


def _after(local: str, near: str) -> str:
    """``19:49 CET`` where the day has been said already."""
    day, _, clock = local.rpartition(", ")
    return clock if near.startswith(f"{day}, ") else local


def _kept(snapshot: Snapshot) -> str:
    kept, due = snapshot.kept
    return f"{kept} of {due} announced updates of the last 90 days came on time." if due else ""


def _weighed(weights: Mapping[str, float]) -> str:
    said = ", ".join(f"{words.COMPONENT[state].lower()} {weight:g}" for state, weight in weights.items())
    return f"Uptime counts each minute with its weight: {said}."
