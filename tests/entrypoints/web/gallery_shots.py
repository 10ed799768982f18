"""Photographs the gallery at phone and desktop width, by day and night, under the real content policy.

    python tests/entrypoints/web/gallery_shots.py OUT_DIR [--static DIR]

DIR holds the built main.css and main.js, plain or hashed with a manifest.json beside them (default: where the
build puts them). Ends with 1 when the browser reports a policy violation or a script error, when a page is wider than
its window, or when a target on the acknowledge page is smaller than 48 px.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from gallery_data import SAMPLE, TEMPLATES, environment, frame
from playwright.sync_api import Browser, sync_playwright

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
PAGES = {"/gallery": ("gallery.html", True), "/ack": ("gallery_ack.html", False)}
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def serve(static: Path) -> ThreadingHTTPServer:
    listed = static / "manifest.json"
    names: dict[str, str] = json.loads(listed.read_text()) if listed.exists() else {}
    env = environment(lambda name: "/static/" + names.get(name, name).removeprefix("/static/"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path in PAGES:
                template, viewer = PAGES[url.path]
                theme = parse_qs(url.query).get("theme", ["system"])[0]
                self.answer(env.get_template(template).render(page=frame(theme, viewer), g=SAMPLE).encode(), "text/html; charset=utf-8")
            elif url.path.startswith("/static/") and (static / Path(url.path).name).is_file():
                file = static / Path(url.path).name
                self.answer(file.read_bytes(), KINDS.get(file.suffix, "application/octet-stream"))
            elif url.path == "/live/events":
                self.answer(b"event: beat\ndata:\n\n", "text/event-stream")
            else:
                self.answer(b"{}", "application/json")

        def answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def shoot(browser: Browser, origin: str, path: str, width: int, theme: str, out: Path) -> list[str]:
    faults: list[str] = []
    phone = width < 700
    page = browser.new_page(
        viewport={"width": width, "height": 640 if phone else 900}, device_scale_factor=1, is_mobile=phone, has_touch=phone
    )
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{origin}{path}?theme={theme}")
    page.wait_for_selector("html[data-js]", state="attached")
    across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if across > 0:
        faults.append(f"{across} px wider than the window")
    if path == "/ack":
        down = page.evaluate("document.documentElement.scrollHeight - document.documentElement.clientHeight")
        if down > 0:
            faults.append(f"the acknowledge page is {down} px taller than the window")
        for button in page.query_selector_all(".ack-actions .btn"):
            box = button.bounding_box()
            if box is None or box["height"] < 48:
                faults.append("a button on the acknowledge page is lower than 48 px")
    page.screenshot(path=out / f"{path.strip('/')}-{width}-{theme}.png", full_page=path != "/ack")
    if path == "/gallery" and width > 1000:
        page.keyboard.press("Control+k")
        page.screenshot(path=out / f"palette-{width}-{theme}.png")
    if path == "/gallery" and width < 400:
        page.click(".dock-more button")
        page.screenshot(path=out / f"more-{width}-{theme}.png")
    page.close()
    return [f"{path} {width} {theme}: {fault}" for fault in faults]


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--static", type=Path, default=TEMPLATES.parent / "static")
    given = arguments.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("No Chromium on this machine.", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    server = serve(given.static)
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"])
        for path in PAGES:
            for width in (360, 1280):
                for theme in ("light", "dark"):
                    faults += shoot(browser, origin, path, width, theme, given.out)
        browser.close()
    server.shutdown()
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
