"""What axe-core finds wrong with a page for people who cannot see it, hear it or use a mouse."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

_GRAVE = ("serious", "critical")


def grave(page: Page) -> list[str]:
    """Serious and critical violations, each with the rule and the elements it is about."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): " + "; ".join(str(node["html"])[:160] for node in one["nodes"][:4])
        for one in found
        if one["impact"] in _GRAVE
    ]
