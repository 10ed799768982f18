"""People's names in a text, and the roles that stand for them.

Names come from the roster: display names, nicknames, handles, and the local parts of addresses; case counts, whole
words only. The map from person to role is kept apart from the text, so that it never leaves with it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from firebell.domain.postmortems.blameless.hits import Family, Hit, Level, key_of
from firebell.domain.postmortems.blameless.lexicon import words
from firebell.domain.postmortems.blameless.prose import Prose
from firebell.domain.postmortems.blameless.wordnames import MONTHS, WORDS

_PART_MIN = 2
_GROUPS = words("here channel everyone all team oncall on-call ops support noreply no-reply")
_MENTION = re.compile(r"(?<![\w/@.`])@(?=[A-Za-z])[A-Za-z0-9][\w.-]{0,38}(?<![.-])(?![\w/@])")
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+\b")
_SHIELDED = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|\bhttps?://[^\s<>\")\]]+|<!--.*?(?:-->|\Z)", re.DOTALL
)
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


@lru_cache(maxsize=64)
def _pattern(people: tuple[Person, ...]) -> tuple[re.Pattern[str] | None, dict[str, str], dict[str, frozenset[str]]]:
    """One pattern of all forms, longest first; whose each form is; and the parts of everybody's names."""
    owners: dict[str, str] = {}
    parts: dict[str, frozenset[str]] = {}
    for one in people:
        words = tuple(
            word for word in re.findall(r"[^\W\d_][\w’'.-]*", one.display_name) if len(word.strip(".")) >= _PART_MIN
        )
        parts[one.id] = frozenset((*words, *one.nicknames))
        forms = (
            one.display_name.strip(), *words, *one.nicknames, *(handle.lstrip("@") for handle in one.handles),
            *one.emails, *(mail.partition("@")[0] for mail in one.emails),
        )  # fmt: skip
        for form in forms:
            if len(form) >= _PART_MIN:
                owners.setdefault(form, one.id)
    if not owners:
        return None, owners, parts
    every = "|".join(re.escape(form) for form in sorted(owners, key=lambda form: (-len(form), form)))
    return re.compile(rf"(?<![\w/])(?<![\w]-)@?(?:{every})(?![\w/])(?!-\w)@?"), owners, parts


def find(text: str, names: Names) -> Iterator[Found]:
    """Where people are named in ``text``, in order, without overlaps."""
    pattern, owners, parts = _pattern(names.people)
    things = {thing.lower() for thing in names.things}
    reached = 0
    found: list[Found] = []
    for match in pattern.finditer(text) if pattern else ():
        form = match[0].strip("@")
        if form.lower() in things or match.start() < reached:
            continue
        person_id = owners[form]
        if "@" not in match[0] and form.lower() in WORDS and not _is_name(text, match, form, parts[person_id]):
            continue
        end = match.end()
        if match[0].endswith("@") and not match[0].startswith("@") and _MAIL.match(text, match.start()):
            end = _MAIL.match(text, match.start()).end()  # type: ignore[union-attr]
        found.append(Found(match.start(), end, person_id))
        reached = end
    if names.mentions and "@" in text:
        taken = [(one.start, one.end) for one in found]
        for match in _MENTION.finditer(text):
            if match[0][1:].lower() in _GROUPS or match[0].lower().endswith(("-team", "-oncall", "-bot", "team")):
                continue
            if not any(start < match.end() and match.start() < end for start, end in taken):
                found.append(Found(match.start(), match.end(), ""))
    return iter(sorted(found, key=lambda one: one.start))


def _is_name(text: str, match: re.Match[str], form: str, parts: frozenset[str]) -> bool:
    """A name that is a word as well: next to another part of it, or a capital inside a sentence."""
    behind = re.match(r"\s+([\w’'-]+)", text[match.end() : match.end() + 40])
    ahead = re.search(r"([\w’'.-]+)\s+$", text[max(0, match.start() - 40) : match.start()])
    if (behind and behind[1] in parts) or (ahead and ahead[1] in parts):
        return True
    if not form[:1].isupper() or _BEGINS.search(text[max(0, match.start() - 30) : match.start()]) or match.start() == 0:
        return False
    if form.lower() in MONTHS:
        near = (behind[1] if behind else "", ahead[1].lower() if ahead else "")
        return not (near[0][:1].isdigit() or near[1][:1].isdigit() or near[1] in _BEFORE_MONTHS)
    return True


_BEFORE_MONTHS = words(
    "in since until by early late mid last next this from of on during through between to before after"
)


def hits(text: str, prose: Prose, names: Names) -> list[Hit]:
    """Names in prose as hits that block publishing."""
    found = []
    for one in find(prose.text, names):
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


def people_at(prose: Prose, names: Names) -> frozenset[int]:
    """Offsets of words that are people, whatever they are called, for the search of subjects."""
    if not names.people and "@" not in prose.text:
        return frozenset()
    starts = prose.starts
    return frozenset(
        start
        for one in find(prose.text, names)
        for start in starts[bisect_left(starts, one.start) : bisect_left(starts, one.end)]
    )


def _fitting(role: str, text: str, at: int) -> str:
    """The role as this place needs it: with a capital where a sentence begins, without a second article."""
    if at == 0 or _BEGINS.search(text[max(0, at - 30) : at]):
        return role[:1].upper() + role[1:]
    if re.search(r"\b(?:the|our|an?)\s+$", text[max(0, at - 6) : at], re.IGNORECASE):
        return role.removeprefix("the ")
    return role


def unnamed(text: str, names: Names) -> str:
    """``text`` with every name replaced by its role, in quotations as well; code and addresses stay as they are.

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


def read_names(text: str, names: Sequence[str]) -> Names:
    """A roster from plain names, as they are given on a command line."""
    return Names(people=tuple(Person(id=f"name-{n}", display_name=name) for n, name in enumerate(names, 1)))
