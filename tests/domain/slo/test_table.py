"""The table of the specification, row by row, in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from firebell.domain.slo import budget, burn, burn_rows, composite, forecast, targets
from firebell.domain.slo.model import Bucket, BudgetState, Method, Stream
from firebell.domain.slo.tally import Slot, Tally, slots, tally
from firebell.kernel.errors import Invalid

MIN, HOUR, DAY = 60, 3600, 86_400
NINES = Fraction(1, 1000)


def minutes(target: str, days: int) -> Fraction:
    return budget.time_budget_s(targets.objective(target_percent=target).allowed, days * DAY) / MIN


@pytest.mark.parametrize(
    ("target", "days", "expected"),
    [
        ("99.9", 30, Fraction("43.2")),
        ("99.9", 28, Fraction("40.32")),
        ("99", 30, Fraction(432)),
        ("99.5", 30, Fraction(216)),
        ("99.95", 30, Fraction("21.6")),
        ("99.99", 30, Fraction("4.32")),
        ("99.999", 30, Fraction("25.92") / 60),
        ("99.9", 7, Fraction("10.08")),
        ("99.9", 90, Fraction("129.6")),
        ("99.9", 365, Fraction("525.6")),
    ],
)
def test_rows_1_to_5_a_target_leaves_so_many_minutes(target: str, days: int, expected: Fraction) -> None:
    assert minutes(target, days) == expected


@pytest.mark.parametrize(
    ("share", "hours", "expected"), [("0.02", 1, "14.4"), ("0.05", 6, "6"), ("0.1", 24, "3"), ("0.1", 72, "1"),
                                     ("0.05", 1, "36")],
)  # fmt: skip
def test_rows_6_and_7_a_share_in_a_window_is_a_burn_rate(share: str, hours: int, expected: str) -> None:
    assert budget.rate_for(Fraction(share), hours * HOUR, 30 * DAY) == Fraction(expected)


def test_row_8_a_burn_rate_for_a_window_is_a_share() -> None:
    assert budget.consumed_by(Fraction("14.4"), HOUR, 30 * DAY) == Fraction("0.02")


@pytest.mark.parametrize(
    ("rate", "seconds"), [(1, 30 * DAY), (2, 15 * DAY), (10, 3 * DAY), (1000, Fraction("43.2") * MIN)]
)
def test_row_9_a_full_budget_is_gone_after(rate: int, seconds: Fraction) -> None:
    assert budget.exhausts_s(Fraction(1), Fraction(rate), 30 * DAY) == seconds


def test_row_10_a_rate_just_below_the_rule_never_fires_and_still_spends_everything() -> None:
    error = 35 * NINES
    assert burn_rows.fires_after_s(error, Fraction(36), NINES, HOUR) is None
    hours = budget.exhausts_s(Fraction(1), Fraction(35), 30 * DAY) / HOUR  # type: ignore[operator]
    assert hours == Fraction(144, 7)
    assert round(hours, 2) == Fraction("20.57")


@pytest.mark.parametrize(
    ("error", "seconds", "expected", "shown"),
    [
        (Fraction(1), HOUR, Fraction(25, 18), "138.89"),
        (Fraction(1), 5 * MIN, Fraction(25, 216), "11.574"),
        (Fraction(1, 1000), 10 * MIN, Fraction(1, 4320), "0.0231"),
    ],
)
def test_rows_11_to_13_an_outage_spends(error: Fraction, seconds: int, expected: Fraction, shown: str) -> None:
    spent = budget.consumed_by(budget.burn_rate(error, NINES), seconds, 30 * DAY)
    assert spent == expected
    assert abs(spent * 100 - Fraction(shown)) < Fraction(1, 100)


def test_row_14_one_failure_of_ten_requests_an_hour() -> None:
    rate = budget.burn_rate(Fraction(1, 10), NINES)
    assert rate == 100
    spent = budget.consumed_by(rate, HOUR, 30 * DAY)
    assert spent == Fraction(5, 36)
    assert spent == 1 / budget.event_budget(NINES, 10 * 720)


@pytest.mark.parametrize(
    ("availability", "spent", "left"),
    [("1", "0", "20.16"), ("0.9997", "12.096", "8.064"), ("0.9995", "20.16", "0"), ("0.9990", "40.32", "-20.16")],
)
def test_row_15_spent_and_left_may_go_below_zero(availability: str, spent: str, left: str) -> None:
    allowed = targets.objective(target_percent="99.95").allowed
    whole = budget.time_budget_s(allowed, 28 * DAY) / MIN
    consumed = budget.consumed(1 - Fraction(availability), allowed, 28 * DAY, 28 * DAY)
    assert consumed * whole == Fraction(spent)
    assert (1 - consumed) * whole == Fraction(left)


GOOD = [2, 10, 12, 13, 13, 12, 13, 13, 12, 11]
VALID = [4, 10, 12, 13, 14, 15, 14, 13, 12, 11]
BUCKETS = [Bucket(i * MIN, good, valid) for i, (good, valid) in enumerate(zip(GOOD, VALID, strict=True))]


def test_row_16_occurrences() -> None:
    wanted = targets.objective(target="0.95")
    found = tally(slots(Method.OCCURRENCES, wanted, BUCKETS))
    assert found.sli == Fraction(111, 118)
    spent = budget.charge(found, wanted.allowed, elapsed=600, period_s=600, length_s=60)
    assert spent.consumed == Fraction(7, 118) / Fraction("0.05") == Fraction(140, 118)
    assert round(spent.consumed * 100, 3) == Fraction("118.644")
    assert round(spent.sli * 100, 4) == Fraction("94.0678")  # type: ignore[operator]


def test_row_17_timeslices() -> None:
    wanted = targets.objective(target="0.95", method=Method.TIMESLICES, slice_target="0.95", slice_s=60)
    found = tally(slots(Method.TIMESLICES, wanted, BUCKETS))
    assert found.sli == Fraction(6, 10)
    assert budget.charge(found, wanted.allowed, elapsed=600, period_s=600, length_s=60).consumed == 8


def test_row_18_bad_slices_in_a_week() -> None:
    allowed = targets.objective(target_percent="99.95").allowed
    assert budget.event_budget(allowed, 7 * DAY // 60) == Fraction("5.04")


SLIS = [
    composite.Member("a", Fraction("0.9990"), Fraction(2)),
    composite.Member("b", Fraction("0.9950"), Fraction(1)),
    composite.Member("c", Fraction("0.9999"), Fraction(1)),
]


def test_row_19_weighted() -> None:
    assert composite.weighted(SLIS) == Fraction("0.998225")


def test_row_20_serial() -> None:
    assert composite.serial(SLIS) == Fraction("0.9939055995") - 0


@pytest.mark.parametrize(
    ("remaining", "rate", "days", "seconds"), [("0.4", 6, 30, 2 * DAY), ("0.25", 3, 28, 2 * DAY + 8 * HOUR)]
)
def test_rows_21_and_22_what_is_left_lasts(remaining: str, rate: int, days: int, seconds: int) -> None:
    found = forecast.flat(Fraction(remaining), [(HOUR, Fraction(rate))], days * DAY)
    assert found.smaller is not None
    assert found.smaller.exhausts_s == seconds


def test_row_23_a_row_that_can_never_fire_is_refused_when_written_and_dropped_when_built_in() -> None:
    row = burn_rows.from_rate(Stream.PAGE, Fraction("14.4"), HOUR, 30 * DAY)
    with pytest.raises(Invalid, match=r"1\.44 ≥ 1.*below 10"):
        burn_rows.usable([row], Fraction("0.1"), 30 * DAY, written=True)
    kept = burn_rows.usable(burn_rows.DEFAULT.rows, Fraction("0.1"), 30 * DAY, written=False)
    assert kept.rows == burn_rows.DEFAULT.rows[1:]
    assert "below 10" in kept.warnings[0]


def young(bad_minutes: int, elapsed_min: int) -> dict[int, burn.Reading]:
    """A new SLO with even traffic that began with a full outage."""
    found = {}
    for window in (5 * MIN, 30 * MIN, HOUR, 6 * HOUR, 3 * DAY):
        covered = min(window // MIN, elapsed_min)
        since = max(0, elapsed_min - window // MIN)
        bad = max(0, min(bad_minutes, elapsed_min) - since)
        found[window] = burn.Reading(window, Tally(bad * 100, covered * 100, covered), covered * MIN, Fraction(1))
    return found


def test_row_24_a_new_slo_pages_in_its_first_minutes_and_raises_no_false_ticket() -> None:
    readings = young(6, 60)
    assert readings[HOUR].error == Fraction(1, 10)
    assert readings[3 * DAY].error == Fraction(1, 720)
    spent = budget.charge(Tally(600, 6000, 60), NINES, elapsed=HOUR, period_s=30 * DAY, length_s=MIN)
    assert spent.consumed == Fraction(5, 36)

    streams: burn.Streams = {}
    happened: list[tuple[int, Stream, burn.Happens, bool]] = []
    for minute in range(1, 61):
        judged = burn.judge(burn_rows.DEFAULT.rows, young(6, minute), allowed=NINES, period_s=30 * DAY)
        streams, changes = burn.turn(streams, judged)
        happened += [(minute, one.stream, one.happens, one.notify) for one in changes]
    page, ticket = happened[0], happened[1]
    assert page[1:] == (Stream.PAGE, burn.Happens.OPENS, True)
    assert page[0] <= 2
    assert ticket[1:] == (Stream.TICKET, burn.Happens.JOINS, False)


def reading(window: int, error: str, coverage: Fraction = Fraction(1)) -> burn.Reading:
    return burn.Reading(window, Tally(int(Fraction(error) * 10**6), 10**6, 1), window, coverage)


def four(hour: str, five: str, coverage: Fraction = Fraction(1)) -> dict[int, burn.Reading]:
    return {
        HOUR: reading(HOUR, hour, coverage), 5 * MIN: reading(5 * MIN, five, coverage),
        6 * HOUR: reading(6 * HOUR, "0.004"), 30 * MIN: reading(30 * MIN, "0.01"), 3 * DAY: reading(3 * DAY, "0.0004"),
    }  # fmt: skip


def test_row_25_data_that_stop_resolve_nothing_open_a_second_alert_and_block_the_gate() -> None:
    from firebell.domain.slo import coverage, gate
    from firebell.domain.slo.model import Absent
    from firebell.kernel.clock import from_micros

    streams: burn.Streams = {Stream.PAGE: burn.StreamState(burn.Standing.OPEN)}
    nothing = {window: burn.Reading(window, Tally(), window, Fraction(0)) for window in four("0", "0")}
    judged = burn.judge(burn_rows.DEFAULT.rows, nothing, allowed=NINES, period_s=30 * DAY, is_stale=True)
    streams, changes = burn.turn(streams, judged)
    assert streams[Stream.PAGE] == burn.StreamState(burn.Standing.OPEN, frozen=True)
    assert [(one.happens, one.notify) for one in changes] == [(burn.Happens.FREEZES, False)]
    now = from_micros(20 * 60 * 1_000_000)
    absent = coverage.absence(0, now, Absent.LOW, expected_since=from_micros(0))
    assert absent.opens is Absent.LOW
    standing = gate.Standing("a", BudgetState.OK, Fraction(1, 2), Fraction(1), page_open=True)
    assert gate.answer("checkout", [standing], now).decision is gate.Decision.BLOCK


@pytest.mark.parametrize(
    ("hour", "five", "pages"), [("0.020", "0.020", True), ("0.020", "0.001", False), ("0.0144", "0.5", False)]
)
def test_rows_26_to_28_both_windows_have_to_be_above(hour: str, five: str, pages: bool) -> None:
    judged = burn.judge(burn_rows.DEFAULT.rows, four(hour, five), allowed=NINES, period_s=30 * DAY)
    streams, changes = burn.turn({}, judged)
    assert (streams[Stream.PAGE].standing is burn.Standing.OPEN) is pages
    assert streams[Stream.TICKET].standing is burn.Standing.QUIET
    assert bool(changes) is pages


def test_row_29_counts_are_added_and_ratios_never_averaged() -> None:
    found = tally([Slot(0, 10, 1000), Slot(300, 5, 10)])
    assert found.error == Fraction(15, 1010)
    assert round(found.error * 100, 3) == Fraction("1.485")
    assert found.error != (Fraction(1, 100) + Fraction(1, 2)) / 2


def test_nothing_left_is_gone_now_and_no_burn_never_ends() -> None:
    assert budget.exhausts_s(Fraction(0), Fraction(0), DAY) == 0
    assert budget.exhausts_s(Fraction(-1), Fraction(1), DAY) == 0
    assert budget.exhausts_s(Fraction(1), Fraction(0), DAY) is None
