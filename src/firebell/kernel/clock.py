"""The only module that asks what time it is.

Everything else receives a :class:`Clock` (or the ``now`` of a unit of work).
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from whenever import Instant

__all__ = ["Clock", "Instant", "SetClock", "SystemClock", "from_micros", "micros", "plus", "seconds_between"]

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Wall time for what people see, monotonic seconds for leases and deadlines."""

    def now(self) -> Instant: ...

    def monotonic(self) -> float: ...

    @property
    def wall_jump_s(self) -> float:
        """How far the machine's wall clock has run away from this clock since the start (seconds)."""
        ...


class SystemClock:
    """Wall anchor at start plus elapsed boot time, so that an NTP step moves no timer.

    ``wall_jump_s`` is how far the wall has since run away from this clock (seconds).
    """

    def __init__(self) -> None:
        self._anchor_ns = time.time_ns()
        self._boot_ns = time.clock_gettime_ns(_BOOTTIME)

    def now(self) -> Instant:
        elapsed = time.clock_gettime_ns(_BOOTTIME) - self._boot_ns
        return from_micros((self._anchor_ns + elapsed) // 1000)

    def monotonic(self) -> float:
        return time.clock_gettime_ns(_BOOTTIME) / 1e9

    @property
    def wall_jump_s(self) -> float:
        elapsed = time.clock_gettime_ns(_BOOTTIME) - self._boot_ns
        return (time.time_ns() - self._anchor_ns - elapsed) / 1e9


class SetClock:
    """A clock that moves only when told: tests, rehearsal and the demo live on it."""

    def __init__(self, start: Instant | str = "2026-01-05T09:00:00Z") -> None:
        self._now = Instant.parse_iso(start) if isinstance(start, str) else start
        self._mono = 1000.0
        self.wall_jump_s = 0.0
        """Settable: what a machine's clock that was changed looks like."""
        self._lock = threading.Lock()

    def now(self) -> Instant:
        return self._now

    def monotonic(self) -> float:
        return self._mono

    def advance(self, seconds: float) -> None:
        """Move forward by ``seconds`` (never backwards)."""
        if seconds < 0:
            raise ValueError("a SetClock never runs backwards")
        with self._lock:
            self._now = plus(self._now, seconds)
            self._mono += seconds

    def set(self, instant: Instant) -> None:
        """Move forward to ``instant``; an earlier instant is ignored."""
        gap = (micros(instant) - micros(self._now)) / 1e6
        if gap > 0:
            with self._lock:
                self._now = instant
                self._mono += gap


def micros(instant: Instant) -> int:
    """Microseconds since 1970-01-01T00:00:00Z: how instants lie in both databases."""
    return int(instant.timestamp(unit="microsecond"))


def plus(instant: Instant, seconds: float) -> Instant:
    """``instant`` moved by ``seconds``, exact to the microsecond."""
    return from_micros(micros(instant) + round(seconds * 1e6))


def from_micros(value: int) -> Instant:
    """The inverse of :func:`micros`."""
    return Instant.from_timestamp(value, unit="microsecond")


def seconds_between(earlier: Instant, later: Instant) -> float:
    """``later - earlier`` in seconds (negative when the order is reversed)."""
    return (micros(later) - micros(earlier)) / 1e6
