"""A machine's draft and a person's text: the person's always wins (postmortems.md 2).

Beside each section stands what the machine wrote last, as fingerprints (:class:`Base`). A section nobody has touched is
replaced by the new draft; one somebody has touched stays as it is, and the lines that are new in the draft are offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from firebell.domain.postmortems.model import Base, Section, fingerprint
from firebell.domain.postmortems.timeline import parsed


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is what the section is now, ``base`` what to keep beside it. ``offers`` are lines of the new draft that
    a touched section lacks; ``gone`` are lines of the old draft that the new one lacks and the text still has."""

    text: str
    base: Base
    offers: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    touched: bool = False


def base_of(drafted: str) -> Base:
    """What is kept beside a section after the machine has written it."""
    return Base(whole=fingerprint(drafted), lines=tuple(fingerprint(one) for one in _lines(drafted)))


def is_touched(text: str, base: Base | None) -> bool:
    """Whether a person has written here: the text is not what the machine wrote last. Emptied on purpose counts."""
    if base is None or not base.whole:
        return bool(text.strip())
    return fingerprint(text) != base.whole


def merge(text: str, base: Base | None, fresh: str) -> Merged:
    """The section after a new draft ``fresh``. A touched one keeps every character."""
    if not is_touched(text, base):
        return Merged(text=fresh, base=base_of(fresh))
    known = set(base.lines if base else ())
    mine = {fingerprint(one) for one in _lines(text)}
    drafted = {fingerprint(one) for one in _lines(fresh)}
    offers = tuple(one for one in _lines(fresh) if fingerprint(one) not in known | mine)
    gone = tuple(one for one in _lines(text) if fingerprint(one) in known - drafted)
    # What was offered and not taken is offered again, until it is taken or the draft drops it: so the base stays.
    return Merged(text=text, base=base or Base(), offers=offers, gone=gone, touched=True)


def refresh(
    texts: Mapping[Section, str], bases: Mapping[Section, Base], fresh: Mapping[Section, str]
) -> dict[Section, Merged]:
    """Every section of a draft made again."""
    return {section: merge(texts.get(section, ""), bases.get(section), fresh.get(section, "")) for section in Section}


def take(text: str, chosen: Sequence[str], section: Section) -> str:
    """``text`` with offered lines added: into a timeline by their time, elsewhere at the end. No line is changed."""
    for one in chosen:
        text = _by_time(text, one) if section is Section.TIMELINE else _at_end(text, one)
    return text


def _by_time(text: str, new: str) -> str:
    entry = next(iter(parsed(new)), None)
    if entry is None or entry.at is None:
        return _at_end(text, new)
    lines = text.split("\n")
    place = None
    for number, one in enumerate(lines):
        other = next(iter(parsed(one)), None)
        if other is not None and other.at is not None and other.at <= entry.at:
            place = number
    if place is None:
        first = next(
            (n for n, one in enumerate(lines) if (e := next(iter(parsed(one)), None)) is not None and e.at is not None),
            None,
        )
        if first is None:
            return _at_end(text, new)
        return "\n".join([*lines[:first], new, *lines[first:]])
    # What belongs to an entry stands indented below it.
    place += 1
    while place < len(lines) and lines[place].startswith((" ", "\t")) and lines[place].strip():
        place += 1
    return "\n".join([*lines[:place], new, *lines[place:]])


def _at_end(text: str, new: str) -> str:
    if not text.strip():
        return new
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}{new}"


def _lines(text: str) -> list[str]:
    return [one for one in text.split("\n") if one.strip()]
