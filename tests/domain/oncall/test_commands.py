"""Schedules made, edited, covered and deleted; shifts recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from firebell.domain.oncall import commands, queries, store
from firebell.domain.oncall.documents import layers_from_doc, layers_to_doc
from firebell.domain.oncall.model import EmptyReason, LayerRole
from firebell.kernel.actor import NOBODY
from firebell.kernel.clock import SetClock
from firebell.kernel.db import doc
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from firebell.kernel.ids import ScheduleId, TeamId
from firebell.kernel.work import Runner, Work
from tests.domain.oncall.house import (
    DAILY,
    DAY,
    DAYTIME,
    HOUR,
    LEAD,
    PAY,
    RESPONDER,
    VIEWER,
    A,
    B,
    C,
    cover,
    edit,
    kinds,
    make,
    on_call,
    recorded,
    refused,
    shown,
    turn,
)
from tests.domain.oncall.roster import hours, layer, weekly, z

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
