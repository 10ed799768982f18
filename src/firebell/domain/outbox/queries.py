"""What stands in the outbox, for the worker, the pages and the metrics."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.outbox import store
from firebell.domain.outbox.model import Lane, Post
from firebell.domain.outbox.rules import Waiting
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read


def waiting(read: Read, *, limit: int, lane_max: int) -> list[Waiting]:
    """What could go now, each lane in turn."""
    return store.waiting(read, read.now, limit, lane_max)


def next_due(read: Read) -> Instant | None:
    return store.next_due(read)


def any_postponable(read: Read) -> bool:
    """Whether something is due in a lane that is left alone for now."""
    return store.any_postponable(read, read.now)


def any_abandoned(read: Read) -> bool:
    """Whether somebody who was sending has disappeared."""
    return store.any_abandoned(read, read.now)


def post(read: Read, post_id: str) -> Post:
    found = store.get(read, post_id)
    if found is None:
        raise NotFound(f"There is no post {post_id}.")
    return found


def of_target(read: Read, target_id: str, limit: int = 50) -> Sequence[Post]:
    """The latest posts to one target, newest first: its delivery log."""
    return store.of_target(read, target_id, limit)


def lane(read: Read, name: str) -> Lane | None:
    """What is held against a lane (``None``: nothing)."""
    return store.broken(read, [name]).get(name)


def counts(read: Read) -> dict[str, int]:
    """``live``, ``late`` (due for over a minute) and ``sending``."""
    return store.counts(read, read.now)
