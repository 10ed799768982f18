"""A real server on one core for the benchmarks, seeded beforehand, with what it costs read from /proc."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firebell.app import open_house
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.people import commands as people
from firebell.domain.people import methods
from firebell.domain.services import commands as services
from firebell.domain.services import keys
from firebell.kernel.work import Work
from firebell.settings import Settings
from tests.databases import free_port


@dataclass(slots=True)
class Server:
    """A running server. ``keys`` are integration keys, one per seeded service."""

    port: int
    process: subprocess.Popen[bytes]
    keys: list[str]
    started_in_s: float
    folder: Path

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def remove(self) -> None:
        """Remove what ``keep`` kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def rss_mib(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def seed(
    settings: Settings,
    *,
    people_count: int,
    source: str,
    channel: str,
    to: str,
    wait_s: int = 540_000,
    also: Callable[[Work], object] | None = None,
) -> list[str]:
    """``people_count`` people, each alone on a policy of one service with one integration. Returns the keys."""
    house = open_house(settings, inline=True)

    def make(work: Work) -> list[str]:
        found = []
        for n in range(people_count):
            user_id = people.create_user(work, name=f"p{n}", email=f"p{n}@example.com")
            config = house.channels[channel].check({"to": to.format(n=n)})
            methods.add_method(
                work,
                user_id,
                name="only",
                channel=channel,
                config=config,
                masked="…",
                trusted=True,
                sealer=house.sealing,
            )
            target = Target(TargetKind.USER, user_id)
            policy = escalation.create_policy(
                work, name=f"policy-{n}", climb=Climb((Step((target,), Wait(wait_s)),) * 2, (target,), 0, None)
            )
            service_id = services.create_service(
                work, name=f"service-{n}", policy_id=policy.id, default_severity="SEV2"
            )  # type: ignore[typeddict-item]
            found.append(keys.create_integration(work, service_id, "only", source, house.keyring).key)
        return found

    made = house.runner.run(make)
    if also is not None:
        house.runner.run(also)
    house.close()
    return made


@contextmanager
def serving(
    *,
    people_count: int = 1,
    source: str = "alertmanager",
    channel: str = "webhook",
    to: str = "http://127.0.0.1:9/{n}",
    database_url: str = "",
    core: int | None = 0,
    smtp_url: str = "",
    keep: bool = False,
    also: Callable[[Work], object] | None = None,
    token: str = "",
) -> Iterator[Server]:
    """Seed, start on core ``core``, wait until ready; stopped and (unless ``keep``) removed afterwards.

    ``also`` seeds what else is needed; ``token`` is good for the API.
    """
    folder = Path(tempfile.mkdtemp(prefix="firebell-bench-"))
    settings = Settings(
        data=folder, database_url=database_url, allow_http=True, allow_internal=("127.0.0.0/8",), smtp_url=smtp_url
    )
    made = seed(settings, people_count=people_count, source=source, channel=channel, to=to, also=also)
    port = free_port()
    environment = {
        **os.environ, "FIREBELL_DATA": str(folder), "FIREBELL_DATABASE_URL": database_url,
        "FIREBELL_LISTEN": f"127.0.0.1:{port}", "FIREBELL_ALLOW_HTTP": "true",
        "FIREBELL_ALLOW_INTERNAL": '["127.0.0.0/8"]', "FIREBELL_SMTP_URL": smtp_url, "FIREBELL_LOG_LEVEL": "warning",
        "FIREBELL_BOOTSTRAP_TOKEN": token,
    }  # fmt: skip
    command = [sys.executable, "-m", "firebell", "serve"]
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                    break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the server did not start") from None
        yield Server(port, process, made, time.perf_counter() - begun, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
