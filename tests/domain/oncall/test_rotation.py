"""One layer by itself: whose turn, spent on what, at what cost."""

from __future__ import annotations

import pytest

from firebell.domain.oncall.model import Advance, RotationLayer
from firebell.domain.oncall.rotation import Plan, next_change_of, plan_of, stretches, turn_at, weekly_hours
from firebell.kernel.clock import Instant
from tests.domain.oncall.roster import BERLIN, WORKDAYS, hours, layer, slot, weekly, z


def by_day(restricted: object, first_day: int, count: int) -> list[str | None]:
    """Who is on at 10:00 UTC of each day of June 2026."""
    found = []
    for day in range(first_day, first_day + count):
        turn = turn_at(restricted, Instant.from_utc(2026, 6, day, 10))  # type: ignore[arg-type]
        found.append(None if turn is None else "".join(turn.slot))
    return found


def test_a_covered_turn_is_not_spent_on_a_weekend() -> None:
    work = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C", restrictions=(hours("09:00", "17:00", WORKDAYS),))
    assert by_day(work, 1, 8) == ["A", "B", "C", "A", "B", None, None, "C"]


def test_a_calendar_turn_passes_unseen_over_a_weekend() -> None:
    work = layer(
        "UTC", "2026-06-01 00:00", 1, "day", "A B C",
        restrictions=(hours("09:00", "17:00", WORKDAYS),), advance=Advance.CALENDAR,
    )  # fmt: skip
    assert by_day(work, 1, 8) == ["A", "B", "C", "A", "B", None, None, "B"]


def test_covered_turns_are_counted_backwards_from_the_anchor_too() -> None:
    work = layer("UTC", "2026-06-08 00:00", 1, "day", "A B C", restrictions=(hours("09:00", "17:00", WORKDAYS),))
    assert by_day(work, 1, 8) == ["B", "C", "A", "B", "C", None, None, "A"]


def test_covered_turns_of_eight_hours_skip_the_night() -> None:
    work = layer("UTC", "2026-06-01 00:00", 8, "hour", "A B C", restrictions=(hours("09:00", "20:00"),))
    seen = [s.turn.slot for s in stretches(work, z("2026-06-01 00:00"), z("2026-06-04 00:00"))]
    assert ["".join(s) for s in seen] == ["A", "B", "C", "A", "B", "C"]


def test_months_clamp_to_the_end_of_the_month_always_from_the_anchor() -> None:
    plan = plan_of(layer(BERLIN, "2026-08-31 09:00", 1, "month", "A B"))
    days = [plan.handoff(k).to_tz(BERLIN).to_plain().date().format_iso() for k in range(8)]
    assert days == [
        "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31",
    ]  # fmt: skip


def test_months_before_the_anchor_clamp_as_well() -> None:
    plan = plan_of(layer("UTC", "2026-08-31 09:00", 2, "month", "A B"))
    assert [plan.handoff(k) for k in (-1, -2, -3)] == [
        z("2026-06-30 09:00"),
        z("2026-04-30 09:00"),
        z("2026-02-28 09:00"),
    ]
    assert plan.index_at(z("2026-02-28 08:59")) == -4


def test_a_rotation_of_many_weeks_stays_on_its_grid_at_any_distance() -> None:
    plan = plan_of(layer("UTC", "2026-01-05 09:00", 3, "week", "A B C"))
    assert plan.index_at(z("2500-01-01 00:00")) == 8243
    assert plan.handoff(8243) == z("2499-12-14 09:00")
    assert plan.index_at(z("1500-01-01 00:00")) < 0


class CountingPlan(Plan):
    """A plan that counts how many handoffs it worked out."""

    def __init__(self, of: RotationLayer) -> None:
        super().__init__(of)
        self.count = 0

    def handoff(self, k: int) -> Instant:
        self.count += 1
        return super().handoff(k)


@pytest.mark.parametrize("unit", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("year", [2026, 2500, 9000])
def test_a_far_question_needs_no_more_handoffs_than_a_near_one(unit: str, year: int) -> None:
    plan = CountingPlan(layer(BERLIN, "2026-01-01 09:00", 1, unit, "A B C"))
    plan.index_at(Instant.from_utc(year, 7, 1))
    assert plan.count <= 4


def test_the_first_turn_may_be_any_slot() -> None:
    plan = plan_of(layer("UTC", "2026-01-05 09:00", 1, "week", "A B C", start_index=2))
    assert [plan.turn(k).slot for k in (-1, 0, 1)] == [slot("B"), slot("C"), slot("A")]


def test_a_layer_is_silent_outside_its_bounds() -> None:
    bounded = layer(
        "UTC", "2026-01-05 09:00", 1, "day", "A B", starts_at=z("2026-02-01 12:00"), ends_at=z("2026-02-03 06:00")
    )
    assert turn_at(bounded, z("2026-02-01 11:59")) is None
    assert turn_at(bounded, z("2026-02-03 06:00")) is None
    found = list(stretches(bounded, z("2026-01-01 00:00"), z("2026-03-01 00:00")))
    assert (found[0].starts_at, found[-1].ends_at) == (z("2026-02-01 12:00"), z("2026-02-03 06:00"))


def test_equal_start_and_end_are_a_whole_day() -> None:
    saturday = layer("UTC", "2026-06-01 00:00", 1, "week", "A", restrictions=(hours("08:00", "08:00", (WORKDAYS[4],)),))
    (found,) = stretches(saturday, z("2026-06-01 00:00"), z("2026-06-08 00:00"))
    assert (found.starts_at, found.ends_at) == (z("2026-06-05 08:00"), z("2026-06-06 08:00"))


def test_a_night_belongs_to_the_weekday_it_starts_on() -> None:
    friday = layer("UTC", "2026-06-01 00:00", 1, "week", "A", restrictions=(hours("22:00", "06:00", (WORKDAYS[4],)),))
    assert turn_at(friday, z("2026-06-06 05:59")) is not None
    assert turn_at(friday, z("2026-06-05 05:59")) is None


def test_a_weekly_stretch_wraps_over_the_weekend() -> None:
    weekend = layer("UTC", "2026-06-03 00:00", 1, "week", "A", restrictions=(weekly("FRI 20:00", "MON 08:00"),))
    (one, other) = stretches(weekend, z("2026-06-03 00:00"), z("2026-06-15 00:00"))
    assert (one.starts_at, one.ends_at) == (z("2026-06-05 20:00"), z("2026-06-08 08:00"))
    assert turn_at(weekend, z("2026-06-07 23:59")) == turn_at(weekend, z("2026-06-08 07:59"))
    assert other.starts_at == z("2026-06-12 20:00")


def test_hours_join_and_hours_that_leave_nothing_out_are_no_hours() -> None:
    assert weekly_hours((hours("00:00", "12:00"), hours("12:00", "00:00"))) == ()
    assert weekly_hours((hours("08:00", "12:00", WORKDAYS[:1]), hours("10:00", "14:00", WORKDAYS[:1]))) == ((480, 840),)
    wrapped = weekly_hours((weekly("SUN 20:00", "MON 08:00"), hours("07:00", "09:00", WORKDAYS[:1])))
    assert wrapped == ((6 * 1440 + 1200, 7 * 1440 + 540),)


def test_a_constant_layer_never_changes() -> None:
    assert next_change_of(layer("UTC", "2026-01-05 09:00", 1, "week", "A A"), z("2026-06-01 00:00")) is None
    assert next_change_of(layer("UTC", "2026-01-05 09:00", 1, "week", "- -"), z("2026-06-01 00:00")) is None


def test_the_next_change_of_a_rotation_of_centuries_is_found() -> None:
    rare = layer("UTC", "2026-01-01 00:00", 9000, "month", "A B", restrictions=(hours("09:00", "17:00"),))
    assert next_change_of(rare, z("2026-01-01 00:00")) == z("2026-01-01 09:00")
    assert next_change_of(layer("UTC", "2026-01-01 00:00", 9000, "month", "A B"), z("2026-01-01 00:00")) == z(
        "2776-01-01 00:00"
    )


def test_a_person_whose_turns_never_meet_the_hours_is_never_on() -> None:
    monday_person = layer(
        "UTC", "2026-06-01 00:00", 1, "day", "A - - - - - -",
        restrictions=(hours("09:00", "17:00", WORKDAYS[1:2]),), advance=Advance.CALENDAR,
    )  # fmt: skip
    assert next_change_of(monday_person, z("2026-06-01 00:00")) is None
