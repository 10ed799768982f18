"""Targets as typed: exact, and never 100 %."""

from __future__ import annotations

from fractions import Fraction

import pytest

from firebell.domain.slo import targets
from firebell.domain.slo.exact import decimal_text, exact, percent, quantile, shown
from firebell.domain.slo.model import Method
from firebell.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.999", Fraction(999, 1000)),
        (0.999, Fraction(999, 1000)),
        ("0.999999", Fraction(999_999, 10**6)),
        (0, Fraction(0)),
    ],
)
def test_a_target_is_what_was_typed(given: str | float, expected: Fraction) -> None:
    assert targets.objective(target=given).target == expected


def test_a_percentage_is_a_hundredth() -> None:
    assert targets.objective(target_percent=99.95).target == Fraction(9995, 10_000)


@pytest.mark.parametrize(
    "given", [{"target": "1"}, {"target": 1.0}, {"target_percent": 100}, {"target_percent": "100.0"}]
)
def test_a_hundred_percent_is_refused_with_the_reason(given: dict[str, float | str]) -> None:
    with pytest.raises(Invalid, match="leaves no error budget"):
        targets.objective(**given)  # type: ignore[arg-type]


def test_a_percentage_in_the_wrong_field_is_recognised() -> None:
    with pytest.raises(Invalid, match=r"Did you mean 0\.999\?"):
        targets.objective(target="99.9")


@pytest.mark.parametrize(
    "given",
    [
        {}, {"target": "0.9", "target_percent": "90"}, {"target": "-0.1"}, {"target": "NaN"}, {"target": "inf"},
        {"target": "1e400"}, {"target": True}, {"target": "viel"}, {"target": "0.9", "weight": 0},
        {"target": "0.9", "method": Method.TIMESLICES}, {"target": "0.9", "method": Method.TIMESLICES, "slice_s": 60},
        {"target": "0.9", "method": Method.RATIO_TIMESLICES},
        {"target": "0.9", "method": Method.TIMESLICES, "slice_s": 60, "slice_target": 0},
        {"target": "0.9", "method": Method.TIMESLICES, "slice_s": 90, "slice_target": 1},
    ],
)  # fmt: skip
def test_what_is_no_objective_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        targets.objective(**given)  # type: ignore[arg-type]
    assert refused.value.field


def test_numbers_are_rounded_only_to_be_shown() -> None:
    assert exact("9.04", "x") > 9
    assert percent(Fraction(-38, 100)) == "-38 %"
    assert shown(Fraction(2, 3)) == "0.667"
    assert shown(Fraction(-1, 10_000)) == "0"
    assert decimal_text(Fraction(144, 10) * Fraction(1, 1000)) == "0.0144"
    with pytest.raises(ValueError, match="no finite decimal form"):
        decimal_text(Fraction(14, 15))


def test_quantiles_are_exact() -> None:
    assert quantile([Fraction(1), Fraction(2), Fraction(4)], Fraction(1, 2)) == 2
    assert quantile([Fraction(1), Fraction(2)], Fraction(4, 5)) == Fraction(9, 5)
