"""What is asked of a postmortem: people's words are never written over, pieces do not collide, trees stay trees."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.postmortems import deciding, merge, verbs
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.document import TAGS, tag, verb_of
from firebell.domain.postmortems.model import Document, Postmortem, Section, State, Why, WhyKind, stamp
from firebell.domain.postmortems.outcome import Asking, Keep
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound, Refused

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
LINES = st.lists(st.sampled_from(["- a", "- b", "", "- 2026-03-02 10:12 UTC: up", "word", "- c"]), max_size=6)
TEXTS = LINES.map("\n".join)


def one(state: State = State.DRAFT, **more: Any) -> Postmortem:
    doc = more.pop("document", Document(title="INC-1: Down", whys=(Why(id="w1", condition="Down"),)))
    return Postmortem(
        id="pmt_1", incident_id="inc_1", document=doc, state=state, resolved_at=NOW, created_at=NOW, owner_id="usr_o",
        **more,
    )  # fmt: skip


def asking(**more: Any) -> Asking:
    numbers = count(1)
    return Asking(now=NOW, user_id="usr_a", new_id=lambda prefix: f"{prefix}_{next(numbers)}", **more)


def after(start: Postmortem, *said: verbs.Verb, **more: Any) -> Postmortem:
    for verb in said:
        start = deciding.apply(start, verb, asking(**more)).postmortem
    return start


@given(st.lists(st.tuples(st.sampled_from(["machine", "person"]), TEXTS), max_size=8))
@settings(max_examples=150)
def test_drafting_again_never_takes_a_persons_words(steps: list[tuple[str, str]]) -> None:
    """Whatever was written and drafted in whatever order: a draft made again changes only what the machine wrote."""
    section = Section.TIMELINE
    start = one()
    for who, text in steps:
        before = start.document.text(section)
        if who == "person":
            start = after(start, verbs.SaveSection(section=section, text=text))
            assert start.document.text(section) == text
            continue
        touched = merge.is_touched(before, start.bases.get(section))
        fresh = merge.refresh(start.document.texts, start.bases, {section: text})
        said = deciding.apply(start, verbs.Refresh(), asking(fresh=fresh))
        assert said.postmortem.document.text(section) == (before if touched else text)
        assert deciding.apply(said.postmortem, verbs.Refresh(), asking(fresh=fresh)).said.keep is Keep.NOT
        start = said.postmortem
        offered = fresh[section].offers
        if offered:
            taken = after(start, verbs.TakeOffers(section=section, lines=offered), fresh=fresh)
            kept = [line for line in before.split("\n") if line.strip()]
            now = taken.document.text(section).split("\n")
            assert [line for line in now if line in kept or line in offered]
            assert all(now.count(line) >= kept.count(line) for line in kept), "no line is lost"


def test_a_line_that_is_not_offered_cannot_be_taken() -> None:
    with pytest.raises(Conflict):
        after(one(), verbs.TakeOffers(section=Section.IMPACT, lines=("- 2 customers",)))


def test_two_who_edit_the_same_piece_and_two_who_do_not() -> None:
    start = after(one(), verbs.AddWhy(condition="No limit"), verbs.AddWhy(condition="No test"))
    was = stamp(start.document.whys[1])
    changed = after(start, verbs.EditWhy(why="w2", condition="No limit per push", was=was))
    with pytest.raises(Changed):
        after(changed, verbs.EditWhy(why="w2", condition="Another", was=was))
    assert after(changed, verbs.EditWhy(why="w3", condition="No review", was=stamp(start.document.whys[2])))


def test_a_tree_stays_a_tree() -> None:
    start = after(one(), verbs.AddWhy(condition="A"), verbs.AddWhy(parent="w2", condition="B"))
    gone = after(start, verbs.RemoveWhy(why="w2"))
    assert [(why.id, why.parent) for why in gone.document.whys] == [("w1", None), ("w3", "w1")]
    for refused in (
        verbs.MoveWhy(why="w2", parent="w3"), verbs.RemoveWhy(why="w1"), verbs.MoveWhy(why="w1", parent="w2"),
        verbs.AddWhy(condition=" "), verbs.EditWhy(why="w2", kind=WhyKind.ACCEPTED_RISK),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            after(start, refused)
    with pytest.raises(NotFound):
        after(start, verbs.AddFactor(kind="config", text="One push", why_ids=("w9",)))


def test_what_was_promised_is_declined_and_not_removed() -> None:
    item = ActionItem(id="act_1", text="Reject empty lists", state=ActionState.COMMITTED)
    start = one(document=Document(title="x", actions=(item,)))
    with pytest.raises(Conflict):
        after(start, verbs.RemoveAction(action="act_1"))
    with pytest.raises(Invalid):
        after(start, verbs.EditAction(action="act_1", owner_id=""))
    asked = verbs.DeclineAction(action="act_1", reason="The tool is going away.")
    (declined,) = after(start, asked, approves=True).document.actions
    assert declined.state is ActionState.DECLINED


@pytest.mark.parametrize("state", [State.REVIEWED, State.PUBLISHED, State.CLOSED])
def test_reviewed_text_is_fixed_and_comments_are_not(state: State) -> None:
    for verb in (
        verbs.SaveSection(section=Section.IMPACT, text="x"), verbs.SetTitle(title="x"), verbs.AddWhy(condition="x"),
        verbs.AddAction(text="Do something"), verbs.Refresh(), verbs.ImportMarkdown(text="# x"),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            after(one(state), verb)
    said = after(one(state), verbs.AddComment(section=Section.IMPACT, text="Who?"))
    assert after(said, verbs.ResolveComment(comment=said.comments[0].id)).comments[0].resolved_by == "usr_a"


def test_an_import_replaces_nothing_silently() -> None:
    start = after(one(), verbs.SaveSection(section=Section.IMPACT, text="1200 customers"))
    text = "# Outage\n\n## Impact\n\n- 3 customers\n\n## Action items\n\n- Add a test\n"
    with pytest.raises(Conflict):
        after(start, verbs.ImportMarkdown(text=text))
    taken = after(start, verbs.ImportMarkdown(text=text, replace=True))
    assert "3 customers" in taken.document.text(Section.IMPACT)
    assert [item.state for item in taken.document.actions] == [ActionState.PROPOSED]


def test_a_policy_that_asks_for_a_first_priority_gets_one() -> None:
    item = ActionItem(
        id="act_1", text="Reject empty lists", state=ActionState.COMMITTED, priority="P1", owner_id="usr_a"
    )
    start = one(State.REVIEWED, required=("budget", "p0_action"), document=Document(title="x", actions=(item,)))
    with pytest.raises(Conflict) as refused:
        after(start, verbs.Publish())
    assert refused.value.field == "actions"
    first = after(start, verbs.EditAction(action="act_1", priority="P0"))
    assert after(first, verbs.Publish()).state is State.PUBLISHED


def test_one_that_was_skipped_can_only_be_talked_about() -> None:
    skipped = replace(one(), skipped_at=NOW)
    with pytest.raises(Conflict):
        after(skipped, verbs.SetTitle(title="x"))
    assert after(skipped, verbs.AddComment(section=Section.SUMMARY, text="A pity.")).comments


def test_owner_facilitator_and_investigator_are_different_people() -> None:
    for verb in (
        verbs.SetFacilitator(user_id="usr_o"),
        verbs.SetOwner(user_id="usr_x"),
        verbs.SetInvestigator(user_id="usr_r"),
    ):
        with pytest.raises(Invalid):
            after(one(), verb, outsiders=frozenset({"usr_x"}), responders=frozenset({"usr_r"}))


def test_every_verb_is_said_as_data_and_decided() -> None:
    about_verdict = {verbs.OverrideVerdict, verbs.ComputeVerdict, verbs.ConfirmAction}
    assert set(TAGS.values()) == set(deciding.HANDLERS) | about_verdict
    assert verb_of({"verb": "save_section", "section": "Impact", "text": "x"}) == verbs.SaveSection(
        section=Section.IMPACT, text="x"
    )
    assert tag(verbs.Submit) == "submit"
    for wrong in (
        {"verb": "eat"},
        {"verb": "submit", "now": 1},
        {"verb": "set_title"},
        {"verb": "book_review", "at": "x"},
    ):
        with pytest.raises(Refused):
            verb_of(wrong)
