"""When it will be gone and when it will be back."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.slo import forecast

HOUR, DAY = 3600, 86_400
P = 30 * DAY
shares = st.fractions(0, Fraction(1, 10), max_denominator=12)


def test_the_smaller_of_several_horizons_is_marked_and_a_rate_of_0_never_ends() -> None:
    found = forecast.flat(Fraction(1, 2), [(HOUR, Fraction(0)), (6 * HOUR, Fraction(3)), (3 * DAY, Fraction(2))], P)
    assert [one.exhausts_s for one in found.each] == [None, 5 * DAY, Fraction(15, 2) * DAY]
    assert found.smaller == found.each[1]
    assert forecast.flat(Fraction(1, 2), [(HOUR, Fraction(0))], P).smaller is None


def test_what_leaves_a_rolling_window_comes_back() -> None:
    refunds = [Fraction(0)] * 720
    refunds[9] = Fraction(3, 5)
    found = forecast.project(Fraction(-1, 10), Fraction(1, 2), P, refunds)
    assert found.exhausted_h == 0
    assert found.back_h == 10
    assert found.points[10] == Fraction(-1, 10) - Fraction(10, 1440) + Fraction(3, 5)
    assert found.refund == Fraction(3, 5)
    assert len(found.points) == 721


def test_a_flat_forecast_without_refunds_would_cry_wolf() -> None:
    even = [Fraction(1, 720)] * 720
    assert forecast.project(Fraction(1, 100), Fraction(1), P, even).exhausted_h is None
    assert forecast.project(Fraction(1, 100), Fraction(1), P, ()).exhausted_h == 8


def test_no_forecast_crosses_the_edge_of_a_calendar_window() -> None:
    found = forecast.project(Fraction(1, 100), Fraction(1), P, (), until_s=5 * HOUR)
    assert (found.exhausted_h, found.stops_s, len(found.points)) == (None, 5 * HOUR, 6)


def test_back_in_budget_is_now_when_something_is_left() -> None:
    assert forecast.back_in_budget_h(Fraction(1), Fraction(1), P, ()) == 0
    assert forecast.back_in_budget_h(Fraction(0), Fraction(1), P, ()) is None


def test_the_range_needs_a_week() -> None:
    rates = [Fraction(one) for one in (9, 1, 2, 3, 4, 5, 6, 7)]
    assert forecast.likely(Fraction(1, 2), rates[:6], P) is None
    found = forecast.likely(Fraction(1, 2), rates, P)
    assert found is not None
    assert found.latest_s == Fraction(P, 8)
    assert found.earliest_s == Fraction(P, 2) / Fraction(29, 5)
    assert forecast.background(rates) == 4
    assert forecast.background([]) is None


@settings(max_examples=40)
@given(st.lists(shares, min_size=24, max_size=24), st.fractions(0, 3, max_denominator=12), shares)
def test_after_a_whole_period_every_refund_has_come_and_the_order_does_not_matter(
    refunds: list[Fraction], rate: Fraction, remaining: Fraction
) -> None:
    found = forecast.project(remaining, rate, DAY, refunds)
    assert found.points[-1] == remaining - rate + sum(refunds)
    turned = forecast.project(remaining, rate, DAY, refunds[::-1])
    assert turned.points[-1] == found.points[-1]


@settings(max_examples=40)
@given(st.lists(shares, min_size=24, max_size=24), st.fractions(0, 3, max_denominator=12))
def test_burning_as_before_leaves_what_is_left_as_it_is(refunds: list[Fraction], rate: Fraction) -> None:
    spent = sum(refunds, Fraction(0))
    steady = forecast.project(1 - spent, spent, DAY, [spent / 24] * 24)
    assert set(steady.points) == {1 - spent}
