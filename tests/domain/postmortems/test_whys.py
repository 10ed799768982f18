"""The why-tree: branches, evidence per answer, and leaves that are conditions."""

from __future__ import annotations

import pytest

from firebell.domain.postmortems import whys
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.model import Evidence, Factor, Why, WhyKind
from firebell.domain.postmortems.whys import Check
from firebell.kernel.errors import Invalid
from tests.domain.postmortems.roster import ROSTER

LOG = (Evidence(kind="log", ref="https://logs.example.com/1"),)


def why(id: str, parent: str | None, condition: str, **fields: object) -> Why:  # noqa: A002
    return Why(id=id, parent=parent, condition=condition, **{"evidence": LOG, **fields})  # type: ignore[arg-type]


ROOT = why("w1", None, "Checkout answered errors for 98 minutes")
DETECTED = why("w9", "w1", "No alert looks at the error ratio per region", detection=True)


def acts(*refs: str) -> ActionItem:
    return ActionItem(id="a1", text="Add a limit of one region", factor_ids=refs)


def said(*nodes: Why, actions: tuple[ActionItem, ...] = (), major: bool = True) -> set[tuple[Check, str]]:
    problems = whys.check(nodes, actions, (), major=major, names=ROSTER)
    return {(one.check, one.why_id) for one in problems}


def test_a_tree_with_two_branches_evidence_and_actions_is_valid() -> None:
    leaf = why("w2", "w1", "The push tool takes any region list; no limit per push")
    assert said(ROOT, leaf, DETECTED, actions=(acts("w2", "w9"),)) == set()


@pytest.mark.parametrize(
    "condition",
    [
        "Human error", "bad luck", "carelessness", "The vendor", "The engineer forgot the flag", "The on-call engineer",
        "The database team", "We need better tests", "Maria Rossi", "a mistake",
    ],
)  # fmt: skip
def test_w1_a_leaf_is_a_condition_and_no_person_wish_or_stop_word(condition: str) -> None:
    assert (Check.LEAF_CONDITION, "w2") in said(ROOT, why("w2", "w1", condition), DETECTED, actions=(acts("w2", "w9"),))


def test_w1_a_person_within_the_tree_is_no_leaf() -> None:
    middle = why("w2", "w1", "An operator ran the push")
    leaf = why("w3", "w2", "The push tool takes any region list; no limit per push")
    assert said(ROOT, middle, leaf, DETECTED, actions=(acts("w3", "w9"),)) == set()


def test_an_unknown_leaf_with_an_action_only_warns() -> None:
    unknown = why("w2", "w1", "unknown", kind=WhyKind.UNKNOWN, evidence=())
    log = ActionItem(id="a1", text="Add request log to gateway", factor_ids=("w2", "w9"))
    problems = whys.check((ROOT, unknown, DETECTED), (log,))
    assert [(one.check, one.blocks) for one in problems] == [(Check.LEAF_CONDITION, False)]
    assert whys.valid(problems)
    assert not whys.valid(whys.check((ROOT, unknown, DETECTED), ()))


def test_w2_each_answer_has_evidence() -> None:
    bare = why("w2", "w1", "The push tool takes any region list; no limit per push", evidence=())
    assert said(ROOT, bare, DETECTED, actions=(acts("w2", "w9"),)) == {(Check.EVIDENCE, "w2")}


def test_w3_an_answer_does_not_repeat_its_question() -> None:
    question = why("w2", "w1", "Config was pushed")
    answer = why("w3", "w2", "The config was pushed")
    assert (Check.REPEATS, "w3") in said(ROOT, question, answer, DETECTED)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Config was pushed", "The config was pushed", 1.0),
        ("alpha beta gamma delta epsilon", "alpha beta gamma delta zeta", 0.8),
        ("", "anything", 0.0),
        ("the and of", "anything", 0.0),
    ],
)
def test_overlap_is_of_the_smaller_set_without_stop_words(one: str, other: str, expected: float) -> None:
    assert whys.overlap(one, other) == expected


def test_w4_no_counterfactual_in_a_node() -> None:
    leaf = why("w2", "w1", "The limit should have been caught in review, which has no list")
    assert (Check.COUNTERFACTUAL, "w2") in said(ROOT, leaf, DETECTED)


def test_w5_two_branches_at_sev1_and_sev2() -> None:
    leaf = why("w2", "w1", "No alert looks at the push", detection=True)
    assert said(ROOT, leaf, actions=(acts("w2"),)) == {(Check.BRANCHES, "")}
    assert said(ROOT, leaf, actions=(acts("w2"),), major=False) == set()


def test_w6_a_branch_asks_about_detection() -> None:
    leaf = why("w2", "w1", "The push tool takes any region list; no limit per push")
    other = why("w3", "w1", "The config has no owner per region")
    assert said(ROOT, leaf, other, actions=(acts("w2", "w3"),)) == {(Check.DETECTION, "")}


def test_w7_a_leaf_lies_where_somebody_can_change_something() -> None:
    leaf = why("w2", "w1", "Lightning struck")
    assert (Check.REACH, "w2") in said(ROOT, leaf, DETECTED, actions=(acts("w2", "w9"),))
    met = why("w2", "w1", "Lightning struck, and there is only one supply")
    assert said(ROOT, met, DETECTED, actions=(acts("w2", "w9"),)) == set()


def test_w8_each_leaf_has_an_action_or_is_an_accepted_risk() -> None:
    leaf = why("w2", "w1", "The push tool takes any region list; no limit per push")
    assert said(ROOT, leaf, DETECTED, actions=(acts("w9"),)) == {(Check.ACTION, "w2")}
    risk = why("w2", "w1", "One supply only", kind=WhyKind.ACCEPTED_RISK, reason="a second costs more than it saves")
    assert said(ROOT, risk, DETECTED, actions=(acts("w9"),)) == set()
    by_factor = Factor(id="f1", kind="config", text="No limit", why_ids=("w2", "w9"))
    assert whys.check((ROOT, leaf, DETECTED), (acts("f1"),), (by_factor,)) == ()
    declined = ActionItem(id="a1", text="x", factor_ids=("w2", "w9"), state=ActionState.DECLINED)
    assert (Check.ACTION, "w2") in said(ROOT, leaf, DETECTED, actions=(declined,))


@pytest.mark.parametrize(
    "nodes",
    [
        (why("w1", None, "a"), why("w2", None, "b")),
        (why("w1", None, "a"), why("w2", "w7", "b")),
        (why("w1", None, "a"), why("w2", "w3", "b"), why("w3", "w2", "c")),
        (why("w1", None, "a"), why("w1", "w1", "b")),
        (why("w1", None, "a"), why("w2", "w1", "b", kind=WhyKind.ACCEPTED_RISK)),
    ],
)
def test_what_is_no_tree_is_refused(nodes: tuple[Why, ...]) -> None:
    with pytest.raises(Invalid):
        whys.check_shape(nodes)


def test_depth_and_branches_of_a_tree() -> None:
    tree = (ROOT, why("w2", "w1", "b"), why("w3", "w2", "c"), why("w4", "w2", "d"), DETECTED)
    whys.check_shape(tree)
    assert (whys.branches(tree), whys.depth(tree, "w3"), whys.depth(tree, "w1")) == (3, 2, 0)
