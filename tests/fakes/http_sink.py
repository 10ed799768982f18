"""A scripted HTTP server on loopback that plays one step per request and fails on anything unexpected.

    with HttpSink([Answer(200, b"{}"), Hang()]) as sink:
        fetch.request("POST", sink.url("/hook"), ...)
    # leaving the block raises if a request came without a step, or a step without a request

Every step keeps the request it answered in ``sink.requests``.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Self


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came over the wire; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete reply. ``method`` and ``path`` are what is expected (``None``: anything)."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str | None = None
    path: str | None = None
    close: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """Read the request whole and never answer (``after_head``: send a 200 and a header, then nothing)."""

    after_head: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Read the request whole and reset the connection."""


@dataclass(frozen=True, slots=True)
class Drip:
    """Answer ``head`` at once and then one byte every ``every_s``, ``count`` times or until the client gives up."""

    head: bytes = b"HTTP/1.1 200 OK\r\n"
    every_s: float = 0.05
    count: int = 200


@dataclass(frozen=True, slots=True)
class Raw:
    """These bytes, then the end of the connection."""

    data: bytes


Step = Answer | Hang | Reset | Drip | Raw


class HttpSink:
    """See the module. ``tls``: a server context for https.

    ``connections`` counts accepted sockets, ``closed`` those this side has closed.
    """

    def __init__(self, steps: Sequence[Step], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        self.closed = 0
        self.complaints: list[str] = []
        self._steps = list(steps)
        self._tls = tls
        self._host = host
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((host, 0))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str = "/", host: str | None = None) -> str:
        return f"{'https' if self._tls else 'http'}://{host or self._host}:{self.port}{path}"

    def wait_for(self, predicate: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Until ``predicate`` holds; it is asked again at every request and every close."""
        with self._changed:
            assert self._changed.wait_for(predicate, timeout_s), f"waited in vain; seen: {self.requests}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listener.close()
        with self._changed:
            for sock in self._open:
                # A close alone does not wake a thread that reads.
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        if error is None:
            if self._steps:
                self.complaints.append(f"never asked for: {self._steps}")
            assert not self.complaints, "; ".join(self.complaints)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if self._over.is_set():
                sock.close()
                return
            self._start(self._serve, sock)

    def _serve(self, plain: socket.socket) -> None:
        try:
            sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
        except OSError:
            plain.close()
            return
        sock.settimeout(10)
        with self._changed:
            self.connections += 1
            self._open.append(sock)
        try:
            with sock.makefile("rb") as lines:
                while (seen := _read(lines)) is not None and self._play(sock, seen):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            sock.close()
            with self._changed:
                self.closed += 1
                self._changed.notify_all()

    def _play(self, sock: socket.socket, seen: Seen) -> bool:
        """Play the next step; whether the connection stays open."""
        with self._changed:
            self.requests.append(seen)
            self._changed.notify_all()
            if not self._steps:
                self.complaints.append(f"unexpected {seen.method} {seen.path}")
                return False
            step = self._steps.pop(0)
        match step:
            case Answer():
                self._expect(step, seen)
                sock.sendall(_rendered(step))
                return not step.close
            case Hang():
                if step.after_head:
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                self._over.wait(10)
            case Reset():
                # A zero linger time turns the close into a reset.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case Drip():
                sock.sendall(step.head)
                for _ in range(step.count):
                    if self._over.wait(step.every_s):
                        break
                    sock.sendall(b"X")
            case Raw():
                sock.sendall(step.data)
        return False

    def _expect(self, step: Answer, seen: Seen) -> None:
        wanted = (step.method or seen.method, step.path or seen.path)
        if wanted != (seen.method, seen.path):
            with self._changed:
                self.complaints.append(f"expected {wanted}, got {(seen.method, seen.path)}")


def _read(lines: BinaryIO) -> Seen | None:
    first = lines.readline()
    if not first.strip():
        return None
    method, path, _ = first.decode("ascii").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := lines.readline().decode("latin-1").rstrip("\r\n")) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = lines.read(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, body)


def _rendered(step: Answer) -> bytes:
    headers = {"Content-Length": str(len(step.body)), **step.headers}
    if step.close:
        headers["Connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {step.status} Scripted\r\n{lines}\r\n".encode() + step.body
