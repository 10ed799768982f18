"""From accept to the first provider call: 20 alerts/s to webhooks, 10 alerts/s into a real SMTP receiver."""

from __future__ import annotations

import http.client
import json
import os
import re
import time

from tests.bench.server import Server, serving
from tests.bench.sink import Sink
from tests.fakes.smtp_sink import SmtpSink

_MARK = re.compile(rb"mark-(\d+)-")


def _quantiles(found: list[float]) -> str:
    ordered = sorted(found)
    if not ordered:
        return "nothing arrived"
    at = lambda q: ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1e3  # noqa: E731
    return f"p50 {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms, max {ordered[-1] * 1e3:.1f} ms ({len(ordered)} pages)"


def _send_evenly(server: Server, rate: float, seconds: float) -> tuple[dict[int, float], list[float]]:
    """Alerts for one service after another at ``rate``/s. Returns when each was begun, and how long its 202 took."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    begun: dict[int, float] = {}
    answered: list[float] = []
    start = time.perf_counter()
    for n in range(int(rate * seconds)):
        pause = start + n / rate - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        key = server.keys[n % len(server.keys)]
        body = json.dumps({"summary": f"mark-{n}-", "severity": "high", "dedup_key": f"k{n}"})
        begun[n] = time.perf_counter()
        connection.request("POST", f"/in/generic/{key}", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
        answered.append(time.perf_counter() - begun[n])
    time.sleep(2)
    return begun, answered


def main() -> None:
    """Print the figures."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    sink = Sink().start()
    with serving(people_count=300, source="generic", to=sink.url) as server:
        begun, answered = _send_evenly(server, 20, 15)
        arrived: dict[int, float] = {}
        for at, body in sink.arrived:
            mark = _MARK.search(body)
            if mark:
                arrived.setdefault(int(mark[1]), at)
        print(f"accept (20/s): {_quantiles(answered)}")
        print(f"accept -> webhook (20/s): {_quantiles([arrived[n] - begun[n] for n in arrived])}")
    with (
        SmtpSink() as mail,
        serving(
            people_count=200, source="generic", channel="email", to="p{n}@example.com", smtp_url=mail.url
        ) as server,
    ):  # fmt: skip
        begun, _ = _send_evenly(server, 10, 15)
        reached: dict[int, float] = {}
        for one in mail.mails:
            mark = _MARK.search(one.raw)
            if mark:
                reached.setdefault(int(mark[1]), one.at)
        print(f"accept -> SMTP receiver (10/s): {_quantiles([reached[n] - begun[n] for n in reached])}")


if __name__ == "__main__":
    main()
