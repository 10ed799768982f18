"""Tables of posts and of the lanes that have failed lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from firebell.domain.outbox.model import Lane, Post, PostState
from firebell.domain.outbox.rules import Waiting
from firebell.kernel.clock import Instant, plus
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

posts = Table(
    "posts",
    metadata,
    Column("id", String, primary_key=True),
    Column("outlet", String, nullable=False),
    Column("target_id", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("key", String, unique=True),
    Column("payload", Doc, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("due_at", InstantType, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("owner", String),
    Column("lease_until", InstantType),
    Column("unrecorded", Integer, nullable=False),
    Column("claimed_at", InstantType),
    Column("done_at", InstantType),
    Column("reply", Text, nullable=False),
    Column("answer", Doc, nullable=False),
)
_QUEUED = text("state = 'queued'")
_SENDING = text("state = 'sending'")
_STREAM = text("state IN ('queued', 'sending') AND stream <> ''")
_DONE = text("done_at IS NOT NULL")
Index("ix_posts_queued", posts.c.due_at, posts.c.lane, sqlite_where=_QUEUED, postgresql_where=_QUEUED)
Index("ix_posts_lane", posts.c.lane, posts.c.due_at, sqlite_where=_QUEUED, postgresql_where=_QUEUED)
Index("ix_posts_sending", posts.c.lease_until, sqlite_where=_SENDING, postgresql_where=_SENDING)
Index("ix_posts_stream", posts.c.stream, posts.c.id, sqlite_where=_STREAM, postgresql_where=_STREAM)
Index("ix_posts_target", posts.c.target_id, posts.c.id)
Index("ix_posts_done", posts.c.done_at, sqlite_where=_DONE, postgresql_where=_DONE)

lanes = Table(
    "outbox_lanes",
    metadata,
    Column("lane", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("wait_until", InstantType),
    Column("failed_at", InstantType),
    Column("reply", Text, nullable=False),
)


def post(row: Row[Any]) -> Post:
    return Post(**row._mapping)


def get(read: Read, post_id: str) -> Post | None:
    row = read.one(select(posts).where(posts.c.id == post_id))
    return post(row) if row else None


def of_target(read: Read, target_id: str, limit: int) -> list[Post]:
    """The latest posts to one target, newest first."""
    query = select(posts).where(posts.c.target_id == target_id).order_by(posts.c.id.desc()).limit(limit)
    return [post(row) for row in read.all(query)]


def _first_of_stream() -> ColumnElement[bool]:
    """Nothing unfinished stands before it in its stream."""
    earlier = posts.alias("earlier")
    unfinished = earlier.c.state.in_([PostState.QUEUED, PostState.SENDING])
    before = exists().where(earlier.c.stream == posts.c.stream, earlier.c.id < posts.c.id, unfinished)
    return or_(posts.c.stream == "", ~before)


def _waits(now: Instant) -> Any:
    """Lanes that are left alone for now, though something in them is due."""
    due = exists().where(posts.c.lane == lanes.c.lane, posts.c.state == PostState.QUEUED, posts.c.due_at <= now)
    return select(lanes.c.lane, lanes.c.wait_until).where(lanes.c.wait_until > now, due)


def any_postponable(read: Read, now: Instant) -> bool:
    """Whether something is due in a lane that is left alone for now."""
    return read.one(_waits(now).limit(1)) is not None


def postpone(work: Work, limit: int) -> int:
    """What is due in such lanes is due when its lane is; up to ``limit``, so that no unit is long.

    Kept in the posts themselves: whoever looks for something to send must not wade through what cannot go.
    """
    done = 0
    for lane in work.all(_waits(work.now)):
        late = (
            select(posts.c.id)
            .where(posts.c.lane == lane.lane, posts.c.state == PostState.QUEUED, posts.c.due_at <= work.now)
            .limit(limit - done)
        )
        moved = update(posts).where(posts.c.id.in_(late), posts.c.state == PostState.QUEUED)
        done += work.write(moved.values(due_at=lane.wait_until))
        if done >= limit:
            break
    return done


def hasten(work: Work, lane: str) -> None:
    """What only waited for its lane goes now."""
    unspoilt = and_(posts.c.lane == lane, posts.c.state == PostState.QUEUED, posts.c.attempt == 0)
    work.write(update(posts).where(unspoilt, posts.c.due_at > work.now).values(due_at=work.now))


def waiting(read: Read, now: Instant, limit: int, lane_max: int) -> list[Waiting]:
    """What could go now, lane by lane in turn: the first of every lane, then the second of every lane …"""
    turn = func.row_number().over(partition_by=posts.c.lane, order_by=posts.c.id).label("turn")
    due = (
        select(posts.c.id, posts.c.lane, turn)
        .where(posts.c.state == PostState.QUEUED, posts.c.due_at <= now, _first_of_stream())
        .subquery()
    )
    query = select(due).where(due.c.turn <= lane_max).order_by(due.c.turn, due.c.id).limit(limit)
    return [Waiting(row.id, row.lane) for row in read.all(query)]


def sending(read: Read) -> dict[str, int]:
    """How many posts of each lane are being sent."""
    query = (
        select(posts.c.lane, func.count().label("many"))
        .where(posts.c.state == PostState.SENDING)
        .group_by(posts.c.lane)
    )
    return {row.lane: row.many for row in read.all(query)}


def broken(read: Read, names: Iterable[str]) -> dict[str, Lane]:
    """What is known against these lanes."""
    rows = read.all(select(lanes).where(lanes.c.lane.in_(sorted(set(names)))))
    return {row.lane: Lane(**row._mapping) for row in rows}


def claim(work: Work, ids: Sequence[str], owner: str, lease_s: float) -> list[Post]:
    """Those of ``ids`` that are still queued, now ours, in the order given."""
    if not ids:
        return []
    statement = (
        update(posts)
        .where(posts.c.id.in_(ids), posts.c.state == PostState.QUEUED)
        .values(
            state=PostState.SENDING, token=posts.c.token + 1, attempt=posts.c.attempt + 1,
            unrecorded=posts.c.unrecorded + 1, owner=owner, lease_until=plus(work.now, lease_s), claimed_at=work.now,
        )
        .returning(posts)
    )  # fmt: skip
    found = {row.id: post(row) for row in work.all(statement)}
    return [found[one] for one in ids if one in found]


def release_abandoned(work: Work, unrecorded_max: int) -> int:
    """Posts whose senders have disappeared stand in the queue again."""
    lost = and_(posts.c.state == PostState.SENDING, posts.c.lease_until < work.now)
    fresh = and_(lost, posts.c.unrecorded < unrecorded_max)
    return work.write(update(posts).where(fresh).values(state=PostState.QUEUED, due_at=work.now))


def abandoned(read: Read, now: Instant, unrecorded_min: int) -> list[Post]:
    """Those whose senders have disappeared too often."""
    lost = and_(posts.c.state == PostState.SENDING, posts.c.lease_until < now, posts.c.unrecorded >= unrecorded_min)
    return [post(row) for row in read.all(select(posts).where(lost).order_by(posts.c.id))]


def any_abandoned(read: Read, now: Instant) -> bool:
    lost = and_(posts.c.state == PostState.SENDING, posts.c.lease_until < now)
    return read.one(select(posts.c.id).where(lost).limit(1)) is not None


def settle(
    work: Work, claimed: Post, state: PostState, due_at: Instant | None, reply: str, answer: dict[str, Any]
) -> bool:
    """Write what came of ``claimed``; False when somebody else has claimed it since.

    A lease that ran out without anybody taking over loses nothing: what we know then is still the newest.
    """
    holder = and_(
        posts.c.id == claimed.id, posts.c.token == claimed.token,
        posts.c.state.in_([PostState.SENDING, PostState.QUEUED]),
    )  # fmt: skip
    values: dict[str, Any] = {
        "state": state, "reply": reply, "unrecorded": 0, "owner": None, "lease_until": None, "answer": answer,
    }  # fmt: skip
    if due_at is not None:
        values["due_at"] = due_at
    if state is not PostState.QUEUED:
        values["done_at"] = work.now
    return work.write(update(posts).where(holder).values(**values)) == 1


def hand_back(work: Work, claimed: Sequence[Post]) -> None:
    """Not begun: as if these had never been claimed."""
    for one in claimed:
        work.write(
            update(posts)
            .where(posts.c.id == one.id, posts.c.token == one.token, posts.c.state == PostState.SENDING)
            .values(
                state=PostState.QUEUED, attempt=posts.c.attempt - 1, unrecorded=posts.c.unrecorded - 1, owner=None,
                lease_until=None,
            )
        )  # fmt: skip


def end_leases(work: Work, *, except_of: str) -> int:
    """Every lease but those of one process has just run out."""
    others = and_(posts.c.state == PostState.SENDING, posts.c.owner != except_of)
    return work.write(update(posts).where(others).values(lease_until=plus(work.now, -0.000001)))


def cancel(work: Work, target_id: str, why: str) -> int:
    """What is queued for a target will not go."""
    where = and_(posts.c.target_id == target_id, posts.c.state == PostState.QUEUED)
    return work.write(update(posts).where(where).values(state=PostState.CANCELLED, done_at=work.now, reply=why))


def next_due(read: Read) -> Instant | None:
    """When the next post can go or the next lease runs out, as far as streams let it."""
    queued = read.scalar(
        select(posts.c.due_at).where(posts.c.state == PostState.QUEUED, _first_of_stream()).order_by(posts.c.due_at)
        .limit(1)
    )  # fmt: skip
    lease = read.scalar(select(func.min(posts.c.lease_until)).where(posts.c.state == PostState.SENDING))
    found: list[Instant] = [at for at in (queued, None if lease is None else plus(lease, 0.000001)) if at]
    return min(found, default=None)


def save_lane(work: Work, lane: Lane) -> None:
    values = {name: getattr(lane, name) for name in lane.__struct_fields__}
    if not work.write(update(lanes).where(lanes.c.lane == lane.lane).values(**values)):
        work.insert(lanes, [values], skip_existing=True)


def forget_lane(work: Work, name: str) -> None:
    work.write(delete(lanes).where(lanes.c.lane == name))


def remove_done(work: Work, before: Instant, limit: int) -> int:
    """Remove finished posts older than that, a few at a time."""
    old = select(posts.c.id).where(posts.c.done_at < before).order_by(posts.c.done_at).limit(limit)
    return work.write(delete(posts).where(posts.c.id.in_(old)))


def counts(read: Read, now: Instant) -> dict[str, int]:
    """How many posts are queued, late by over a minute, being sent; for the metrics and the health page."""
    late = func.sum(case((and_(posts.c.state == PostState.QUEUED, posts.c.due_at < plus(now, -60)), 1), else_=0))
    live = posts.c.state.in_([PostState.QUEUED, PostState.SENDING])
    sent = func.sum(case((posts.c.state == PostState.SENDING, 1), else_=0))
    row = read.one(select(func.count().label("live"), late.label("late"), sent.label("sending")).where(live))
    return {"live": 0, "late": 0, "sending": 0} if row is None else {
        "live": int(row.live), "late": int(row.late or 0), "sending": int(row.sending or 0)
    }  # fmt: skip
