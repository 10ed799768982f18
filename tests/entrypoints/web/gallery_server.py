"""The gallery on a loopback port under the real content policy, with a live stream a test can speak into."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment

from tests.entrypoints.web.gallery_data import SAMPLE, TEMPLATES, environment, frame

STATIC = TEMPLATES.parent / "static"
POLICY = "; ".join(  # noqa: FLY002  one directive a line
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    ]
)
PAGES = {"/gallery": ("gallery.html", True), "/ack": ("gallery_ack.html", False)}
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HTML = "text/html; charset=utf-8"


class Gallery:
    """``posts``: (path, fields) of every form that arrived. ``streams``: open live streams, one queue each."""

    def __init__(self, static: Path = STATIC) -> None:
        self.static = static
        listed = static / "manifest.json"
        self.names: dict[str, str] = json.loads(listed.read_text()) if listed.exists() else {}
        self.env: Environment = environment(lambda name: f"/static/{self.names.get(name, name)}")
        self.sample = SimpleNamespace(**vars(SAMPLE))
        self.posts: queue.Queue[tuple[str, dict[str, str]]] = queue.Queue()
        self.streams: list[queue.Queue[str | None]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tell(self, topic: str) -> None:
        for stream in self.streams:
            stream.put(f"event: topic\ndata: {topic}\n\n")

    def cut(self) -> None:
        for stream in self.streams:
            stream.put(None)

    def close(self) -> None:
        self.cut()
        self.server.shutdown()
        self.server.server_close()

    def page(self, path: str, theme: str) -> str:
        template, viewer = PAGES[path]
        return self.env.get_template(template).render(page=frame(theme, viewer), g=self.sample)

    def fragment(self, block: str) -> str:
        """One block of the gallery by itself, as a live element asks for it."""
        template = self.env.get_template("gallery.html")
        context = template.new_context({"page": frame("light"), "g": self.sample})
        return "".join(template.blocks[block](context))

    def _handler(gallery) -> type[BaseHTTPRequestHandler]:  # noqa: N805  the inner class has the self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                static = gallery.static / Path(url.path).name
                if url.path in PAGES:
                    theme = dict(parse_qsl(url.query)).get("theme", "system")
                    self.answer(gallery.page(url.path, theme).encode(), HTML)
                elif url.path == "/alerts":
                    self.answer(gallery.page("/gallery", "light").encode(), HTML)
                elif url.path == "/gallery/alerts":
                    self.answer(gallery.fragment("alerts").encode(), HTML)
                elif url.path == "/live/events":
                    self.stream()
                elif url.path == "/search.json":
                    found = [{"label": "orders-db", "href": "/services/2", "kind": "Service"}]
                    self.answer(json.dumps(found).encode(), "application/json")
                elif url.path.startswith("/static/") and static.is_file():
                    self.answer(static.read_bytes(), KINDS.get(static.suffix, "application/octet-stream"))
                else:
                    self.answer(b"{}", "application/json")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                gallery.posts.put((self.path, dict(parse_qsl(body, keep_blank_values=True))))
                self.answer(b"<!doctype html><title>Done</title><p>Done.", HTML)

            def stream(self) -> None:
                mine: queue.Queue[str | None] = queue.Queue()
                gallery.streams.append(mine)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                said: str | None = "event: beat\ndata:\n\n"
                with contextlib.suppress(ConnectionError):  # the reader left
                    while said is not None:
                        self.wfile.write(said.encode())
                        self.wfile.flush()
                        said = mine.get()
                gallery.streams.remove(mine)
                self.close_connection = True

            def answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", POLICY)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
                return

        return Handler
