"""A status page from memory: requests a second on one core, and how soon a change is read there."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
import urllib.request
from collections.abc import Callable

from firebell.domain.statuspage import commands
from firebell.kernel.clock import plus
from firebell.kernel.secrets import new_token
from firebell.kernel.work import Work
from tests.bench.intake import CONNECTIONS, SECONDS, Tally, _Client
from tests.bench.server import Server, serving

COMPONENTS = 30
INCIDENTS = 60
CHANGES = 20
PATHS = (
    ("page", "/status/bench"),
    ("summary.json", "/status/bench/api/v2/summary.json"),
    ("incidents.json", "/status/bench/api/v2/incidents.json"),
    ("history.atom", "/status/bench/history.atom"),
    ("badge.svg", "/status/bench/badge.svg"),
)


def fill(work: Work) -> str:
    """Thirty components in five groups, sixty incidents with three updates each."""
    page = commands.create_page(work, slug="bench", name="Bench")
    groups = [commands.add_component(work, page, name=f"Group {n}", is_group=True) for n in range(5)]
    made = [commands.add_component(work, page, name=f"Part {n}", group_id=groups[n % 5]) for n in range(COMPONENTS)]
    for n in range(INCIDENTS):
        at = plus(work.now, -(n + 1) * 86_400)
        commands.add_past(
            work, page, name=f"Incident {n}", body="Something was slow for **some** of you.", from_at=at,
            until_at=plus(at, 1800), components={made[n % COMPONENTS]: "partial_outage"},
        )  # fmt: skip
    commands.publish(
        work, page, name="Slow search", status="investigating", body="We know.",
        components={made[3]: "degraded_performance"}
    )  # fmt: skip
    return str(page)


async def load(server: Server, path: str, more: str = "") -> Tally:
    tally, loop = Tally(), asyncio.get_running_loop()
    end = time.perf_counter() + SECONDS
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n{more}\r\n".encode()

    def next_request() -> bytes | None:
        return None if time.perf_counter() > end else request

    waiting = []
    for _ in range(CONNECTIONS):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda d=done: _Client(next_request, tally, d), "127.0.0.1", server.port)  # type: ignore[misc]
        waiting.append(done)
    await asyncio.gather(*waiting)
    return tally


def report(server: Server, name: str, run: Callable[[], Tally]) -> None:
    before = server.cpu_s()
    tally = run()
    cpu, count = server.cpu_s() - before, len(tally.times)
    print(
        f"{name:<28} {count / SECONDS:>8,.0f} requests/s, p50 {tally.quantile(0.5) * 1e3:.1f} ms, "
        f"p99 {tally.quantile(0.99) * 1e3:.1f} ms, {cpu / max(count, 1) * 1e6:.0f} us CPU a request, "
        f"answers {tally.statuses}"
    )


def seen_after(server: Server, token: str) -> list[float]:
    """How long after a change is accepted, in seconds, a reader who asks again and again sees it."""
    root = f"http://127.0.0.1:{server.port}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    found = []
    for n in range(CHANGES):
        body = json.dumps({"name": f"Change {n}", "status": "investigating", "body": f"Number {n}."}).encode()
        urllib.request.urlopen(
            urllib.request.Request(f"{root}/api/v1/status-pages/bench/incidents", body, headers), timeout=10
        ).read()
        at = time.perf_counter()
        while f"Change {n}".encode() not in urllib.request.urlopen(f"{root}/status/bench", timeout=10).read():
            pass
        found.append(time.perf_counter() - at)
    return found


def main() -> None:
    """Print the figures for the page, the summary, an answer that has not changed, and a change."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    token = new_token().plain
    with serving(also=fill, token=token) as server:
        root = f"http://127.0.0.1:{server.port}"
        for name, path in PATHS:
            begun = time.perf_counter()
            with urllib.request.urlopen(root + path) as answer:
                whole = len(answer.read())
            drawn_s = time.perf_counter() - begun
            title = f"{name} ({whole / 1024:.0f} KiB, {drawn_s * 1e3:.0f} ms)"
            report(server, title, lambda p=path: asyncio.run(load(server, p)))  # type: ignore[misc]
        with urllib.request.urlopen(f"{root}/status/bench") as answer:
            known = f"If-None-Match: {answer.headers['etag']}\r\n"
        report(server, "not changed (304)", lambda: asyncio.run(load(server, "/status/bench", known)))
        times = seen_after(server, token)
        print(
            f"a change is read after        p50 {statistics.median(times) * 1e3:.0f} ms, max {max(times) * 1e3:.0f} ms"
        )
