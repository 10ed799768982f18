"""People's names in a text, and the roles that stand for them.

Names come from the roster: display names, nicknames, handles, and the local parts of addresses; case counts, whole
words only. The map from person to role is kept apart from the text, so that it never leaves with it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from firebell.domain.postmortems.blameless.hits import Family, Hit, Level, key_of
from firebell.domain.postmortems.blameless.lexicon import words
from firebell.domain.postmortems.blameless.prose import Prose
from firebell.domain.postmortems.blameless.wordnames import MONTHS, ROLE_WORDS, WORDS

_PART_MIN = 2
_GROUPS = words("here channel everyone all team oncall on-call ops support noreply no-reply")
_RUN = re.compile(r"[^\W_]+")
_MENTION = re.compile(r"(?<![\w/@.`])@(?=[A-Za-z])[A-Za-z0-9][\w.-]{0,38}(?<![.-])(?![\w/@])")
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+\b")
_SHIELDED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|\bhttps?://[^\s<>\")\]]+", re.DOTALL)
_BEGINS = re.compile(r"(?:^|[.!?:;\"“(\[>|]|\n\s*\n|\n\s*(?:[-*+#>]|\d+[.)])|\*\*|\ue001|^\s*[-*+#>])\s*$")
_TITLE = re.compile(r"(?:^|[\s(])(?:the\s+)?$", re.IGNORECASE)
_ROUNDS = 4


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the roster, and the role held at that time (``Incident Commander``, ``on-call engineer``); without
    one it is "responder" and a number."""

    id: str
    display_name: str
    nicknames: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    role: str = ""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Who and what a text may name. ``things``: names of services and components, which are no people.
    ``mentions``: flag ``@handles`` of nobody on the roster as well, as a text from elsewhere needs it."""

    people: tuple[Person, ...] = ()
    things: tuple[str, ...] = ()
    mentions: bool = True

    def role_of(self, person_id: str) -> str:
        """What stands for somebody: with its article, as within a sentence. The numbers follow the roster."""
        unnamed_people = [one.id for one in self.people if not one.role]
        role = next((one.role for one in self.people if one.id == person_id), "")
        if role:
            return role if role.lower().startswith(("the ", "responder ")) else f"the {role}"
        number = unnamed_people.index(person_id) + 1 if person_id in unnamed_people else 0
        return f"responder {number}" if number else "a responder"


NOBODY = Names()


@dataclass(frozen=True, slots=True)
class Found:
    start: int
    end: int
    person_id: str


@dataclass(frozen=True, slots=True)
class _Roster:
    """Every form of everybody's name: by the first run of letters in it, the pattern of the forms that begin so and how
    many characters stand before that run (none, but in handles like ``_maria``)."""

    owners: dict[str, str]
    parts: dict[str, frozenset[str]]
    by_run: dict[str, list[tuple[int, re.Pattern[str]]]]


@lru_cache(maxsize=64)
def _roster(people: tuple[Person, ...]) -> _Roster:
    owners: dict[str, str] = {}
    parts: dict[str, frozenset[str]] = {}
    for one in people:
        words = tuple(
            word for word in re.findall(r"[^\W\d_][\w’'.-]*", one.display_name) if len(word.strip(".")) >= _PART_MIN
        )
        parts[one.id] = frozenset((*words, *one.nicknames))
        forms = (
            one.display_name.strip(), *words, *one.nicknames, *one.handles,
            *one.emails, *(mail.partition("@")[0] for mail in one.emails),
        )  # fmt: skip
        for form in forms:
            for spelled in (form.strip("@"), form.strip("@").replace("’", "'")):
                if len(spelled) >= _PART_MIN:
                    owners.setdefault(spelled, one.id)
    begin: dict[tuple[str, int], list[str]] = {}
    for form in owners:
        run = _RUN.search(form)
        if run:
            begin.setdefault((run[0], run.start()), []).append(form)
    by_run: dict[str, list[tuple[int, re.Pattern[str]]]] = {}
    for (word, offset), found in begin.items():
        every = "|".join(re.escape(form) for form in sorted(found, key=lambda form: (-len(form), form)))
        pattern = re.compile(rf"(?<![\w/])(?<![\w]-)@?(?:{every})(?![\w/])(?!-\w)@?")
        by_run.setdefault(word, []).append((offset, pattern))
    return _Roster(owners, parts, by_run)


def _matches(text: str, roster: _Roster) -> Iterator[re.Match[str]]:
    """Matches of any form in order, found by looking words up: the time does not grow with the roster."""
    reached = 0
    for run in _RUN.finditer(text) if roster.by_run else ():
        for offset, pattern in roster.by_run.get(run[0], ()):
            start = run.start() - offset
            if start > 0 and text[start - 1] == "@":
                start -= 1
            match = pattern.match(text, start) if start >= reached else None
            if match is not None:
                reached = match.end()
                yield match
                break


def find(text: str, names: Names) -> list[Found]:
    """Where people are named in ``text``, in order, without overlaps."""
    roster = _roster(names.people)
    things, common = _common(names.things)
    found: list[Found] = []
    for match in _matches(text, roster):
        form = match[0].strip("@")
        person_id = roster.owners[form]
        if form.lower() in things:
            continue
        parts = roster.parts[person_id]
        if "@" not in match[0] and form.lower() in common and not _beside(text, match, parts):
            continue
        if "@" not in match[0] and form.lower() in WORDS and not _is_name(text, match, form, parts):
            continue
        mail = _MAIL.match(text, match.start()) if match[0].endswith("@") else None
        found.append(Found(match.start(), mail.end() if mail else match.end(), person_id))
    if names.mentions and "@" in text:
        taken = {at for one in found for at in range(one.start, one.end)}
        for match in _MENTION.finditer(text):
            if match[0][1:].lower() in _GROUPS or match[0].lower().endswith(("-team", "-oncall", "-bot", "team")):
                continue
            if taken.isdisjoint(range(match.start(), match.end())):
                found.append(Found(match.start(), match.end(), ""))
    return sorted(found, key=lambda one: one.start)


@lru_cache(maxsize=64)
def _common(things: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Names of things, and the words they are made of: somebody called "Payments Lead" is not named by "Payments"."""
    lower = frozenset(thing.lower() for thing in things)
    return lower, ROLE_WORDS | {word for thing in lower for word in _RUN.findall(thing)}


def _neighbours(text: str, match: re.Match[str]) -> tuple[str, str]:
    """The words right behind and right ahead; empty: none."""
    behind = re.match(r"\s+([\w’'-]+)", text[match.end() : match.end() + 40])
    ahead = re.search(r"([\w’'.-]+)\s+$", text[max(0, match.start() - 40) : match.start()])
    return behind[1] if behind else "", ahead[1] if ahead else ""


def _beside(text: str, match: re.Match[str], parts: frozenset[str]) -> bool:
    """Next to another part of the same name."""
    return not parts.isdisjoint(_neighbours(text, match))


def _is_name(text: str, match: re.Match[str], form: str, parts: frozenset[str]) -> bool:
    """A name that is a word as well: next to another part of it, or a capital inside a sentence."""
    behind, ahead = _neighbours(text, match)
    if behind in parts or ahead in parts:
        return True
    if not form[:1].isupper() or _BEGINS.search(text[max(0, match.start() - 30) : match.start()]) or match.start() == 0:
        return False
    if form.lower() in MONTHS:
        return not (behind[:1].isdigit() or ahead[:1].isdigit() or ahead.lower() in _BEFORE_MONTHS)
    return True


_BEFORE_MONTHS = words(
    "in since until by early late mid last next this from of on during through between to before after"
)


def hits(text: str, prose: Prose, named: Iterable[Found], names: Names) -> list[Hit]:
    """Names in prose as hits that block publishing."""
    found = []
    for one in named:
        sentence = prose.sentence(one.start)
        role = names.role_of(one.person_id)
        found.append(
            Hit(
                start=one.start, end=one.end, sentence=sentence, family=Family.NAME, level=Level.GATE,
                quote=text[one.start : one.end], why=("Postmortems speak of roles; a name stays with "
                                                     "a person for years."),
                suggestions=(_fitting(role, text, one.start),), key=key_of(Family.NAME, text[slice(*sentence)]),
                person_id=one.person_id,
            )
        )  # fmt: skip
    return found


def people_at(prose: Prose, named: Iterable[Found]) -> frozenset[int]:
    """Offsets of words that are people, whatever they are called, for the search of subjects."""
    starts = prose.starts
    return frozenset(
        start for one in named for start in starts[bisect_left(starts, one.start) : bisect_left(starts, one.end)]
    )


def _fitting(role: str, text: str, at: int) -> str:
    """The role as this place needs it: with a capital where a sentence begins, without a second article."""
    if at == 0 or _BEGINS.search(text[max(0, at - 30) : at].rstrip(" ;")):
        return role[:1].upper() + role[1:]
    if re.search(r"\b(?:the|our|an?)\s+$", text[max(0, at - 6) : at], re.IGNORECASE):
        return role.removeprefix("the ")
    return role


def unnamed(text: str, names: Names) -> str:
    """``text`` with every name replaced by its role, in quotations and comments as well; code and addresses stay as
    they are.

    Doing it again changes nothing.
    """
    for _ in range(_ROUNDS):
        after = _once(text, names)
        if after == text:
            break
        text = after
    return text


def _once(text: str, names: Names) -> str:
    shields = [(match.start(), match.end()) for match in _SHIELDED.finditer(text)]
    out: list[str] = []
    reached = 0
    for one in find(text, names):
        if any(start < one.end and one.start < end for start, end in shields):
            continue
        role = names.role_of(one.person_id)
        ahead = text[reached : one.start]
        bare = role.removeprefix("the ")
        if _TITLE.search(ahead.lower().removesuffix(" ").removesuffix(bare.lower())) and ahead.lower().rstrip(
            " ,("
        ).endswith(bare.lower()):
            # "the Incident Commander, Maria": the role stands there already.
            out.append(ahead.rstrip(" ,"))
            reached = one.end
            continue
        out += [ahead, _fitting(role, text, one.start)]
        reached = one.end
    out.append(text[reached:])
    return "".join(out)


def read_names(names: Sequence[str]) -> Names:
    """A roster from plain names, as they are given on a command line."""
    return Names(people=tuple(Person(id=f"name-{n}", display_name=name) for n, name in enumerate(names, 1)))
