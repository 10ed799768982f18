"""Schedules made, edited, covered and deleted; shifts recorded; calendars fed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import pytest
from icalendar import Calendar

from firebell.domain.oncall import commands, queries, store
from firebell.domain.oncall.documents import layers_from_doc, layers_to_doc
from firebell.domain.oncall.ical import Attendee, render
from firebell.domain.oncall.model import EmptyReason, LayerRole, RotationLayer
from firebell.kernel.actor import GRANTS, MANAGER, NOBODY, Actor, Role
from firebell.kernel.clock import Instant, SetClock, plus
from firebell.kernel.db import doc
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from firebell.kernel.ids import ScheduleId, TeamId, UserId
from firebell.kernel.work import Read, Runner, Work
from tests.domain.oncall.roster import hours, layer, weekly, z

T = TypeVar("T")
VIEWER = Actor("user", "usr_viewer", grants=GRANTS[Role.VIEWER])
RESPONDER = Actor("user", "A", grants=GRANTS[Role.RESPONDER])
LEAD = Actor("user", "usr_lead", grants=GRANTS[Role.VIEWER], teams={"tea_pay": MANAGER})
PAY = TeamId("tea_pay")
A, B, C = UserId("A"), UserId("B"), UserId("C")
HOUR, DAY = 3600, 86400

DAILY = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C")
DAYTIME = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C", restrictions=(hours("10:00", "18:00"),))


def make(runner: Runner, *layers: RotationLayer, name: str = "payments-primary", **fields: Any) -> ScheduleId:
    return runner.run(lambda work: commands.create_schedule(work, name=name, layers=layers, **fields))


def edit(runner: Runner, schedule_id: str, *layers: RotationLayer, **more: Any) -> Any:
    return runner.run(lambda work: commands.edit_schedule(work, schedule_id, layers=layers, **more))


def cover(runner: Runner, of: str, begin: Instant, end: Instant, kind: str = "replace", **more: Any) -> str:
    more.setdefault("by_user_id", B if kind == "replace" else None)
    return runner.run(lambda work: commands.add_override(work, of, kind, more.pop("user", A), begin, end, **more))


def on_call(runner: Runner, of: str, at: Instant | None = None) -> tuple[UserId, ...]:
    return runner.read(lambda read: queries.who_is_on(read, of, at)).user_ids


def turn(runner: Runner, clock: SetClock, seconds: float) -> list[Any]:
    clock.advance(seconds)
    return runner.run(commands.record_turnovers)


def kinds(runner: Runner, subject: str) -> list[str]:
    return [entry.kind for entry in runner.read(lambda read: read.history(subject))]


def shown(runner: Runner, of: str, begin: Instant, end: Instant) -> list[str]:
    found = runner.read(lambda read: queries.final(read, of, begin, end))
    return [f"{s.user_id} {str(s.starts_at)[5:16]} {str(s.ends_at)[5:16]}" for s in found.shifts]


def refused(runner: Runner, error: type[Exception], job: Callable[[Work], object], actor: Actor | None = None) -> Any:
    with pytest.raises(error) as caught:
        runner.run(job, actor) if actor else runner.run(job)
    return caught.value


def recorded(runner: Runner) -> list[tuple[str, Instant, Instant | None]]:
    rows = runner.read(lambda read: read.all(store.shifts.select().order_by(store.shifts.c.starts_at)))
    return [(row.user_id, row.starts_at, row.ends_at) for row in rows]


# --- making and finding ------------------------------------------------------------------------------------------


def test_a_schedule_comes_back_as_it_was_made(runner: Runner) -> None:
    full = layer(
        "Europe/Berlin", "2026-08-31 08:30", 3, "month", "AB - C", "night",
        start_index=1, starts_at=z("2026-09-01 00:00"), priority=9, role=LayerRole.SHADOW,
        restrictions=(weekly("FRI 20:00", "MON 08:00"), hours("22:00", "06:00")),
    )  # fmt: skip
    made = make(runner, full, DAILY, zone="Europe/Berlin", team_id=PAY, description="Cards")
    found = runner.read(lambda read: queries.schedule(read, made))
    assert [replace(one, id=full.id) for one in found.layers] == [full, replace(DAILY, id=full.id)]
    assert len({one.id for one in found.layers}) == 2
    assert (found.zone, found.team_id, found.description, found.version) == ("Europe/Berlin", PAY, "Cards", 1)
    assert runner.read(lambda read: queries.schedule_by_name(read, "payments-primary")) == found
    assert runner.read(lambda read: queries.schedules(read, PAY)) == [found]


def test_layers_survive_as_documents() -> None:
    edited = replace(DAYTIME, in_force_from=z("2026-06-02 00:00"), in_force_to=z("2026-06-03 00:00"), follows=DAILY.id)
    assert layers_from_doc(msgspec.json.decode(doc(layers_to_doc([edited, DAILY])))) == (edited, DAILY)


def test_a_name_is_taken_once_and_free_again_after_deletion(runner: Runner) -> None:
    made = make(runner, DAILY)
    assert refused(runner, Conflict, lambda w: commands.create_schedule(w, name="payments-primary")).field == "name"
    runner.run(lambda work: commands.delete_schedule(work, made))
    make(runner, DAILY)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"),
        ({"name": "Not A Slug"}, "name"),
        ({"name": "x", "zone": "Mars/Base"}, "zone"),
        ({"name": "x", "layers": [replace(DAILY, every=0)]}, "layers[0].rotation.every"),
        ({"name": "x", "description": "x" * 16_385}, "description"),
    ],
)
def test_a_bad_value_is_refused_by_field(runner: Runner, fields: dict[str, Any], field: str) -> None:
    assert refused(runner, Invalid, lambda work: commands.create_schedule(work, **fields)).field == field


def test_who_may_do_what(runner: Runner) -> None:
    made = make(runner, DAILY, team_id=PAY)
    other = make(runner, DAILY, name="other")
    begin, end = z("2026-06-02 00:00"), z("2026-06-03 00:00")

    def replaced(work: Work) -> object:
        return commands.add_override(work, made, "replace", A, begin, end, by_user_id=B)

    refused(runner, Forbidden, lambda work: commands.create_schedule(work, name="x"), RESPONDER)
    refused(runner, Forbidden, lambda work: commands.edit_schedule(work, made, description="x"), RESPONDER)
    refused(runner, Forbidden, lambda work: commands.edit_schedule(work, other, description="x"), LEAD)
    refused(runner, Forbidden, lambda work: commands.edit_schedule(work, made, team_id=TeamId("tea_x")), LEAD)
    refused(runner, Forbidden, lambda work: commands.delete_schedule(work, made), RESPONDER)
    refused(runner, Forbidden, replaced, VIEWER)
    refused(runner, Forbidden, lambda work: commands.add_window(work, made, begin, end, [DAILY]), VIEWER)
    refused(runner, Forbidden, lambda work: commands.issue_feed(work, user_id=B), RESPONDER)
    refused(runner, Forbidden, commands.record_turnovers, VIEWER)
    refused(runner, Unauthenticated, lambda work: commands.edit_schedule(work, made), NOBODY)
    with pytest.raises(Unauthenticated):
        runner.read(lambda read: queries.who_is_on(read, made), NOBODY)
    override = runner.run(replaced, RESPONDER)
    refused(runner, Forbidden, lambda work: commands.remove_override(work, override), VIEWER)
    runner.run(lambda work: commands.edit_schedule(work, made, description="x"), LEAD)
    runner.run(lambda work: commands.issue_feed(work, user_id=A), RESPONDER)
    runner.run(lambda work: commands.issue_feed(work, schedule_id=made), VIEWER)


def test_what_is_not_there_is_not_found(runner: Runner) -> None:
    begin, end = z("2026-06-02 00:00"), z("2026-06-03 00:00")
    jobs: Sequence[Callable[[Work], object]] = (
        lambda work: commands.edit_schedule(work, "sch_x"),
        lambda work: commands.delete_schedule(work, "sch_x"),
        lambda work: commands.add_override(work, "sch_x", "remove", A, begin, end),
        lambda work: commands.remove_override(work, "ovr_x"),
        lambda work: commands.issue_feed(work, schedule_id=ScheduleId("sch_x")),
        commands.issue_feed,
        lambda work: commands.revoke_feed(work, "fed_x"),
        lambda work: queries.who_is_on(work, "sch_x"),
        lambda work: queries.final(work, "sch_x", begin, end),
    )
    for job in jobs:
        refused(runner, NotFound, job)


# --- editing -----------------------------------------------------------------------------------------------------


def test_an_edit_keeps_whoever_is_on_and_the_past_as_it_was(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    turn(runner, clock, DAY)
    after = edit(runner, made, replace(DAILY, slots=((C,), (B,), (A,))))
    assert after.version == 2
    assert on_call(runner, made) == (B,)
    assert shown(runner, made, z("2026-06-01 00:00"), z("2026-06-05 00:00")) == [
        "A 06-01T00:00 06-02T00:00",
        "B 06-02T00:00 06-02T09:00",
        "B 06-02T09:00 06-03T00:00",
        "A 06-03T00:00 06-04T00:00",
        "C 06-04T00:00 06-05T00:00",
    ]
    assert kinds(runner, made) == [
        "schedule.created",
        "oncall.began",
        "oncall.ended",
        "oncall.began",
        "schedule.edited",
    ]


def test_an_edit_that_says_nothing_new_leaves_the_version_alone(runner: Runner) -> None:
    made = make(runner, DAILY)
    before = runner.read(lambda read: queries.schedule(read, made))
    assert edit(runner, made, DAILY, description="", expected=1) == before
    assert refused(runner, Changed, lambda work: commands.edit_schedule(work, made, 7, description="x"))


def test_a_deleted_schedule_pages_nobody_and_remembers(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    clock.advance(HOUR)
    runner.run(lambda work: commands.delete_schedule(work, made))
    answer = runner.read(lambda read: queries.who_is_on(read, made))
    assert (answer.user_ids, answer.reason) == ((), EmptyReason.DELETED)
    assert on_call(runner, made, z("2026-06-01 09:30")) == (A,)
    assert kinds(runner, made)[-1] == "oncall.ended"
    assert recorded(runner) == [("A", z("2026-06-01 09:00"), z("2026-06-01 10:00"))]
    assert runner.read(queries.schedules) == []
    refused(runner, NotFound, lambda work: commands.edit_schedule(work, made, description="x"))


# --- overrides ---------------------------------------------------------------------------------------------------


def test_a_cover_puts_somebody_else_on_for_a_while(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    override = cover(runner, made, z("2026-06-01 10:00"), z("2026-06-01 12:00"))
    assert [x.on[0].user_id for x in turn(runner, clock, HOUR)] == ["B"]
    assert on_call(runner, made) == (B,)
    runner.run(lambda work: commands.remove_override(work, override))
    assert on_call(runner, made) == (A,)
    assert runner.read(lambda read: queries.schedule(read, made)).version == 3


def test_a_removed_cover_that_had_begun_stays_in_the_past(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    override = cover(runner, made, z("2026-06-01 10:00"), z("2026-06-01 12:00"))
    turn(runner, clock, HOUR)
    clock.advance(HOUR / 2)
    runner.run(lambda work: commands.remove_override(work, override))
    assert shown(runner, made, z("2026-06-01 09:00"), z("2026-06-01 13:00")) == [
        "A 06-01T09:00 06-01T10:00",
        "B 06-01T10:00 06-01T10:30",
        "A 06-01T10:30 06-01T13:00",
    ]
    refused(runner, NotFound, lambda work: commands.remove_override(work, override))


def test_a_cover_cannot_reach_into_the_past(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    turn(runner, clock, 2 * HOUR)
    cover(runner, made, z("2026-06-01 09:30"), z("2026-06-01 12:00"))
    assert on_call(runner, made, z("2026-06-01 10:59")) == (A,)
    assert on_call(runner, made) == (B,)
    (kept,) = runner.read(lambda read: queries.schedule(read, made)).overrides
    assert kept.starts_at == z("2026-06-01 11:00")
    over = refused(runner, Invalid, lambda w: commands.add_override(w, made, "add", B, z("2026-06-01 09:00"), w.now))
    assert over.field == "ends_at"
    assert kinds(runner, made)[-2:] == ["oncall.ended", "oncall.began"]


def test_two_covers_naming_the_same_person_are_refused(runner: Runner) -> None:
    made = make(runner, DAILY)
    cover(runner, made, z("2026-06-02 10:00"), z("2026-06-02 12:00"))
    with pytest.raises(Conflict):
        cover(runner, made, z("2026-06-02 11:00"), z("2026-06-02 13:00"), kind="remove")
    with pytest.raises(Invalid):
        cover(runner, made, z("2026-06-02 11:00"), z("2026-06-02 13:00"), kind="swap")


def test_an_override_that_is_over_is_history(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    override = cover(runner, made, z("2026-06-01 10:00"), z("2026-06-01 12:00"))
    clock.advance(4 * HOUR)
    refused(runner, Conflict, lambda work: commands.remove_override(work, override))


def test_a_window_replaces_the_layers_and_an_empty_one_is_refused(runner: Runner) -> None:
    made = make(runner, DAILY)
    begin, end = z("2026-06-02 00:00"), z("2026-06-04 00:00")
    own = layer("UTC", "2026-06-01 00:00", 12, "hour", "X Y")
    runner.run(lambda work: commands.add_window(work, made, begin, end, [own], rank=3, reason="launch"))
    assert on_call(runner, made, z("2026-06-02 13:00")) == ("Y",)
    assert on_call(runner, made, z("2026-06-04 00:00")) == (A,)
    (found,) = runner.read(lambda read: queries.schedule(read, made)).windows
    assert (found.rank, found.reason, len(found.layers)) == (3, "launch", 1)
    nobody = layer("UTC", "2026-06-01 00:00", 1, "day", "-")
    refused(runner, Invalid, lambda work: commands.add_window(work, made, begin, end, [nobody]))


# --- recording ---------------------------------------------------------------------------------------------------


def test_shifts_are_recorded_as_they_begin_and_end(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAYTIME)
    assert runner.read(queries.next_turnover_at) == z("2026-06-01 10:00")
    (began,) = turn(runner, clock, HOUR)
    assert ([on.user_id for on in began.on], began.off) == (["A"], ())
    assert runner.run(commands.record_turnovers) == []
    assert runner.read(queries.next_turnover_at) == z("2026-06-01 18:00")
    (ended,) = turn(runner, clock, 8 * HOUR)
    assert (ended.on, ended.off) == ((), ((A, LayerRole.PRIMARY),))
    assert kinds(runner, made) == ["schedule.created", "oncall.began", "oncall.ended"]


def test_a_worker_that_slept_records_what_it_slept_through(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAYTIME)
    turn(runner, clock, HOUR)
    (woken,) = turn(runner, clock, 2 * DAY + HOUR)
    assert ([on.user_id for on in woken.on], woken.off) == (["C"], ((A, LayerRole.PRIMARY),))
    assert recorded(runner) == [
        ("A", z("2026-06-01 10:00"), z("2026-06-01 18:00")),
        ("B", z("2026-06-02 10:00"), z("2026-06-02 18:00")),
        ("C", z("2026-06-03 10:00"), None),
    ]
    assert made


def test_a_turn_that_pauses_overnight_is_recorded_as_two_shifts(runner: Runner, clock: SetClock) -> None:
    make(runner, replace(DAYTIME, every=7))
    turn(runner, clock, HOUR)
    turn(runner, clock, DAY)  # exactly when the same turn opens again
    assert recorded(runner) == [
        ("A", z("2026-06-01 10:00"), z("2026-06-01 18:00")),
        ("A", z("2026-06-02 10:00"), None),
    ]


def test_what_was_recorded_wins_over_what_is_computed(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    turn(runner, clock, DAY)
    runner.run(
        lambda work: work.write(store.schedules.update().values(layers=layers_to_doc([replace(DAILY, slots=((C,),))])))
    )
    assert on_call(runner, made, z("2026-06-01 12:00")) == (A,)
    assert on_call(runner, made) == (C,)
    assert shown(runner, made, z("2026-06-01 09:00"), z("2026-06-02 12:00")) == [
        "A 06-01T09:00 06-02T00:00",
        "B 06-02T00:00 06-02T09:00",
        "C 06-02T09:00 06-02T12:00",
    ]


def test_the_recorded_calendar_is_the_computed_one(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAYTIME)
    cover(runner, made, z("2026-06-02 11:00"), z("2026-06-02 12:00"), user=B, by_user_id=C)
    cover(runner, made, z("2026-06-03 11:00"), z("2026-06-03 12:00"), user=C, kind="remove")
    begin, end = z("2026-06-01 09:00"), z("2026-06-06 00:00")
    before = runner.read(lambda read: queries.final(read, made, begin, end))
    for _ in range(60):
        turn(runner, clock, HOUR)
    after = runner.read(lambda read: queries.final(read, made, begin, end))
    assert after.shifts == before.shifts
    assert [(g.starts_at, g.ends_at) for g in after.gaps] == [(g.starts_at, g.ends_at) for g in before.gaps]
    assert after == before


# --- pages -------------------------------------------------------------------------------------------------------


def test_a_calendar_page_has_a_lane_for_each_layer_and_the_result(runner: Runner) -> None:
    night = layer(
        "UTC", "2026-06-01 00:00", 1, "day", "C", "night", priority=5, restrictions=(hours("20:00", "06:00"),)
    )
    trainee = layer("UTC", "2026-06-01 00:00", 1, "day", "T", "trainee", role=LayerRole.SHADOW)
    made = make(runner, layer("UTC", "2026-06-01 00:00", 1, "day", "A B"), night, trainee)
    cover(runner, made, z("2026-06-02 07:00"), z("2026-06-02 08:00"), user=B, by_user_id=A)
    page = runner.read(lambda read: queries.final(read, made, z("2026-06-02 00:00"), z("2026-06-03 00:00")))
    assert [(lane.name, lane.kind, len(lane.shifts)) for lane in page.lanes] == [
        ("night", "layer", 2), ("base", "layer", 1), ("trainee", "shadow", 1),
    ]  # fmt: skip
    assert [o.user_id for o in page.overrides if hasattr(o, "user_id")] == ["B"]
    assert [s.user_id for s in page.shifts if s.on.role is LayerRole.PRIMARY] == ["C", "B", "A", "B", "C"]
    assert page.gaps == ()
    for begin, end in ((z("2026-06-02 00:00"), z("2026-06-02 00:00")), (z("2026-06-02 00:00"), z("2028-06-02 00:00"))):
        refused(runner, Invalid, lambda work, b=begin, e=end: queries.final(work, made, b, e))  # type: ignore[misc]


def test_who_is_on_everywhere_and_when_that_changes(runner: Runner) -> None:
    make(runner, DAILY, name="one")
    make(runner, name="two")
    found = runner.read(queries.on_call_everywhere)
    assert [(s.name, answer.user_ids, change) for s, answer, change in found] == [
        ("one", (A,), z("2026-06-02 00:00")),
        ("two", (), None),
    ]


def test_a_persons_shifts_in_all_schedules(runner: Runner) -> None:
    make(runner, DAILY, name="one")
    make(runner, layer("UTC", "2026-06-02 00:00", 1, "day", "A X Y Z"), name="two")
    found = runner.read(
        lambda read: queries.shifts_of_user(read, A, z("2026-06-01 00:00"), z("2026-06-05 00:00")), RESPONDER
    )
    assert [(s.name, shift.starts_at) for s, shift in found] == [
        ("one", z("2026-06-01 00:00")), ("two", z("2026-06-02 00:00")), ("one", z("2026-06-04 00:00")),
    ]  # fmt: skip


# --- calendar feeds ----------------------------------------------------------------------------------------------

PEOPLE = {
    A: Attendee("Ann", "ann@example.com"),
    B: Attendee("Ben, the “second”", "ben@example.com"),
    C: Attendee("Cat"),
}


def feed(runner: Runner, token: str) -> Calendar:
    page = runner.read(lambda read: queries.feed_page(read, token), NOBODY)
    assert page is not None
    return Calendar.from_ical(render(page, PEOPLE))


def stamps(calendar: Calendar, status: str = "CONFIRMED") -> dict[str, tuple[str, str]]:
    return {
        str(e["UID"]): (str(e["SUMMARY"]), e["DTSTART"].to_ical().decode())
        for e in calendar.walk("VEVENT")
        if e["STATUS"] == status
    }


def test_a_feed_has_the_shifts_of_half_a_year(runner: Runner) -> None:
    made = make(runner, DAILY, zone="Europe/Berlin")
    new = runner.run(lambda work: commands.issue_feed(work, schedule_id=made))
    calendar = feed(runner, new.token)
    found = sorted(start for _, start in stamps(calendar).values())
    assert (len(found), found[0], found[-1]) == (195, "20260517T000000Z", "20261127T000000Z")
    assert str(calendar["X-WR-CALNAME"]) == "On call: payments-primary"
    assert str(calendar["X-WR-TIMEZONE"]) == "Europe/Berlin"


def test_a_shift_over_the_edge_of_a_feed_keeps_its_true_start_and_so_its_name(runner: Runner) -> None:
    made = make(runner, layer("UTC", "2026-06-01 00:00", 1, "month", "A B"))
    new = runner.run(lambda work: commands.issue_feed(work, schedule_id=made))
    starts = sorted(start for _, start in stamps(feed(runner, new.token)).values())
    assert (starts[0], len(starts)) == ("20260501T000000Z", 7)


def test_a_feed_stays_the_same_bytes_while_nothing_changes(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    new = runner.run(lambda work: commands.issue_feed(work, schedule_id=made))

    def look(read: Read) -> bytes:
        page = queries.feed_page(read, new.token)
        assert page is not None
        return render(page, PEOPLE)

    before = runner.read(look)
    turn(runner, clock, 3 * HOUR)
    assert runner.read(look) == before


def test_uids_survive_an_edit_and_a_vanished_event_stays_as_cancelled(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY)
    new = runner.run(lambda work: commands.issue_feed(work, schedule_id=made))
    before = stamps(feed(runner, new.token))
    turn(runner, clock, HOUR)
    edit(runner, made, replace(DAILY, priority=2))
    kept = stamps(feed(runner, new.token))
    assert set(before) < set(kept)  # one more: the current shift is cut in two by the edit
    override = cover(runner, made, z("2026-06-04 00:00"), z("2026-06-05 00:00"))
    calendar = feed(runner, new.token)
    assert list(stamps(calendar, "CANCELLED").values()) == [("Ann", "20260604T000000Z")]
    assert ("Ben, the “second”", "20260604T000000Z") in stamps(calendar).values()
    assert {int(e["SEQUENCE"]) for e in calendar.walk("VEVENT")} == {3}
    runner.run(lambda work: commands.remove_override(work, override))
    again = feed(runner, new.token)
    assert stamps(again) == kept
    assert list(stamps(again, "CANCELLED").values()) == [("Ben, the “second”", "20260604T000000Z")]


def test_a_persons_feed_has_their_shifts_only(runner: Runner, clock: SetClock) -> None:
    made = make(runner, DAILY, name="one")
    make(runner, DAILY, name="two")
    new = runner.run(lambda work: commands.issue_feed(work, user_id=B), Actor("user", "B", grants=GRANTS[Role.VIEWER]))
    calendar = feed(runner, new.token)
    assert {name for name, _ in stamps(calendar).values()} == {"Ben, the “second”"}
    assert len(stamps(calendar)) == 2 * 65
    clock.advance(HOUR)
    runner.run(lambda work: commands.delete_schedule(work, made))
    assert len(stamps(feed(runner, new.token), "CANCELLED")) > 50


def test_a_revoked_or_unknown_feed_shows_nothing(runner: Runner) -> None:
    made = make(runner, DAILY)
    new = runner.run(lambda work: commands.issue_feed(work, schedule_id=made))
    (found,) = runner.read(lambda read: queries.feeds(read, schedule_id=made))
    assert found.id == new.id
    stored = runner.read(lambda read: read.scalar(store.feeds.select().with_only_columns(store.feeds.c.token_hash)))
    assert new.token not in stored
    runner.run(lambda work: commands.revoke_feed(work, new.id))
    for token in (new.token, "guess", stored):
        assert runner.read(lambda read, t=token: queries.feed_page(read, t)) is None  # type: ignore[misc]
    assert runner.read(lambda read: queries.feeds(read, schedule_id=made)) == []
    refused(runner, NotFound, lambda work: commands.revoke_feed(work, new.id))
    assert kinds(runner, made)[-2:] == ["calendar_feed.issued", "calendar_feed.revoked"]
    assert plus(found.created_at, 0) == z("2026-06-01 09:00")
