"""Is this the same text again?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.comms.duplicates import Likeness, likeness, normalised, numbers, ratio, worn_out

VECTORS = [
    (
        "We continue to investigate the issue. Next update by 14:30 UTC.",
        "We continue to investigate the issue. Next update by 15:00 UTC.",
        Likeness.SAME, 1.0,
    ),
    (
        "We are still investigating elevated errors in checkout.",
        "We're still investigating the elevated errors in checkout.",
        Likeness.CLOSE, 0.955,
    ),
    ("Error rate fell from 12 % to 7 %.", "Error rate fell from 7 % to 3 %.", Likeness.DIFFERENT, 0.921),
    ("A fix is being rolled out.", "A fix has been rolled out to all regions.", Likeness.DIFFERENT, 0.677),
]  # fmt: skip


@pytest.mark.parametrize(("previous", "new", "expected", "score"), VECTORS)
def test_the_vectors_of_the_specification(previous: str, new: str, expected: Likeness, score: float) -> None:
    assert round(ratio(previous, new), 3) == score
    assert likeness(previous, new) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Errors at 14:30 UTC.",
        "Errors at 14:30:15.",
        "Errors at 2:30 pm.",
        "Errors at 14:30 CEST.",
        "Errors at 14:30 +02:00.",
        "Errors at 2026-03-02 14:30 UTC.",
        "Errors at 2026-03-02T14:30Z.",
        "Errors at 14:30 Europe/Berlin.",
        "Errors at 2 March 2026, 14:30.",
        "Errors at 02.03.2026 14:30.",
        "Errors at. Next update within 30 minutes (by 15:00 UTC).",
        "Next update: 15:00. Errors at",
        "ERRORS  at!",
        "Errors at",
    ],
)
def test_times_dates_zones_and_the_next_update_do_not_make_a_text_new(text: str) -> None:
    assert normalised(text) == "errors at"


def test_a_per_cent_sign_stays_and_other_punctuation_does_not() -> None:
    assert normalised("5% (of all) requests—failing!") == "5% of all requests failing"


def test_a_slash_between_words_is_no_zone() -> None:
    assert normalised("Search/Login is slow") == "search login is slow"


def test_full_width_letters_are_the_same_letters() -> None:
    assert likeness("Ｅｒｒｏｒｓ in checkout", "errors in checkout") is Likeness.SAME


def test_numbers_are_those_that_are_no_times() -> None:
    assert numbers("From 12 % at 14:30 UTC to 7.5 % in 3 regions on 2026-03-02.") == ["12", "7.5", "3"]


def test_the_same_words_with_other_numbers_pass_however_alike() -> None:
    assert likeness("We see errors in 3 regions of Europe.", "We see errors in 2 regions of Europe.") is (
        Likeness.DIFFERENT
    )


def test_the_third_use_of_a_sentence_is_found() -> None:
    before = ["We are investigating. Errors in the EU.", "We are investigating. Errors in the US too."]
    assert worn_out(before, "We are investigating! A rollback has begun.") == ["we are investigating"]
    assert worn_out(before[:1], "We are investigating. A rollback has begun.") == []


@given(st.text(max_size=200))
def test_whatever_the_text_it_is_the_same_as_itself_and_normal_form_is_stable(text: str) -> None:
    assert likeness(text, text) is Likeness.SAME
    once = normalised(text)
    assert "  " not in once
    assert once == once.strip()


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
def test_only_another_due_time_is_no_news(h1: int, m1: int, h2: int, m2: int) -> None:
    text = "Errors in checkout continue. Next update within {} minutes (by {:02}:{:02} UTC)."
    assert likeness(text.format(m1, h1, m1), text.format(m2, h2, m2)) is Likeness.SAME
