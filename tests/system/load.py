"""Senders that behave like real ones: they send an event again until somebody has said 2xx to it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

ALERT = "k-{:06d}"


class Load:
    """``connections`` senders of distinct alerts, together about ``per_s`` a second, over all ``keys`` in turn.

    ``acknowledged`` are the dedup keys that got a 2xx; ``sent`` counts alerts begun; ``answers`` counts by status
    (0: the connection broke, so that nobody knows).
    """

    def __init__(self, port: int, keys: Sequence[str], *, connections: int = 16, per_s: float = 80) -> None:
        self.acknowledged: set[str] = set()
        self.answers: dict[int, int] = {}
        self.sent = 0
        self._port = port
        self._keys = keys
        self._connections = connections
        self._between_s = connections / per_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="load", daemon=True)

    def stop(self) -> None:
        """Begin no new alert; return when every one begun has been accepted."""
        self._stopping.set()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive(), "an alert was never accepted"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if error is None:
            self.stop()

    async def _run(self) -> None:
        await asyncio.gather(*(self._sender(n) for n in range(self._connections)))

    async def _sender(self, offset: int) -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        await asyncio.sleep(self._between_s * offset / self._connections)
        while not self._stopping.is_set():
            self.sent += 1
            name = ALERT.format(self.sent)
            request = _request(self._keys[self.sent % len(self._keys)], name)
            while name not in self.acknowledged:
                try:
                    if connection is None:
                        connection = await asyncio.open_connection("127.0.0.1", self._port)
                    status = await asyncio.wait_for(_exchange(*connection, request), 10)
                except (OSError, EOFError, TimeoutError):
                    status = 0
                self.answers[status] = self.answers.get(status, 0) + 1
                if 200 <= status < 300:
                    self.acknowledged.add(name)
                    break
                if connection is not None and status == 0:
                    connection[1].close()
                    connection = None
                await asyncio.sleep(0.03)
            await asyncio.sleep(self._between_s)
        if connection is not None:
            connection[1].close()


def _request(key: str, name: str) -> bytes:
    body = json.dumps({"summary": f"alert {name} is firing", "dedup_key": name, "severity": "SEV2"}).encode()
    head = f"POST /in/generic/{key} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])
