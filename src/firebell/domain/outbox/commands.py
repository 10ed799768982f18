"""Putting posts into the outbox. Told by workflows; the one that sends is ``workflows/outbox_due``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from firebell.domain.outbox import store
from firebell.domain.outbox.model import NewPost, Post
from firebell.kernel import ids
from firebell.kernel.clock import Instant
from firebell.kernel.work import Work


def put(
    work: Work,
    outlet: str,
    target_id: str,
    payload: dict[str, Any],
    *,
    stream: str = "",
    key: str = "",
    lane: str = "",
    due_at: Instant | None = None,
) -> str:
    """Queue one post in this unit; it leaves after the commit. Returns its id.

    ``stream``: posts of one stream go in order, the next only when the one before it has gone or been given up.
    ``key``: put once, ever; a second put changes nothing and returns the first one's id.
    """
    new = _post(work, NewPost(outlet, target_id, payload, stream, key, lane, due_at))
    if not work.insert_structs(store.posts, [new], skip_existing=bool(key)):
        first: str = work.scalar(select(store.posts.c.id).where(store.posts.c.key == key))
        return first
    work.wake()
    return new.id


def put_all(work: Work, new: Sequence[NewPost]) -> int:
    """Queue many; returns how many were new (a known ``key`` is left out)."""
    done = work.insert_structs(store.posts, [_post(work, one) for one in new], skip_existing=True)
    if done:
        work.wake()
    return done


def _post(work: Work, new: NewPost) -> Post:
    return Post(
        id=ids.new("pst", work.now), outlet=new.outlet, target_id=new.target_id,
        lane=new.lane or f"{new.outlet}:{new.target_id}", stream=new.stream, key=new.key or None, payload=new.payload,
        created_at=work.now, due_at=new.due_at or work.now,
    )  # fmt: skip
