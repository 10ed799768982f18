"""Is this the same text again? (incidents.md 8.3)"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from functools import cache

from rapidfuzz.distance import Indel
from whenever import available_timezones

CLOSE = 0.90
OFTEN = 3


class Likeness(StrEnum):
    SAME = "same"
    CLOSE = "close"
    DIFFERENT = "different"


_ZONE = re.compile(
    r"\b(?:UTC|GMT|[CEW]ES?T|BST|IST|MSK|[ECMP][SD]T|AK[SD]T|HST|A[ECW][SD]T|NZ[SD]T|JST|KST|SGT|HKT|SAST)\b"
    r"(?:\s?[+-]\d{1,2}(?::?\d\d)?)?"
)
_PLACE = re.compile(r"\b[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){1,2}\b")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATES = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ](?=\d\d:))?|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+{_MONTH}\b(?:,?\s+\d{{4}})?|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"\b(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?:\.\d+)?(?:Z|\s?[ap]\.?m\.?)?(?:\s?[+-]\d\d:?\d\d)?|\b(?:1[0-2]|0?\d)\s?[ap]\.?m\b\.?",
    re.IGNORECASE,
)
_NEXT_UPDATE = re.compile(r"(?<![^.!?\n])[^.!?\n]*\bnext update\b[^.!?\n]*(?:[.!?]|$)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_OTHER = re.compile(r"[^\w%]+|_")


def stripped(text: str) -> str:
    """``text`` without what changes from one update to the next by itself: times, dates, zones, the next update."""
    text = unicodedata.normalize("NFKC", text)
    text = _DATES.sub(" ", text)
    text = _TIMES.sub(" ", text)
    text = _NEXT_UPDATE.sub(" ", text)
    text = _ZONE.sub(" ", text)
    return _PLACE.sub(lambda found: " " if found[0] in _places() else found[0], text)


@cache
def _places() -> frozenset[str]:
    return frozenset(available_timezones())


def normalised(text: str) -> str:
    """What is compared: NFKC, case folded, without times, dates, zones and the "next update" sentence; punctuation
    other than ``%`` is a space."""
    return " ".join(_OTHER.sub(" ", stripped(text).casefold()).split())


def numbers(text: str) -> list[str]:
    """The numbers a text states, in order; times and dates are none."""
    return _NUMBER.findall(stripped(text))


def ratio(one: str, other: str) -> float:
    """The Indel ratio of two texts as they are compared, 0 to 1."""
    return float(Indel.normalized_similarity(normalised(one), normalised(other)))


def likeness(previous: str, new: str) -> Likeness:
    """How alike two updates to the same audience are. Other numbers make another text."""
    if normalised(previous) == normalised(new):
        return Likeness.SAME
    if ratio(previous, new) >= CLOSE and numbers(previous) == numbers(new):
        return Likeness.CLOSE
    return Likeness.DIFFERENT


def sentences(text: str) -> list[str]:
    """The sentences of a text in the form in which they are compared, empty ones left out."""
    found = [normalised(one) for one in _SENTENCE.split(text)]
    return [one for one in found if one]


def worn_out(previous: Sequence[str], new: str) -> list[str]:
    """Sentences of ``new`` that are used for the third time (or more) among ``previous``."""
    used = Counter(sentence for text in previous for sentence in set(sentences(text)))
    return [one for one in dict.fromkeys(sentences(new)) if used[one] + 1 >= OFTEN]
