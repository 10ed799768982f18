"""The journal for those who may read it: what was done by whom, and whether anybody has tampered with the record.

Of a private incident nobody outside it reads a word here, nor that there is one: neither its own chain nor what other
things recorded about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from firebell.domain.incidents.queries import hidden_subjects
from firebell.kernel import journal
from firebell.kernel.actor import Permission
from firebell.kernel.journal import Broken, Entry
from firebell.kernel.work import Read


def since(read: Read, seq: int, *, limit: int = 50) -> list[Entry]:
    """Facts after ``seq`` in the order they were written."""
    read.needs(Permission.JOURNAL_VIEW)
    return _filled(read, seq, limit, lambda after: journal.since(read.connection, after or 0, limit=limit))


def latest(read: Read, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest facts first; ``before`` (a ``seq``) continues the list."""
    read.needs(Permission.JOURNAL_VIEW)
    return _filled(read, before, limit, lambda mark: journal.latest(read.connection, mark, limit=limit))


def of(read: Read, subject: str, *, limit: int = 500) -> list[Entry]:
    """The newest facts about one subject, oldest first; none of one that is not to be seen."""
    read.needs(Permission.JOURNAL_VIEW)
    return [] if subject in hidden_subjects(read) else open_to(read, read.history(subject, limit=limit))


def faults(read: Read, keys: Mapping[str, bytes], chain: str | None = None) -> list[Broken]:
    """The first fault of every chain to be seen (none: the record is whole). ``keys``: by key id."""
    read.needs(Permission.JOURNAL_VIEW)
    hidden = hidden_subjects(read)
    return [one for one in journal.verify(read.connection, keys, chain) if one.chain not in hidden]


def open_to(read: Read, entries: Iterable[Entry]) -> list[Entry]:
    """``entries`` without those that are about, or name, a private incident the reader must not know of."""
    hidden = hidden_subjects(read)
    return [one for one in entries if not (hidden and _tells(one, hidden))]


def _tells(entry: Entry, hidden: set[str]) -> bool:
    return entry.chain in hidden or entry.subject in hidden or _names(entry.data, hidden)


def _names(value: Any, hidden: set[str]) -> bool:
    if isinstance(value, str):
        return value in hidden
    if isinstance(value, Mapping):
        return any(_names(inner, hidden) or inner_name in hidden for inner_name, inner in value.items())
    return isinstance(value, list) and any(_names(inner, hidden) for inner in value)


def _filled(read: Read, mark: int | None, limit: int, more: Callable[[int | None], list[Entry]]) -> list[Entry]:
    """``limit`` entries the reader may see, if there are that many: a list that stopped short would look like its end,
    and a client that follows the journal would never get past a private stretch."""
    found: list[Entry] = []
    while len(found) < limit:
        part = more(mark)
        found += open_to(read, part)
        if len(part) < limit:
            break
        mark = part[-1].seq
    return found[:limit]
