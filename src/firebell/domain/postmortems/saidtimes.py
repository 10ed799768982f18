"""Durations and dates written in prose, held against the milestones (postmortems.md 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from whenever import Date

from firebell.domain.postmortems.blameless.prose import read
from firebell.kernel.clock import Instant

SLACK_S = 60
DAYS_AROUND = 30
_NEAR = 60
"""A duration belongs to the metric whose word stands at most this many characters away."""
_H, _M = r"(?:h|hrs?|hours?)", r"(?:m|min|mins|minutes?)"
_DURATION = re.compile(
    rf"(?<![\w.:])(?:(?P<h>\d{{1,4}}(?:\.\d+)?) ?{_H}\b(?:(?:,| and)? ?(?P<hm>\d{{1,2}}) ?{_M}\b)?|"
    rf"(?P<m>\d{{1,5}}(?:\.\d+)?) ?{_M}\b)",
    re.IGNORECASE,
)
_PART = re.compile(r",|;|\band\b|\bthen\b")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_WORDS: Mapping[str, re.Pattern[str]] = {
    "time_to_detect": re.compile(r"\bdetect|\bnotic|\bbefore (?:the|an|any) alert|\bundetected"),
    "time_to_ack": re.compile(r"\backnowledg"),
    "time_to_mitigate": re.compile(r"\bmitigat|\bdown for|\boutage|\blasted|\bimpact|\bunavailable for|\boffline for"),
    "time_to_resolve": re.compile(r"\bresolv|\brestored|\bfully recovered"),
}
_STAGE = {
    "time_to_detect": "stage_detect",
    "time_to_ack": "stage_ack",
    "time_to_mitigate": "stage_mitigate",
    "time_to_resolve": "stage_resolve",
}


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """``said_s`` against ``known_s`` of ``metric``; at ``start`` to ``end`` of the text. For dates ``metric`` is
    ``date`` and the seconds are 0."""

    start: int
    end: int
    metric: str
    said_s: int = 0
    known_s: int = 0
    message: str


def durations(text: str, known_s: Mapping[str, int]) -> tuple[Disagreement, ...]:
    """Durations that differ by more than a minute from the metric the sentence speaks of.

    ``known_s`` has seconds by the names of incidents.md 11; either convention may be meant, so a duration agrees when
    it agrees with one of the two.
    """
    prose = read(text)
    found: list[Disagreement] = []
    for match in _DURATION.finditer(prose.text):
        start, end = prose.sentence(match.start())
        metric = _metric(prose.low, start, end, match.start(), match.end())
        if metric is None or metric not in known_s:
            continue
        said = _seconds(match)
        choices = [known_s[name] for name in (metric, _STAGE[metric]) if name in known_s]
        if all(abs(said - one) > SLACK_S for one in choices):
            found.append(
                Disagreement(
                    start=match.start(), end=match.end(), metric=metric, said_s=said, known_s=known_s[metric],
                    message=f"text says {said // 60} min, milestones give {known_s[metric] // 60}",
                )
            )  # fmt: skip
    return tuple(found)


def _metric(low: str, start: int, end: int, at: int, until: int) -> str | None:
    """The metric whose word stands nearest to the duration within its sentence."""
    best: tuple[int, str] | None = None
    for name, pattern in _WORDS.items():
        for found in pattern.finditer(low, max(start, at - 2 * _NEAR), min(end, until + 2 * _NEAR)):
            between = low[found.end() : at] if found.end() <= at else low[until : found.start()]
            # What stands beyond a comma or an "and" belongs to another measure, if there is one nearer by sense.
            gap = len(between) + (_NEAR // 2 if _PART.search(between) else 0)
            if gap <= _NEAR and (best is None or gap < best[0]):
                best = (gap, name)
    return best[1] if best else None


def _seconds(match: re.Match[str]) -> int:
    if match["h"] is not None:
        return round(float(match["h"]) * 3600) + int(match["hm"] or 0) * 60
    return round(float(match["m"]) * 60)


def dates(text: str, began: Instant, ended: Instant) -> tuple[Disagreement, ...]:
    """Dates (``2026-03-02``) more than 30 days before the incident began or after it ended, and those that are none."""
    earliest = began.to_tz("UTC").date().subtract(days=DAYS_AROUND)
    latest = ended.to_tz("UTC").date().add(days=DAYS_AROUND)
    return tuple(
        Disagreement(start=match.start(), end=match.end(), metric="date", message=message)
        for match, message in _outside(read(text).text, earliest, latest)
    )


def _outside(text: str, earliest: Date, latest: Date) -> Iterator[tuple[re.Match[str], str]]:
    for match in _ISO.finditer(text):
        try:
            day = Date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            yield match, f"{match[0]} is no date"
            continue
        if not earliest <= day <= latest:
            yield match, f"{match[0]} is more than {DAYS_AROUND} days from the incident"


def all_of(
    texts: Iterable[str], known_s: Mapping[str, int], began: Instant, ended: Instant
) -> tuple[Disagreement, ...]:
    """Durations and dates of several texts."""
    return tuple(one for text in texts for one in (*durations(text, known_s), *dates(text, began, ended)))
