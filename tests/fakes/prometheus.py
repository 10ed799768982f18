"""A Prometheus on loopback that answers ranges from a function, and may be made to fail.

with FakePrometheus(lambda query, at: 10.0 if "total" in query else 0.5) as prometheus:
    prometheus.fault = Fault(503, b"")
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

Value = float | str | None
"""A number, a text such as ``NaN``, or nothing at that time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of the data. ``hangs``: no answer at all until the server is closed."""

    status: int = 200
    body: bytes = b""
    hangs: bool = False


class FakePrometheus:
    """``asked`` keeps (query, start, end, step) of every request, ``headers`` the last ones' (lower case)."""

    def __init__(self, value: Callable[[str, int], Value]) -> None:
        self.value = value
        self.fault: Fault | None = None
        self.warnings: list[str] = []
        self.asked: list[tuple[str, int, int, int]] = []
        self.headers: dict[str, str] = {}
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, form: dict[str, list[str]]) -> bytes:
        query = form["query"][0]
        start, end, step = (int(form[name][0]) for name in ("start", "end", "step"))
        self.asked.append((query, start, end, step))
        found = [(at, self.value(query, at)) for at in range(start, end + 1, step)]
        values = [[at, str(value)] for at, value in found if value is not None]
        result = [{"metric": {}, "values": values}] if values else []
        said: dict[str, Any] = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        if self.warnings:
            said["warnings"] = self.warnings
        return json.dumps(said).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                fake.headers = {name.lower(): value for name, value in self.headers.items()}
                fault = fake.fault
                if self.path != "/api/v1/query_range":
                    fault = Fault(404, b"no such page")
                if fault is not None and fault.hangs:
                    fake._over.wait(30)
                    self.close_connection = True
                    return
                answer = fault.body if fault is not None else fake._answer(parse_qs(body.decode()))
                self.send_response(fault.status if fault is not None else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is inherited
                pass

        return Handler
