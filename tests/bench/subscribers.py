"""Ten thousand subscribers are told of one update: how long it takes, and what a page costs meanwhile.

Beside them twenty webhook endpoints hear of it too, ten of which never answer.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import time
import urllib.request
from typing import Any

from msgspec import structs

from firebell.domain.incidents import configured
from firebell.domain.incidents import queries as incidents
from firebell.domain.statuspage import commands, subscriber_lists
from firebell.domain.statuspage.subscriber_lists import CHUNK, Row
from firebell.kernel.secrets import new_token
from firebell.kernel.work import Work
from tests.bench.mailbox import Mailbox
from tests.bench.server import Server, serving
from tests.bench.sink import Sink

SUBSCRIBERS = 10_000
ENDPOINTS = 20
RATE = 10.0
QUIET_S = 10.0
LONGEST_S = 600.0
_MARK = re.compile(rb"mark-(\d+)-")


def fill(work: Work) -> None:
    """A page with ten thousand mailboxes, half of them for one component only. No alert declares an incident: three
    hundred of those at once would be another measurement."""
    configured.set_settings(work, structs.replace(incidents.settings(work), auto_declare=()))
    page = commands.create_page(work, slug="bench", name="Bench")
    commands.add_component(work, page, name="Search")
    commands.add_component(work, page, name="Checkout")
    rows = [Row(n, f"reader{n}@example.com", ("Search",) if n % 2 else ()) for n in range(SUBSCRIBERS)]
    for start in range(0, SUBSCRIBERS, CHUNK):
        subscriber_lists.add_rows(work, page, rows[start : start + CHUNK], confirmed=True)


def call(server: Server, token: str, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/v1{path}", json.dumps(body).encode() if body else None, method=method,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def shown(found: list[float]) -> str:
    ordered = sorted(found) or [0.0]
    at = lambda q: ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1e3  # noqa: E731
    return f"p50 {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms, max {ordered[-1] * 1e3:.0f} ms ({len(found)} pages)"


class Pager:
    """Sends alerts evenly, and knows how long each took to its page."""

    def __init__(self, server: Server, sink: Sink) -> None:
        self._server = server
        self._sink = sink
        self._begun: dict[int, float] = {}

    def send(self, until: Any) -> list[float]:
        """Alerts at ten a second until ``until()``; seconds from the request to the page, one each."""
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port)
        mine: list[int] = []
        start = time.perf_counter()
        while not until():
            pause = start + len(mine) / RATE - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            n = len(self._begun)
            key = self._server.keys[n % len(self._server.keys)]
            body = json.dumps({"summary": f"mark-{n}-", "severity": "high", "dedup_key": f"k{n}"})
            self._begun[n] = time.perf_counter()
            connection.request("POST", f"/in/generic/{key}", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
            mine.append(n)
        time.sleep(2)
        arrived: dict[int, float] = {}
        for at, body_bytes in list(self._sink.arrived):
            if mark := _MARK.search(body_bytes):
                arrived.setdefault(int(mark[1]), at)
        return [arrived[n] - self._begun[n] for n in mine if n in arrived]


def main() -> None:
    """Print the figures."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    sink, mailbox, token = Sink().start(), Mailbox().start(), new_token().plain
    deaf = socket.create_server(("127.0.0.1", 0), backlog=512)
    with serving(
        people_count=300, source="generic", to=sink.url, smtp_url=mailbox.url, also=fill, token=token
    ) as server:
        for n in range(ENDPOINTS):
            port = sink.port if n % 2 else deaf.getsockname()[1]
            call(server, token, "POST", "/webhooks", {
                "name": f"hook {n}", "url": f"http://127.0.0.1:{port}/hook{n}", "events": ["statuspage.*"]
            })  # fmt: skip
        pager = Pager(server, sink)
        quiet_until = time.perf_counter() + QUIET_S
        print(f"before: accept -> page {shown(pager.send(lambda: time.perf_counter() > quiet_until))}")
        begun, cpu = time.perf_counter(), server.cpu_s()
        call(server, token, "POST", "/status-pages/bench/incidents", {
            "name": "Slow search", "status": "investigating", "body": "We are looking into it.",
            "components": {call(server, token, "GET", "/status-pages/bench/components")[0]["id"]:
                           "partial_outage"},
        })  # fmt: skip
        during = pager.send(lambda: len(mailbox.to) >= SUBSCRIBERS or time.perf_counter() - begun > LONGEST_S)
        took = max(mailbox.arrived, default=begun) - begun
        print(f"during: accept -> page {shown(during)}")
        print(
            f"{len(mailbox.to):,} of {SUBSCRIBERS:,} told in {took:.1f} s, {len(mailbox.to) / max(took, 0.001):.0f} a "
            f"second, {(server.cpu_s() - cpu) / SUBSCRIBERS * 1e3:.2f} ms CPU each (pages included), "
            f"{len(mailbox.arrived) - len(mailbox.to)} copies, {server.rss_mib():.0f} MiB"
        )


if __name__ == "__main__":
    main()
