"""The blameless linter: subjects before phrases, silence when unsure, and only names in the way of publishing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.postmortems.blameless import (
    NOBODY,
    Family,
    Hit,
    Level,
    Names,
    Person,
    accepted,
    lint,
    still_open,
    unnamed,
)
from firebell.domain.postmortems.blameless.linter import RULES
from firebell.domain.postmortems.blameless.names import find
from firebell.domain.postmortems.model import Section
from tests.domain.postmortems.roster import ROSTER, Sentence, sentences

TABLE = (Path(__file__).parent / "table.txt").read_text(encoding="utf-8")
ROWS = [tuple(part.strip() for part in line.split(" | ")) for line in TABLE.splitlines()[1:]]

SILENT = """
The pod failed to start.
The check did not verify the checksum.
The lock was never released.
Human error is never a root cause.
`operator error`
> we should have known
We should have a staging area.
Customers should have received a receipt.
Disaster recovery took 40 min.
The alert fired for checkout.
Requests without authorization were refused.
The attacker bypassed review.
An error on an engineer's laptop triggered the job.
# Review actions
It could not have been detected by the present alert.
""".strip().splitlines()


def said(text: str, **where: Section) -> set[tuple[str, str]]:
    return {(hit.family.value, hit.level.value) for hit in lint(text, ROSTER, **where)}


@pytest.mark.parametrize(("written", "expected", "instead"), ROWS)
def test_every_row_of_the_table(written: str, expected: str, instead: str) -> None:
    family, level = expected.split()
    assert said(written) == {(family, level)}
    assert said(instead) == set()


@pytest.mark.parametrize("written", SILENT)
def test_what_must_stay_silent(written: str) -> None:
    assert said(written) == set()


@pytest.mark.parametrize("one", sentences(), ids=lambda one: one.text[:60])
def test_own_sentences_never_draw_a_word_too_many(one: Sentence) -> None:
    assert said(one.text) <= {(one.family, one.level)}


def test_precision_and_recall_over_own_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    true = false = missed = 0
    for one in sentences():
        expected = {(one.family, one.level)} if one.level else set()
        found = said(one.text)
        true += len(found & expected)
        false += len(found - expected)
        missed += len(expected - found)
    precision, recall = true / (true + false), true / (true + missed)
    with capsys.disabled():
        print(f"\n{len(sentences())} sentences: precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.98
    assert recall >= 0.95


def test_every_family_has_at_least_five_sentences_of_either_kind() -> None:
    blameful = Counter(one.family for one in sentences() if one.level)
    neutral = Counter(one.family for one in sentences() if not one.level)
    assert len(sentences()) >= 150
    for family in Family:
        assert blameful[family.value] >= 5, family
        assert neutral[family.value] >= 5, family


def test_every_suggestion_is_itself_clean_and_every_hit_has_one() -> None:
    for one in sentences():
        for hit in lint(one.text, ROSTER):
            assert 1 <= len(hit.suggestions) <= 2, one
            assert hit.why.endswith(".")
            for words in hit.suggestions:
                assert lint(words, ROSTER) == [], words


def test_a_suggestion_never_repeats_blame_of_the_sentence_it_replaces() -> None:
    [hit, *_] = lint("The engineer forgot to tell the careless reviewer, who should have asked.")
    for words in hit.suggestions:
        assert lint(words) == []


@pytest.mark.parametrize("one", RULES, ids=lambda one: f"{one.family} {min(one.at)}")
def test_every_rule_says_why_in_one_sentence(one: object) -> None:
    assert str(one.why).count(". ") == 0  # type: ignore[attr-defined]


# ------------------------------------------------------------------ where


BOARD = """# A postmortem

## Summary
They should have rolled back.

## Lessons learned
### What went well
They should have rolled back.

## Action items
- They should have rolled back.
- Remind everyone to roll back.

## Appendix
They should have rolled back.
"""


def test_the_section_decides_what_counts() -> None:
    found = [(hit.family.value, hit.level.value) for hit in lint(BOARD)]
    assert found == [("F5", "H"), ("F5", "L"), ("F9", "M"), ("F5", "H")]


def test_a_single_section_is_told_where_it_stands() -> None:
    text = "This should have been caught. It was obvious."
    assert said(text, section=Section.LESSONS) == {("F5", "L"), ("F6", "L")}
    assert said(text, section=Section.ACTION_ITEMS) == set()
    assert said(text, section=Section.IMPACT) == {("F5", "M"), ("F6", "M")}


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("The engineer forgot the flag.", "H"),
        ("We forgot the flag.", "M"),
        ("I forgot the flag.", "L"),
        ("Our team forgot the flag.", "H"),
    ],
)
def test_self_report_is_not_blame(written: str, level: str) -> None:
    assert said(written) == {("F4", level)}


@pytest.mark.parametrize(
    "written",
    [
        "```\nThe team ignored the alert.\n```",
        "~~~ text\nThe team ignored the alert.",
        "> The team ignored the alert,\nand the engineer forgot it.",
        "The team ignored the alert\n==========================",
        "[a link](https://example.com/the-team-ignored-it?because=human-error)",
        "The log of `the team ignored the alert` is kept.",
        "---\ntitle: The team ignored the alert\n---\nText.",
        'She wrote "we should have known this before" in the channel.',
        "<!-- The team ignored the alert. -->",
    ],
)
def test_what_is_quoted_or_no_prose_is_left_alone(written: str) -> None:
    assert lint(written) == []


def test_emphasis_and_line_breaks_hide_nothing() -> None:
    assert said("The **on-call\nengineer** _forgot_ to renew it.") == {("F4", "H")}
    assert said("| who | what |\n|---|---|\n| a | The team ignored the alert |") == {("F4", "H")}


def test_a_sentence_does_not_borrow_its_subject_from_the_one_before() -> None:
    assert said("Thanks to the engineer. Failed to start: the pod.\n\n- the team\n- ignored labels") == set()


def test_a_service_with_a_persons_name_is_a_service() -> None:
    names = Names(people=ROSTER.people, things=("rossi",))
    assert lint("rossi failed to start.", names) == []


# ------------------------------------------------------------------ names


def test_names_become_the_roles_held_at_that_time() -> None:
    text = "@maria restarted it. Maria's shell was open, and Will Stone asked June Okafor. Mark Lindqvist slept."
    assert unnamed(text, ROSTER) == (
        "The on-call engineer restarted it. The on-call engineer's shell was open, and responder 1 asked "
        "the Incident Commander. Responder 2 slept."
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("The Incident Commander June Okafor agreed.", "The Incident Commander agreed."),
        ("See `maria` and https://example.com/maria.", "See `maria` and https://example.com/maria."),
        ("> Maria: on it", "> The on-call engineer: on it"),
        ("Will it hold? In June it did.", "Will it hold? In June it did."),
    ],
)
def test_names_are_replaced_in_quotations_and_left_in_code(written: str, expected: str) -> None:
    assert unnamed(written, ROSTER) == expected


def test_only_names_block_and_cannot_be_dismissed() -> None:
    hits = lint("Maria Rossi ignored the alert.", ROSTER)
    assert {hit.level for hit in hits} == {Level.GATE, Level.HIGH}
    left = still_open(hits, [hit.key for hit in hits])
    assert [hit.family for hit in left] == [Family.NAME]
    assert left[0].person_id == "usr_maria"


def test_a_dismissal_is_for_that_exact_sentence() -> None:
    [hit] = lint("The team ignored the alert.")
    [same] = lint("Before. The team\nignored the alert.")
    [other] = lint("The team ignored the second alert.")
    assert hit.key == same.key
    assert still_open([other], [hit.key]) == [other]


def test_an_unknown_handle_is_a_name_and_a_group_is_not() -> None:
    assert said("@somebody restarted it.") == {("F15", "gate")}
    assert said("@here: @platform-team has it; uses actions/checkout@v4 and @types/node.") == set()


# ------------------------------------------------------------------ properties

_PIECES = st.sampled_from(
    [
        *(one.text for one in sentences()), "\n", "\n\n", "- ", "# ", "> ", "```\n", "`", "|", "**", "Maria", " Will ",
        "@", "June ", "’s", "\u0130", "\u2028", "\ue000", "\ud800", "!!", "[x](", ")", "<!--", "-->", "The engineer ",
        "forgot ",
    ]
)  # fmt: skip
_PEOPLE = st.builds(Person, id=st.text(max_size=3), display_name=st.text(max_size=12))
_MIXED = st.lists(_PIECES, max_size=12)
TEXTS = st.one_of(st.text(max_size=300), _MIXED.map(" ".join), _MIXED.map("".join))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_it_never_fails_and_stays_within_the_text(text: str) -> None:
    for hit in lint(text, ROSTER):
        assert 0 <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.quote
        assert 0 <= hit.sentence[0] <= hit.sentence[1] <= len(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_replacing_names_twice_changes_nothing_more_and_leaves_none(text: str) -> None:
    once = unnamed(text, ROSTER)
    assert unnamed(once, ROSTER) == once


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_taking_every_suggestion_comes_to_an_end(text: str) -> None:
    for _ in range(60):
        hits = lint(text, ROSTER)
        after = _taken(text, hits)
        if after == text:
            break
        text = after
    assert lint(text, ROSTER) == []


def _taken(text: str, hits: list[Hit]) -> str:
    return accepted(text, hits[-1], ROSTER) if hits else text


@settings(max_examples=100, deadline=None)
@given(st.lists(_PEOPLE, max_size=4), st.text(max_size=80))
def test_any_roster_will_do(people: list[Person], text: str) -> None:
    lint(text, Names(people=tuple(people)))
    unnamed(text, Names(people=tuple(people)))


def test_nobody_is_a_roster_too() -> None:
    assert lint("Maria Rossi restarted it.", NOBODY) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("INC-1: Payments take more than a minute", []),
        ("The Payments team rolled back, and Payments recovered.", []),
        ("The lead of the platform asked support.", []),
        ("Payments Lead rolled back.", ["Payments", "Lead"]),
        ("@payments-lead rolled back.", ["@payments-lead"]),
        ("Ann from Search looked.", ["Ann"]),
        ("Search was slow.", []),
    ],
)
def test_an_account_called_after_its_duty_is_not_named_by_the_words_of_services_and_teams(
    text: str, named: list[str]
) -> None:
    roster = Names(
        people=(
            Person(id="u1", display_name="Payments Lead", handles=("payments-lead",)),
            Person(id="u2", display_name="Ann Search", handles=("ann",)),
        ),
        things=("Payment gateway", "payments", "Search"),
    )
    found = [text[one.start : one.end] for one in find(text, roster)]
    assert " ".join(found).split() == " ".join(named).split()
