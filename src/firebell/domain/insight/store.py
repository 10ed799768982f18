"""Tables of the digest: what people have said about it, its rounds, and the letters of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Index, Row, String, Table, delete, func, select, text, update

from firebell.domain.insight.model import DigestLetter, DigestRound
from firebell.kernel.clock import Instant
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.work import Read, Work

choices = Table(
    "digest_choices",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("wanted", Boolean(create_constraint=False), nullable=False),
    Column("at", InstantType, nullable=False),
)

rounds = Table(
    "digest_rounds",
    metadata,
    Column("period", String, primary_key=True),
    Column("due_at", InstantType, nullable=False),
    Column("laid_at", InstantType),
)
_OPEN = text("laid_at IS NULL")
Index("ix_digest_rounds_due", rounds.c.due_at, sqlite_where=_OPEN, postgresql_where=_OPEN)


letters = Table(
    "digest_letters",
    metadata,
    Column("period", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("due_at", InstantType, nullable=False),
    Column("done_at", InstantType),
)
_TO_WRITE = text("done_at IS NULL")
Index("ix_digest_letters_due", letters.c.due_at, sqlite_where=_TO_WRITE, postgresql_where=_TO_WRITE)


def choices_of(read: Read, user_id: str) -> dict[str, bool]:
    """What somebody has said, by scope."""
    query = select(choices.c.scope, choices.c.wanted).where(choices.c.user_id == user_id)
    return {row.scope: row.wanted for row in read.all(query)}


def all_choices(read: Read) -> Mapping[str, Mapping[str, bool]]:
    """What everybody has said, by person and scope."""
    found: dict[str, dict[str, bool]] = {}
    for row in read.all(select(choices.c.user_id, choices.c.scope, choices.c.wanted)):
        found.setdefault(row.user_id, {})[row.scope] = row.wanted
    return found


def choose(work: Work, user_id: str, scope: str, wanted: bool) -> None:
    work.write(delete(choices).where(choices.c.user_id == user_id, choices.c.scope == scope))
    work.insert(choices, [{"user_id": user_id, "scope": scope, "wanted": wanted, "at": work.now}])


def begin(work: Work, new: DigestRound) -> None:
    """A round to come; one that is known already stays as it is."""
    work.insert(rounds, [{"period": new.period, "due_at": new.due_at, "laid_at": None}], skip_existing=True)


def take_due(work: Work) -> list[DigestRound]:
    """Rounds that are due, oldest first, locked: another process waits, and then finds them laid."""
    query = select(rounds).where(_OPEN, rounds.c.due_at <= work.now).order_by(rounds.c.due_at)
    rows = work.all(query if work.is_sqlite else query.with_for_update())
    return [DigestRound(period=row.period, due_at=row.due_at, laid_at=row.laid_at) for row in rows]


def laid(work: Work, period: str) -> None:
    work.write(update(rounds).where(rounds.c.period == period).values(laid_at=work.now))


def add_letters(work: Work, found: Sequence[DigestLetter]) -> None:
    rows = [{"period": one.period, "user_id": one.user_id, "due_at": one.due_at, "done_at": None} for one in found]
    work.insert(letters, rows, skip_existing=True)


def due_letters(read: Read, limit: int) -> list[DigestLetter]:
    """Letters to be written now, the longest due first."""
    query = select(letters).where(_TO_WRITE, letters.c.due_at <= read.now)
    return [_letter(row) for row in read.all(query.order_by(letters.c.due_at, letters.c.user_id).limit(limit))]


def _letter(row: Row[Any]) -> DigestLetter:
    return DigestLetter(period=row.period, user_id=row.user_id, due_at=row.due_at, done_at=row.done_at)


def done(work: Work, one: DigestLetter) -> bool:
    """Whether it was still to be written: of two processes one writes it."""
    where = (letters.c.period == one.period) & (letters.c.user_id == one.user_id) & _TO_WRITE
    return work.write(update(letters).where(where).values(done_at=work.now)) > 0


def next_letter(read: Read) -> Instant | None:
    """When the next letter is due."""
    found: Instant | None = read.scalar(select(func.min(letters.c.due_at)).where(_TO_WRITE))
    return found


def next_due(read: Read) -> Instant | None:
    """When the next round is due; ``None``: none has been begun yet."""
    found: Instant | None = read.scalar(select(func.min(rounds.c.due_at)).where(_OPEN))
    return found
