"""Documents on their way out and in: Markdown that comes back as it was, anybody's Markdown, and the review deck."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.postmortems import export_markdown, import_markdown, slides, timeline
from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType, Proof
from firebell.domain.postmortems.export_markdown import Stamp, one_line, tidy
from firebell.domain.postmortems.model import Document, Evidence, Factor, Section, Why, WhyKind
from firebell.domain.postmortems.slides import Response
from firebell.domain.postmortems.timeline import Entry
from firebell.kernel.clock import Instant, plus
from tests.domain.postmortems.roster import ROSTER


def at(clock: str) -> Instant:
    return Instant.parse_iso(f"2026-03-02T{clock}:00Z")


# ------------------------------------------------------------------ Markdown, out and in

STAMP = Stamp(revision=3, at=at("12:00"), audience="organisation")
WHOLE = Document(
    title="Checkout errors",
    texts={
        Section.SUMMARY: "# a heading of mine\n## Timeline\n\\## escaped already\n<!-- firebell whys -->\ntext",
        Section.TIMELINE: "- 2026-03-02 10:00 UTC: begin",
        Section.ACTION_ITEMS: "- [ ] not one of the agreed <!-- {} -->",
        Section.LESSONS: "### What went well\n\nLuck.",
    },
    whys=(
        Why(id="w1", condition="Errors"),
        Why(
            id="w2", parent="w1", condition="A <b> --> c", evidence=(Evidence(kind="log", ref="https://x.example.com"),)
        ),
        Why(id="w3", parent="w1", condition="", kind=WhyKind.ACCEPTED_RISK, reason="too dear", detection=True),
        Why(id="w4", parent="w2", condition="deeper <!-- {"),
    ),
    factors=(
        Factor(id="f1", kind="config", text="No limit", why_ids=("w2",), service_ids=("svc_1",), mechanism="rollout"),
    ),
    actions=(
        ActionItem(
            id="a1",
            text="Add a limit",
            type=ActionType.PREVENT,
            owner_id="usr_maria",
            due_at=at("09:00"),
            end_state="10 per minute",
            state=ActionState.DONE,
            done_at=at("10:00"),
            factor_ids=("f1",),
            proof=Proof(kind="change", ref="https://git.example.com/7", note="by Maria Rossi"),
        ),
        ActionItem(id="a2", text="Look"),
    ),
    trigger="config_push",
    detected_by="alert",
    no_actions_because="",
)


def test_an_export_comes_back_as_the_same_document() -> None:
    text = export_markdown.export(WHOLE, STAMP)
    found = import_markdown.read(text)
    assert found.ours
    assert found.document == WHOLE
    assert "*Revision 3 · 2026-03-02 12:00 UTC · organisation*" in text
    assert [line for line in text.split("\n") if line.startswith("## ")] == [f"## {one.value}" for one in Section]


def test_no_name_leaves_in_an_export() -> None:
    named = replace(WHOLE, texts={Section.SUMMARY: "Maria Rossi and Will Stone looked.\n> June Okafor: go"})
    text = export_markdown.export(named, STAMP, ROSTER)
    for name in ("Maria", "Rossi", "Will Stone", "June", "Okafor"):
        assert name not in text
    assert "Owner: the on-call engineer" in text


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
_LINES = _WORDS.map(one_line)
_TEXTS = st.dictionaries(
    st.sampled_from(Section),
    st.one_of(
        _WORDS,
        st.lists(st.sampled_from(["# x", "## Impact", "\\## y", "<!-- firebell whys -->", "```", "", "- a"])).map(
            "\n".join
        ),
    ).map(tidy),
)
_ACTIONS = st.lists(
    st.builds(
        ActionItem, id=st.just("a1"), text=_LINES, end_state=_LINES, reason=_WORDS, state=st.sampled_from(ActionState)
    ),
    max_size=2,
).map(tuple)


@st.composite
def _trees(draw: st.DrawFn) -> tuple[Why, ...]:
    size = draw(st.integers(0, 6))
    return tuple(
        Why(
            id=f"w{n}",
            parent=f"w{draw(st.integers(0, n - 1))}" if n else None,
            condition=draw(_LINES),
            reason=draw(_WORDS),
        )
        for n in range(size)
    )


@settings(max_examples=200, deadline=None)
@given(_LINES, _TEXTS, _trees(), _ACTIONS, _WORDS)
def test_any_tidy_document_makes_the_round_trip(
    title: str, texts: dict[Section, str], tree: tuple[Why, ...], items: tuple[ActionItem, ...], because: str
) -> None:
    document = Document(
        title=title, texts={one: text for one, text in texts.items() if text}, whys=tree, actions=items,
        no_actions_because=because,
    )  # fmt: skip
    assert import_markdown.read(export_markdown.export(document, STAMP)).document == document


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(st.sampled_from(export_markdown.export(WHOLE, STAMP).split("\n"))).map("\n".join),
    )
)
def test_any_text_can_be_imported(text: str) -> None:
    import_markdown.read(text)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("- Errors <!--", "    - Errors <!--", "hangs below nothing"),
        ("postmortem 1 {", 'postmortem 1 {"mood":"good",', "“mood” is no field of a postmortem"),
    ],
)
def test_an_export_that_was_changed_by_hand_is_read_as_anybodys(before: str, after: str, said: str) -> None:
    text = export_markdown.export(WHOLE, STAMP)
    assert before in text
    found = import_markdown.read(text.replace(before, after, 1))
    assert not found.ours
    assert said in found.warnings[0]
    assert found.document.title == WHOLE.title


FOREIGN = """# Outage of the shop

Written on 2026-03-03. All times in CET.

## What happened
The shop was down.

## Impact
1200 orders.

## Timeline
| time | event |
|---|---|
| 23:50 | First errors |
| 00:07 | The alert fired |
- **00:30** - rolled back
* 1:10 am: resolved
and a line without a time

## Root Cause Analysis
No limit.

## Appendix
Logs.

## Action Items
- [ ] Add a limit of 10 (2026-03-20)
- [x] Improve monitoring

## What went well
The rollback.
"""


def test_a_foreign_postmortem_keeps_its_timeline_word_for_word() -> None:
    found = import_markdown.read(FOREIGN)
    assert found.document.title == "Outage of the shop"
    assert "| 23:50 | First errors |" in found.document.text(Section.TIMELINE)
    assert "and a line without a time" in found.document.text(Section.TIMELINE)
    times = [one.at.format_iso() for one in found.entries if one.at]
    assert times == [
        "2026-03-03T22:50:00Z", "2026-03-03T23:07:00Z", "2026-03-03T23:30:00Z", "2026-03-04T00:10:00Z",
    ]  # fmt: skip
    assert [one.text for one in found.entries] == ["First errors", "The alert fired", "rolled back", "resolved"]


def test_nothing_of_a_foreign_postmortem_is_thrown_away_and_what_lacks_is_said() -> None:
    found = import_markdown.read(FOREIGN)
    everything = "\n".join(found.document.texts.values())
    for words in ("The shop was down.", "1200 orders.", "No limit.", "Logs.", "The rollback.", "### Appendix"):
        assert words in everything
    assert [item.text for item in found.document.actions] == ["Add a limit of 10 (2026-03-20)", "Improve monitoring"]
    assert "“Appendix” is none of the six sections; it is kept in the Summary." in found.warnings
    assert "“Add a limit of 10 (2026-03-20)” lacks: owner, type." in found.warnings
    assert "“Improve monitoring” lacks: owner, due, type." in found.warnings


# ------------------------------------------------------------------ the deck


def test_a_deck_has_exactly_six_slides_with_one_idea_each() -> None:
    shown = slides.deck(
        WHOLE, STAMP, Response(severity=("SEV1",), roles=("Incident Commander",), budget=("23 % spent",))
    )
    assert [(one.number, one.title) for one in shown.slides] == list(enumerate(slides.TITLES, 1))
    assert shown.foot == "Revision 3 · 2026-03-02 12:00 UTC · organisation"
    assert all(one.lines for one in shown.slides)
    assert slides.deck(Document(title=""), STAMP, Response()).slides[3].lines == ("not known yet",)


def test_what_does_not_fit_is_cut_and_says_so() -> None:
    entries = [Entry(at=plus(at("10:00"), n * 60), text=f"line {n}") for n in range(40)]
    entries.append(Entry(at=at("11:30"), text="resolved"))
    document = Document(
        title="x" * 300, texts={Section.TIMELINE: timeline.written(entries), Section.IMPACT: "word " * 90}
    )
    shown = slides.deck(document, STAMP, Response())
    story = shown.slides[2]
    assert story.cut
    assert len(story.lines) == slides.LINES_MAX
    assert story.lines[-1] == "… see document"
    assert "11:30 UTC resolved" in story.lines
    assert shown.slides[4].cut
    assert all(len(line) <= slides.CHARS_MAX for one in shown.slides for line in one.lines)


def test_the_deck_names_nobody_and_keeps_the_watermark() -> None:
    document = Document(
        title="Maria Rossi", texts={Section.SUMMARY: "**Maria** [Rossi](https://x.example.com) looked."}
    )
    shown = slides.deck(document, replace(STAMP, drill=True), Response(roles=("IC: June Okafor",)), ROSTER)
    words = " ".join(line for one in shown.slides for line in one.lines) + shown.title
    assert "Maria" not in words
    assert "June" not in words
    assert shown.watermark == "DRILL"
