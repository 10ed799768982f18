"""What the pages of postmortems are made of: forms as verbs, times as entries, the tree, and suggestions taken."""

from __future__ import annotations

import pytest

from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.blameless import Names, Person
from firebell.domain.postmortems.model import Document, Evidence, Factor, Section, Why, WhyKind
from firebell.entrypoints.web import postmortem_lint, side_by_side
from firebell.entrypoints.web.postmortem_forms import due_at, verb_of, verbs_by_tag
from firebell.entrypoints.web.postmortem_tree import tree
from firebell.entrypoints.web.postmortem_view import timeline_parts
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, NotFound

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
ZONE = "Europe/Berlin"
BOB = Names(people=(Person(id="usr_1", display_name="Bob Okafor", role="Incident Commander"),))


def test_a_form_says_what_it_sends_and_leaves_the_rest() -> None:
    form = {
        "parent": ["w1"], "condition": [" Nothing limits a push "], "kind": ["condition"],
        "detection": ["false", "true"], "evidence_kind": ["log", "link"], "evidence_ref": ["https://a.example.com", ""],
    }  # fmt: skip
    asked = verb_of("add_why", form, ZONE, NOW)
    evidence = (Evidence(kind="log", ref="https://a.example.com"),)
    assert asked == verbs.AddWhy(parent="w1", condition="Nothing limits a push", detection=True, evidence=evidence)
    edit = verb_of("edit_action", {"action": ["act_1"], "owner_id": [""]}, ZONE, NOW)
    assert edit == verbs.EditAction(action="act_1", owner_id=""), "nobody, and everything else as it is"
    assert verb_of("set_facilitator", {"user_id": [""]}, ZONE, NOW) == verbs.SetFacilitator(user_id=None)
    saved = verb_of("save_section", {"section": ["Impact"], "text": ["  98 min\r\n"]}, ZONE, NOW)
    assert saved == verbs.SaveSection(section=Section.IMPACT, text="  98 min\n"), "not a blank is lost"
    assert verb_of("record_meeting", {"started_at": ["now"]}, ZONE, NOW) == verbs.RecordMeeting(started_at=NOW)
    assert verb_of("take_offers", {"section": ["Impact"], "lines": ["a", "b"]}, ZONE, NOW) == verbs.TakeOffers(
        section=Section.IMPACT, lines=("a", "b")
    )


@pytest.mark.parametrize(
    ("tag", "form", "field"),
    [
        ("revise", {"reason": [""]}, "reason"), ("add_comment", {"section": ["Impact"], "text": [" "]}, "text"),
        ("add_comment", {"section": ["A seventh"], "text": ["x"]}, "section"), ("set_owner", {}, "user_id"),
        ("add_action", {"text": ["Add it"], "due_at": ["soon"]}, "due_at"),
        ("restore", {"revision": ["x"]}, "revision"),
    ],
)  # fmt: skip
def test_a_form_names_the_input_that_is_wrong(tag: str, form: dict[str, list[str]], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        verb_of(tag, form, ZONE, NOW)
    assert refused.value.field == field


def test_there_is_a_form_for_every_verb_and_for_nothing_else() -> None:
    assert set(verbs_by_tag().values()) == set(verbs.Verb.__subclasses__())
    with pytest.raises(NotFound):
        verb_of("drop_everything", {}, ZONE, NOW)


def test_a_day_is_over_at_its_end_and_never_beyond_what_is_allowed() -> None:
    assert due_at("2026-03-17", ZONE) == Instant.parse_iso("2026-03-17T22:59:00Z")
    latest = Instant.parse_iso("2026-03-17T09:00:00Z")
    assert due_at("2026-03-17", ZONE, latest) == latest
    assert due_at("2026-03-18", ZONE, latest) > latest, "a day beyond is the rules' to refuse"


def test_lines_with_a_time_are_entries_and_the_rest_stays_between_them() -> None:
    parts = timeline_parts(
        "Times are UTC.\n\n- 2026-03-02 10:12 UTC: errors rise [evidence](/incidents/inc_1)\n- 10:20 UTC: paged\n\n"
        "A pause.\n\n- 10:41 UTC: rolled back (corrected)"
    )
    assert [part.text.strip() for part in parts] == ["Times are UTC.", "", "A pause.", ""]
    first, second = parts[1].entries
    assert (first.text, first.url) == ("errors rise", "/incidents/inc_1")
    assert second.at == Instant.parse_iso("2026-03-02T10:20:00Z"), "the day is that of the line before"
    assert parts[3].entries[0].corrected
    assert timeline_parts("") == []


def test_the_tree_shows_what_each_answer_lacks_and_which_action_changes_it() -> None:
    whys = (
        Why(id="w1", condition="Payments fail"),
        Why(id="w2", parent="w1", condition="No limit per push", evidence=(Evidence(kind="link", ref="https://a"),)),
        Why(id="w3", parent="w1", condition="unknown", kind=WhyKind.UNKNOWN, detection=True),
    )
    factor = Factor(id="f1", kind="config", text="No limit", why_ids=("w2",))
    item = ActionItem(id="act_1", text="Limit a push to one region", factor_ids=("f1",))
    found = tree(Document(title="x", whys=whys, factors=(factor,), actions=(item,)), "SEV1")
    assert found.root is not None
    second, third = found.root.children
    assert second.actions == ["Limit a push to one region"]
    assert second.problems == []
    assert [str(one.check) for one in third.problems] == ["W1", "W8"]
    assert not found.valid
    assert found.below("w1") == {"w1", "w2", "w3"}
    declined = ActionItem(id="act_1", text="x", factor_ids=("f1",), state=ActionState.DECLINED)
    again = tree(Document(title="x", whys=whys, factors=(factor,), actions=(declined,)), "SEV1")
    assert again.root is not None
    assert again.root.children[0].actions == [], "what was declined changes nothing"


def test_a_suggestion_takes_the_place_of_its_sentence_and_a_role_that_of_its_name() -> None:
    text = "🔥 Payments failed. Bob Okafor forgot the flag. It was rolled back."
    said = postmortem_lint.said(text, BOB, Section.SUMMARY, ())
    assert said.named == 1
    name, omission = said.hits
    assert (name.was, text[name.start : name.end]) == ("Bob Okafor", "Bob Okafor")
    assert omission.was == "Bob Okafor forgot the flag."
    which = f"{omission.hit.start}:{omission.hit.key}:0"
    taken = postmortem_lint.taken(text, BOB, Section.SUMMARY, which)
    assert taken == f"🔥 Payments failed. {omission.suggestions[0]} It was rolled back."
    assert postmortem_lint.said(taken, BOB, Section.SUMMARY, ()).hits == []
    with pytest.raises(Invalid):
        postmortem_lint.taken("Something else.", BOB, Section.SUMMARY, which)
    aside = postmortem_lint.said(text, BOB, Section.SUMMARY, {omission.hit.key, name.hit.key})
    assert [row.hit.family for row in aside.hits] == [name.hit.family], "a name is never set aside"
    assert len(aside.aside) == 1


def test_two_versions_mark_words_and_escape_them() -> None:
    found = side_by_side.compared("a <b> c\nsame\n", "a <b> d\nsame\nmore\n")
    assert found.left == "a &lt;b&gt; <del>c</del>\nsame\n"
    assert found.right == "a &lt;b&gt; <ins>d</ins>\nsame\n<ins>more\n</ins>"
