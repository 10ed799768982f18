"""What the linter says about a piece of text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

import msgspec


class Family(StrEnum):
    """The fifteen kinds of blame, by the names people know them by."""

    PERSON_AS_CAUSE = "F1"
    ACCIDENT = "F2"
    CHARACTER = "F3"
    OMISSION = "F4"
    COUNTERFACTUAL = "F5"
    HINDSIGHT = "F6"
    GUILT = "F7"
    WRONG_QUESTION = "F8"
    EXHORTATION = "F9"
    COMPLIANCE = "F10"
    VERDICT = "F11"
    LOADED = "F12"
    EARLY_CLOSING = "F13"
    DEFLECTION = "F14"
    NAME = "F15"


class Level(StrEnum):
    """``gate`` blocks publishing; only names do. The others warn: high, medium, low."""

    GATE = "gate"
    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"

    @property
    def eased(self) -> Level:
        """One level down; low stays low, and a gate is a gate."""
        return {Level.HIGH: Level.MEDIUM, Level.MEDIUM: Level.LOW}.get(self, self)


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """``start`` and ``end`` are offsets into the text (characters), ``sentence`` the offsets of the sentence around it.

    ``quote`` is what stands there; ``why`` one sentence; ``suggestions`` one or two texts that themselves lint clean.
    ``key`` is what a dismissal remembers: family and exact sentence. ``names``: the person, for a name.
    """

    start: int
    end: int
    sentence: tuple[int, int]
    family: Family
    level: Level
    quote: str
    why: str
    suggestions: tuple[str, ...]
    key: str
    person_id: str = ""


@lru_cache(maxsize=256)
def key_of(family: Family, sentence: str) -> str:
    """16 hex digits of family and sentence; line breaks within the sentence do not matter."""
    words = " ".join(sentence.split())
    return hashlib.sha256(f"{family}|{words}".encode(errors="surrogatepass")).hexdigest()[:16]


def still_open(hits: Iterable[Hit], dismissed: Iterable[str]) -> list[Hit]:
    """Those nobody has dismissed. A name cannot be dismissed: it blocks until it is replaced."""
    keys = set(dismissed)
    return [hit for hit in hits if hit.level is Level.GATE or hit.key not in keys]
