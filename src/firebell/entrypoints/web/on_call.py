"""Schedules: who is on call everywhere, one schedule's calendar, its gaps and its calendar addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Query
from fastapi.responses import Response
from whenever import Date

from firebell.domain.oncall import commands, queries, rules
from firebell.domain.oncall.model import Feed, Gap, LayerRole, OnCallAnswer, Schedule, Shift
from firebell.domain.oncall.queries import FinalCalendar, LaneKind
from firebell.domain.people import names as people_names
from firebell.entrypoints.web import choices, lanes, moments
from firebell.entrypoints.web.drafts import Choices
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.lanes import Drawing, Lane, Mark, Range
from firebell.entrypoints.web.moments import Moment, moment
from firebell.entrypoints.web.session import Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.ids import ScheduleId
from firebell.kernel.work import Read

router = APIRouter()
AHEAD_S = 14 * 86_400
CHANGES_MAX = 60
SPANS: Choices = (("7", "Week"), ("14", "2 weeks"), ("28", "4 weeks"))


@dataclass(frozen=True, slots=True)
class Coming:
    """``people`` are (name, why, link). ``reason`` says why nobody is on call."""

    schedule: Schedule
    people: Sequence[tuple[str, str, str]]
    shadows: Sequence[str]
    reason: str
    until: Moment | None
    next: str
    gaps: Sequence[str]
    gaps_length: str
    mine: bool


@dataclass(frozen=True, slots=True)
class OnCallPage:
    schedules: Sequence[Coming]
    my_shifts: Sequence[tuple[str, str, str]]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A cover that stands, with the id that takes it back."""

    id: str
    what: str
    when: str
    reason: str
    over: bool


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """``lanes`` and ``marks`` as ``cal.calendar`` takes them. ``other_zone``: switch to the reader's zone, or back."""

    schedule: Schedule
    now: Coming
    lanes: Sequence[Lane]
    marks: Sequence[Mark]
    first: str
    last: str
    zone: str
    zone_note: str
    other_zone: tuple[str, str]
    earlier: str
    later: str
    today: str
    spans: Sequence[tuple[str, str, bool]]
    gaps: Sequence[tuple[str, str]]
    gaps_length: str
    changes: Sequence[Change]
    layers: Sequence[tuple[str, str, str, Sequence[str]]]
    feeds: Sequence[tuple[Feed, Moment | None]]
    feed_url: str
    may_edit: bool
    may_cover: bool


@router.get("/on-call")
def show_list(here: Here) -> Response:
    def look(read: Read) -> OnCallPage:
        found = queries.on_call_everywhere(read)
        schedules = [coming(here, read, schedule) for schedule, _, _ in found]
        mine = queries.shifts_of_user(read, here.me.id, read.now, plus(read.now, AHEAD_S))
        return OnCallPage(
            schedules,
            [
                (s.name, lanes.stretch(shift.starts_at, shift.ends_at, here.zone), f"/on-call/{s.id}")
                for s, shift in mine[:6]
            ],
            here.may(Permission.SCHEDULES_EDIT),
        )

    return here.page("on_call/list.html", here.read(look), title="On-call", nav="oncall", block="list")


def coming(here: Here, read: Read, schedule: Schedule) -> Coming:
    """Who is on call in a schedule now, until when, who is next, and the gaps of the coming two weeks."""
    answer = queries.who_is_on(read, schedule.id)
    change, after = _next(schedule, read.now, answer.user_ids)
    holes = rules.gaps(schedule, read.now, plus(read.now, AHEAD_S))
    names = names_of(read, [*answer.user_ids, *(s.user_id for s in answer.shadows), *(after.user_ids if after else ())])
    nobody = "nobody" if after is not None else ""
    return Coming(
        schedule,
        [(names[p.user_id], p.layer_name or "cover", f"/people/{p.user_id}") for p in answer.people],
        [names[s.user_id] for s in answer.shadows],
        lanes.REASONS[answer.reason] if answer.reason else "",
        moment(change, read.now, here.zone),
        ", ".join(names[u] for u in after.user_ids) if after and after.user_ids else nobody,
        [lanes.stretch(g.starts_at, g.ends_at, here.zone) for g in holes[:3]],
        lanes.length(holes),
        here.me.id in answer.user_ids,
    )  # fmt: skip


def _next(schedule: Schedule, now: Instant, on: Sequence[str]) -> tuple[Instant | None, OnCallAnswer | None]:
    """When other people are on call than ``on``, and who. The same people by another layer are no change here."""
    at = rules.next_change(schedule, now)
    for _ in range(CHANGES_MAX):
        if at is None:
            return None, None
        answer = rules.who(schedule, at)
        if answer.user_ids != tuple(on):
            return at, answer
        at = rules.next_change(schedule, at)
    return at, None


def names_of(read: Read, user_ids: Iterable[str]) -> dict[str, str]:
    """Names of these people; nobody is missing."""
    wanted = {str(u) for u in user_ids if u}
    found = {str(u): name for u, name in people_names.display_names(read, wanted).items()}
    return {u: found.get(u, "somebody removed") for u in wanted}


@router.get("/on-call/{schedule_id}")
def show(
    here: Here, schedule_id: str, start: str = Query("", alias="from", max_length=10), days: int = 14, zone: str = "",
) -> Response:  # fmt: skip
    return _show(here, schedule_id, start, days, zone, "")


def _show(here: Here, schedule_id: str, start: str, days: int, zone: str, feed_url: str) -> Response:
    view = here.read(lambda read: _page(here, read, schedule_id, start, days, zone == "mine", feed_url))
    return here.page(
        "on_call/schedule.html", view, title=view.schedule.name, nav="oncall", block="" if feed_url else "schedule"
    )


def _page(here: Here, read: Read, schedule_id: str, start: str, days: int, mine: bool, feed_url: str) -> SchedulePage:
    schedule = queries.schedule(read, schedule_id)
    zone = here.zone if mine else schedule.zone
    shown = Range(_day(start) or lanes.this_week(read.now, zone), days if days in (7, 14, 28) else 14, zone)
    found = queries.final(read, schedule_id, shown.starts_at, shown.ends_at)

    def at(day: str = "", span: int = shown.days, other: bool = mine) -> str:
        query = [f"from={day}" if day else "", f"days={span}" if span != 14 else "", "zone=mine" if other else ""]
        return f"/on-call/{schedule_id}" + ("?" + "&".join(q for q in query if q) if any(query) else "")

    layers = rules.current_layers(schedule)
    people = everybody(found) | {str(u) for layer in layers for slot in layer.slots for u in slot}
    may_cover = here.may(Permission.OVERRIDES_EDIT, schedule.team_id)
    drawing = Drawing(shown, names_of(read, people), here.me.id, _cover(here, read, may_cover))
    other = "" if here.zone == schedule.zone else here.zone if not mine else schedule.zone
    return SchedulePage(
        schedule=schedule, now=coming(here, read, schedule), lanes=rows(drawing, found), marks=drawing.marks(read.now),
        first=_words(shown, 0), last=_words(shown, shown.days - 1), zone=zone,
        zone_note=f"You are in {here.zone}." if not mine and other else "Your own zone." if mine else "",
        other_zone=(f"Show in {other}", at(shown.day(0), other=not mine)) if other else ("", ""),
        earlier=at(shown.day(-7 if shown.days < 28 else -28)), later=at(shown.day(7 if shown.days < 28 else 28)),
        today=at() if start else "",
        spans=[(label, at(shown.day(0), int(value)), int(value) == shown.days) for value, label in SPANS],
        gaps=[_gap(g, zone, schedule_id, may_cover and g.ends_at > read.now) for g in found.gaps],
        gaps_length=lanes.length(found.gaps),
        changes=[
            Change(c.id, lanes.change_words(c, drawing.names)[0], drawing.words(c.starts_at, c.ends_at), c.reason,
                   c.ends_at <= read.now)
            for c in found.overrides
        ],
        layers=[
            (layer.name, lanes.turns_in_words(layer), "learns along" if layer.role is LayerRole.SHADOW else "",
             [" and ".join(drawing.names[u] for u in slot) or "nobody" for slot in layer.slots])
            for layer in layers
        ],
        feeds=[(f, moment(f.created_at, read.now, here.zone)) for f in queries.feeds(read, schedule_id=schedule.id)],
        feed_url=feed_url, may_edit=here.may(Permission.SCHEDULES_EDIT, schedule.team_id), may_cover=may_cover,
    )  # fmt: skip


def everybody(found: FinalCalendar) -> set[str]:
    """Everybody a calendar page names."""
    people = {str(s.user_id) for s in found.shifts} | {str(s.on.instead_of) for s in found.shifts if s.on.instead_of}
    people |= {str(s.user_id) for lane in found.lanes for s in lane.shifts}
    for change in found.overrides:
        people |= {str(u) for u in (getattr(change, "user_id", None), getattr(change, "by_user_id", None)) if u}
    return people


def rows(drawing: Drawing, found: FinalCalendar) -> list[Lane]:
    """The final row, the covers, then one lane per layer."""
    final = [s for s in found.shifts if s.on.role is not LayerRole.SHADOW]
    made = drawing.lanes("On call", "what counts", drawing.shifts(final, found.gaps), final=True)
    if found.overrides:
        made += drawing.lanes("Covers", "go first", drawing.changes(found.overrides))
    settings = {layer.name: layer for layer in rules.current_layers(found.schedule)}
    for lane in found.lanes:
        layer = settings.get(lane.name)
        sub = lanes.turns_in_words(layer) if layer else "until it was changed"
        sub += ", learning" if lane.kind is LaneKind.SHADOW else ""
        made += drawing.lanes(lane.name, sub, drawing.shifts(_plain(lane.shifts)))
    return made


def _plain(shifts: Sequence[Shift]) -> list[Shift]:
    return [s for s in shifts if s.starts_at < s.ends_at]


def _cover(here: Here, read: Read, may: bool) -> Callable[[Shift], str]:
    def href(shift: Shift) -> str:
        if not may or shift.on.role is LayerRole.SHADOW or shift.ends_at <= read.now:
            return ""
        return lanes.address(
            shift.on.schedule_id, user=shift.user_id, start=shift.starts_at.format_iso(), end=shift.ends_at.format_iso()
        )

    return href


def _gap(gap: Gap, zone: str, schedule_id: str, may: bool) -> tuple[str, str]:
    href = lanes.address(schedule_id, kind="add", start=gap.starts_at.format_iso(), end=gap.ends_at.format_iso())
    return f"{lanes.stretch(gap.starts_at, gap.ends_at, zone)}: {lanes.REASONS[gap.reason]}", href if may else ""


def _day(text: str) -> Date | None:
    try:
        found = Date.parse_iso(text)
    except ValueError:
        return None
    return found if found.year in choices.YEARS else None


def _words(shown: Range, offset: int) -> str:
    return moments.day(lanes.midnight(shown.first.add(days=offset), shown.zone).to_tz(shown.zone))


@router.post("/on-call/{schedule_id}/delete")
def delete(here: Here, schedule_id: str) -> Response:
    here.run(lambda work: commands.delete_schedule(work, schedule_id))
    return here.go("/on-call", Flash("The schedule has ended. What it was stays on record.", "note"))


@router.post("/on-call/{schedule_id}/feeds")
def issue_feed(here: Here, schedule_id: str) -> Response:
    """The address is shown on this answer and never again: only its hash is kept."""
    made = here.run(lambda work: commands.issue_feed(work, schedule_id=ScheduleId(schedule_id)))
    return _show(here, schedule_id, "", 14, "", feed_address(here, made.token))


def feed_address(here: Here, token: str) -> str:
    """What a calendar program subscribes to."""
    return f"{here.site.base_url}/feeds/{token}.ics"


@router.post("/on-call/{schedule_id}/feeds/{feed_id}/revoke")
def revoke_feed(here: Here, schedule_id: str, feed_id: str) -> Response:
    here.run(lambda work: commands.revoke_feed(work, feed_id))
    return here.go(f"/on-call/{schedule_id}", Flash("That calendar address is withdrawn.", "note"))
