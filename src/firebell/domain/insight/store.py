"""Tables of the digest: what people have said about it, and the rounds of letters."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Boolean, Column, Index, String, Table, delete, func, select, text, update

from firebell.domain.insight.model import DigestLetter
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


def begin(work: Work, new: DigestLetter) -> None:
    """A round to come; one that is known already stays as it is."""
    work.insert(rounds, [{"period": new.period, "due_at": new.due_at, "laid_at": None}], skip_existing=True)


def take_due(work: Work) -> list[DigestLetter]:
    """Rounds that are due, oldest first, locked: another process waits, and then finds them laid."""
    query = select(rounds).where(_OPEN, rounds.c.due_at <= work.now).order_by(rounds.c.due_at)
    rows = work.all(query if work.is_sqlite else query.with_for_update())
    return [DigestLetter(period=row.period, due_at=row.due_at, laid_at=row.laid_at) for row in rows]


def laid(work: Work, period: str) -> None:
    work.write(update(rounds).where(rounds.c.period == period).values(laid_at=work.now))


def next_due(read: Read) -> Instant | None:
    """When the next round is due; ``None``: none has been begun yet."""
    found: Instant | None = read.scalar(select(func.min(rounds.c.due_at)).where(_OPEN))
    return found
