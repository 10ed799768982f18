"""How many messages a person and a destination get. What is held back is delayed and bundled, never lost. Pure.

The table is the on-call spec's; "all methods together" is read as all methods of one person on one channel kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.kernel.clock import Instant, from_micros, micros

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``n`` in ``window_s``. ``smoothed``: what exceeds the previous limit is spread over it."""

    n: int
    window_s: int
    smoothed: bool = False


PERSON_AND_CHANNEL = (Limit(5, 5),)
ANY_MESSAGE = (Limit(1, MINUTE),)
NOTICE = (Limit(3, MINUTE), Limit(20, HOUR, smoothed=True))
STATUS = (Limit(1, 3 * MINUTE), Limit(3, 20 * MINUTE), Limit(8, 2 * HOUR, smoothed=True))
PAGE_BY_VOICE = (Limit(3, 15 * MINUTE), Limit(7, HOUR, smoothed=True), Limit(15, 3 * HOUR, smoothed=True))
PAGE_BY_SMS = (Limit(5, 15 * MINUTE), Limit(11, HOUR, smoothed=True), Limit(21, 3 * HOUR, smoothed=True))
_SLOW = ("sms", "voice", "email")
LONGEST_S = 3 * HOUR


def of_method(kind: str, channel: str) -> tuple[Limit, ...]:
    """The limits on one destination for one kind of message."""
    limits: tuple[Limit, ...] = ()
    if channel in _SLOW:
        limits += ANY_MESSAGE
    if kind == "notice":
        limits += NOTICE
    elif kind == "status" and channel in _SLOW:
        limits += STATUS
    elif kind == "page" and channel == "voice":
        limits += PAGE_BY_VOICE
    elif kind == "page" and channel == "sms":
        limits += PAGE_BY_SMS
    return limits


def next_free(limits: Sequence[Limit], sent: Sequence[Instant], now: Instant) -> Instant | None:
    """When the next message may go: ``None`` for now. ``sent`` are earlier sends, any order.

    A message younger than the window counts. At ``n`` in a window: wait until the oldest leaves it. A smoothed
    ``(n, w)`` after ``(n0, w0)``: with ``c >= n0`` messages in ``w``, the oldest at ``F``, the next may go at
    ``F + w0 + (c - n0) * (w - w0) / (n - n0)``.
    """
    here = micros(now)
    past = sorted(micros(at) for at in sent)
    wait_until = here
    before: Limit | None = None
    for limit in limits:
        recent = [at for at in past if here - at < limit.window_s * 1_000_000]
        if recent:
            if limit.smoothed and before is not None and len(recent) >= before.n:
                gap = (limit.window_s - before.window_s) * 1_000_000 * (len(recent) - before.n) // (limit.n - before.n)
                wait_until = max(wait_until, recent[0] + before.window_s * 1_000_000 + gap)
            if len(recent) >= limit.n:
                wait_until = max(wait_until, recent[-limit.n] + limit.window_s * 1_000_000)
        before = limit
    return None if wait_until <= here else from_micros(wait_until)
