"""Limits around signing in: token buckets, the life of sessions, links, codes and tokens. All pure.

A bucket is kept as one instant, the moment it will be full again (the generic cell rate algorithm, ITU-T I.371):
``burst`` attempts at once, then one every ``every_s``. An absent instant is a full bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firebell.domain.people.model import Session
from firebell.kernel.clock import Instant, plus, seconds_between


@dataclass(frozen=True, slots=True)
class Bucket:
    """``burst`` at once, then one per ``every_s`` seconds."""

    burst: int
    every_s: float


@dataclass(frozen=True, slots=True)
class Taken:
    """``full_at`` is to be stored; when ``allowed`` is false nothing was taken and ``retry_after_s`` says how long."""

    allowed: bool
    full_at: Instant | None
    retry_after_s: int = 0


PER_ACCOUNT = Bucket(burst=10, every_s=60)
PER_ADDRESS = Bucket(burst=30, every_s=6)

IDLE_S = 72 * 3600
ABSOLUTE_S = 30 * 24 * 3600
STEP_UP_S = 600
TOUCH_S = 60
SETUP_S = 3600
INVITE_S = 7 * 24 * 3600
RESET_S = 1800
CODE_S = 900
CODE_TRIES = 5
SENDS_PER_METHOD = (3, 600)
SENDS_PER_USER = (10, 3600)


def take(bucket: Bucket, full_at: Instant | None, now: Instant) -> Taken:
    """Take one attempt out of the bucket, if one is left."""
    start = now if full_at is None or full_at < now else full_at
    later = plus(start, bucket.every_s)
    ahead_s = seconds_between(now, later)
    room_s = bucket.burst * bucket.every_s
    if ahead_s > room_s:
        wait_s = ahead_s - room_s
        return Taken(False, full_at, int(wait_s) + (wait_s > int(wait_s)))
    return Taken(True, later)


class SessionEnd(StrEnum):
    IDLE = "idle"
    TOO_OLD = "too_old"


def session_end(session: Session, now: Instant) -> SessionEnd | None:
    """Why the session is over at ``now``: 72 h without use, or 30 days old. ``None`` while it lives."""
    if seconds_between(session.created_at, now) >= ABSOLUTE_S:
        return SessionEnd.TOO_OLD
    if seconds_between(session.last_seen_at, now) >= IDLE_S:
        return SessionEnd.IDLE
    return None


def stepped_up(session: Session, now: Instant) -> bool:
    """Whether the owner proved who they are within the last ten minutes."""
    return seconds_between(session.stepped_up_at, now) < STEP_UP_S


def worth_touching(last_at: Instant | None, now: Instant) -> bool:
    """Last-use stamps are written at most once a minute."""
    return last_at is None or seconds_between(last_at, now) >= TOUCH_S


def may_send(sent_at: list[Instant], limit: tuple[int, int], now: Instant) -> bool:
    """Whether one more message fits into ``limit`` = (how many, in how many seconds)."""
    many, window_s = limit
    return sum(1 for at in sent_at if seconds_between(at, now) < window_s) < many
