"""Putting posts into the outbox. Told by workflows; the one that sends is ``workflows/outbox_due``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from firebell.domain.outbox import rules, store
from firebell.domain.outbox.model import (
    Lane,
    NewPost,
    Outcome,
    Post,
    PostFailed,
    PostQuarantined,
    PostState,
)
from firebell.domain.outbox.rules import Sequel, Waiting
from firebell.kernel import ids
from firebell.kernel.clock import Instant, plus
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
        lane=new.lane or rules.own_lane(new.outlet, new.target_id), stream=new.stream, key=new.key or None,
        payload=new.payload, created_at=work.now, due_at=new.due_at or work.now,
    )  # fmt: skip


def claim(work: Work, waiting: Sequence[Waiting], boot_id: str, *, slots: int, lane_max: int) -> list[Post]:
    """Take up to ``slots`` of those that could go, under a lease and a fencing token."""
    names = {one.lane for one in waiting}
    sick = [name for name, lane in store.broken(work, names).items() if lane.failures]
    chosen = rules.choose(waiting, store.sending(work), sick, slots=slots, lane_max=lane_max)
    return store.claim(work, chosen, boot_id, rules.LEASE_S)


def take_over(work: Work) -> int:
    """Posts whose senders have disappeared go again; after three disappearances one is set aside."""
    for lost in store.abandoned(work, work.now, rules.UNRECORDED_MAX):
        words = "set aside: whoever tried to send it disappeared three times"
        if store.settle(work, lost, PostState.FAILED, None, words, {}):
            work.record(lost.target_id, PostQuarantined(post_id=lost.id, outlet=lost.outlet))
    return store.release_abandoned(work, rules.UNRECORDED_MAX)


def postpone(work: Work) -> int:
    """What is due in a lane that is left alone waits for it; a thousand in a unit."""
    return store.postpone(work, 1000)


def record(work: Work, post: Post, outcome: Outcome, *, patience_s: int, jitter: float) -> Sequel | None:
    """Write down what came of an attempt, for the post and for its lane. ``None``: somebody else holds it by now."""
    sequel = rules.after_attempt(post, outcome, work.now, patience_s=patience_s, jitter=jitter)
    if not store.settle(work, post, sequel.state, sequel.due_at, sequel.reply, outcome.answer):
        return None
    before = store.broken(work, [post.lane]).get(post.lane)
    after = rules.lane_after(before or Lane(lane=post.lane), post, outcome, work.now, jitter=jitter)
    if after is None and before is not None:
        store.forget_lane(work, post.lane)
    elif after is not None and after != before:
        store.save_lane(work, after)
    if sequel.state is PostState.QUEUED:
        work.wake()
    return sequel


def say_failed(work: Work, post: Post, sequel: Sequel) -> None:
    """Put into the journal that a post was given up."""
    work.record(
        post.target_id,
        PostFailed(post_id=post.id, outlet=post.outlet, attempts=post.attempt, reply=sequel.reply),
    )


def drop(work: Work, post: Post, why: str) -> None:
    """Its target went away: it is not sent, and nobody is to blame."""
    store.settle(work, post, PostState.CANCELLED, None, why, {})


def hand_back(work: Work, posts: Sequence[Post]) -> None:
    """Claimed and not begun in time: they stand where they stood."""
    store.hand_back(work, posts)
    work.wake()


def cancel(work: Work, target_id: str, why: str) -> int:
    """What is queued for a target will not go."""
    return store.cancel(work, target_id, why)


def open_lane(work: Work, lane: str) -> None:
    """Try a lane again now, whatever is held against it (somebody has mended the address)."""
    store.forget_lane(work, lane)
    store.hasten(work, lane)
    work.wake()


def end_leases(work: Work, boot_id: str) -> None:
    """At the start of a single process: whoever held a lease is gone."""
    store.end_leases(work, except_of=boot_id)


def tidy(work: Work, limit: int = 500) -> int:
    """Forget finished posts after thirty days, a few at a time."""
    return store.remove_done(work, plus(work.now, -rules.KEPT_S), limit)
