"""Who does it? The grammatical subject of a verb, found from the words around it (postmortems.md 5: subject first).

There is no grammar here, only the order of English sentences: a subject stands before its verb, its head is the last
word before the first preposition, and a clause without one shares that of the clause before. When these rules find
nothing they know, the answer is UNKNOWN and nothing is flagged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from firebell.domain.postmortems.blameless.lexicon import (
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    CUSTOMERS,
    DETERMINERS,
    HUMAN_NOUNS,
    HUMAN_PRONOUNS,
    MACHINE_MARKS,
    MACHINES,
    POSTMODIFIERS,
    PREPOSITIONS,
    QUANTITIES,
    TRANSPARENT,
)
from firebell.domain.postmortems.blameless.prose import THING, Prose

_PAUSE = re.compile(r"[,;:()\u2013\u2014\ue001?!]|\.(?:\s|$)|\s-\s")
_REACH = 40
"""Words looked at to the left of a verb; a longer sentence is left alone."""


class Who(Enum):
    HUMAN = "human"
    WE = "we"
    I = "i"  # noqa: E741 - the pronoun
    CUSTOMER = "customer"
    MACHINE = "machine"
    UNKNOWN = "unknown"

    @property
    def is_human(self) -> bool:
        return self in (Who.HUMAN, Who.WE, Who.I)


@dataclass(frozen=True, slots=True)
class Reader:
    """A text, with the names of people and of things in it (lower-case words; at offsets for people)."""

    prose: Prose
    people_at: frozenset[int] = frozenset()
    """Offsets at which a person's name begins."""
    things: frozenset[str] = frozenset()

    def kind(self, i: int) -> Who:
        """What one word is by itself."""
        word = self.prose.words[i]
        if self.prose.starts[i] in self.people_at:
            return Who.MACHINE if word.endswith("'s") else Who.HUMAN
        if word in ("we", "us"):
            return Who.WE
        if word in ("i", "me"):
            return Who.I
        if word == "who":
            return Who.CUSTOMER if i and self.prose.words[i - 1] in CUSTOMERS else Who.HUMAN
        if word in HUMAN_PRONOUNS:
            return Who.HUMAN
        if word in self.things or word[0] == THING:
            return Who.MACHINE
        if word in CUSTOMERS:
            return Who.CUSTOMER
        if word in HUMAN_NOUNS:
            return Who.MACHINE if i and self.prose.words[i - 1] in MACHINE_MARKS else self._of_customers(i)
        return Who.MACHINE if word in MACHINES else Who.UNKNOWN

    def _of_customers(self, i: int) -> Who:
        """ "The customer's team" is theirs."""
        before = self.prose.words[i - 1].removesuffix("'s").removesuffix("s'") if i else ""
        return Who.CUSTOMER if before in CUSTOMERS else Who.HUMAN

    def pause(self, i: int) -> bool:
        """Whether punctuation stands in front of word ``i``."""
        prose = self.prose
        return i == 0 or _PAUSE.search(prose.text, prose.ends[i - 1], prose.starts[i]) is not None

    # ------------------------------------------------------------------ left of a verb

    def subject(self, i: int) -> Who:
        """Who does what word ``i`` says."""
        words = self.prose.words
        last = i - 1
        if self.pause(i):
            return self.shared(i)
        while last >= 0 and (words[last] in AUXILIARIES or words[last].endswith("ly")):
            if self.pause(last):
                return self.shared(last) if last else Who.UNKNOWN
            last -= 1
        if last < 0:
            return Who.UNKNOWN
        if words[last] in CONJUNCTIONS:
            return self._relative(last)
        first = last
        while first > 0 and last - first < _REACH and not self.pause(first) and words[first - 1] not in CONJUNCTIONS:
            first -= 1
        return self._head(first, last)

    def _relative(self, i: int) -> Who:
        """The verb follows a conjunction at once: "the team that ignored …", "… and forgot …"."""
        word = self.prose.words[i]
        if word == "who":
            return self.kind(i)
        if word in ("that", "which") and i:
            return self.kind(i - 1)
        return self.shared(i) if word in TRANSPARENT else Who.UNKNOWN

    def shared(self, i: int) -> Who:
        """The subject of the clause word ``i`` goes on with: what its first known noun is."""
        words = self.prose.words
        if i == 0 or self._begins_sentence(i):
            return Who.UNKNOWN
        first = i - 1
        while first > 0 and i - first < _REACH and not self._parted(first):
            first -= 1
        found = self.noun_phrase(first, i)
        if found is Who.UNKNOWN and first > 0 and not self._begins_sentence(first) and words[first - 1] != "that":
            # "The engineer, tired after the night, forgot": what stands between commas has no subject of its own.
            return self.shared(first) if self.pause(first) else found
        return found

    def _parted(self, i: int) -> bool:
        before = self.prose.words[i - 1]
        return self.pause(i) or (before in CONJUNCTIONS and before not in TRANSPARENT)

    def _begins_sentence(self, i: int) -> bool:
        prose = self.prose
        return i == 0 or prose.sentence(prose.starts[i])[0] >= prose.starts[i]

    def clause(self, i: int) -> Who:
        """The subject of the clause around word ``i``, wherever in it that word stands."""
        first = i
        while first > 0 and i - first < _REACH and not self._parted(first):
            first -= 1
        return self.noun_phrase(first, i + 1)

    def _head(self, first: int, last: int) -> Who:
        words = self.prose.words
        if words[first] in PREPOSITIONS and first < last:
            # "At 10:20 the engineer forgot": the subject begins at the last article or pronoun.
            starts = [j for j in range(first + 1, last + 1) if words[j] in DETERMINERS or words[j] in HUMAN_PRONOUNS]
            if starts:
                first = starts[-1]
            elif self.kind(last).is_human:
                return self.kind(last)
        if words[first] in QUANTITIES and first + 1 < last and words[first + 1] == "of":
            return self._head(first + 2, last)
        end = next(
            (j for j in range(first + 1, last + 1) if words[j] in PREPOSITIONS or words[j] in POSTMODIFIERS), last + 1
        )
        if end - 1 == first and words[first] in DETERMINERS:
            return Who.UNKNOWN
        return self.kind(end - 1)

    # ------------------------------------------------------------------ right of a word

    def noun_phrase(self, first: int, limit: int) -> Who:
        """What the noun phrase from word ``first`` on is about: its first noun that does not describe another."""
        words = self.prose.words
        for j in range(first, min(first + 10, limit, len(words))):
            if j > first and self.pause(j):
                break
            kind = self.kind(j)
            if kind is Who.UNKNOWN or words[j].endswith("'s"):
                continue
            if words[j] in HUMAN_PRONOUNS or words[j] in ("we", "i"):
                return kind
            if j + 1 < len(words) and not self.pause(j + 1):
                after = self.kind(j + 1)
                if after is Who.MACHINE or (after is Who.HUMAN and words[j + 1] in HUMAN_NOUNS):
                    continue  # "the developer portal", "the database team": the next word is the noun
            return kind
        return Who.UNKNOWN

    def agent(self, i: int) -> Who:
        """Whom "by" names within six words after word ``i``; UNKNOWN when it names nobody."""
        words = self.prose.words
        for j in range(i + 1, min(i + 7, len(words))):
            if self.pause(j):
                break
            if words[j] == "by":
                return self.noun_phrase(j + 1, j + 6)
        return Who.UNKNOWN

    def passive(self, i: int) -> bool:
        """Whether a form of "to be" stands in front of word ``i``."""
        words = self.prose.words
        j = i - 1
        while (
            j >= 0
            and not self.pause(j + 1)
            and (words[j].endswith("ly") or words[j] in ("then", "also", "never", "not"))
        ):
            j -= 1
        return j >= 0 and words[j] in BE
