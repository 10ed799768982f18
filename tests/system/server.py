"""Real server processes on one database, which a test may start, kill, freeze and stop.

launcher = Launcher()            # optional: starts are ten times cheaper
server = Server(data, url, launcher=launcher)
server.start(); server.kill(); server.start(crash="send.after_claim:3"); server.gone(10)
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from firebell.kernel.clock import SystemClock
from firebell.settings import Settings
from tests.databases import free_port

CLOCK = SystemClock()
_never = threading.Event()


def pause(seconds: float) -> None:
    """Let real time pass; only for processes that cannot be told the time."""
    _never.wait(seconds)


def settings_of(data: Path, database_url: str = "", **more: Any) -> Settings:
    """The settings with which a test opens the installation itself, while no server has it."""
    return Settings(**{"data": data, "database_url": database_url, **more})


class Launcher:
    """A process that forks servers (see :mod:`tests.system.launcher`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.launcher"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        # Warming up is no part of the time that the first server takes to start.
        assert self._process.stdout.readline() == "ready\n"

    def fork(self, environment: Mapping[str, str], log: Path, roles: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = {"environment": dict(environment), "log": str(log), "roles": roles.split(",")}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class Server:
    """One process of an installation. Its output is in ``<data>/<log>``; ``exit_code`` only without a launcher."""

    def __init__(
        self, data: Path, database_url: str = "", *, launcher: Launcher | None = None, roles: str = "web,worker",
        settings: Mapping[str, str] | None = None, log: str = "server.log",
    ) -> None:  # fmt: skip
        self.port = free_port()
        self.log = data / log
        self._launcher = launcher
        self._roles = roles
        self.environment = {
            "FIREBELL_DATA": str(data), "FIREBELL_DATABASE_URL": database_url,
            "FIREBELL_LISTEN": f"127.0.0.1:{self.port}", "FIREBELL_ALLOW_HTTP": "true",
            "FIREBELL_ALLOW_INTERNAL": '["127.0.0.0/8"]', "FIREBELL_LOG_LEVEL": "warning", "FIREBELL_CRASH": "",
            **(settings or {}),
        }  # fmt: skip
        self.pid = 0
        self.exit_code: int | None = None
        self._pidfd: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self, crash: str = "") -> None:
        """Start the process and return at once."""
        environment = {**self.environment, "FIREBELL_CRASH": crash}
        if self._launcher is not None:
            self.pid = self._launcher.fork(environment, self.log, self._roles)
        else:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "firebell", "serve", "--roles", self._roles],
                    env={**os.environ, **environment}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                )  # fmt: skip
            self.pid = self._process.pid
        self._close_pidfd()
        # An id that was free for a moment may belong to another process by now; a descriptor may not.
        with contextlib.suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(self.pid)

    def start(self, crash: str = "", timeout_s: float = 90) -> float:
        """Start, wait until it answers (or has died of ``crash``); seconds it took."""
        begun = CLOCK.monotonic()
        self.launch(crash)
        while not self.answers():
            if self.gone(0.01):
                if crash:
                    break
                raise AssertionError(f"the server did not start: {self.log.read_text()[-3000:]}")
            assert CLOCK.monotonic() - begun < timeout_s, self.log.read_text()[-3000:]
        return CLOCK.monotonic() - begun

    def answers(self) -> bool:
        """Whether ``/healthz`` does."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as sock:
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
                return sock.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False

    def gone(self, timeout_s: float = 0) -> bool:
        """Whether the process has ended, waiting at most ``timeout_s``."""
        if self._pidfd is None:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        if not poll.poll(int(timeout_s * 1000)):
            return False
        if self._process is not None:
            self.exit_code = self._process.wait()
        self._close_pidfd()
        return True

    def signal(self, number: int) -> None:
        if self._pidfd is not None:
            signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        """As a power cut ends it; returns when it has."""
        self.signal(signal.SIGKILL)
        assert self.gone(10)

    def stop(self, timeout_s: float = 20) -> float:
        """SIGTERM; returns how many seconds the process took to end."""
        begun = CLOCK.monotonic()
        self.signal(signal.SIGTERM)
        assert self.gone(timeout_s), f"still there after {timeout_s} s: {self.log.read_text()[-3000:]}"
        return CLOCK.monotonic() - begun

    def send(self, key: str, event: Mapping[str, object], source: str = "generic") -> httpx2.Response:
        """One signal, by a client of its own."""
        return httpx2.post(f"{self.base_url}/in/{source}/{key}", json=dict(event), timeout=20)

    def _close_pidfd(self) -> None:
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pidfd is not None:
            self.signal(signal.SIGCONT)
            self.kill()
