"""What is measured stays, what is charged is less: never twice for the same minute."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.slo import rule_sets
from firebell.domain.slo.adjustments import Adjustment, Category, charge, check
from firebell.domain.slo.attribution import Claim, Ground
from firebell.domain.slo.burn_rows import DEFAULT, SEVEN_DAY
from firebell.domain.slo.declared import Impact
from firebell.domain.slo.model import RuleSet, Span
from firebell.domain.slo.tally import Slot
from firebell.kernel.clock import Instant, from_micros
from firebell.kernel.errors import Invalid

P = 30 * 86_400
B = Fraction(1, 1000)


def at(minute: float) -> Instant:
    return from_micros(round(minute * 60_000_000))


def ground(bad: dict[int, int]) -> Ground:
    slots = [Slot(i * 60, bad.get(i, 0), 1000) for i in range(120)]
    return Ground(slots, {}, 60, (0, P), B, 7200, P)


def claim(since: float, until: float, exempt: str = "") -> Claim:
    return Claim(f"I{since}", (Impact(at(since), at(until)),), exempt=exempt)


def test_maintenance_is_not_charged_and_stays_measured() -> None:
    found = charge(ground({10: 500, 50: 500}), [], [Span(at(10), at(11))], at(120))
    assert found.charged * 2 == found.measured.consumed
    assert found.remaining == 1 - found.charged


def test_a_minute_that_is_touched_in_part_is_charged() -> None:
    found = charge(ground({10: 500}), [], [Span(at(10.5), at(12))], at(120))
    assert found.charged == found.measured.consumed


def test_spans_that_touch_forgive_the_minute_between_them() -> None:
    found = charge(ground({10: 500}), [], [Span(at(10.5), at(12)), Span(at(9), at(10.5))], at(120))
    assert found.charged == 0


def test_a_minute_both_adjusted_and_exempt_is_taken_off_once() -> None:
    exempt = [claim(10, 12, "other_team_frozen")]
    found = charge(ground({10: 500, 11: 500, 50: 500}), exempt, [Span(at(10), at(11))], at(120))
    assert found.charged * 3 == found.measured.consumed


spans = st.lists(st.tuples(st.integers(0, 110), st.integers(1, 30)), max_size=4)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 119), st.integers(0, 1000), max_size=20), spans, spans)
def test_the_charge_is_never_negative_nor_more_than_measured(
    bad: dict[int, int], adjusted: list[tuple[int, int]], exempt: list[tuple[int, int]]
) -> None:
    claims = [
        Claim(f"I{i}", (Impact(at(a), at(a + n)),), exempt="" if i % 2 else "out_of_scope_users")
        for i, (a, n) in enumerate(exempt)
    ]
    found = charge(ground(bad), claims, [Span(at(a), at(a + n)) for a, n in adjusted], at(120))
    assert 0 <= found.charged <= found.measured.consumed


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "}, {"slos": ()}, {"approver": "ada"}, {"spans": (Span(at(2), at(2)),)},
        {"spans": (Span(at(-2), at(2)),)},
    ],
)  # fmt: skip
def test_an_adjustment_has_a_reason_and_two_people(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {
        "slos": ("checkout",), "category": Category.BAD_DATA, "spans": (Span(at(1), at(2)),), "reason": "a test",
        "author": "ada", "approver": "bob",
    }  # fmt: skip
    check(Adjustment(**right))  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        check(Adjustment(**{**right, **wrong}))  # type: ignore[arg-type]


# ------------------------------------------------------------------ rule sets as documents


@pytest.mark.parametrize("built_in", [DEFAULT, SEVEN_DAY])
def test_a_rule_set_comes_back_as_it_went_out(built_in: RuleSet) -> None:
    made = RuleSet("mine", built_in.period_s, built_in.rows)
    assert rule_sets.read("mine", rule_sets.write(made)) == (made, ())


def test_shares_may_be_percent_and_the_short_window_left_out() -> None:
    found, problems = rule_sets.read(
        "mine", {"period": "30d", "rows": [{"stream": "page", "share": "2%", "long": "1h"}]}
    )
    assert problems == ()
    assert found is not None
    assert found.rows == DEFAULT.rows[:1]


ROW = {"stream": "page", "share": "2%", "long": "1h"}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"period": "30d", "rows": []}, "spec.rows"),
        ({"rows": [ROW]}, "spec.period"),
        ({"period": "1M", "rows": [ROW]}, "spec.period"),
        ({"period": "30d", "rows": [{**ROW, "stream": "pager"}]}, "spec.rows[0].stream"),
        ({"period": "30d", "rows": [{**ROW, "share": "2"}]}, "spec.rows[0]"),
        ({"period": "30d", "rows": [{**ROW, "long": "1 h"}]}, "spec.rows[0].long"),
        ({"period": "30d", "rows": [{**ROW, "short": "2h"}]}, "spec.rows[0]"),
        ({"period": "30d", "rows": [{**ROW, "shrot": "5m"}]}, "spec.rows[0].shrot"),
        (7, "spec"),
    ],
)
def test_a_rule_set_that_is_wrong_says_where(spec: object, path: str) -> None:
    found, problems = rule_sets.read("mine", spec)
    assert found is None
    assert path in [one.path for one in problems]


def test_the_built_in_names_are_taken() -> None:
    assert "built in" in rule_sets.read("default", rule_sets.write(DEFAULT))[1][0].message
