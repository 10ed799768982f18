"""Calendar pages, who is on everywhere, and calendar feeds."""

from __future__ import annotations

from dataclasses import replace

from icalendar import Calendar

from firebell.domain.oncall import commands, feed_store, queries
from firebell.domain.oncall.ical import Attendee, render
from firebell.domain.oncall.model import LayerRole
from firebell.kernel.actor import GRANTS, NOBODY, Actor, Role
from firebell.kernel.clock import SetClock, plus
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.work import Read, Runner
from tests.domain.oncall.house import (
    DAILY,
    HOUR,
    RESPONDER,
    A,
    B,
    C,
    cover,
    edit,
    kinds,
    make,
    refused,
    turn,
)
from tests.domain.oncall.roster import hours, layer, z

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
    stored = runner.read(
        lambda read: read.scalar(feed_store.feeds.select().with_only_columns(feed_store.feeds.c.token_hash))
    )
    assert new.token not in stored
    runner.run(lambda work: commands.revoke_feed(work, new.id))
    for token in (new.token, "guess", stored):
        assert runner.read(lambda read, t=token: queries.feed_page(read, t)) is None  # type: ignore[misc]
    assert runner.read(lambda read: queries.feeds(read, schedule_id=made)) == []
    refused(runner, NotFound, lambda work: commands.revoke_feed(work, new.id))
    assert kinds(runner, made)[-2:] == ["calendar_feed.issued", "calendar_feed.revoked"]
    assert plus(found.created_at, 0) == z("2026-06-01 09:00")
