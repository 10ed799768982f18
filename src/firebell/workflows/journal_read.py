"""The journal for those who may read it: what was done by whom, and whether anybody has tampered with the record."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.kernel import journal
from firebell.kernel.actor import Permission
from firebell.kernel.journal import Broken, Entry
from firebell.kernel.work import Read


def since(read: Read, seq: int, *, limit: int = 50) -> list[Entry]:
    """Facts after ``seq`` in the order they were written."""
    read.needs(Permission.JOURNAL_VIEW)
    return journal.since(read.connection, seq, limit=limit)


def latest(read: Read, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest facts first; ``before`` (a ``seq``) continues the list."""
    read.needs(Permission.JOURNAL_VIEW)
    return journal.latest(read.connection, before, limit=limit)


def of(read: Read, subject: str, *, limit: int = 500) -> list[Entry]:
    """The newest facts about one subject, oldest first."""
    read.needs(Permission.JOURNAL_VIEW)
    return read.history(subject, limit=limit)


def faults(read: Read, keys: Mapping[str, bytes], chain: str | None = None) -> list[Broken]:
    """The first fault of every chain (none: the record is whole). ``keys``: by key id."""
    read.needs(Permission.JOURNAL_VIEW)
    return list(journal.verify(read.connection, keys, chain))
