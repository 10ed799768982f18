"""One-off or systemic: each rule, and what they come to together."""

from __future__ import annotations

from fractions import Fraction

import pytest

from firebell.domain.slo import systemic
from firebell.domain.slo.systemic import Case, Finding, Paged, Rule, Spent, Verdict
from firebell.kernel.clock import Instant, plus

DAY = 86_400
NOW = Instant.parse_iso("2026-11-02T10:00:00Z")


def case(name: str = "inc_1", days: float = 0, services: str = "checkout", factors: str = "config",
         mechanisms: str = "") -> Case:  # fmt: skip
    return Case(
        name, plus(NOW, days * DAY), frozenset(services.split()), frozenset(factors.split()),
        frozenset(mechanisms.split()),
    )  # fmt: skip


def rules(found: Finding) -> set[Rule]:
    return {one.rule for one in found.rules}


@pytest.mark.parametrize(
    ("true", "verdict"),
    [
        ("", Verdict.ONE_OFF), ("R2", Verdict.ONE_OFF), ("R5", Verdict.ONE_OFF), ("R6", Verdict.ONE_OFF),
        ("R7", Verdict.ONE_OFF), ("R2 R6", Verdict.SYSTEMIC), ("R4", Verdict.SYSTEMIC), ("R1", Verdict.SYSTEMIC),
        ("R3", Verdict.SYSTEMIC), ("R5 R7", Verdict.SYSTEMIC),
    ],
)  # fmt: skip
def test_the_vectors_of_the_specification(true: str, verdict: Verdict) -> None:
    assert systemic.verdict(Rule(one) for one in true.split()) is verdict


def test_r1_the_same_service_and_factor_within_180_days() -> None:
    found = systemic.judge(case(), [case("inc_0", -180)])
    assert rules(found) == {Rule.R1}
    assert found.rules[0].evidence == ("inc_0",)
    assert found.verdict is Verdict.SYSTEMIC
    assert rules(systemic.judge(case(), [case("inc_0", -181)])) == set()
    assert rules(systemic.judge(case(), [case("inc_0", -1, factors="test_gap")])) == set()
    assert rules(systemic.judge(case(), [case("inc_0", -1, services="search")])) == set()


def test_r2_on_day_0_and_r1_on_day_60_turn_a_one_off_systemic() -> None:
    alike = {"inc_0": Fraction(45, 100)}
    old = case("inc_0", -300)
    first = systemic.judge(case(), [old], alike=alike)
    assert (rules(first), first.verdict) == ({Rule.R2}, Verdict.ONE_OFF)
    later = systemic.judge(case(), [old, case("inc_2", 60)], alike=alike)
    assert (rules(later), later.verdict) == ({Rule.R1, Rule.R2}, Verdict.SYSTEMIC)
    assert rules(systemic.judge(case(), [old], alike={"inc_0": Fraction(449, 1000)})) == set()
    assert rules(systemic.judge(case(), [case("inc_0", -366)], alike=alike)) == set()


def test_r3_needs_two_incidents_and_more_than_a_fifth() -> None:
    spent = Spent("config", Fraction("0.21"), ("inc_0", "inc_1"))
    found = systemic.judge(case(), [], spent=[spent])
    assert (rules(found), found.rules[0].evidence) == ({Rule.R3}, ("inc_0", "inc_1"))
    assert "21 %" in found.rules[0].words
    for other in (
        Spent("config", Fraction("0.2"), ("inc_0", "inc_1")), Spent("config", Fraction(1), ("inc_1",)),
        Spent("network", Fraction(1), ("inc_0", "inc_2")),
    ):  # fmt: skip
        assert rules(systemic.judge(case(), [], spent=[other])) == set()


def test_r4_a_promise_that_is_still_open() -> None:
    found = systemic.judge(case(), [], unfinished=["act_7"])
    assert (rules(found), found.verdict) == ({Rule.R4}, Verdict.SYSTEMIC)


def test_r5_three_services_share_a_factor_in_90_days() -> None:
    others = [case("inc_2", -80, "search"), case("inc_3", -1, "mail")]
    assert rules(systemic.judge(case(), others)) == {Rule.R5}
    assert rules(systemic.judge(case(), [others[0], case("inc_3", -91, "mail")])) == set()


def test_r6_a_mechanism_that_others_share() -> None:
    assert rules(systemic.judge(case(mechanisms="config_rollout"), [])) == {Rule.R6}


def test_r7_the_same_rule_paged_three_times_with_the_same_end() -> None:
    pages = [Paged("DiskFull", plus(NOW, -i * DAY), "cleared the cache") for i in (1, 10, 30)]
    assert rules(systemic.judge(case(), [], pages=pages)) == {Rule.R7}
    assert rules(systemic.judge(case(), [], pages=pages[:2])) == set()
    differing = [*pages[:2], Paged("DiskFull", NOW, "grew the disk")]
    assert rules(systemic.judge(case(), [], pages=differing)) == set()


def test_one_large_incident_is_due_a_postmortem_and_is_not_systemic() -> None:
    found = systemic.judge(case(), [], own_share=Fraction("0.23"))
    assert found.postmortem_due
    assert found.verdict is Verdict.ONE_OFF
    assert not systemic.judge(case(), [], own_share=Fraction("0.2")).postmortem_due


def test_a_person_may_overrule_and_the_computed_verdict_stays_visible() -> None:
    found = Finding(Verdict.SYSTEMIC, (), overruled=Verdict.ONE_OFF, reason="the vendor is gone")
    assert (found.verdict, found.computed) == (Verdict.ONE_OFF, Verdict.SYSTEMIC)
