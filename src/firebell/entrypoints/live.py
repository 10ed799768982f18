"""Live pages: one event stream per browser carries topics, never content; each page fetches its own fragments again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

HEARTBEAT_S = 15
QUEUE_MAX = 200
STREAMS_MAX = 40


CLOSED = ("inc_", "pmt_", "act_")
"""What may be of a private incident: itself, its postmortem, an action item."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who reads a stream: ``who`` as ``kind:id``; ``sees_private``: every private incident, too."""

    who: str
    sees_private: bool = False


class Live:
    """Passes topics of committed units on to the streams of this process.

    ``circle`` says who may know of an incident, or of what belongs to one (``user:…``), ``None`` when everybody may:
    that something happened in a private one is as secret as what.
    """

    def __init__(self, circle: Callable[[str], frozenset[str] | None] = lambda _: None) -> None:
        self.circle = circle
        self._streams: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}
        self._owners: dict[asyncio.Queue[str | None], Listener] = {}

    def committed(self, topics: frozenset[str], woken: bool) -> None:
        """A runner's ``on_commit``: called on whichever thread committed."""
        if not topics or not self._streams:
            return
        circles = {topic: self.circle(topic) for topic in topics if topic.startswith(CLOSED)}
        closed = {topic: circle for topic, circle in circles.items() if circle is not None}
        for queue, loop in list(self._streams.items()):
            heard = topics
            listener = self._owners.get(queue)
            if closed and (listener is None or not listener.sees_private):
                who = listener.who if listener is not None else ""
                heard = topics - {topic for topic, circle in closed.items() if who not in circle}
            if heard and not loop.is_closed():
                loop.call_soon_threadsafe(_offer, queue, heard)

    def takes(self, who: str) -> bool:
        """Whether ``who`` may have one more stream: every one keeps a connection for itself."""
        return sum(1 for owner in self._owners.values() if owner.who == who) < STREAMS_MAX

    async def events(self, who: str = "", *, sees_private: bool = False) -> AsyncIterator[str]:
        """Server-sent events: ``event: topic``, and ``event: beat`` every 15 s (comments are hidden from pages).

        The end when this reader fell behind: its browser comes back and asks for everything.
        """
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_MAX)
        self._owners[queue] = Listener(who, sees_private)
        self._streams[queue] = asyncio.get_running_loop()
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
