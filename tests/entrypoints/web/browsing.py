"""Browsers for the pages' tests: what they complain about is collected, and pages are measured where they are shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)
WIDTHS = {"phone": (360, 640), "desk": (1280, 900)}
LOOKS = [(size, theme) for size in WIDTHS for theme in ("light", "dark")]
SHOTS = os.environ.get("FIREBELL_SCREENSHOTS", "")
EVERY = bool(os.environ.get("FIREBELL_SCREENSHOTS_EVERY"))
KEPT = frozenset(
    {
        "now-desk-light",
        "alert-desk-dark",
        "alerts-phone-dark",
        "ack-ask-dark",
        "ack-mine",
        "setup-4-received-desk-light",
        "schedule-desk-light",
        "policy-desk-light",
        "cover-preview",
    }
)


class Faults(list[str]):
    """Script errors, policy violations and pages wider than their window."""

    def watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.append(str(error)))

    def _said(self, message: object) -> None:
        kind, words = getattr(message, "type", ""), getattr(message, "text", "")
        # A refused form is answered with its status, which Chromium also calls an error of the page.
        if kind == "error" and "Failed to load resource" not in words:
            self.append(words)


@contextmanager
def browsing(
    browser: Browser, size: str = "desk", theme: str = "light", *, javascript: bool = True
) -> Iterator[tuple[BrowserContext, Page, Faults]]:
    """A fresh browser context of that look."""
    width, height = WIDTHS[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, is_mobile=size == "phone",  # type: ignore[arg-type]
        has_touch=size == "phone", java_script_enabled=javascript, device_scale_factor=1,
    )  # fmt: skip
    context.set_default_timeout(20_000)
    faults = Faults()
    page = context.new_page()
    faults.watch(page)
    yield context, page, faults
    context.close()


def too_wide(page: Page) -> int:
    """How many pixels a page is wider than its window, once it stands still."""
    return _beyond(page, "document.documentElement.scrollWidth - document.documentElement.clientWidth")


def too_tall(page: Page) -> int:
    """How many pixels a page is taller than its window, once it stands still."""
    return _beyond(page, "document.documentElement.scrollHeight - document.documentElement.clientHeight")


def _beyond(page: Page, measure: str) -> int:
    # A fragment that is being swapped, or a font that has just come, may stand out for a moment.
    for _ in range(20):
        pixels = int(page.evaluate(measure))
        if pixels <= 0:
            break
        page.wait_for_timeout(100)
    return pixels


def shoot(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture in the folder FIREBELL_SCREENSHOTS (none: nowhere): those of the docs, or with _EVERY=1 all."""
    if SHOTS and (EVERY or name in KEPT):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=whole)
