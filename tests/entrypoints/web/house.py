"""A whole house behind a real server on an ephemeral port, for browsers and plain requests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from firebell.app import House, Server, application, open_house
from firebell.kernel.clock import Clock
from firebell.settings import Settings


@dataclass(frozen=True, slots=True)
class Served:
    """``house`` is open and answers at ``origin``."""

    house: House
    origin: str

    def request(
        self, method: str, address: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], str]:
        """A plain request, as a mail scanner or a sender makes it: status, headers (lower case) and text."""
        with httpx2.Client(trust_env=False, timeout=10) as client:
            answer = client.request(method, address, content=body, headers=dict(headers or {}))
        return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.text


@contextmanager
def served(data: Path, *, clock: Clock | None = None, **given: Any) -> Iterator[Served]:
    """Serve a fresh house; its worker runs by itself."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        origin = f"http://127.0.0.1:{port}"
        settings = Settings(
            data=data, database_url=f"sqlite:///{data / 'firebell.db'}", public_url=origin, allow_http=True,
            allow_internal=("127.0.0.0/8",), **given,
        )  # fmt: skip
        house = open_house(settings, clock=clock)
        front = application(house)
        config = uvicorn.Config(front, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        server = Server(config, house, front)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Served(house, origin)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
