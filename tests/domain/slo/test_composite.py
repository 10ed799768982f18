"""Several objectives as one, by the three methods."""

from __future__ import annotations

from fractions import Fraction

import pytest

from firebell.domain.slo import composite
from firebell.domain.slo.composite import Member, WhenDelayed
from firebell.domain.slo.tally import SLICE, Slot, tally
from firebell.kernel.errors import Invalid


def test_any_burns_with_the_fastest_weighted_member_and_lists_them_all() -> None:
    members = [
        Member("slow", Fraction("0.99"), Fraction(3), Fraction(1)),
        Member("fast", Fraction("0.9"), Fraction(1), Fraction(2)),
        Member("silent", None),
    ]
    found = composite.any_rate(members)
    assert found.rate == 3
    assert found.each == (("slow", Fraction(3)), ("fast", Fraction(2)))
    assert composite.any_rate([]).rate is None


def test_a_slice_that_is_bad_for_any_member_is_bad() -> None:
    found = composite.any_slices([[Slot(0, 0, 1), Slot(60, 1, 1)], [Slot(60, 0, 1), Slot(120, 0, 1)]])
    assert found == [Slot(0, 0, 1), Slot(60, 1, 1), Slot(120, 0, 1)]


def test_shortfalls_of_ratios_add_up_to_the_whole_slice() -> None:
    twentieth = SLICE // 20
    found = composite.any_ratio_slices([[Slot(0, twentieth, SLICE)], [Slot(0, twentieth, SLICE)]])
    assert tally(found).sli == Fraction("0.9")
    full = composite.any_ratio_slices([[Slot(0, SLICE, SLICE)], [Slot(0, SLICE, SLICE)]])
    assert tally(full).error == 1


@pytest.mark.parametrize(
    ("delayed", "expected"),
    [(WhenDelayed.IGNORE, "0.9"), (WhenDelayed.GOOD, "0.95"), (WhenDelayed.BAD, "0.45")],
)
def test_a_member_without_data_counts_as_was_agreed(delayed: WhenDelayed, expected: str) -> None:
    members = [Member("a", Fraction("0.9")), Member("b", None)]
    assert composite.weighted(members, delayed) == Fraction(expected)


def test_nothing_known_is_no_number() -> None:
    assert composite.weighted([Member("a", None)]) is None
    assert composite.serial([Member("a", Fraction(1)), Member("b", None)]) is None


def test_cycles_and_deep_nesting_are_refused_with_the_way_there() -> None:
    with pytest.raises(Invalid, match="a → b → a"):
        composite.check_nesting({"a": ["b"], "b": ["a"]}, "a")
    chain = {"a": ["b"], "b": ["c"], "c": ["d"]}
    composite.check_nesting(chain, "a")
    with pytest.raises(Invalid, match="at most 3 deep"):
        composite.check_nesting({**chain, "d": ["e"]}, "a")
