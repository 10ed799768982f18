"""When a post goes again, when it is given up, and how long a broken lane is left alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.outbox.model import Lane, Outcome, OutcomeKind, Post, PostState
from firebell.kernel.clock import Instant, plus, seconds_between

WAITS_S = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Before attempt 1, 2, 3 …: the schedule of the Standard Webhooks specification."""
JITTER = 0.2
SHARED_WAIT_MAX_S = 60
"""A lane many targets share (a mail server) is looked at again within a minute: they are all waiting for it."""
LEASE_S = 60
START_WITHIN_S = 20
UNRECORDED_MAX = 3
KEPT_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Sequel:
    """What follows an attempt: the post's state, and when it is due again if it is ``queued``."""

    state: PostState
    due_at: Instant | None
    reply: str


def wait_s(failures: int, jitter: float) -> float:
    """Seconds before the attempt that follows the ``failures``-th failure; ``jitter`` in [0, 1) adds up to a fifth."""
    return WAITS_S[min(failures, len(WAITS_S) - 1)] * (1 + JITTER * jitter)


def after_attempt(post: Post, outcome: Outcome, now: Instant, *, patience_s: int, jitter: float) -> Sequel:
    """Ten attempts over three days, no longer than the outlet has patience; a receiver may ask for a longer wait."""
    if outcome.kind is OutcomeKind.SENT:
        return Sequel(PostState.SENT, None, outcome.reply)
    if outcome.kind is not OutcomeKind.RETRY:
        return Sequel(PostState.FAILED, None, outcome.reply)
    if post.attempt >= len(WAITS_S):
        return Sequel(PostState.FAILED, None, f"{outcome.reply} (given up after {post.attempt} attempts)")
    again = plus(now, max(wait_s(post.attempt, jitter), outcome.retry_after_s or 0))
    if seconds_between(post.created_at, again) > patience_s:
        return Sequel(PostState.FAILED, None, f"{outcome.reply} (given up: too old to be of use)")
    return Sequel(PostState.QUEUED, again, outcome.reply)


def lane_after(lane: Lane, post: Post, outcome: Outcome, now: Instant, *, jitter: float) -> Lane | None:
    """How the lane stands after an attempt (``None``: nothing against it any more).

    Only failures that a later attempt may overcome count: a message that is refused for what it says tells nothing
    about the next one.
    """
    if outcome.kind is OutcomeKind.SENT:
        return None
    if outcome.kind is not OutcomeKind.RETRY:
        return lane if lane.failures else None
    failures = lane.failures + 1
    own = lane.lane == own_lane(post.outlet, post.target_id)
    pause_s = wait_s(max(failures, post.attempt) if own else failures, jitter)
    if not own:
        pause_s = min(pause_s, SHARED_WAIT_MAX_S)
    until = plus(now, max(pause_s, outcome.retry_after_s or 0))
    return Lane(lane=lane.lane, failures=failures, wait_until=until, failed_at=now, reply=outcome.reply)


def own_lane(outlet: str, target_id: str) -> str:
    """The lane of a target that shares its fate with nobody."""
    return f"{outlet}:{target_id}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post that could go, and the lane it is in; in the order of turns."""

    id: str
    lane: str


def choose(
    waiting: Iterable[Waiting], sending: Mapping[str, int], broken: Iterable[str], *, slots: int, lane_max: int
) -> Sequence[str]:
    """Ids that go now: at most ``lane_max`` of a lane at once, and one (the probe) of a lane that has failed."""
    taken = dict(sending)
    sick = frozenset(broken)
    chosen: list[str] = []
    for one in waiting:
        if len(chosen) >= slots:
            break
        if taken.get(one.lane, 0) < (1 if one.lane in sick else lane_max):
            taken[one.lane] = taken.get(one.lane, 0) + 1
            chosen.append(one.id)
    return chosen


def may_start(claimed_monotonic: float, monotonic: float) -> bool:
    """A post must start well within its lease, or it is handed back."""
    return monotonic - claimed_monotonic <= START_WITHIN_S
