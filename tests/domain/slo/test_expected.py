"""What to expect of the default set at 99.9 % over 30 days and a constant error ratio: the table of section 5."""

from __future__ import annotations

from fractions import Fraction

import pytest

from firebell.domain.slo import burn_rows
from firebell.domain.slo.model import BurnRow, Stream
from firebell.kernel.errors import Invalid

MIN, HOUR, DAY = 60, 3600, 86_400
B, P = Fraction(1, 1000), 30 * DAY
ROWS = burn_rows.DEFAULT.rows
ERRORS = ["1", "0.1", "0.05", "0.02", "0.01", "0.005", "0.002", "0.001"]


@pytest.mark.parametrize(("error", "seconds"), list(zip(ERRORS, ["0.6", "6", "12", "30", "60", "120", "300", "600"],
                                                        strict=True)))  # fmt: skip
def test_a_plain_threshold_over_ten_minutes_fires_within_the_budget_again_and_again(error: str, seconds: str) -> None:
    assert burn_rows.fires_after_s(Fraction(error), Fraction(1), B, 10 * MIN, strict=False) == Fraction(seconds)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ("1", Fraction("51.84")), ("0.1", Fraction("518.4")),
        ("0.05", Fraction("1036.8")), ("0.02", Fraction(2592)), ("0.01", Fraction("3.6") * HOUR),
        ("0.005", Fraction("14.4") * HOUR), ("0.002", 36 * HOUR),
    ],
)  # fmt: skip
def test_the_default_set_fires_after(error: str, seconds: Fraction) -> None:
    found = burn_rows.first_to_fire(ROWS, Fraction(error), B, P)
    assert found is not None
    assert found[0] == seconds


def test_exactly_on_budget_never_fires() -> None:
    assert burn_rows.first_to_fire(ROWS, B, B, P) is None


@pytest.mark.parametrize(
    ("error", "spent"), [("1", "0.02"), ("0.0145", "0.02"), ("0.0144", "0.05"), ("0.0061", "0.05"), ("0.006", "0.1"),
                         ("0.0011", "0.1")],
)  # fmt: skip
def test_when_it_fires_the_rows_share_is_spent(error: str, spent: str) -> None:
    found = burn_rows.first_to_fire(ROWS, Fraction(error), B, P)
    assert found is not None
    assert burn_rows.spent_at(Fraction(error), found[0], B, P) == Fraction(spent) == found[1].share


@pytest.mark.parametrize(("error", "shown"), [("1", "138.9"), ("0.02", "2.8"), ("0.002", "0.28")])
def test_waiting_an_hour_before_firing_costs(error: str, shown: str) -> None:
    spent = burn_rows.spent_at(Fraction(error), Fraction(HOUR), B, P) * 100
    assert abs(spent - Fraction(shown)) <= Fraction(5, 100)


@pytest.mark.parametrize(
    ("error", "first", "page", "ticket"),
    [
        ("1", Fraction("295.68"), Fraction("1789.2"), 6 * HOUR * Fraction("0.999")),
        ("0.1", Fraction("256.8"), Fraction(1692), 6 * HOUR * Fraction("0.99")),
        ("0.01", Fraction(720), Fraction(720), 6 * HOUR * Fraction("0.9")),
        ("0.005", Fraction("4.8") * HOUR, None, Fraction("4.8") * HOUR),
    ],
)
def test_after_a_long_incident_it_clears(error: str, first: Fraction, page: Fraction | None, ticket: Fraction) -> None:
    fired = burn_rows.first_to_fire(ROWS, Fraction(error), B, P)
    assert fired is not None
    assert burn_rows.row_clears_after_s(fired[1], Fraction(error), B, P) == first
    assert burn_rows.stream_clears_after_s(ROWS, Stream.PAGE, Fraction(error), B, P) == page
    assert burn_rows.stream_clears_after_s(ROWS, Stream.TICKET, Fraction(error), B, P) == ticket


@pytest.mark.parametrize(
    ("days", "rows", "rates"),
    [
        (30, ROWS, ["14.4", "6", "1"]),
        (28, ROWS, ["13.44", "5.6", "14/15"]),
        (90, ROWS, ["43.2", "18", "3"]),
        (7, ROWS, ["3.36", "1.4", "7/30"]),
        (7, burn_rows.SEVEN_DAY.rows, ["13.44", "3.5", "0.98"]),
        (28, (burn_rows.OPTIONAL,), ["2.8"]),
        (90, (burn_rows.OPTIONAL,), ["9"]),
        (7, (burn_rows.row(Stream.TICKET, "0.2", DAY),), ["1.4"]),
    ],
)
def test_another_period_moves_the_burn_rates_with_it(days: int, rows: tuple[BurnRow, ...],
                                                     rates: list[str]) -> None:  # fmt: skip
    assert [burn_rows.rate(one, days * DAY) for one in rows] == [Fraction(one) for one in rates]


def test_the_short_window_is_a_twelfth() -> None:
    assert [one.short_s for one in ROWS] == [5 * MIN, 30 * MIN, 6 * HOUR]


def test_the_optional_row_finds_nothing_earlier_than_three_days_do() -> None:
    for thousandths in range(3100, 100_000, 700):
        error = Fraction(thousandths, 10**6)
        optional = burn_rows.fires_after_s(error, Fraction(3), B, DAY)
        assert optional == burn_rows.fires_after_s(error, Fraction(1), B, 3 * DAY)


def test_at_ten_requests_an_hour_one_failure_pages_and_that_is_said() -> None:
    found = burn_rows.low_traffic(ROWS, B, P, Fraction(10))
    assert found[0].failure == Fraction(1, 10)
    assert found[0].spends == Fraction(5, 36)
    assert found[0].bad_events == 2
    assert burn_rows.low_traffic(ROWS, B, P, Fraction(100_000)) == ()
    assert burn_rows.low_traffic(ROWS, B, P, Fraction(0)) == ()


@pytest.mark.parametrize(
    ("long_s", "short_s", "share"), [(HOUR, 2 * HOUR, "0.02"), (HOUR, 0, "0.02"), (90, 30, "0.02"), (HOUR, 300, "0"),
                                     (HOUR, 300, "1.5")],
)  # fmt: skip
def test_rows_that_make_no_sense_are_refused(long_s: int, short_s: int, share: str) -> None:
    with pytest.raises(Invalid):
        burn_rows.usable([burn_rows.row(Stream.PAGE, share, long_s, short_s)], B, P, written=True)
