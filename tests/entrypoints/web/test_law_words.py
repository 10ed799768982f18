"""Every law is told to administrators in words of their own."""

from __future__ import annotations

from firebell.entrypoints.web.law_words import WORDS
from firebell.workflows import laws


def test_every_law_has_words_and_something_to_do() -> None:
    assert set(WORDS) == {law.__name__ for law in laws.LAWS}
    assert all(one.holds.endswith(".") and one.todo.endswith(".") for one in WORDS.values())
