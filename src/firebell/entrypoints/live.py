"""Live pages: one event stream per browser carries topics, never content; each page fetches its own fragments again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

HEARTBEAT_S = 15
QUEUE_MAX = 200
STREAMS_MAX = 40


class Live:
    """Passes topics of committed units on to the streams of this process."""

    def __init__(self) -> None:
        self._streams: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}
        self._owners: dict[asyncio.Queue[str | None], str] = {}

    def committed(self, topics: frozenset[str], woken: bool) -> None:
        """A runner's ``on_commit``: called on whichever thread committed."""
        if not topics:
            return
        for queue, loop in list(self._streams.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_offer, queue, topics)

    def takes(self, who: str) -> bool:
        """Whether ``who`` may have one more stream: every one keeps a connection for itself."""
        return sum(1 for owner in self._owners.values() if owner == who) < STREAMS_MAX

    async def events(self, who: str = "") -> AsyncIterator[str]:
        """Server-sent events: ``event: topic``, and ``event: beat`` every 15 s (comments are hidden from pages).

        The end when this reader fell behind: its browser comes back and asks for everything.
        """
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_MAX)
        self._streams[queue] = asyncio.get_running_loop()
        self._owners[queue] = who
        try:
            yield "retry: 2000\nevent: beat\ndata: {}\n\n"
            while True:
                try:
                    topic = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield "event: beat\ndata: {}\n\n"
                    continue
                if topic is None:
                    return
                yield f"event: topic\ndata: {topic}\n\n"
        finally:
            self._streams.pop(queue, None)
            self._owners.pop(queue, None)

    def close(self) -> None:
        """End every stream, so that shutting down waits for none."""
        for queue, loop in list(self._streams.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_end, queue)


def _offer(queue: asyncio.Queue[str | None], topics: frozenset[str]) -> None:
    if queue.qsize() + len(topics) >= QUEUE_MAX:
        _end(queue)
        return
    for topic in topics:
        queue.put_nowait(topic)


def _end(queue: asyncio.Queue[str | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)
