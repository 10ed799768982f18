"""What the attempts of the last minutes add up to, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, case, func, select

from firebell.domain.paging.store import attempts, deliveries
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read


def tried_since(read: Read, since: Instant) -> Sequence[Row[Any]]:
    """Per channel since then: how many attempts, how many went out, and when the first and the last were."""
    went = func.sum(case((attempts.c.outcome == "sent", 1), else_=0)).label("went")
    query = (
        select(
            deliveries.c.channel, func.count().label("tried"), went,
            func.min(attempts.c.ended_at).label("first_at"), func.max(attempts.c.seq).label("last_seq"),
        )
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .where(attempts.c.ended_at > since)
        .group_by(deliveries.c.channel)
    )  # fmt: skip
    return read.all(query)


def reply_of(read: Read, seq: int) -> str:
    """What the provider said to one attempt."""
    return str(read.scalar(select(attempts.c.reply).where(attempts.c.seq == seq)) or "")
