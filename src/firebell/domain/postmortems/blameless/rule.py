"""What a rule of the linter is: words it wakes up at, what must follow them, and whose deed it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from firebell.domain.postmortems.blameless.hits import Family, Level
from firebell.domain.postmortems.blameless.subject import Reader


class Need(Enum):
    """What must hold for a rule to fire.

    ``SUBJECT``: a person does what the word says (or the passive names one with "by"). ``CLAUSE``: the clause is about
    a person. ``AFTER``: a person follows. ``LAST``: a person follows and nothing else ("caused by the operator").
    ``NOT_A_THING``: no program and no customer does it. ``ANYONE``: nothing.
    """

    SUBJECT = "subject"
    CLAUSE = "clause"
    AFTER = "after"
    LAST = "last"
    NOT_A_THING = "not_a_thing"
    ANYONE = "anyone"


Test = Callable[[Reader, int, "re.Match[str]"], bool]
"""A condition of one rule: the reader, the index of the word, and what matched after it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``at``: lower-case words that wake it. ``then``: a pattern that goes on right behind the word; a blank in it is
    any white space. ``suggest``: sentences; ``{rest}`` is the rest of the sentence. ``also``: a further condition."""

    family: Family
    level: Level
    at: frozenset[str]
    then: re.Pattern[str]
    need: Need
    why: str
    suggest: tuple[str, ...]
    also: Test | None = None


def rule(
    family: Family,
    level: Level,
    at: str,
    then: str = "",
    need: Need = Need.ANYONE,
    *,
    why: str,
    suggest: tuple[str, ...],
    also: Test | None = None,
) -> Rule:
    """A rule, from words separated by blanks and a pattern."""
    # Nothing may go on within the last word; a pattern that ends in a blank or looks ahead has seen to that itself.
    closed = "" if then.endswith((" ", "|$)")) else r"(?!\w)"
    pattern = re.compile(then.replace(" ", r"\s+") + closed if then else r"(?![\w-])")
    return Rule(family, level, frozenset(at.split()), pattern, need, why, suggest, also)


def before(reader: Reader, i: int, reach: int = 4) -> list[str]:
    """Up to ``reach`` words in front of word ``i`` in the same stretch of words, nearest first."""
    found: list[str] = []
    j = i
    while j > 0 and len(found) < reach and not reader.pause(j):
        j -= 1
        found.append(reader.prose.words[j])
    return found


def first_in_sentence(reader: Reader, i: int) -> bool:
    start, _ = reader.prose.sentence(reader.prose.starts[i])
    at = reader.prose.starts[i]
    return at - start <= SENTENCE_MAX and not any(char.isalnum() for char in reader.prose.low[start:at])


SENTENCE_MAX = 300
"""Characters looked at on either side of a word; what has no full stop for longer is no sentence."""


def sentence_of(reader: Reader, i: int) -> str:
    at = reader.prose.starts[i]
    start, end = reader.prose.sentence(at)
    return reader.prose.low[max(start, at - SENTENCE_MAX) : min(end, at + SENTENCE_MAX)]
