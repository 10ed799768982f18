"""Covering a shift: the form (prefilled from the calendar), what it would change, saving it, taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fastapi import APIRouter, Query
from fastapi.responses import Response
from whenever import PlainDateTime

from firebell.domain.oncall import commands, queries, rules
from firebell.domain.oncall.model import Override, OverrideKind, Schedule
from firebell.domain.people import queries as people
from firebell.entrypoints.web import choices, lanes, moments
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.lanes import Drawing, Lane, Mark, Range
from firebell.entrypoints.web.on_call import names_of
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Invalid, NotFound, Refused
from firebell.kernel.ids import OverrideId, UserId
from firebell.kernel.work import Read, Work

router = APIRouter()
LOOK_FOR_SHIFT_S = 60 * 86_400
KINDS: Choices = (
    ("replace", "Somebody takes over somebody’s shifts"),
    ("add", "Somebody is on call as well"),
    ("remove", "Somebody is taken out"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    when: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be different: in sentences and as two rows."""

    differences: Sequence[Difference]
    lanes: Sequence[Lane]
    marks: Sequence[Mark]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class CoverPage:
    schedule: Schedule
    draft: Draft
    kinds: Choices
    people: Choices
    zone_note: str
    preview: Preview | None


@router.get("/on-call/{schedule_id}/cover")
def show(
    here: Here, schedule_id: str, user: str = "", by: str = "", kind: str = "replace",
    start: str = Query("", max_length=40), end: str = Query("", max_length=40), me: bool = False,
) -> Response:  # fmt: skip
    def look(read: Read) -> Draft:
        schedule = queries.schedule(read, schedule_id)
        whom, begins, ends = user, _instant(start), _instant(end)
        if me:
            mine = queries.shifts_of_user(read, here.me.id, read.now, plus(read.now, LOOK_FOR_SHIFT_S))
            own = [shift for found, shift in mine if found.id == schedule_id]
            whom = here.me.id
            begins, ends = (own[0].starts_at, own[0].ends_at) if own else (begins, ends)
        begins = max(begins, read.now) if begins else read.now
        if kind == "add":
            whom = whom or here.me.id
        elif not by and whom != here.me.id and not me:
            return _draft(schedule, kind, whom, here.me.id, begins, ends)
        return _draft(schedule, kind, whom, by, begins, ends)

    return _page(here, schedule_id, here.read(look), None)


def _draft(schedule: Schedule, kind: str, user: str, by: str, begins: Instant, ends: Instant | None) -> Draft:
    ends = ends or plus(begins, 12 * 3600)
    return Draft({
        "kind": kind, "user_id": user, "by_user_id": by if kind == "replace" else "",
        "starts_at": _local(begins, schedule.zone), "ends_at": _local(ends, schedule.zone), "reason": "",
    })  # fmt: skip


@router.post("/on-call/{schedule_id}/cover")
def save(here: Here, schedule_id: str, form: Form) -> Response:
    """``action=preview`` only shows what would change."""
    schedule = here.read(lambda read: queries.schedule(read, schedule_id))
    try:
        wanted = _wanted(form, schedule)
        if form.get("action") != "save":
            return _page(here, schedule_id, Draft(form), wanted)
        here.run(
            lambda work: commands.add_override(
                _checked(work, wanted), schedule_id, wanted.kind, wanted.user_id, wanted.starts_at, wanted.ends_at,
                by_user_id=wanted.by_user_id, reason=wanted.reason,
            )
        )  # fmt: skip
    except Refused as error:
        return _page(here, schedule_id, refused(form, error), None)
    day = wanted.starts_at.to_tz(schedule.zone).date()
    monday = day.subtract(days=day.day_of_week().value - 1).format_iso()
    return here.go(f"/on-call/{schedule_id}?from={monday}", Flash("The cover is saved and counts from its start."))


@router.post("/on-call/{schedule_id}/covers/{override_id}/remove")
def remove(here: Here, schedule_id: str, override_id: str) -> Response:
    def job(work: Work) -> None:
        found = queries.schedule(work, schedule_id)
        known = {str(o.id) for o in found.overrides} | {str(w.id) for w in found.windows}
        if override_id not in known:
            raise NotFound("There is no such cover.")
        commands.remove_override(work, override_id)

    here.run(job)
    return here.back(f"/on-call/{schedule_id}", Flash("The cover is taken back. The layers decide again.", "note"))


def _page(here: Here, schedule_id: str, draft: Draft, wanted: Override | None) -> Response:
    def look(read: Read) -> CoverPage:
        schedule = queries.schedule(read, schedule_id)
        read.needs(Permission.OVERRIDES_EDIT, schedule.team_id)
        preview = None
        shown = draft
        if wanted is not None:
            try:
                rules.check_override(wanted, schedule.overrides)
                preview = _preview(here, read, schedule, replace(wanted, saved_at=read.now))
            except Refused as error:
                shown = refused(draft.values, error)
        note = f"Times are in {schedule.zone}, the zone of the schedule." + (
            f" You are in {here.zone}." if here.zone != schedule.zone else ""
        )
        users = [(u.id, u.display_name) for u in people.users(read) if u.active]
        return CoverPage(schedule, shown, KINDS, users, note, preview)

    view = here.read(look)
    return here.page("on_call/cover.html", view, title="Cover a shift", nav="oncall", status=view.draft.status)


def _wanted(form: Mapping[str, str], schedule: Schedule) -> Override:
    if form.get("kind") not in [*OverrideKind]:
        raise Invalid("Choose what is to happen.", field="kind")
    kind = OverrideKind(form["kind"])
    user, by = form.get("user_id", ""), form.get("by_user_id", "") if kind is OverrideKind.REPLACE else ""
    if not user:
        raise Invalid("Choose a person.", field="user_id")
    if kind is OverrideKind.REPLACE and not by:
        raise Invalid("Choose who takes over.", field="by_user_id")
    starts_at, ends_at = (_at(form, name, schedule.zone) for name in ("starts_at", "ends_at"))
    return Override(
        id=OverrideId("wanted"), kind=kind, user_id=UserId(user), by_user_id=UserId(by) if by else None,
        starts_at=starts_at, ends_at=ends_at, saved_at=starts_at, reason=form.get("reason", "").strip(),
    )  # fmt: skip


def _checked(work: Work, wanted: Override) -> Work:
    choices.persons(work, [wanted.user_id], "user_id")
    choices.persons(work, [wanted.by_user_id or ""], "by_user_id")
    return work


def _preview(here: Here, read: Read, schedule: Schedule, wanted: Override) -> Preview:
    after = replace(schedule, overrides=(*schedule.overrides, wanted))
    begin, end = max(wanted.starts_at, read.now), wanted.ends_at
    first = begin.to_tz(schedule.zone).date()
    days = min(28, max(2, round(seconds_between(begin, end) / 86_400) + 2))
    shown = Range(first, days, schedule.zone)
    old = rules.agenda(schedule, shown.starts_at, shown.ends_at)
    new = rules.agenda(after, shown.starts_at, shown.ends_at)
    everybody = {str(s.user_id) for c in (old, new) for s in c.shifts}
    everybody |= {str(wanted.user_id), str(wanted.by_user_id or "")}
    drawing = Drawing(shown, names_of(read, everybody), here.me.id)
    rows = [
        *drawing.lanes("After", "with this cover", drawing.shifts(new.shifts, new.gaps), final=True),
        *drawing.lanes("Before", "as it stands", drawing.shifts(old.shifts, old.gaps)),
    ]
    last = lanes.midnight(first.add(days=days - 1), schedule.zone).to_tz(schedule.zone)
    return Preview(
        _differences(schedule, after, begin, end, drawing), rows, drawing.marks(read.now),
        moments.day(begin.to_tz(schedule.zone)), moments.day(last),
    )  # fmt: skip


def _differences(before: Schedule, after: Schedule, begin: Instant, end: Instant, drawing: Drawing) -> list[Difference]:
    if end <= begin:
        return []
    edges = {begin, end}
    for shift in (*rules.shifts(before, begin, end), *rules.shifts(after, begin, end)):
        edges |= {shift.starts_at, shift.ends_at}
    ordered = sorted(edges)
    found: list[tuple[Instant, Instant, str, str]] = []
    for starts_at, ends_at in pairwise(ordered):
        old, new = rules.who(before, starts_at).user_ids, rules.who(after, starts_at).user_ids
        if old == new:
            continue
        words = (_named(old, drawing), _named(new, drawing))
        if found and found[-1][1] == starts_at and found[-1][2:] == words:
            found[-1] = (found[-1][0], ends_at, *words)
        else:
            found.append((starts_at, ends_at, *words))
    return [Difference(drawing.words(a, b), old_names, new_names) for a, b, old_names, new_names in found]


def _named(users: Sequence[str], drawing: Drawing) -> str:
    return ", ".join(drawing.names.get(u, "somebody removed") for u in users) or "nobody"


def _local(at: Instant, zone: str) -> str:
    there = at.to_tz(zone)
    return f"{there.date().format_iso()}T{there.hour:02}:{there.minute:02}"


def _at(form: Mapping[str, str], name: str, zone: str) -> Instant:
    try:
        typed = PlainDateTime.parse_iso(form.get(name, ""))
        if typed.year not in choices.YEARS:
            raise ValueError(typed)
        return typed.assume_tz(zone).to_instant()
    except ValueError:
        raise Invalid("A day and a time are needed.", field=name, hint="For example 2026-11-26T09:00.") from None


def _instant(text: str) -> Instant | None:
    try:
        found = Instant.parse_iso(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.to_tz("UTC").year in choices.YEARS else None
