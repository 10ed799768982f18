"""The table of ack links: what a link may do, for whom, until when, and whether it was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, String, Table, select, update

from firebell.domain.paging.model import AckToken
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

ack_tokens = Table(
    "ack_tokens",
    metadata,
    Column("hash", String, primary_key=True),
    Column("alert_ids", Doc, nullable=False),
    Column("user_id", String, nullable=False),
    Column("page_id", String),
    Column("verbs", Doc, nullable=False),
    Column("expires_at", InstantType, nullable=False),
    Column("used_at", InstantType),
)


def add_tokens(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    work.insert(ack_tokens, rows)


def token(read: Read, hashed: str) -> AckToken | None:
    row = read.one(select(ack_tokens).where(ack_tokens.c.hash == hashed))
    if row is None:
        return None
    return AckToken(tuple(row.alert_ids), row.user_id, tuple(row.verbs), row.expires_at, row.used_at, row.page_id)


def use_token(work: Work, hashed: str) -> bool:
    """Mark the link used; False when somebody just did."""
    return bool(
        work.write(
            update(ack_tokens)
            .where(ack_tokens.c.hash == hashed, ack_tokens.c.used_at.is_(None))
            .values(used_at=work.now)
        )
    )


def release_token(work: Work, hashed: str) -> None:
    """Make a used link good again."""
    work.write(update(ack_tokens).where(ack_tokens.c.hash == hashed).values(used_at=None))
