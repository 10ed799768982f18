"""How long the sources take per body, on one core: ``python -m tests.bench.sources``. Prints figures, asserts none."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from pathlib import Path

from firebell.integrations.sources import all_sources
from firebell.integrations.sources.contract import Accepted, Request
from firebell.integrations.sources.keys import body_fields

CAPTURES = Path(__file__).parents[1] / "captures"


def captured(name: str) -> bytes:
    body: str = json.loads((CAPTURES / f"{name}.json").read_text())["body"]
    return body.encode()


def alerts(count: int) -> bytes:
    """An Alertmanager body of ``count`` alerts that differ in everything that differs in life."""
    body = json.loads(captured("alertmanager-0.25.0-webhook__trigger__01"))
    one = body["alerts"][0]
    body["alerts"] = [
        one
        | {
            "labels": one["labels"] | {"instance": f"web-{n}:8080"},
            "fingerprint": f"{n:016x}",
            "startsAt": f"2026-11-23T11:{n % 60:02}:28.{n % 1000:03}Z",
            "generatorURL": f"http://prometheus.example.org:9090/graph?g0.expr=up{n % 20}",
        }
        for n in range(count)
    ]
    return json.dumps(body, ensure_ascii=False).encode()


def micros(work: Callable[[], object]) -> float:
    """Best of seven, in microseconds per call."""
    timer = timeit.Timer(work)
    calls, _ = timer.autorange()
    return min(timer.repeat(repeat=7, number=max(1, calls // 4))) / max(1, calls // 4) * 1e6


def main() -> None:
    sources = all_sources()
    dressed = captured("alertmanager-0.25.0-webhook__trigger__01")
    event = captured("alertmanager-0.25.0-pagerduty__trigger__01")
    simple = (
        b'{"dedup_key":"db-1/disk","status":"firing","severity":"critical","summary":"Disk full","labels":{"env":"x"}}'
    )
    bodies = {
        ("alertmanager", "as captured, 2 alerts"): dressed,
        ("alertmanager", "1 alert"): alerts(1),
        ("alertmanager", "100 alerts"): alerts(100),
        ("alertmanager", "2 alerts in UTF-16"): dressed.decode().encode("utf-16"),
        ("alertmanager", "1 MiB of brackets"): b"[" * 2**20,
        ("pagerduty", "from Alertmanager"): event,
        ("generic", "small"): simple,
    }
    for (slug, what), body in bodies.items():
        request = Request("POST", (), {}, {}, body)

        def parse(slug: str = slug, request: Request = request) -> object:
            try:
                return sources[slug].parse(request)
            except Exception as error:
                return error

        print(f"{slug:13} {what:24} {len(body):8} B {micros(parse):10.1f} µs")
    request = Request("POST", ("v2", "enqueue"), {}, {}, event)
    accepted = [Accepted("alr_1", True, "key")]
    reply = micros(lambda: sources["pagerduty"].reply(request, accepted))
    print(f"{'pagerduty':13} {'reply':24} {len(event):8} B {reply:10.1f} µs")
    print(f"{'keys':13} {'body_fields':24} {len(event):8} B {micros(lambda: body_fields(event)):10.1f} µs")


if __name__ == "__main__":
    main()
