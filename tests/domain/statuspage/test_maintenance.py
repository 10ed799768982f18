"""Maintenance through time: by the clock, by hand, moved, late, and again next week."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.statuspage import maintenance_rules as rules
from firebell.domain.statuspage.maintenance_model import (
    OVER,
    Every,
    Maintenance,
    MaintenanceState,
    Recurrence,
    Step,
)
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Invalid

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
HOUR, DAY = 3600, 86_400
S = MaintenanceState


def planned(in_s: float = 2 * DAY, length_s: float = HOUR, **more: object) -> Maintenance:
    begins = plus(NOW, in_s)
    made = Maintenance(
        id="mnt_1", page_id="spg_1", name="Disks", scheduled_for=begins, scheduled_until=plus(begins, length_s),
        anchor_at=begins, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return rules.born(replace(made, **more), NOW)


def lived(one: Maintenance, until_s: float) -> list[tuple[str, float]]:
    """Every step by the clock up to then, with the seconds after now at which it was due."""
    found: list[tuple[str, float]] = []
    while one.due_at is not None and one.due_at <= plus(NOW, until_s):
        at = one.due_at
        ticked = rules.tick(one, at)
        assert ticked.maintenance is not one, "a due maintenance moves on"
        found += [(str(each.step), (at - NOW).total("seconds")) for each in ticked.happened]
        one = ticked.maintenance
    return found


def test_by_the_clock_from_reminders_to_completion() -> None:
    assert lived(planned(), 4 * DAY) == [
        ("reminded", DAY), ("reminded", 2 * DAY - HOUR), ("started", 2 * DAY), ("completed", 2 * DAY + HOUR),
    ]  # fmt: skip


def test_it_is_verified_before_it_is_completed_if_so_planned() -> None:
    steps = lived(planned(verify_s=600), 4 * DAY)
    assert steps[-3:] == [
        ("started", 2 * DAY), ("verifying", 2 * DAY + HOUR), ("completed", 2 * DAY + HOUR + 600),
    ]  # fmt: skip


def test_reminders_whose_time_had_passed_when_it_was_planned_are_not_given() -> None:
    assert lived(planned(in_s=2 * HOUR), DAY) == [
        ("reminded", HOUR), ("started", 2 * HOUR), ("completed", 3 * HOUR),
    ]  # fmt: skip


def test_after_a_pause_only_the_last_reminder_is_given() -> None:
    ticked = rules.tick(planned(), plus(NOW, 2 * DAY - 60))
    assert [each.step for each in ticked.happened] == [Step.REMINDED]


def test_nobody_is_told_of_a_quiet_one() -> None:
    one = planned(notify=False)
    ticked = rules.tick(one, plus(NOW, 3 * DAY))
    assert [each.step for each in ticked.happened] == [Step.STARTED, Step.COMPLETED]
    assert [each.key for each in ticked.happened] == ["", ""]


def test_one_begun_by_hand_waits_for_a_hand() -> None:
    assert lived(planned(auto_start=False, auto_complete=False, notices_s=()), 9 * DAY) == []
    assert rules.overdue(planned(auto_start=False), plus(NOW, 9 * DAY))


@pytest.mark.parametrize(("state", "to"), list(itertools.product(S, S)))
def test_every_move_is_legal_or_refused_with_the_legal_ones(state: S, to: S) -> None:
    one = replace(planned(), state=state)
    if to in rules.MOVES[state]:
        after, happened = rules.move(one, to, "words", NOW, "user:1")
        assert after.state is to
        assert happened.step is rules.STEPS[to]
        assert after.updates[-1].body == "words"
        return
    with pytest.raises(Conflict) as refused:
        rules.move(one, to, "", NOW, "user:1")
    assert all(str(each) in str(refused.value.hint) for each in rules.MOVES[state])


def test_moved_ones_tell_again_and_remind_again() -> None:
    one = rules.tick(planned(), plus(NOW, DAY)).maintenance
    after, happened = rules.moved(one, plus(NOW, 5 * DAY), plus(NOW, 5 * DAY + HOUR), "Later", plus(NOW, DAY), "u")
    assert happened.key
    assert [step for step, _ in lived(after, 9 * DAY)] == ["reminded", "reminded", "started", "completed"]


def test_once_begun_only_the_end_moves() -> None:
    one, _ = rules.move(planned(), S.IN_PROGRESS, "", NOW, "u")
    after, _ = rules.moved(one, plus(NOW, 9 * DAY), plus(NOW, 3 * DAY), "", NOW, "u")
    assert after.scheduled_for == one.scheduled_for
    assert after.scheduled_until == plus(NOW, 3 * DAY)


@pytest.mark.parametrize("length_s", [0, -5, 59, 31 * DAY])
def test_it_lasts_between_a_minute_and_thirty_days(length_s: float) -> None:
    with pytest.raises(Invalid):
        rules.check_times(NOW, plus(NOW, length_s))


def test_a_weekly_one_keeps_its_hour_when_the_clocks_change() -> None:
    anchor = Instant.parse_iso("2026-03-23T02:30:00+01:00")
    weekly = Recurrence(every=Every.WEEK, zone="Europe/Berlin")
    hours = [rules.occurs(weekly, anchor, n).to_tz("Europe/Berlin") for n in range(3)]
    assert [(at.month, at.day, at.hour, at.minute) for at in hours] == [
        (3, 23, 2, 30), (3, 30, 2, 30), (4, 6, 2, 30),
    ]  # fmt: skip


def test_a_monthly_one_comes_back_to_its_day() -> None:
    anchor = Instant.parse_iso("2026-01-31T10:00:00Z")
    monthly = Recurrence(every=Every.MONTH)
    days = [rules.occurs(monthly, anchor, n).to_tz("UTC").day for n in range(4)]
    assert days == [31, 28, 31, 30]


def test_the_next_of_a_series_follows_and_a_long_pause_skips_what_has_passed() -> None:
    one = planned(in_s=HOUR, recurrence=Recurrence(every=Every.WEEK))
    after = rules.following(one, "mnt_2", plus(NOW, 20 * DAY))
    assert after is not None
    assert after.scheduled_for == plus(NOW, HOUR + 21 * DAY)
    assert (after.occurrence, after.series_id, after.state) == (3, "mnt_1", S.SCHEDULED)
    ends = replace(one, recurrence=Recurrence(every=Every.WEEK, until=plus(NOW, 3 * DAY)))
    assert rules.following(ends, "mnt_2", NOW) is None


@given(
    in_s=st.integers(60, 10 * DAY), length_s=st.integers(60, 5 * DAY), verify_s=st.integers(0, DAY),
    at=st.lists(st.integers(0, 20 * DAY), max_size=8), auto=st.booleans(),
)  # fmt: skip
def test_whenever_it_is_looked_at_each_message_is_given_once(
    in_s: int, length_s: int, verify_s: int, at: list[int], auto: bool
) -> None:
    one = planned(in_s, length_s, verify_s=verify_s, auto_complete=auto)
    keys: list[str] = []
    for seconds in sorted(at):
        now = plus(NOW, seconds)
        ticked = rules.tick(one, now)
        one = ticked.maintenance
        keys += [each.key for each in ticked.happened]
        assert rules.tick(one, now).maintenance is one, "a second look does nothing"
        assert one.due_at is None or one.due_at > now
    assert len(keys) == len(set(keys))
    assert one.state not in OVER or one.due_at is None
