"""Group commit: concurrent requests share one unit of work and are answered only after its fsync.

Requests queue while a commit is under way and go together into the next one, so the group is as large as the load makes
it and a lone request waits for nobody. A failing group is split until the poisoned item stands alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Clock
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Runner, Work

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    weight: int
    since_s: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Answer]


class Batch(Generic[Item, Answer]):
    """``handle(work, items)`` answers for every item, in order, within one transaction.

    ``weight_max`` bounds one group (an item's weight is the number of alerts in it), ``waiting_max`` the queue and
    ``wait_s_max`` how long an item may stand in it; beyond either the caller gets Unavailable *before* anything is
    accepted.
    """

    def __init__(
        self,
        runner: Runner,
        handle: Callable[[Work, Sequence[Item]], list[Answer]],
        *,
        weight_max: int = 400,
        waiting_max: int = 1000,
        wait_s_max: float = 2.0,
        lane: str = "intake",
    ) -> None:
        self._runner = runner
        self._clock: Clock = runner.clock
        self._handle = handle
        self._weight_max = weight_max
        self._waiting_max = waiting_max
        self._wait_s_max = wait_s_max
        self._lane = lane
        self._queue: deque[_Waiting[Item, Answer]] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="group-commit", daemon=True)
        self.refused = 0
        self.groups = 0
        self._thread.start()

    async def submit(self, item: Item, weight: int = 1) -> Answer:
        """Wait for the commit that contains ``item``. Raises Unavailable, or what ``handle`` raised for it alone."""
        loop = asyncio.get_running_loop()
        waiting: _Waiting[Item, Answer] = _Waiting(item, weight, self._clock.monotonic(), loop, loop.create_future())
        with self._ready:
            if self._closing or len(self._queue) >= self._waiting_max:
                self.refused += 1
                raise Unavailable("More is arriving than can be written.", retry_after_s=1)
            self._queue.append(waiting)
            if len(self._queue) == 1:
                self._ready.notify()
        return await waiting.future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._closing:
                    self._ready.wait()
                if not self._queue:
                    return
                group: list[_Waiting[Item, Answer]] = []
                weight = 0
                while self._queue and (not group or weight + self._queue[0].weight <= self._weight_max):
                    group.append(self._queue.popleft())
                    weight += group[-1].weight
            late = self._clock.monotonic() - self._wait_s_max
            self._settle([w for w in group if w.since_s < late], None, Unavailable("Waited too long for the disk."))
            self._commit([w for w in group if w.since_s >= late])

    def _commit(self, group: list[_Waiting[Item, Answer]]) -> None:
        if not group:
            return
        self.groups += 1
        try:
            answers = self._runner.run(
                lambda work: self._handle(work, [w.item for w in group]), SYSTEM, lane=self._lane
            )
        except Unavailable as error:
            self._settle(group, None, error)
        except Exception as error:  # noqa: BLE001 - one poisoned item must not hold the rest
            if len(group) == 1:
                self._settle(group, None, error)
                return
            half = len(group) // 2
            self._commit(group[:half])
            self._commit(group[half:])
        else:
            self._settle(group, answers, None)

    @staticmethod
    def _settle(group: list[_Waiting[Item, Answer]], answers: list[Answer] | None, error: Exception | None) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answer], Answer | None]]] = {}
        for index, waiting in enumerate(group):
            by_loop.setdefault(waiting.loop, []).append(
                (waiting.future, answers[index] if answers is not None else None)
            )

        def deliver(pairs: list[tuple[asyncio.Future[Answer], Answer | None]]) -> None:
            for future, answer in pairs:
                if future.done():
                    continue
                if error is not None:
                    future.set_exception(error)
                else:
                    future.set_result(answer)  # type: ignore[arg-type]

        for loop, pairs in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(deliver, pairs)
