"""A hundred thousand open alerts: memory, start-up, and what the self-check costs then."""

from __future__ import annotations

import asyncio
import http.client
import os
import statistics
import time

from firebell.app import open_house
from firebell.settings import Settings
from firebell.workflows import laws
from tests.bench.intake import load
from tests.bench.server import serving
from tests.bench.sink import Sink

ALERTS = 100_000


def main() -> None:
    """Print the figures."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    sink = Sink().start()
    with serving(people_count=20, to=sink.url, keep=True) as server:
        print(f"idle: RSS {server.rss_mib():.0f} MiB, first answer after {server.started_in_s:.2f} s")
        sent = 0
        while sent < ALERTS:
            tally = asyncio.run(load(server, 100, 2.0, first=sent))
            sent += 100 * tally.statuses.get(200, 0)
        print(f"{sent:,} open alerts: RSS {server.rss_mib():.0f} MiB")
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            connection.request("GET", "/readyz")
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
        print(f"readiness with {sent:,} open alerts: median {statistics.median(times) * 1e3:.1f} ms")
    house = open_house(Settings(data=server.folder), inline=True)
    begun = time.perf_counter()
    house.runner.read(laws.check)
    print(f"every law checked over {sent:,} open alerts in {(time.perf_counter() - begun) * 1e3:.0f} ms")
    house.close()
    server.remove()


if __name__ == "__main__":
    main()
