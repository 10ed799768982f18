"""How complete a postmortem is: thirteen checks, four of them hard."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firebell.domain.postmortems import completeness
from firebell.domain.postmortems.actions import ActionItem, ActionType
from firebell.domain.postmortems.completeness import HARD, WEIGHTS, Around, Check
from firebell.domain.postmortems.draft import Facts, draft
from firebell.domain.postmortems.model import Document, Evidence, Factor, Section, Why
from firebell.kernel.clock import Instant, plus
from tests.domain.postmortems.roster import ROSTER

NOW = Instant.parse_iso("2026-03-05T10:00:00Z")
AROUND = Around(peak="SEV1", now=NOW, publish_by=plus(NOW, 86_400), slo_linked=True, names=ROSTER)
LOG = (Evidence(kind="log", ref="https://logs.example.com/1"),)
FULL = Document(
    title="Checkout errors",
    texts={
        Section.SUMMARY: "Checkout answered errors for 50 min.",
        Section.TIMELINE: (
            "- 2026-03-02 10:00 UTC: impact started\n- 2026-03-02 10:07 UTC: detected by an alert\n"
            "- 2026-03-02 10:50 UTC: rolled back\n- 2026-03-02 11:30 UTC: resolved"
        ),
        Section.ROOT_CAUSE: "No alert looked at the ratio.",
        Section.IMPACT: "4 % of orders failed.",
        Section.LESSONS: "### What went well\nThe rollback.\n### What didn't\n\n### Where we got lucky\nIt was night.",
    },
    whys=(
        Why(id="w1", condition="Checkout answered errors"),
        Why(id="w2", parent="w1", condition="The push tool takes any region list; no limit per push", evidence=LOG),
        Why(id="w3", parent="w1", condition="No alert looks at the ratio per region", evidence=LOG, detection=True),
    ),
    factors=(
        Factor(id="f1", kind="tooling_affordance", text="No limit per push", why_ids=("w2",)),
        Factor(id="f2", kind="monitoring_gap", text="No alert per region", why_ids=("w3",)),
    ),
    actions=(
        ActionItem(
            id="a1", text="Reject pushes to more than one region, tested in CI", type=ActionType.PREVENT,
            owner_id="usr_a", due_at=NOW, factor_ids=("f1",),
        ),
        ActionItem(
            id="a2", text="Alert on an error ratio > 1 % per region", type=ActionType.DETECT, owner_id="usr_b",
            due_at=NOW, factor_ids=("f2",),
        ),
    ),
    detected_by="alert",
)  # fmt: skip


def broken(document: Document, around: Around = AROUND) -> set[Check]:
    return {one.check for one in completeness.check(document, around) if not one.holds}


def without(section: Section, text: str = "") -> Document:
    return replace(FULL, texts={**FULL.texts, section: text})


def test_the_weights_add_up_to_a_hundred_and_four_checks_are_hard() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert set(WEIGHTS) == set(Check)
    assert {Check.TIMELINE, Check.IMPACT_NUMBER, Check.FACTORS, Check.ACTIONS} == HARD
    assert WEIGHTS[Check.FACTORS] == WEIGHTS[Check.ACTIONS] == 12


def test_a_whole_postmortem_scores_a_hundred() -> None:
    found = completeness.check(FULL, AROUND)
    assert [one.message for one in found if not one.holds] == []
    assert completeness.score(found) == 100
    assert completeness.missing(found) == ()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (without(Section.TIMELINE, FULL.text(Section.TIMELINE).rsplit("\n", 1)[0]), Check.TIMELINE),
        (without(Section.TIMELINE, FULL.text(Section.TIMELINE).replace("rolled back", "hm")), Check.TIMELINE),
        (without(Section.IMPACT, "Many orders failed in 2026."), Check.IMPACT_NUMBER),
        (replace(FULL, factors=FULL.factors[:1]), Check.FACTORS),
        (replace(FULL, factors=tuple(replace(one, kind="code") for one in FULL.factors)), Check.FACTORS),
        (replace(FULL, actions=tuple(replace(one, owner_id=None) for one in FULL.actions)), Check.ACTIONS),
        (replace(FULL, whys=FULL.whys[:1]), Check.WHY_TREE),
        (without(Section.SUMMARY, "The team ignored the alert."), Check.BLAME),
        (replace(FULL, actions=tuple(replace(one, type=ActionType.PREVENT) for one in FULL.actions)), Check.ACTION_MIX),
        (replace(FULL, actions=(*FULL.actions, ActionItem(id="a3", text="Improve it"))), Check.VERIFIABLE),
        (replace(FULL, detected_by=""), Check.DETECTION),
        (without(Section.LESSONS, "### What went well\n*What helped?*"), Check.LESSONS),
        (without(Section.SUMMARY, "See [the graph]()."), Check.LINKS),
    ],
)
def test_each_check_sees_what_is_missing(document: Document, expected: Check) -> None:
    assert expected in broken(document)
    assert broken(document) - {expected, Check.WHY_TREE} == set()


def test_what_the_surroundings_decide() -> None:
    assert broken(FULL, replace(AROUND, slo_linked=False)) == {Check.SLO}
    assert broken(FULL, replace(AROUND, publish_by=plus(NOW, -1))) == {Check.IN_TIME}
    assert broken(FULL, replace(AROUND, publish_by=plus(NOW, -1), published_at=plus(NOW, -2))) == set()
    assert broken(FULL, replace(AROUND, broken_links=("https://x.example.com",))) == {Check.LINKS}
    assert broken(replace(FULL, factors=FULL.factors[1:]), replace(AROUND, peak="SEV3")) <= {Check.WHY_TREE}


def test_a_dismissed_hit_is_no_longer_open() -> None:
    document = without(Section.SUMMARY, "The team ignored the alert.")
    [hit] = completeness.hits(document)["Summary"]
    assert broken(document, replace(AROUND, dismissed=(hit.key,))) == set()


def test_no_actions_with_a_reason_will_do_for_review() -> None:
    none = replace(FULL, actions=(), no_actions_because="the product ends in April")
    assert not broken(none) & HARD


def test_a_bare_draft_is_not_ready_and_says_what_it_needs() -> None:
    found = completeness.check(draft(Facts(reference="INC-1", title="Checkout errors")), AROUND)
    assert completeness.missing(found) == ("timeline", "impact number", "factors", "actions")


def test_names_anywhere_in_the_document_are_counted() -> None:
    document = replace(
        FULL, title="Maria Rossi", actions=(ActionItem(id="a1", text="Ask Will Stone", end_state="June Okafor agrees"),)
    )
    assert completeness.named(document, ROSTER) == 3
    assert set(completeness.hits(document, ROSTER)) == {"title", "action:a1"}
