"""A small exporter: two counters of a shop's requests that go up with every scrape.

with Exporter() as shop:
    shop.bad_share = 1.0        # from the next scrape on every request fails
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PER_SCRAPE = 10


class Exporter:
    """``http_requests_total{job="shop", code="200"|"500"}``. ``scrapes`` counts how often it was asked."""

    def __init__(self) -> None:
        self.bad_share = 0.0
        self.scrapes = 0
        self._good = 0.0
        self._bad = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def metrics(self) -> str:
        """What the next scrape reads."""
        self.scrapes += 1
        self._good += PER_SCRAPE * (1 - self.bad_share)
        self._bad += PER_SCRAPE * self.bad_share
        return (
            "# TYPE http_requests_total counter\n"
            f'http_requests_total{{code="200"}} {self._good}\nhttp_requests_total{{code="500"}} {self._bad}\n'
        )

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exporter.metrics().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is inherited
                pass

        return Handler
