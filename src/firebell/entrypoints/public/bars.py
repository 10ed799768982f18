"""Ninety days of a component as a row of bars, and the same as words for who cannot see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from firebell.domain.statuspage import uptime
from firebell.domain.statuspage.model import Component, ComponentStatus, Span
from firebell.domain.statuspage.uptime import DAYS, Day
from firebell.entrypoints.public import words
from firebell.kernel.clock import Instant, plus

_STEP = 5
_WIDTH = 4
_HEIGHT = 34
# A worse day is a taller bar: the shape says it too, not only the colour.
_TALL: Mapping[str, int] = {"ok": 22, "care": 24, "slow": 27, "half": 31, "down": 34}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class BadDay:
    """A day that was not fully operational. ``lasted``: (state, how long) from the worst on."""

    date: str
    iso: str
    tone: str
    state: str
    lasted: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Bars:
    """``uptime`` in words; ``svg`` is ours alone and needs no escaping; ``bad`` newest first."""

    svg: Markup
    uptime: str
    bad: Sequence[BadDay]
    words: str


def bars(component: Component, spans: Sequence[Span], now: Instant, zone: str, weights: Mapping[str, float]) -> Bars:
    """The last 90 days of one component."""
    born = min([component.created_at, *(span.from_at for span in spans)])
    found = uptime.days(spans, now, zone, born_at=born)
    since = plus(now, -DAYS * 86_400)
    share = uptime.percent(uptime.share(spans, since, now, weights, born_at=born))
    bad = [_bad(day) for day in reversed(found) if day.seconds]
    count = f"{len(bad)} of the last {DAYS} days with less than full service" if bad else f"{DAYS} days without trouble"
    return Bars(_svg(found), share, bad, count)


def _bad(day: Day) -> BadDay:
    status = str(day.status or ComponentStatus.OPERATIONAL)
    lasted = [(words.COMPONENT[state], words.lasting(seconds)) for state, seconds in day.seconds.items()]
    return BadDay(date_words(day), str(day.date), words.TONE[status], words.COMPONENT[status], lasted)


def date_words(day: Day) -> str:
    return f"{day.date.day} {_MONTHS[day.date.month - 1]} {day.date.year}"


def _svg(days: Sequence[Day]) -> Markup:
    paths: dict[str, list[str]] = {}
    marked = []
    for at, day in enumerate(days):
        tone = "none" if day.status is None else words.TONE[day.status]
        height = _TALL.get(tone, 22)
        x, y = at * _STEP, (_HEIGHT - height) / 2
        piece = f"M{x} {y:g}h{_WIDTH}v{height}h-{_WIDTH}z"
        if day.seconds:
            worst = words.COMPONENT[str(day.status)]
            marked.append(f'<path class="{tone}" d="{piece}"><title>{date_words(day)}: {worst}</title></path>')
        else:
            paths.setdefault(tone, []).append(piece)
    quiet = "".join(f'<path class="{tone}" d="{"".join(pieces)}"/>' for tone, pieces in paths.items())
    width = len(days) * _STEP - (_STEP - _WIDTH)
    return Markup(  # noqa: S704 - made of numbers and our own words
        f'<svg class="bars" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{quiet}{"".join(marked)}</svg>'
    )
