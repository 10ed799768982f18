"""Reading a text for blame: every rule at every word that wakes it, the subject decided before anything is said."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from firebell.domain.postmortems.blameless import causes, character, deeds, names, wishes
from firebell.domain.postmortems.blameless.hits import Family, Hit, Level, key_of
from firebell.domain.postmortems.blameless.lexicon import CONJUNCTIONS, NEGATION_REACH, NEGATIONS, PREPOSITIONS
from firebell.domain.postmortems.blameless.names import NOBODY, Names
from firebell.domain.postmortems.blameless.prose import Prose, read
from firebell.domain.postmortems.blameless.rule import Need, Rule, before
from firebell.domain.postmortems.blameless.subject import Reader, Who
from firebell.domain.postmortems.model import Section

RULES: tuple[Rule, ...] = (*causes.RULES, *character.RULES, *deeds.RULES, *wishes.RULES)
_WAKES: dict[str, tuple[Rule, ...]] = {
    word: tuple(one for one in RULES if word in one.at) for word in {word for one in RULES for word in one.at}
}
_DENIED = re.compile(r"\s+(?:is|are|was|were)\s+(?:never|not|no|a\s+symptom)\b|\s+(?:isn't|aren't|wasn't)\b")
_SHOUT = re.compile(r"!{2,}")
_TITLES = (
    (Section.ACTION_ITEMS, re.compile(r"\baction|\bfollow[- ]?ups?\b|\bnext steps\b|\btodo\b")),
    (Section.LESSONS, re.compile(r"\blessons?\b|\bwent (?:well|wrong|badly)\b|\bdidn[’']t\b|\blucky\b|\blearn")),
    (Section.ROOT_CAUSE, re.compile(r"\bcauses?\b|\bwhys?\b|\bcontributing\b|\btrigger\b")),
    (Section.TIMELINE, re.compile(r"\btimeline\b|\bchronolog")),
    (Section.IMPACT, re.compile(r"\bimpact\b")),
    (Section.SUMMARY, re.compile(r"\bsummary\b|\boverview\b")),
)
_OPEN = (Family.COUNTERFACTUAL, Family.HINDSIGHT)
_PERSONAL = (Need.SUBJECT, Need.CLAUSE)


@dataclass(frozen=True, slots=True)
class _Match:
    rule: Rule
    start: int
    end: int
    who: Who


def lint(text: str, names_: Names = NOBODY, *, section: Section | None = None) -> list[Hit]:
    """Hits in ``text`` (Markdown), in order of their place.

    ``section`` is where the text stands when it holds no headings of its own; with headings, those decide. Never
    raises; the time it takes grows with the text, not with the number of rules.
    """
    prose = read(text)
    named = names.find(prose.text, names_)
    found = names.hits(text, prose, named, names_)
    reader = Reader(prose, names.people_at(prose, named), frozenset(thing.lower() for thing in names_.things))
    sections = _sections(prose, section)
    for match in _matches(reader):
        level = _level(match, _section_at(sections, match.start))
        if level is None:
            continue
        sentence = prose.sentence(match.start)
        found.append(
            Hit(
                start=match.start, end=match.end, sentence=sentence, family=match.rule.family, level=level,
                quote=text[match.start : match.end], why=match.rule.why,
                suggestions=_suggestions(match.rule, text[match.end : sentence[1]]),
                key=key_of(match.rule.family, text[slice(*sentence)]),
            )
        )  # fmt: skip
    for shout in _SHOUT.finditer(prose.text):
        sentence = prose.sentence(shout.start())
        found.append(
            Hit(
                start=shout.start(), end=shout.end(), sentence=sentence, family=Family.LOADED, level=Level.LOW,
                quote=shout[0], why="Loud marks read as reproach.", suggestions=("End the sentence with a full stop.",),
                key=key_of(Family.LOADED, text[slice(*sentence)]),
            )
        )  # fmt: skip
    return sorted(found, key=lambda hit: (hit.start, hit.family))


def _matches(reader: Reader) -> Iterator[_Match]:
    prose = reader.prose
    reached: dict[Family, int] = {}
    for i, word in enumerate(prose.words):
        for one in _WAKES.get(word, ()):
            if prose.starts[i] < reached.get(one.family, 0):
                continue
            found = one.then.match(prose.low, prose.ends[i])
            if found is None or _crosses(prose, i, found.end()):
                continue
            if one.also is not None and not one.also(reader, i, found):
                continue
            who = _who(reader, one.need, i, found.end())
            if who is None or _is_denied(reader, i, found.end()):
                continue
            end = max(prose.ends[i], prose.starts[i] + len(prose.low[prose.starts[i] : found.end()].rstrip()))
            reached[one.family] = end
            yield _Match(one, prose.starts[i], end, who)


def _crosses(prose: Prose, i: int, end: int) -> bool:
    return prose.sentence(prose.starts[i])[1] < end if end > prose.ends[i] else False


def _who(reader: Reader, need: Need, i: int, end: int) -> Who | None:
    """Whose deed it is, or ``None`` when the rule does not hold."""
    if need is Need.ANYONE:
        return Who.UNKNOWN
    if need is Need.SUBJECT:
        who = (
            reader.agent(i) if reader.passive(i) and reader.prose.words[i] not in ("was", "were") else reader.subject(i)
        )
        return who if who.is_human else None
    if need is Need.CLAUSE:
        who = reader.clause(i)
        return who if who.is_human else None
    if need is Need.NOT_A_THING:
        who = reader.subject(i)
        return None if who in (Who.MACHINE, Who.CUSTOMER) else Who.UNKNOWN
    first = bisect_left(reader.prose.starts, end)
    if first >= len(reader.prose.words):
        return None
    who = reader.noun_phrase(first, first + 9)
    if not who.is_human or (need is Need.LAST and not _is_last(reader, first)):
        return None
    return who


def _is_last(reader: Reader, first: int) -> bool:
    """Whether the person ends the noun phrase: "caused by the operator", not "by the team size"."""
    words = reader.prose.words
    for j in range(first, min(first + 9, len(words))):
        if reader.kind(j).is_human and not words[j].endswith("'s"):
            if j + 1 == len(words) or reader.pause(j + 1):
                return True
            after = words[j + 1]
            if reader.kind(j + 1).is_human:
                continue
            return after in PREPOSITIONS or after in CONJUNCTIONS or after in ("being", "not")
    return False


def _is_denied(reader: Reader, i: int, end: int) -> bool:
    words = before(reader, i, NEGATION_REACH)
    if NEGATIONS & set(words) or _DENIED.match(reader.prose.low, end):
        return True
    return any(pair in (("than", "rather"), ("of", "instead")) for pair in pairwise(words))


def _level(match: _Match, section: Section | None) -> Level | None:
    level = match.rule.level
    if match.rule.family in _OPEN:
        if section is Section.ACTION_ITEMS:
            return None
        if section is Section.LESSONS:
            return Level.LOW
    if match.rule.need in _PERSONAL:
        if match.who is Who.I:
            return Level.LOW
        if match.who is Who.WE:
            return level.eased
    return level


def _sections(prose: Prose, section: Section | None) -> list[tuple[int, Section | None]]:
    found: list[tuple[int, Section | None]] = [(0, section)]
    depth = 0
    for at, level, words in prose.headings:
        known = next((one for one, pattern in _TITLES if pattern.search(words.lower())), None)
        if known is not None:
            found.append((at, known))
            depth = level
        elif level <= depth:
            found.append((at, None))
            depth = 0
    return found


def _section_at(sections: list[tuple[int, Section | None]], at: int) -> Section | None:
    if len(sections) == 1:
        return sections[0][1]
    return sections[bisect_left(sections, at + 1, key=lambda one: one[0]) - 1][1]


@lru_cache(maxsize=4096)
def _is_clean(sentence: str) -> bool:
    return next(_matches(Reader(read(sentence))), None) is None and not _SHOUT.search(sentence)


_REST_MAX = 1_000


def _suggestions(rule: Rule, rest: str) -> tuple[str, ...]:
    """At most two, each of which would itself pass."""
    # Each hit of a sentence without an end would read all that is left of it again.
    words = " ".join(rest.split()).strip(" .!?,;:|*_") if len(rest) <= _REST_MAX else ""
    found = []
    for template in rule.suggest:
        if "{rest}" in template:
            if not 3 <= len(words) <= 90 or any(char in words for char in "`<>[]{}"):
                continue
            template = template.replace("{rest}", words)  # noqa: PLW2901 - the sentence it becomes
        if _is_clean(template):
            found.append(template)
    return tuple(found[:2])
