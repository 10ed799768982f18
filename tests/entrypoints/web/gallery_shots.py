"""Photographs the gallery at phone and desktop width, by day and night, under the real content policy.

    python -m tests.entrypoints.web.gallery_shots OUT_DIR [--static DIR]

DIR holds the built main.css and main.js, plain or hashed with a manifest.json beside them (default: where the
build puts them). Ends with 1 when the browser reports a policy violation or a script error, when a page is wider than
its window, or when the acknowledge page needs scrolling or has a target lower than 48 px.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.entrypoints.web.gallery_server import PAGES, STATIC, Gallery

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Nothing but this machine can be reached. A route in the test would do that, too, but each request would wait for the
# test's process, nothing would be cached, and a request under way when a page closes may wait for ever.
HERE_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", HERE_ONLY]


def open_page(browser: Browser, width: int, faults: list[str]) -> Page:
    """A page of that width; what the browser complains about is appended to ``faults``."""
    phone = width < 700
    page = browser.new_page(
        viewport={"width": width, "height": 640 if phone else 900},
        is_mobile=phone,
        has_touch=phone,
        device_scale_factor=1,
    )
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return page


def measure(page: Page, path: str) -> list[str]:
    faults: list[str] = []
    across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if across > 0:
        faults.append(f"{across} px wider than the window")
    if path == "/ack":
        down = page.evaluate("document.documentElement.scrollHeight - document.documentElement.clientHeight")
        if down > 0:
            faults.append(f"the acknowledge page is {down} px taller than the window")
        heights = page.eval_on_selector_all(
            ".ack-actions .btn", "all => all.map(b => b.getBoundingClientRect().height)"
        )
        faults += [f"a button of {height} px on the acknowledge page" for height in heights if height < 48]
    return faults


def shoot(browser: Browser, origin: str, path: str, width: int, theme: str, out: Path) -> list[str]:
    faults: list[str] = []
    page = open_page(browser, width, faults)
    page.goto(f"{origin}{path}?theme={theme}")
    page.wait_for_selector("html[data-js]", state="attached")
    if path == "/gallery":
        page.wait_for_selector("#live-badge[data-state=live]", state="attached")
    faults += measure(page, path)
    page.screenshot(path=out / f"{path.strip('/')}-{width}-{theme}.png", full_page=path != "/ack")
    if path == "/gallery" and width > 1000:
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette[open]")
        page.screenshot(path=out / f"palette-{width}-{theme}.png")
        page.keyboard.press("Escape")
        page.wait_for_selector("#palette", state="hidden")  # the browser closes it a moment later
        page.keyboard.press("?")
        page.wait_for_selector("#keys[open]")
        page.screenshot(path=out / f"keys-{width}-{theme}.png")
        page.keyboard.press("Escape")
        page.wait_for_selector("#keys", state="hidden")
        page.click("[popovertarget=user-menu]")
        page.screenshot(path=out / f"menu-{width}-{theme}.png")
    if path == "/gallery" and width < 400:
        page.screenshot(path=out / f"top-{width}-{theme}.png")
        page.click(".dock-more button")
        page.screenshot(path=out / f"more-{width}-{theme}.png")
    page.close()
    return [f"{path} {width} {theme}: {fault}" for fault in faults]


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--static", type=Path, default=STATIC)
    given = arguments.parse_args()
    if CHROMIUM is None:
        print("No Chromium on this machine.", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    gallery = Gallery(given.static)
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for path in PAGES:
            for width in (360, 1280):
                for theme in ("light", "dark"):
                    faults += shoot(browser, gallery.origin, path, width, theme, given.out)
        browser.close()
    gallery.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
