"""States with hysteresis, policies, overrides, and what the gate answers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from firebell.domain.slo import gate, policy
from firebell.domain.slo.gate import Change, Decision, Standing, Why
from firebell.domain.slo.model import BudgetState
from firebell.domain.slo.policy import Approval, Consequence, Override, Policy, Subject
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Forbidden, Invalid

NOW = Instant.parse_iso("2026-11-02T10:00:00Z")
OK, CAUTION, EXHAUSTED = BudgetState


def test_the_vector_of_states() -> None:
    state, seen = OK, []
    for remaining in (".40", ".24", ".25", ".01", "0", ".03", ".049", ".05", ".30", "-.2", ".6"):
        state = policy.next_state(state, Fraction(remaining))
        seen.append(state)
    assert seen == [OK, CAUTION, OK, CAUTION, EXHAUSTED, EXHAUSTED, EXHAUSTED, CAUTION, OK, EXHAUSTED, OK]


@pytest.mark.parametrize("state", list(BudgetState))
def test_frozen_or_unknown_data_move_nothing(state: BudgetState) -> None:
    assert policy.next_state(state, Fraction(-1), frozen=True) is state
    assert policy.next_state(state, None) is state


# ------------------------------------------------------------------ policies

THRESHOLDS = (
    policy.read_threshold("remaining < 25%", ["notify-team", "gate-warn"]),
    policy.read_threshold("remaining <= 0", ["notify-owners", "gate-block"], ["p0_fix"]),
    policy.read_threshold("incident > 20%", ["require-postmortem", "require-p0-action"]),
    policy.read_threshold("class > 20% per quarter", ["p0-on-next-quarter-plan", "mark-systemic"]),
)
POLICY = Policy(
    "payments", 3, ("checkout",), THRESHOLDS,
    (Approval("pm", "product", 3), Approval("lead", "development", 3), Approval("sre", "reliability", 3)),
    override_who=frozenset({"lead"}),
)  # fmt: skip


def dues(**given: object) -> list[tuple[Subject, str, tuple[Consequence, ...]]]:
    found = policy.due(POLICY, **{"remaining": Fraction(1), **given})  # type: ignore[arg-type]
    return [(one.threshold.subject, one.about, one.threshold.consequences) for one in found]


def test_thresholds_hold_strictly_where_they_say_so() -> None:
    assert dues(remaining=Fraction(1, 4)) == []
    assert [one[0] for one in dues(remaining=Fraction("0.249"))] == [Subject.REMAINING]
    assert len(dues(remaining=Fraction(0))) == 2
    assert dues(incidents={"inc_1": Fraction(1, 5)}) == []
    assert dues(incidents={"inc_1": Fraction("0.23")}) == [
        (Subject.INCIDENT, "inc_1", (Consequence.REQUIRE_POSTMORTEM, Consequence.REQUIRE_P0_ACTION))
    ]
    assert dues(classes={"config": Fraction("0.21")})[0][1] == "config"
    assert dues(remaining=None) == []


@pytest.mark.parametrize(
    ("when", "do"),
    [
        ("remaining less than 25%", ["gate-warn"]), ("remaining > 25%", ["gate-warn"]),
        ("incident < 20%", ["gate-warn"]), ("class > 20%", ["mark-systemic"]),
        ("incident > 20% per quarter", ["mark-systemic"]), ("remaining < 25", ["gate-warn"]),
        ("overdue > 0%", ["gate-warn"]), ("overdue > 0.5", ["gate-warn"]), ("overdue > 0", ["notify-team"]),
        ("remaining < 25%", []), ("remaining < 25%", ["shout"]), ("remaining < 1.2.3%", ["gate-warn"]),
    ],
)  # fmt: skip
def test_what_is_no_threshold_is_refused(when: str, do: list[str]) -> None:
    with pytest.raises(Invalid):
        policy.read_threshold(when, do)


def test_an_edit_voids_the_approvals() -> None:
    assert POLICY.approved
    edited = replace(POLICY, version=4)
    assert not edited.approved
    assert len(edited.missing) == 3
    assert not replace(POLICY, approvals=()).approved


def override(**given: object) -> Override:
    made = Override("checkout", "lead", "the fix for the data loss", plus(NOW, -60), plus(NOW, 3600))
    return replace(made, **given)  # type: ignore[arg-type]


def test_an_override_needs_a_named_person_who_may_a_reason_and_an_end() -> None:
    policy.check_override(override(), POLICY, may={"lead"}, named=True)
    with pytest.raises(Forbidden):
        policy.check_override(override(), POLICY, may={"lead"}, named=False)
    with pytest.raises(Forbidden, match="may not"):
        policy.check_override(override(by="dev"), POLICY, may={"lead"}, named=True)
    with pytest.raises(Invalid, match="reason"):
        policy.check_override(override(reason=" "), POLICY, may={"lead"}, named=True)
    for until in (plus(NOW, 86_400), plus(NOW, -3600)):
        with pytest.raises(Invalid, match="at most 24 h"):
            policy.check_override(override(until=until), POLICY, may={"lead"}, named=True)


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ({}, True), ({"service": "other"}, False), ({"until": NOW}, False), ({"since": plus(NOW, 1)}, False),
        ({"revoked_at": NOW}, False), ({"revoked_at": plus(NOW, 1)}, True), ({"change": "flag"}, False),
        ({"change": "deploy", "sha": "abc"}, True), ({"sha": "def"}, False),
    ],
)  # fmt: skip
def test_an_override_holds_for_what_it_names(given: dict[str, object], holds: bool) -> None:
    assert policy.holds(override(**given), service="checkout", change="deploy", sha="abc", now=NOW) is holds


def test_every_review_has_its_hint() -> None:
    hints = {
        (met, toil, happy): policy.review_hint(met=met, toil_high=toil, satisfied=happy)
        for met in (True, False)
        for toil in (True, False)
        for happy in (True, False)
    }
    assert hints[True, False, False].startswith("Tighten")
    assert hints[False, False, True].startswith("Loosen")
    assert hints[False, True, False].startswith("Offload")
    assert len(hints) == 8


# ------------------------------------------------------------------ the gate

FULL = Standing("availability", OK, Fraction(1, 2), Fraction(1))
EMPTY = replace(FULL, state=EXHAUSTED, remaining=Fraction(-38, 100))


def ask(*slos: Standing, **given: object) -> tuple[Decision, Why]:
    found = gate.answer("checkout", slos, NOW, **given)  # type: ignore[arg-type]
    return found.decision, found.reasons[0].why


def test_within_budget_it_allows_and_without_objectives_too() -> None:
    assert ask(FULL) == (Decision.ALLOW, Why.WITHIN_BUDGET)
    assert ask() == (Decision.ALLOW, Why.NO_SLO)


def test_the_worst_objective_counts() -> None:
    low = replace(FULL, name="latency", state=CAUTION, remaining=Fraction(1, 10))
    assert ask(FULL, low) == (Decision.WARN, Why.CAUTION)
    assert ask(FULL, low, EMPTY) == (Decision.BLOCK, Why.EXHAUSTED)


@pytest.mark.parametrize("change", list(Change))
def test_an_exhausted_budget_blocks_all_but_what_restores_it(change: Change) -> None:
    spared = change in {Change.P0_FIX, Change.SECURITY, Change.RELIABILITY}
    assert ask(EMPTY, change=change)[0] is (Decision.ALLOW if spared else Decision.BLOCK)


def test_an_open_page_lets_only_the_fix_of_its_incident_through() -> None:
    burning = replace(FULL, page_open=True)
    assert ask(burning) == (Decision.BLOCK, Why.FAST_BURN)
    assert ask(burning, change=Change.FIX) == (Decision.BLOCK, Why.FAST_BURN)
    assert ask(burning, change=Change.FIX, incident_open=True)[0] is Decision.ALLOW
    assert ask(burning, change=Change.ROLLBACK, incident_open=True)[0] is Decision.ALLOW
    assert ask(burning, change=Change.SECURITY, incident_open=True)[0] is Decision.BLOCK


def test_what_is_not_known_is_neither_allowed_nor_blocked_in_silence() -> None:
    assert ask(replace(FULL, coverage=Fraction(89, 100))) == (Decision.WARN, Why.UNKNOWN)
    assert ask(replace(FULL, remaining=None)) == (Decision.WARN, Why.UNKNOWN)
    assert ask(replace(FULL, coverage=Fraction(9, 10)))[0] is Decision.ALLOW


def test_a_policy_without_its_approvals_only_warns() -> None:
    found = gate.answer("checkout", [replace(EMPTY, approved=False)], NOW)
    assert found.decision is Decision.WARN
    assert [one.why for one in found.reasons] == [Why.EXHAUSTED, Why.NOT_APPROVED]


def test_a_policy_may_ask_the_gate_for_more_than_the_states_do() -> None:
    thresholds = [
        policy.read_threshold("remaining < 50%", ["notify-team", "gate-warn"]),
        policy.read_threshold("remaining < 25%", ["gate-warn"]),
        policy.read_threshold("overdue > 1", ["gate-block"]),
    ]
    assert [one.written("50%") for one in thresholds[::2]] == ["remaining < 50%", "overdue > 1"]
    one = replace(POLICY, thresholds=tuple(thresholds))
    assert policy.at_the_gate(one, set(), 1) == ()
    # What a budget's own state says is said by it alone, with its own hysteresis.
    assert policy.at_the_gate(one, {"remaining < 25 %"}, 0) == ()
    asks = policy.at_the_gate(one, {"remaining < 50 %"}, 2)
    assert [each for _, each in asks] == [Consequence.GATE_BLOCK, Consequence.GATE_WARN]

    warned = replace(FULL, asked=Decision.WARN, asked_why="remaining < 50 %")
    assert ask(warned) == (Decision.WARN, Why.POLICY)
    assert ask(replace(warned, asked=Decision.BLOCK)) == (Decision.BLOCK, Why.POLICY)
    assert ask(replace(warned, asked=Decision.BLOCK), change=Change.SECURITY)[0] is Decision.ALLOW


def test_an_override_comes_first_with_author_and_reason_and_the_rest_stays_visible() -> None:
    found = gate.answer("checkout", [EMPTY], NOW, overrides=[override(until=plus(NOW, 120))])
    assert found.decision is Decision.ALLOW
    assert found.reasons[0].why is Why.OVERRIDE
    assert "lead" in found.reasons[0].words
    assert "data loss" in found.reasons[0].words
    assert found.reasons[1].why is Why.EXHAUSTED
    assert found.expires_at == plus(NOW, 120)


def test_an_answer_is_good_for_ten_minutes_and_has_an_exit_code() -> None:
    assert gate.answer("checkout", [FULL], NOW).expires_at == plus(NOW, 600)
    assert [gate.EXIT_CODES[one] for one in Decision] == [0, 2, 3]


def test_when_it_cannot_be_evaluated_the_service_has_said_what_then() -> None:
    assert gate.failed(gate.OnError.OPEN, "no database", NOW).decision is Decision.WARN
    assert gate.failed(gate.OnError.CLOSED, "no database", NOW).decision is Decision.BLOCK


def test_edges_of_thresholds_and_overrides_are_inside_where_they_say_so() -> None:
    at_least = policy.read_threshold("incident >= 20%", ["require-postmortem"])
    assert at_least.holds(Fraction(1, 5))
    assert not at_least.holds(Fraction(199, 1000))
    assert policy.read_threshold("incident > 100%", ["require-postmortem"]).value == 1
    assert policy.holds(override(since=NOW), service="checkout", change="deploy", sha="", now=NOW)
    whole_day = override(until=plus(NOW, 86_400 - 60))
    policy.check_override(whole_day, POLICY, may={"lead"}, named=True)
    with pytest.raises(Invalid, match="at most 24 h"):
        policy.check_override(override(until=plus(NOW, -60)), POLICY, may={"lead"}, named=True)
