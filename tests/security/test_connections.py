"""What nobody in particular may cost: the head of a request, silence, and an address that is only claimed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from firebell.app import Server, application, open_house, server_config
from firebell.entrypoints.connections import Guarded
from firebell.settings import Settings


class Impatient(Guarded):
    head_within_s = 0.2
    silent_max_s = 0.2


@contextmanager
def server(data: Path, protocol: type[Guarded] = Guarded) -> Iterator[int]:
    """The house served as the program serves it; yields its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        settings = Settings(data=data, listen=f"127.0.0.1:{port}")
        house = open_house(settings, roles=frozenset({"web"}), inline=True)
        front = application(house)
        config = server_config(front, settings)
        if protocol is not Guarded:
            config.http = protocol
        running: uvicorn.Server = Server(config, house, front)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield port
        finally:
            running.should_exit = True
            thread.join(timeout=10)


def said(port: int, *parts: bytes) -> bytes:
    """Everything the server says to these bytes until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        heard = b""
        try:
            for part in parts:
                line.sendall(part)
            while more := line.recv(65536):
                heard += more
        except ConnectionError:
            pass
        return heard


def test_a_head_without_end_is_refused(tmp_path: Path) -> None:
    with server(tmp_path) as port:
        heard = said(
            port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n", *[b"X-%d: " % n + b"a" * 60_000 + b"\r\n" for n in range(40)]
        )
        assert b"200 OK" not in heard
        assert heard == b"" or heard.startswith(b"HTTP/1.1 431 ")
        assert b"200 OK" in said(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "unfinished",
    [
        b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /in/generic/key HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea",
    ],
)  # fmt: skip
def test_whoever_falls_silent_within_a_request_is_hung_up_on(tmp_path: Path, unfinished: bytes) -> None:
    with server(tmp_path, Impatient) as port:
        # Without a limit this would wait for an end that never comes, and time out.
        said(port, unfinished)


def test_an_address_that_is_only_claimed_earns_no_attempts(tmp_path: Path) -> None:
    with server(tmp_path) as port:
        answers = []
        for n in range(32):
            body = b"name=nobody%d&password=x" % n
            answers.append(
                said(
                    port,
                    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.%d\r\n" % n
                    + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body,
                )[:12]
            )
        assert answers[-1] == b"HTTP/1.1 429"
