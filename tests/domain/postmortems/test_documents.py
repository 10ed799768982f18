"""A draft from facts, its merge with what people write, and documents on their way out and in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.postmortems import export_markdown, import_markdown, merge, saidtimes, slides, timeline
from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType, Proof
from firebell.domain.postmortems.draft import Facts, Guess, Measured, Moment, Posted, Spent, draft
from firebell.domain.postmortems.export_markdown import Stamp, one_line, tidy
from firebell.domain.postmortems.model import Document, Evidence, Factor, Section, Why, WhyKind
from firebell.domain.postmortems.slides import Response
from firebell.domain.postmortems.timeline import Covers, Entry
from firebell.kernel.clock import Instant, plus
from tests.domain.postmortems.roster import ROSTER


def at(clock: str) -> Instant:
    return Instant.parse_iso(f"2026-03-02T{clock}:00Z")


FACTS = Facts(
    reference="INC-12",
    title="Checkout errors",
    peak="SEV1",
    severity_s=(("SEV3", 600), ("SEV1", 1800), ("SEV2", 1200)),
    impact="Checkout answered errors",
    mitigation="rollback of deploy 123",
    detected_by="alert",
    moments=(
        Moment(name="impact_started", at=at("10:00")),
        Moment(name="detected", at=at("10:07")),
        Moment(name="mitigated", at=at("10:50")),
        Moment(name="resolved", at=at("11:30")),
        Moment(name="first_public_post", at=None),
    ),
    measures=(
        Measured(name="time_to_detect", seconds=420),
        Measured(name="time_to_mitigate", seconds=3000),
        Measured(name="stage_mitigate", seconds=2460, stage=True),
        Measured(name="time_to_first_post", words="first public post is not known yet"),
    ),
    entries=(Entry(at=at("10:12"), text="The Incident Commander took command.", url="https://x.example.com/1"),),
    updates=(Posted(at=at("10:20"), audience="internal", text="Rolling back.", promise="kept"),),
    changes=(Entry(at=at("09:58"), text="Deploy 123 of checkout"),),
    guesses=(
        Guess(text="The deploy", evidence="graph"),
        Guess(text="DNS", eliminated=True, against="no lookup failed"),
    ),
    components=("Checkout",),
    customers="4 % of orders",
    spent=(Spent(slo="availability", permille=230, bad=120, total=3000),),
    left_open=("Add request log",),
    process=("One promise was late by 301 s",),
)


# ------------------------------------------------------------------ the draft


def test_a_draft_says_what_is_known_and_asks_for_the_rest() -> None:
    document = draft(FACTS)
    assert document.title == "INC-12: Checkout errors"
    assert "SEV3 10 min, SEV1 30 min, SEV2 20 min" in document.text(Section.SUMMARY)
    assert "time to first post not measured (first public post is not known yet)" in document.text(Section.SUMMARY)
    assert "From the stage before: stage mitigate 41 min." in document.text(Section.SUMMARY)
    assert "Visible for: 50 min" in document.text(Section.IMPACT)
    assert "Budget of availability: 23 % spent, 120 of 3000 requests" in document.text(Section.IMPACT)
    assert "DNS (no lookup failed)" in document.text(Section.ROOT_CAUSE)
    assert "Add request log" in document.text(Section.ACTION_ITEMS)
    assert [why.condition for why in document.whys] == ["Checkout answered errors"]
    assert document.text(Section.LESSONS).count("###") == 3


def test_its_timeline_begins_before_the_incident_and_covers_it() -> None:
    text = draft(FACTS).text(Section.TIMELINE)
    entries = timeline.parsed(text)
    assert entries[0].text == "Deploy 123 of checkout"
    assert [one.at for one in entries] == sorted(one.at for one in entries if one.at)
    assert timeline.covered(entries) == frozenset(Covers)
    assert entries[3].url == "https://x.example.com/1"
    assert "Not known: first public post." in text


def test_the_same_facts_give_the_same_draft_and_no_facts_give_one_too() -> None:
    assert draft(FACTS) == draft(FACTS)
    empty = draft(Facts(reference="INC-1", title=""))
    assert set(empty.texts) == set(Section)
    assert "not known yet" in empty.text(Section.IMPACT)


def test_a_drill_says_so() -> None:
    assert draft(replace(FACTS, kind="drill")).text(Section.SUMMARY).startswith("**DRILL**")


# ------------------------------------------------------------------ the merge


def test_an_untouched_section_is_replaced_and_a_touched_one_is_kept() -> None:
    base = merge.base_of("a\nb")
    assert merge.merge("a\nb", base, "a\nc") == merge.Merged(text="a\nc", base=merge.base_of("a\nc"))
    kept = merge.merge("a\nb\nmine", base, "a\nc")
    assert (kept.text, kept.offers, kept.gone, kept.touched) == ("a\nb\nmine", ("c",), ("b",), True)
    assert kept.base == base


def test_what_was_emptied_on_purpose_stays_empty() -> None:
    assert merge.merge("", merge.base_of("a"), "a\nb").text == ""
    assert merge.merge("", None, "a").text == "a"


def test_taken_lines_are_not_offered_again_and_stand_at_their_time() -> None:
    mine = "Times are UTC.\n- 2026-03-02 10:00 UTC: begin\n  more of it\n- 2026-03-02 11:00 UTC: my own words"
    fresh = "- 2026-03-02 10:00 UTC: begin\n- 2026-03-02 10:30 UTC: between"
    base = merge.base_of("- 2026-03-02 10:00 UTC: begin")
    [offer] = merge.merge(mine, base, fresh).offers
    taken = merge.take(mine, (offer,), Section.TIMELINE)
    assert taken.split("\n")[2:4] == ["  more of it", "- 2026-03-02 10:30 UTC: between"]
    assert merge.merge(taken, base, fresh).offers == ()
    assert merge.take("- 2026-03-02 11:00 UTC: x", (offer,), Section.TIMELINE).startswith(offer)


TEXT = st.text(st.sampled_from("ab#- \n`:19U\r\u2028é"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, TEXT, st.sampled_from(Section))
def test_a_merge_never_loses_a_persons_text(drafted: str, written: str, fresh: str, section: Section) -> None:
    base = merge.base_of(drafted)
    merged = merge.merge(written, base, fresh)
    if merge.is_touched(written, base):
        assert merged.text == written
        taken = merge.take(merged.text, merged.offers, section)
        left = iter(taken.split("\n"))
        assert all(line in left for line in written.split("\n") if line.strip())
        assert merge.merge(taken, merged.base, fresh).offers == ()
    else:
        assert written.strip() == drafted.strip()


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


@pytest.mark.parametrize(
    ("line", "expected", "text"),
    [
        ("- 2026-03-02 10:12 UTC: begin", "2026-03-02T10:12:00Z", "begin"),
        ("- 2026-03-02T10:12:30Z begin", "2026-03-02T10:12:30Z", "begin"),
        ("10:12 +02:00 - begin", "2026-03-02T08:12:00Z", "begin"),
        ("[10:12] begin", "2026-03-02T10:12:00Z", "begin"),
        ("**10:12 PST** – begin", "2026-03-02T18:12:00Z", "begin"),
        ("- 10:12 SEV2 declared", "2026-03-02T10:12:00Z", "SEV2 declared"),
        ("12:05 am: begin", "2026-03-02T00:05:00Z", "begin"),
    ],
)
def test_times_are_read_as_people_write_them(line: str, expected: str, text: str) -> None:
    [one] = timeline.parsed(line, at("00:00").to_tz("UTC").date())
    assert one.at == Instant.parse_iso(expected)
    assert one.text == text


@pytest.mark.parametrize("line", ["- 2026-02-30 10:12 UTC: x", "- 10:12 x"])
def test_a_time_that_is_none_is_kept_with_its_problem(line: str) -> None:
    [one] = timeline.parsed(line)
    assert one.at is None
    assert one.problem


@given(
    st.lists(
        st.builds(
            Entry,
            at=st.integers(0, 10**6).map(lambda s: plus(at("10:00"), s)),
            text=st.just("a b"),
            corrected=st.booleans(),
        ),
        max_size=6,
    )
)
def test_written_entries_are_read_back(entries: list[Entry]) -> None:
    assert sorted(timeline.parsed(timeline.written(entries)), key=repr) == sorted(entries, key=repr)


# ------------------------------------------------------------------ said and measured

KNOWN = {"time_to_detect": 420, "time_to_mitigate": 98 * 60, "stage_mitigate": 91 * 60, "time_to_resolve": 7200}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("The outage lasted 110 min.", ["text says 110 min, milestones give 98"]),
        ("The outage lasted 98 minutes.", []),
        ("The outage lasted 1 h 38 min.", []),
        ("It was mitigated after 91 min.", []),
        ("It was mitigated after 99 min.", []),
        ("It was mitigated after 100 min.", ["text says 100 min, milestones give 98"]),
        ("It was detected after 7 min and resolved after 3 hours.", ["text says 180 min, milestones give 120"]),
        ("The job runs every 30 min.", []),
        ("> the outage lasted 110 min", []),
    ],
)
def test_durations_in_prose_are_held_against_the_milestones(text: str, messages: list[str]) -> None:
    assert [one.message for one in saidtimes.durations(text, KNOWN)] == messages


def test_dates_far_from_the_incident_are_flagged() -> None:
    text = "On 2026-03-02, 2025-03-02, 2026-01-31, 2026-04-01, 2026-04-02 and 2026-02-30."
    found = [text[one.start : one.end] for one in saidtimes.dates(text, at("10:00"), at("11:00"))]
    assert found == ["2025-03-02", "2026-04-02", "2026-02-30"]


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
