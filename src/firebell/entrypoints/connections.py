"""What a connection may cost before anybody has said who they are: the size of a request's head, and time.

uvicorn bounds neither on its fast parser: a head of any length is collected in memory, and a sender that stays silent
in the middle of a request keeps its connection for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MAX_BYTES = 64 * 1024
HEAD_WITHIN_S = 10.0
SILENT_MAX_S = 20.0
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"x-content-type-options: nosniff\r\ncontent-length: 27\r\nconnection: close\r\n\r\nThe headers are too large.\n"
)


class _Corked:
    """A transport that sends what is written within one turn of the loop together.

    uvicorn writes head and body apart; two system calls a reply are a fifth of what a signal costs.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def _flush(self) -> None:
        if self._waiting:
            together, self._waiting = b"".join(self._waiting), []
            self._transport.write(together)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Guarded(HttpToolsProtocol):
    """Closes a connection whose request has not begun within ten seconds (its head read to the end), whose head is
    longer than 64 KiB by the time another read is needed, or whose body pauses for twenty seconds. Answers under way
    and live streams are not timed.
    """

    head_within_s = HEAD_WITHIN_S
    silent_max_s = SILENT_MAX_S

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_bytes = 0
        self._in_head = True
        self._begun = False
        self._in_body = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Corked(transport, self.loop))  # type: ignore[arg-type]
        self._expect_within(self.head_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            # What one read brings may hold the head's end and more, so only what came before it is held against it.
            if self._head_bytes > HEAD_MAX_BYTES + len(data):
                self._refuse()
                return
        super().data_received(data)
        # Only what is still incomplete is timed: most requests come whole in one read and need no timer.
        if self._in_body:
            if not self.transport.is_closing():
                self._expect_within(self.silent_max_s)
        elif self._begun and self._deadline is None:
            self._expect_within(self.head_within_s)

    def on_message_begin(self) -> None:
        self._in_head, self._begun, self._in_body = True, True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._begun, self._in_body, self._head_bytes = False, False, True, 0
        self._no_deadline()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._in_body, self._head_bytes = True, False, 0
        self._no_deadline()
        super().on_message_complete()

    def _refuse(self) -> None:
        self._no_deadline()
        if not self._answering():
            self.transport.write(_TOO_LONG)
        self.transport.close()

    def _answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _expect_within(self, seconds: float) -> None:
        self._no_deadline()
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _no_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            # It is we who are slow.
            self._expect_within(self.silent_max_s)
        else:
            self.transport.close()
