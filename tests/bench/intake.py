"""How many durable 202s a second, and how long each takes: 64 connections, single alerts and bodies of 100."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.server import Server, serving
from tests.bench.sink import Sink

CONNECTIONS = 64
SECONDS = 8.0


def alert(n: int) -> dict[str, object]:
    return {
        "status": "firing",
        "labels": {
            "alertname": "HighErrorRate",
            "env": "prod",
            "instance": f"web-{n}:8080",
            "service": "checkout",
            "severity": "high",
        },
        "annotations": {"description": f"web-{n} is failing – 7.2% of requests", "summary": "Checkout 5xx over 5%"},
        "startsAt": "2026-11-23T11:45:28.61Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=up",
        "fingerprint": f"{n:016x}",
    }


def body(first: int, count: int) -> bytes:
    alerts = [alert(first + i) for i in range(count)]
    return json.dumps(
        {
            "receiver": "everything",
            "status": "firing",
            "alerts": alerts,
            "groupLabels": {"alertname": "HighErrorRate"},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager.example.org:9093",
            "version": "4",
            "groupKey": "{}:{}",
            "truncatedAlerts": 0,
        }
    ).encode()


@dataclass(slots=True)
class Tally:
    """Answers by status and how long each took (seconds)."""

    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def quantile(self, q: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else 0.0


class _Client(asyncio.Protocol):
    """One keep-alive connection that sends the next request as soon as the last is answered."""

    def __init__(self, next_request: Callable[[], bytes | None], tally: Tally, done: asyncio.Future[None]) -> None:
        self._next, self._tally, self._done = next_request, tally, done
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        request = self._next()
        if request is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._at = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if len(rest) < length:
            return
        self._tally.times.append(time.perf_counter() - self._at)
        status = int(head[9:12])
        self._tally.statuses[status] = self._tally.statuses.get(status, 0) + 1
        self._buffer = rest[length:]
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def load(server: Server, count: int, seconds: float, first: int = 0) -> Tally:
    """Send bodies of ``count`` distinct alerts for ``seconds``; ``first`` keeps repeated calls distinct."""
    tally = Tally()
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    n = first
    template = body(10**9, count)

    def next_request() -> bytes | None:
        nonlocal n
        if time.perf_counter() > end:
            return None
        n += 1
        key = server.keys[n % len(server.keys)]
        # Distinct fingerprints without the cost of building JSON anew: the generator must not be what is measured.
        payload = template
        for i in range(count):
            payload = payload.replace(f"{10**9 + i:016x}".encode(), f"{n:08x}{i:08x}".encode(), 1)
        head = (
            f"POST /in/alertmanager/{key} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload

    waiting = []
    for _ in range(CONNECTIONS):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda d=done: _Client(next_request, tally, d), "127.0.0.1", server.port)  # type: ignore[misc]
        waiting.append(done)
    await asyncio.gather(*waiting)
    return tally


def main() -> None:
    """Print the figures: one service (a storm behind its cap), and many services with a person each."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    sink = Sink().start()
    for services, count in ((1, 1), (1, 100), (50, 1)):
        with serving(people_count=services, to=sink.url) as server:
            if (services, count) == (1, 1):
                print(f"start to first answer {server.started_in_s:.2f} s, idle RSS {server.rss_mib():.0f} MiB")
            asyncio.run(load(server, count, 1.0))
            before = server.cpu_s()
            tally = asyncio.run(load(server, count, SECONDS))
            cpu = server.cpu_s() - before
            requests = len(tally.times)
            print(
                f"{services:>3} service(s), {count:>3} alert(s) a body: {requests / SECONDS:,.0f} requests/s, "
                f"{requests * count / SECONDS:,.0f} alerts/s, p50 {tally.quantile(0.5) * 1e3:.1f} ms, "
                f"p99 {tally.quantile(0.99) * 1e3:.1f} ms, {cpu / max(requests, 1) * 1e6:.0f} us CPU a request, "
                f"RSS {server.rss_mib():.0f} MiB, answers {tally.statuses}"
            )


if __name__ == "__main__":
    main()
