"""The lines of a timeline: written by us, and read from whatever people have written.

We write ``- 2026-03-02 10:12 UTC: text [evidence](url)``. Read are list items, table rows and plain lines that begin
with a time; a date comes from the line, from a heading above it, or from ``day``; a time smaller than the one before by
more than half a day is on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
from whenever import Date, Time

from firebell.kernel.clock import Instant, plus, seconds_between

_LEAD = r"^\s*(?:[-*+•|]\s*|\d{1,3}[.)]\s+)*(?:\[[ xX]\]\s*)?[*_`\[(]*"
_DAY = r"(?P<date>\d{4}-\d\d-\d\d)[T ]*"
_CLOCK = (
    r"(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"\s*(?P<zone>Z\b|[A-Z]{3,4}\b)?\s*(?P<offset>[+-]\d\d:?\d\d)?"
_LINE = re.compile(rf"{_LEAD}(?:{_DAY})?{_CLOCK}{_ZONE}[*_`\])]*\s*(?:[-–—:|>]+\s*|\s)(?P<text>.*\S)\s*$")
_DATED = re.compile(r"^\s*(?:#+\s*|[-*]\s*|\*\*)?(?:\w+,?\s+)?(?P<date>\d{4}-\d\d-\d\d)\W*(?:\([^)]*\))?\W*$")
_EVIDENCE = re.compile(r"\s*\[evidence\]\((?P<url>[^()\s]+)\)\s*$")
_CORRECTED = " (corrected)"
_HALF_DAY_S = 43_200
_ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "BST": 60, "MSK": 180,
    "EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "JST": 540,
    "AEST": 600, "AEDT": 660,
}  # fmt: skip
"""Minutes from UTC of abbreviations that mean one thing; "CST" and "IST" mean several."""


class Covers(StrEnum):
    """What a complete timeline has an entry for."""

    START = "start"
    DETECTION = "detection"
    MITIGATION = "mitigation"
    RESOLUTION = "resolution"


_COVERS = {
    Covers.START: re.compile(
        r"\bimpact (?:started|began|begins)|\b(?:begins?|began|started?|onset|first errors?|deployed|rolled out)\b",
        re.IGNORECASE,
    ),
    Covers.DETECTION: re.compile(r"\bdetect|\balert|\bpaged?\b|\breport|\bnotic|\bdeclared\b", re.IGNORECASE),
    Covers.MITIGATION: re.compile(
        r"\bmitigat|\broll(?:ed)? ?back|\brollback|\bfail(?:ed)?[ -]?over|\brestored?\b|\brecover"
        r"|\bimpact (?:ended|stopped)",
        re.IGNORECASE,
    ),
    Covers.RESOLUTION: re.compile(r"\bresolv|\ball[- ]clear|\bclosed\b|\bback to normal", re.IGNORECASE),
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line. ``at`` ``None``: its time could not be read (``problem`` says why); its text is kept all the same."""

    at: Instant | None
    text: str
    url: str = ""
    corrected: bool = False
    problem: str = ""


def written(entries: Iterable[Entry]) -> str:
    """Entries as Markdown, in the order of their time."""
    timed = sorted((one for one in entries if one.at is not None), key=lambda one: one.at or Instant.MIN)
    return "\n".join(line(one) for one in timed)


def line(one: Entry) -> str:
    """One entry as a list item; breaks in it become blanks."""
    at = "" if one.at is None else f"{shown(one.at)}: "
    link = f" [evidence]({one.url})" if one.url and not re.search(r"[()\s]", one.url) else ""
    return f"- {at}{' '.join(one.text.split())}{_CORRECTED if one.corrected else ''}{link}"


def shown(at: Instant) -> str:
    """``2026-03-02 10:12 UTC``; seconds only when there are any."""
    iso = at.format_iso()
    seconds = iso[16:19] if iso[17:19] != "00" else ""
    return f"{iso[:10]} {iso[11:16]}{seconds} UTC"


def parsed(text: str, day: Date | None = None, offset_min: int = 0) -> tuple[Entry, ...]:
    """Entries of a timeline somebody wrote. Lines without a time belong to none and are left out.

    ``day`` is the date of times that have none; ``offset_min`` the distance from UTC of times without a zone.
    """
    found: list[Entry] = []
    before: Instant | None = None
    for raw in text.split("\n"):
        dated = _DATED.match(raw)
        if dated:
            day, before = _date(dated["date"]) or day, None
            continue
        match = _LINE.match(raw)
        if match is None:
            continue
        one = _entry(match, day, offset_min, before)
        found.append(one)
        if one.at is not None:
            before = one.at
    return tuple(found)


def _entry(match: re.Match[str], day: Date | None, offset_min: int, before: Instant | None) -> Entry:
    words, url = match["text"].strip().rstrip("|").strip(), ""
    link = _EVIDENCE.search(words)
    if link:
        words, url = words[: link.start()], link["url"]
    corrected = words.endswith(_CORRECTED)
    words = words.removesuffix(_CORRECTED)
    own = _date(match["date"])
    if match["date"] and own is None:
        return Entry(at=None, text=words, url=url, corrected=corrected, problem=f"{match['date']} is no date")
    if own is None and day is None:
        return Entry(at=None, text=words, url=url, corrected=corrected, problem="no date is given")
    zone = match["zone"]
    if zone and zone not in _ZONES and not match["offset"]:
        # "10:12 SEV2 declared": not every short word in capitals is a zone.
        words, zone = f"{zone} {words}", ""
    shift = _offset(match["offset"]) if match["offset"] else _ZONES[zone] if zone else offset_min
    hour = int(match["hour"])
    if match["half"] and hour <= 12:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    chosen = own or day
    assert chosen is not None
    at = plus(chosen.at(Time(hour, int(match["minute"]), int(match["second"] or 0))).assume_utc(), -shift * 60)
    while own is None and before is not None and seconds_between(at, before) > _HALF_DAY_S:
        at = plus(at, 86_400)
    return Entry(at=at, text=words, url=url, corrected=corrected)


def _offset(text: str) -> int:
    digits = text.replace(":", "")
    return int(digits[0] + "1") * (int(digits[1:3]) * 60 + int(digits[3:5]))


def _date(text: str | None) -> Date | None:
    if text is None:
        return None
    try:
        return Date.parse_iso(text)
    except ValueError:
        return None


def covered(entries: Sequence[Entry]) -> frozenset[Covers]:
    """What the timed entries cover, by their words."""
    return frozenset(
        what
        for what, pattern in _COVERS.items()
        if any(one.at is not None and pattern.search(one.text) for one in entries)
    )
