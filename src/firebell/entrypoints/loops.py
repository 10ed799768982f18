"""Threads that work through lines of the house's list, each sleeping until the next of its lines is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Read, Runner

log = structlog.get_logger()
IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing the house does by itself: when the next is due, and the act itself (True: something was done)."""

    name: str
    due: Callable[[Read], Instant | None]
    act: Callable[[], bool]


class Loop:
    """A thread that works through some lines of the list, sleeping until the next of them is due."""

    def __init__(self, name: str, runner: Runner, lines: Callable[[], Sequence[Line]], stop: threading.Event) -> None:
        self._name = name
        self._runner = runner
        self._lines = lines
        self._stop = stop
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self.last_tick_monotonic = runner.clock.monotonic()

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        if self._thread is not None:
            self._thread.join(timeout=timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.tick()
                wait_s = self._until_next()
            except Unavailable:
                wait_s = 0.5
            except Exception:  # the loop must outlive whatever one item does
                log.exception("worker_failed", loop=self._name)
                wait_s = 1.0
            self._wake.wait(wait_s)

    def _until_next(self) -> float:
        due = self.next_due()
        if due is None:
            return IDLE_S
        left = (micros(due) - micros(self._runner.clock.now())) / 1e6
        return min(IDLE_S, max(0.0, left))

    def next_due(self) -> Instant | None:
        """The earliest deadline of its lines."""
        lines = self._lines()
        times = self._runner.read(lambda read: [line.due(read) for line in lines], lane="engine")
        return min((at for at in times if at is not None), default=None)

    def tick(self) -> bool:
        """Do everything of its lines that is due now, until nothing is. True when anything was done."""
        worked = False
        while True:
            again = False
            for line in self._lines():
                again = line.act() or again
            self.last_tick_monotonic = self._runner.clock.monotonic()
            worked = worked or again
            if not again or self._stop.is_set():
                return worked
