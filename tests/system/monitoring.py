"""A real Prometheus and a real Alertmanager on loopback, watching one metric that the test sets."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml

from tests.databases import free_port
from tests.fakes.http_sink import Answer
from tests.fakes.receiver import Receiver
from tests.system.server import pause

ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
PROMETHEUS = shutil.which("prometheus")


@dataclass(slots=True)
class Monitoring:
    """``shop_is_up`` is what the exporter says from the next scrape on (every 0.3 s)."""

    exporter: Receiver

    def shop_is_up(self, up: bool) -> None:
        metrics = f"# TYPE shop_up gauge\nshop_up {int(up)}\n".encode()
        self.exporter.script = lambda hit: Answer(200, metrics, {"Content-Type": "text/plain; version=0.0.4"})


@contextmanager
def monitoring(folder: Path, receiver: Mapping[str, Any]) -> Iterator[Monitoring]:
    """Both programs, with an alert ``ShopDown`` (critical) that goes to this Alertmanager receiver."""
    assert PROMETHEUS is not None
    assert ALERTMANAGER is not None
    ports = free_port(), free_port()
    rule = {
        "alert": "ShopDown", "expr": "shop_up == 0", "labels": {"severity": "critical"},
        "annotations": {"summary": "The shop is down", "description": "No orders are taken."},
    }  # fmt: skip
    with Receiver() as exporter:
        found = Monitoring(exporter)
        found.shop_is_up(True)
        files = {
            "rules.yml": {"groups": [{"name": "shop", "interval": "300ms", "rules": [rule]}]},
            "prometheus.yml": {
                "global": {"scrape_interval": "300ms", "evaluation_interval": "300ms"},
                "rule_files": [str(folder / "rules.yml")],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports[1]}"]}]}]},
                "scrape_configs": [
                    {"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}
                ],
            },
            "alertmanager.yml": {
                "route": {
                    "receiver": "firebell", "group_by": ["alertname"], "group_wait": "100ms", "group_interval": "1s",
                    "repeat_interval": "1h",
                },
                "receivers": [{"name": "firebell", **receiver}],
            },
        }  # fmt: skip
        for name, content in files.items():
            (folder / name).write_text(yaml.safe_dump(content))
        commands = [
            [ALERTMANAGER, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'am'}",
             f"--web.listen-address=127.0.0.1:{ports[1]}", "--cluster.listen-address="],
            [PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prom'}",
             f"--web.listen-address=127.0.0.1:{ports[0]}"],
        ]  # fmt: skip
        with (folder / "monitoring.log").open("wb") as log:
            running = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
            try:
                for port, process in zip(reversed(ports), running, strict=True):
                    _wait_ready(port, process, folder / "monitoring.log")
                yield found
            finally:
                for process in running:
                    process.kill()
                    process.wait(10)


@contextmanager
def measuring(folder: Path, exporter: int) -> Iterator[str]:
    """A Prometheus alone that scrapes an exporter on this port five times a second; its URL."""
    assert PROMETHEUS is not None
    port = free_port()
    config = {
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prom'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with (folder / "prometheus.log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_ready(port, running, folder / "prometheus.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.kill()
            running.wait(10)


def _wait_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/-/ready", timeout=2).is_success:
                return
        except httpx2.HTTPError:
            pass
        pause(0.05)
    raise AssertionError(log.read_text()[-3000:])
