"""The one outgoing HTTP client: every webhook, importer and provider call leaves through here.

The guard sits in the network backend, below the URL and the connection pool, so that no parser, redirect or second
look-up can disagree with it: a name is resolved once per connection, every address of the answer is judged, the
socket goes to a judged address, and the peer is compared before a byte is written. A kept-alive connection keeps
the address it was judged with. The transport is used without the client above it, which has no business here:
no redirects, cookies, proxies, environment or decompression.
"""

from __future__ import annotations

import ipaddress
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import httpcore2
import httpx2

from firebell.kernel.addresses import Destination, FetchPolicy, destination, openings, refusal, vet
from firebell.kernel.clock import SystemClock

__all__ = [
    "REPLY_MAX",
    "FailureKind",
    "Fetch",
    "FetchFailed",
    "FetchPolicy",
    "Fetched",
    "addresses_of",
    "lookup",
    "vet",
]

REPLY_MAX = 64 * 1024
_ATTEMPTS_MAX = 4
_KEEPALIVE_S = 30.0
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_CLOCK = SystemClock()

Resolver = Callable[[str, int], Sequence[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]


class FailureKind(StrEnum):
    """Where a call ended. ``refused_address`` is our own refusal; the rest is the network's or the peer's."""

    REFUSED_ADDRESS = "refused_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    PROTOCOL = "protocol"


_Kind = FailureKind


class FetchFailed(Exception):
    """No usable answer. ``message`` is safe to show: it names a host at most, never a path, header or body.

    ``sent``: bytes of the request may have reached the peer, so that it may have acted. ``status``: the HTTP
    status, when the failure came after it (a reply too large or too slow to read).
    """

    def __init__(self, kind: FailureKind, message: str, sent: bool = False, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.sent = sent
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status. Header names are lower case; ``body`` is as sent, at most what was allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def addresses_of(host: str, port: int) -> list[str]:
    """Every A and AAAA record, through the system's resolver. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def lookup(resolver: Resolver, host: str, port: int, timeout_s: float) -> list[str]:
    """``resolver``'s answer within ``timeout_s``. Raises :class:`FetchFailed` (dns).

    The system's resolver knows no deadline, so it runs in a thread of its own that is left behind when it is late.
    """
    answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(resolver(host, port))
        except (OSError, UnicodeError) as failed:
            answer.put(failed)

    threading.Thread(target=ask, name="lookup", daemon=True).start()
    try:
        found = answer.get(timeout=max(timeout_s, 0.0))
    except queue.Empty:
        raise FetchFailed(_Kind.DNS, f"The name {host} was not resolved in time.") from None
    if isinstance(found, Exception) or not found:
        raise FetchFailed(_Kind.DNS, f"The name {host} cannot be resolved.")
    return list(found)


class _Exchange(threading.local):
    """The request this thread is making. Thread-local because a pooled socket serves many requests in turn."""

    def __init__(self) -> None:
        self.deadline = 0.0
        self.sent = False

    def begin(self, deadline_s: float) -> None:
        self.deadline = _CLOCK.monotonic() + deadline_s
        self.sent = False

    def remaining_s(self) -> float:
        left = self.deadline - _CLOCK.monotonic()
        if left <= 0:
            raise FetchFailed(_Kind.TIMEOUT, "No complete answer in time.", self.sent)
        return left


class _Stream(httpcore2.NetworkStream):
    """A connected socket whose every wait is bounded by what is left of the whole request's time."""

    def __init__(self, sock: socket.socket, exchange: _Exchange) -> None:
        self._sock = sock
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._sock.settimeout(self._exchange.remaining_s())
            return self._sock.recv(max_bytes)
        except TimeoutError as late:
            raise httpcore2.ReadTimeout(late) from late
        except OSError as broken:
            raise httpcore2.ReadError(broken) from broken

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        while view:
            left = self._exchange.remaining_s()
            self._exchange.sent = True
            try:
                self._sock.settimeout(left)
                view = view[self._sock.send(view) :]
            except TimeoutError as late:
                raise httpcore2.WriteTimeout(late) from late
            except OSError as broken:
                raise httpcore2.WriteError(broken) from broken

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            self._sock.settimeout(self._exchange.remaining_s())
            return _Stream(ssl_context.wrap_socket(self._sock, server_hostname=server_hostname), self._exchange)
        except TimeoutError:
            self.close()
            raise FetchFailed(_Kind.TIMEOUT, f"{server_hostname} did not finish the TLS handshake in time.") from None
        except ssl.SSLCertVerificationError as wrong:
            self.close()
            raise FetchFailed(_Kind.TLS, f"{server_hostname}: {wrong.verify_message}") from None
        except OSError as wrong:
            self.close()
            reason = getattr(wrong, "reason", None) or type(wrong).__name__
            raise FetchFailed(_Kind.TLS, f"{server_hostname}: TLS failed ({reason}).") from None

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket):
            return self._sock
        if info == "is_readable":
            return _readable(self._sock)
        return None


def _readable(sock: socket.socket) -> bool:
    if sock.fileno() < 0:
        return True
    watch = select.poll()
    watch.register(sock, select.POLLIN)
    return bool(watch.poll(0))


class _Backend(httpcore2.NetworkBackend):
    """Resolve once, judge all, dial a judged address, compare the peer."""

    def __init__(self, policy: FetchPolicy, resolver: Resolver, connect: Connect, exchange: _Exchange) -> None:
        self._policy = policy
        self._opened = openings(policy)
        self._resolver = resolver
        self._connect = connect
        self._exchange = exchange

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._judged(host, port)[:_ATTEMPTS_MAX]
        last = OSError()
        for number, address in enumerate(addresses):
            # An unreachable first address must leave time for the next one.
            share_s = self._exchange.remaining_s() / (len(addresses) - number)
            try:
                sock = self._connect((address, port), share_s)
            except OSError as failed:
                last = failed
                continue
            return _Stream(self._compared(sock, address, host), self._exchange)
        if isinstance(last, TimeoutError):
            raise FetchFailed(_Kind.TIMEOUT, f"{host} did not accept a connection in time.")
        raise FetchFailed(_Kind.CONNECT, f"{host} cannot be reached ({last.strerror or type(last).__name__}).")

    def _judged(self, host: str, port: int) -> list[str]:
        literal = Destination("https", host, port, "/").literal
        found = [host] if literal else lookup(self._resolver, host, port, self._exchange.remaining_s())
        for address in found:
            if reason := refusal(address, port, self._policy, self._opened):
                raise FetchFailed(_Kind.REFUSED_ADDRESS, f"{host} may not be called: {reason}.")
        return found

    def _compared(self, sock: socket.socket, address: str, host: str) -> socket.socket:
        try:
            peer = ipaddress.ip_address(str(sock.getpeername()[0]))
            if peer != ipaddress.ip_address(address):
                raise FetchFailed(_Kind.REFUSED_ADDRESS, f"{host} may not be called: another address answered.")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            raise FetchFailed(_Kind.CONNECT, f"{host} closed the connection at once.") from None
        except FetchFailed:
            sock.close()
            raise
        return sock


class Fetch:
    """The client. One per process, shared by all threads; connections are kept alive and reused.

    ``resolver(host, port)`` returns textual IP addresses or raises ``OSError``; ``connect((address, port),
    timeout_s)`` opens a socket to a judged address. Both are arguments for tests only. Raises ``Invalid`` when
    the policy cannot be read.
    """

    def __init__(
        self, policy: FetchPolicy, resolver: Resolver = addresses_of, *, connect: Connect = socket.create_connection
    ) -> None:
        self._policy = policy
        self._dials = (resolver, connect)
        self._outward: Fetch | None = None
        self._exchange = _Exchange()
        if policy.ca_file is None:
            context = httpx2.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=policy.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=_KEEPALIVE_S,
            network_backend=_Backend(policy, resolver, connect, self._exchange),
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline_s: float = 5.0,
        reply_max: int = REPLY_MAX,
    ) -> Fetched:
        """Ask once. ``deadline_s`` bounds the whole exchange: look-up, connection, TLS, request and reply;
        ``reply_max`` its body, in bytes.

        Returns any complete answer, 3xx included. Raises :class:`FetchFailed` otherwise.
        """
        goal = destination(url)
        if isinstance(goal, str):
            raise FetchFailed(_Kind.REFUSED_ADDRESS, f"This URL may not be called: {goal}.")
        if goal.scheme == "http" and not self._policy.allow_http:
            raise FetchFailed(_Kind.REFUSED_ADDRESS, f"{goal.host} may not be called: only https is allowed.")
        self._exchange.begin(deadline_s)
        status: int | None = None
        try:
            with self._pool.stream(
                method.encode("ascii"),
                httpcore2.URL(
                    scheme=goal.scheme.encode(), host=goal.host.encode(), port=goal.port, target=goal.target.encode()
                ),
                headers=_headers(headers or {}, goal),
                content=content,
                extensions={"timeout": {"pool": deadline_s}},
            ) as response:
                status = response.status
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > reply_max:
                        said = f"{goal.host} answered with more than {reply_max // 1024} KiB."
                        raise FetchFailed(_Kind.TOO_LARGE, said, True)
                return Fetched(status, _folded(response.headers), bytes(body))
        except FetchFailed as failed:
            failed.status = status
            raise
        except httpcore2.TimeoutException:
            raise self._failed(_Kind.TIMEOUT, f"No complete answer from {goal.host} in time.", status) from None
        except httpcore2.NetworkError:
            raise self._failed(_Kind.CONNECT, f"The connection to {goal.host} broke.", status) from None
        except httpcore2.ProtocolError:
            raise self._failed(_Kind.PROTOCOL, f"{goal.host} did not answer in HTTP.", status) from None

    def _failed(self, kind: FailureKind, message: str, status: int | None) -> FetchFailed:
        return FetchFailed(kind, message, self._exchange.sent, status)

    def outward(self) -> Fetch:
        """The same for an address that a stranger has typed: what an administrator has opened inside is not for them.

        With connections of its own, since one that is kept alive is not judged again.
        """
        if not self._policy.allow_internal:
            return self
        if self._outward is None:
            resolver, connect = self._dials
            self._outward = Fetch(replace(self._policy, allow_internal=()), resolver, connect=connect)
        return self._outward

    def close(self) -> None:
        """Close every connection; the client can still be used and opens new ones."""
        self._pool.close()
        if self._outward is not None:
            self._outward.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _headers(given: Mapping[str, str], goal: Destination) -> list[tuple[bytes, bytes]]:
    host = f"[{goal.host}]" if ":" in goal.host else goal.host
    standard = goal.port == (443 if goal.scheme == "https" else 80)
    lines = [(b"host", (host if standard else f"{host}:{goal.port}").encode())]
    named = {name.lower() for name in given}
    if "user-agent" not in named:
        lines.append((b"user-agent", b"Firebell"))
    if "accept-encoding" not in named:
        # Nothing is decompressed here, so that a small reply cannot grow in memory.
        lines.append((b"accept-encoding", b"identity"))
    for name, value in given.items():
        if name.lower() in _OWN_HEADERS or not f"{name}{value}".isascii() or any(c in value for c in "\r\n\0"):
            raise FetchFailed(_Kind.PROTOCOL, f"The request header {name!r} cannot be sent.")
        lines.append((name.encode(), value.encode()))
    return lines


def _folded(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    folded: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        folded[name] = f"{folded[name]}, {value}" if name in folded else value
    return folded
