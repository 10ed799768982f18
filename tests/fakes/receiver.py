"""A webhook receiver on loopback that takes any number of pages at once and keeps each in the order it came.

What it received is the ground truth of the system tests: not what the server says it has sent.

with Receiver() as receiver:
    receiver.script = lambda hit: Hang() if hit.title.endswith("17") else Answer()
    receiver.wait_until(lambda hits: len(hits) == 40, timeout_s=20)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from firebell.kernel.clock import SystemClock
from tests.fakes.http_sink import Answer, Hang, Reset


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that was read whole. ``at_s`` is monotonic; what is no page has empty texts."""

    at_s: float
    method: str
    path: str
    webhook_id: str
    alert_id: str
    title: str
    body: str
    copies_possible: bool
    ack_url: str


Reaction = Answer | Hang | Reset


class Receiver:
    """See the module. ``script`` may be replaced at any time; it is asked on the receiver's own thread."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.script: Callable[[Hit], Reaction] = lambda hit: Answer()
        self._clock = SystemClock()
        self._arrived = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="receiver", daemon=True)
        self.port = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_until(self, holds: Callable[[Sequence[Hit]], bool], *, timeout_s: float) -> bool:
        """Whether ``holds`` became true of the hits so far within ``timeout_s``."""
        with self._arrived:
            return self._arrived.wait_for(lambda: holds(self.hits), timeout=timeout_s)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024), self._loop
        ).result()
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, path, _ = head.split(" ", 2)
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        data = json.loads(body).get("data", {}) if body else {}
        hit = Hit(
            self._clock.monotonic(), method, path, headers.get("webhook-id", ""), data.get("alert_id") or "",
            data.get("title") or "", data.get("body") or "", bool(data.get("copies_possible")),
            data.get("ack_url") or "",
        )  # fmt: skip
        with self._arrived:
            self.hits.append(hit)
            self._arrived.notify_all()
        match self.script(hit):
            case Answer() as answer:
                head = {"Content-Length": str(len(answer.body)), **answer.headers}
                lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
                writer.write(f"HTTP/1.1 {answer.status} Scripted\r\n{lines}\r\n".encode() + answer.body)
                await writer.drain()
                return True
            case Hang():
                await asyncio.sleep(120)
            case Reset():
                writer.transport.abort()
        return False
