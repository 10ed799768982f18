"""Whose burn was it: overlaps are split, nothing is charged twice, and the rest stays a line of its own."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.slo.attribution import (
    Attribution,
    Baseline,
    Basis,
    Claim,
    Ground,
    attribute,
    by_class,
    declared_share,
)
from firebell.domain.slo.declared import Affecting, Impact, buckets, check_impact
from firebell.domain.slo.model import TIME
from firebell.domain.slo.tally import Slot
from firebell.kernel.clock import Instant, from_micros
from firebell.kernel.errors import Invalid

MIN, HOUR, DAY = 60, 3600, 86_400
P = 30 * DAY
BEGAN = 1_800_000_000 - 1_800_000_000 % DAY
B = Fraction(1, 1000)


def at(minute: float) -> Instant:
    return from_micros(round((BEGAN + minute * MIN) * 1_000_000))


NOW = at(24 * 60)


def impact(since: float, until: float | None, fraction: str = "1") -> Impact:
    return Impact(at(since), None if until is None else at(until), Fraction(fraction))


def ground(bad: dict[int, int], *, total: int = 1000, minutes: int = 120, usual: int = 0) -> Ground:
    """``minutes`` of even traffic from BEGAN, and an hour of it before; elapsed as long."""
    slots = [Slot(BEGAN + i * MIN, bad.get(i, usual), total) for i in range(minutes)]
    before = {BEGAN - i * MIN: Slot(BEGAN - i * MIN, usual, total) for i in range(1, 61)}
    past = {**before, **{one.start: one for one in slots}}
    return Ground(slots, past, MIN, (BEGAN, BEGAN + P), B, minutes * MIN, P)


def law(found: Attribution) -> None:
    assert sum((one.net for one in found.shares), Fraction(0)) + found.unattributed == found.consumed


def test_the_example_of_the_specification_charges_each_minute_once() -> None:
    found = attribute(
        ground(dict.fromkeys(range(6), 200)),
        [Claim("I1", (impact(0, 4),)), Claim("I2", (impact(3, 6),))],
        NOW,
    )
    assert [one.errors for one in found.shares] == [700, 500]
    assert found.unattributed == 0
    law(found)


def test_declared_weights_split_what_overlaps() -> None:
    claims = [Claim("I1", (impact(0, 4),), Fraction(3)), Claim("I2", (impact(0, 4),), Fraction(1))]
    found = attribute(ground(dict.fromkeys(range(4), 200)), claims, NOW)
    assert [one.errors for one in found.shares] == [600, 200]


def test_what_was_usual_before_is_not_charged_and_shown_apart() -> None:
    found = attribute(ground({5: 101}, usual=1), [Claim("I", (impact(5, 6),))], NOW)
    share = found.shares[0]
    assert (share.usual, share.baseline) == (Fraction(1, 1000), Baseline.HOUR_BEFORE)
    assert share.errors == 100
    assert share.gross / share.net == Fraction(101, 100)
    assert found.unattributed > 0
    law(found)


def test_the_baseline_is_at_most_what_the_budget_allows() -> None:
    found = attribute(ground({5: 101}, usual=50), [Claim("I", (impact(5, 6),))], NOW)
    assert found.shares[0].usual == B


def test_without_the_hour_before_the_same_hour_of_earlier_weeks_counts() -> None:
    bare = ground({5: 101})
    past = {BEGAN - 7 * DAY + i * MIN: Slot(BEGAN - 7 * DAY + i * MIN, 1, 2000) for i in range(60)}
    found = attribute(
        Ground(bare.slots, past, MIN, bare.window, B, bare.elapsed_s, P), [Claim("I", (impact(0, 6),))], NOW
    )
    assert (found.shares[0].usual, found.shares[0].baseline) == (Fraction(1, 2000), Baseline.WEEKS_BEFORE)
    none = attribute(Ground(bare.slots, {}, MIN, bare.window, B, bare.elapsed_s, P), [Claim("I", (impact(0, 6),))], NOW)
    assert none.shares[0].baseline is Baseline.UNKNOWN


def test_burn_that_nobody_claims_is_suggested_as_a_missed_incident() -> None:
    bad = dict.fromkeys([*range(10, 15), *range(30, 34)], 200)
    found = attribute(ground(bad), [], NOW)
    assert found.missed == ((BEGAN + 600, BEGAN + 900),)
    assert found.unattributed == found.consumed
    assert attribute(ground(bad), [Claim("I", (impact(10, 15),))], NOW).missed == ()


def test_an_open_incident_ends_now_and_says_so() -> None:
    found = attribute(ground(dict.fromkeys(range(100, 120), 10)), [Claim("I", (impact(100, None),))], at(110))
    assert found.shares[0].provisional
    assert found.shares[0].errors == 100


def test_an_exempt_incident_is_charged_nothing_and_measured_all_the_same() -> None:
    share = attribute(ground({0: 500}), [Claim("I", (impact(0, 1),), exempt="out_of_scope_users")], NOW).shares[0]
    assert share.charged == 0
    assert share.net == share.used > 0


def test_without_a_series_the_declared_share_counts() -> None:
    nothing = Ground([], {}, MIN, (BEGAN, BEGAN + P), B, 0, P)
    found = attribute(nothing, [Claim("I", (impact(0, 10, "0.5"),)), Claim("J", ())], NOW)
    share = found.shares[0]
    assert (share.basis, share.used) == (Basis.DECLARED, Fraction(300) / (B * P))
    assert found.shares[1].basis is Basis.NONE
    law(found)


def test_measured_goes_before_declared_and_the_difference_is_kept() -> None:
    share = attribute(ground({0: 500}), [Claim("I", (impact(0, 1),))], NOW).shares[0]
    assert share.basis is Basis.MEASURED
    assert share.used == share.net
    assert share.difference == share.net - share.declared


def test_impact_is_clipped_to_the_window() -> None:
    window = (BEGAN, BEGAN + P)
    assert declared_share([impact(-60, 10)], window, B, P, NOW) == Fraction(600) / (B * P)
    found = attribute(ground({0: 500}), [Claim("I", (impact(-60, 1),))], NOW)
    assert found.shares[0].errors == 500


def test_slices_have_no_baseline() -> None:
    slots = [Slot(BEGAN + i * 300, int(i in {2, 3}), 1) for i in range(12)]
    sliced = Ground(slots, {}, 300, (BEGAN, BEGAN + P), B, HOUR, P, sliced=True)
    found = attribute(sliced, [Claim("I", (impact(10, 15),))], NOW)
    assert found.shares[0].net == Fraction(1) / (B * Fraction(P, 300))
    law(found)


def test_classes_add_up_what_their_incidents_took() -> None:
    claims = [Claim("I1", (impact(0, 4),)), Claim("I2", (impact(3, 6),))]
    found = attribute(ground(dict.fromkeys(range(6), 200)), claims, NOW)
    classes = by_class(found.shares, {"I1": ["config"], "I2": ["config", "test_gap"]})
    assert classes["config"] == (found.consumed, 2)
    assert classes["test_gap"] == (found.shares[1].net, 1)


minute = st.integers(-10, 130)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 119), st.integers(0, 1000), max_size=40),
    st.lists(st.tuples(minute, st.integers(0, 60), st.integers(1, 5)), max_size=5),
    st.integers(0, 3),
    st.randoms(),
)
def test_the_law_holds_for_any_incidents_in_any_order(
    bad: dict[int, int], stretches: list[tuple[int, int, int]], usual: int, random: object
) -> None:
    claims = [Claim(f"I{i}", (impact(a, a + length),), Fraction(w)) for i, (a, length, w) in enumerate(stretches)]
    found = attribute(ground(bad, usual=usual), claims, NOW)
    law(found)
    assert found.unattributed >= 0
    turned = attribute(ground(bad, usual=usual), claims[::-1], NOW)
    assert turned.unattributed == found.unattributed
    assert turned.shares[::-1] == found.shares


# ------------------------------------------------------------------ declared downtime


def affecting(*impacts: Impact, severity: str = "SEV1", phase: str = "resolved", nature: str = "normal") -> Affecting:
    return Affecting("I", severity, phase, nature, impacts)


def bad_of(*incidents: Affecting, minutes: int = 10, severities: tuple[str, ...] = ()) -> list[Fraction]:
    found = buckets(incidents, severities, BEGAN, BEGAN + minutes * MIN, NOW)
    return [1 - Fraction(one.good, one.total) for one in found]


def test_overlapping_incidents_count_the_largest_fraction_never_the_sum() -> None:
    found = bad_of(affecting(impact(0, 4, "0.5")), affecting(impact(2, 6, "0.75")))
    assert found == [Fraction(x) for x in ("0.5", "0.5", "0.75", "0.75", "0.75", "0.75", "0", "0", "0", "0")]


def test_a_minute_affected_in_part_counts_by_that_part() -> None:
    assert bad_of(affecting(impact(0.5, 1.25)))[:3] == [Fraction(1, 2), Fraction(1, 4), 0]
    half = bad_of(affecting(impact(0, 0.5)), affecting(impact(0.5, 1)))
    assert half[0] == 1


@pytest.mark.parametrize("left_out", [
    {"nature": "drill"}, {"nature": "test"}, {"phase": "declined"}, {"phase": "duplicate"}, {"severity": "SEV4"},
])  # fmt: skip
def test_drills_declined_ones_and_other_severities_never_count(left_out: dict[str, str]) -> None:
    assert set(bad_of(affecting(impact(0, 10), **left_out), severities=("SEV1", "SEV2"))) == {0}


def test_an_impact_of_a_third_is_rounded_against_us_at_the_twelfth_digit() -> None:
    found = list(buckets([affecting(impact(0, 1, "1/3"))], (), BEGAN, BEGAN + MIN, NOW))
    assert 3 * (TIME - found[0].good) == TIME + 2


def test_minutes_that_are_not_over_are_left_out() -> None:
    assert len(list(buckets([], (), BEGAN, BEGAN + HOUR, at(10.5)))) == 10


@pytest.mark.parametrize("wrong", [
    Impact(from_micros(-60_000_000), None), Impact(at(5), at(4)), Impact(at(1), None, Fraction(0)),
    Impact(at(1), None, Fraction(2)),
])  # fmt: skip
def test_impossible_impact_is_refused(wrong: Impact) -> None:
    with pytest.raises(Invalid):
        check_impact(wrong)


def past(minutes: range, bad: int = 1) -> dict[int, Slot]:
    return {BEGAN + i * MIN: Slot(BEGAN + i * MIN, bad, 2000) for i in minutes}


@pytest.mark.parametrize(
    ("known", "baseline"),
    [
        (range(-30, 0), Baseline.HOUR_BEFORE), (range(-29, 0), Baseline.UNKNOWN), (range(-100, -60), Baseline.UNKNOWN),
        (range(-4 * 7 * 1440, -4 * 7 * 1440 + 1), Baseline.WEEKS_BEFORE),
        (range(-5 * 7 * 1440, -5 * 7 * 1440 + 60), Baseline.UNKNOWN),
    ],
)  # fmt: skip
def test_a_baseline_needs_thirty_minutes_of_the_hour_or_any_of_four_weeks(known: range, baseline: Baseline) -> None:
    bare = ground({5: 101})
    made = Ground(bare.slots, past(known), MIN, bare.window, B, bare.elapsed_s, P)
    assert attribute(made, [Claim("I", (impact(0, 6),))], NOW).shares[0].baseline is baseline


def test_the_baseline_lies_before_the_first_of_several_impacts() -> None:
    found = attribute(ground(dict.fromkeys(range(40), 500)), [Claim("I", (impact(40, 60), impact(0, 40)))], NOW)
    assert found.shares[0].usual == 0
    assert found.shares[0].errors == 20_000


def test_burning_exactly_what_is_allowed_misses_no_incident() -> None:
    assert attribute(ground(dict.fromkeys(range(20), 1)), [], NOW).missed == ()
    assert attribute(ground(dict.fromkeys(range(20), 2)), [], NOW).missed == ((BEGAN, BEGAN + 20 * MIN),)


def test_an_impact_without_length_claims_nothing() -> None:
    found = attribute(ground({5: 100}), [Claim("I", (impact(5, 5),))], NOW)
    assert found.shares[0].errors == 0
    assert found.shares[0].basis is Basis.NONE
