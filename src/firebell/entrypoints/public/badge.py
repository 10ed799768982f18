"""The badge: a small SVG that says the top line, to be put on other sites."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import escape

from firebell.domain.statuspage.model import Snapshot

_FILL: Mapping[str, str] = {
    "none": "#1a7f4b", "maintenance": "#6d4bb5", "minor": "#8f6200", "major": "#b4500b", "critical": "#b3261e",
}  # fmt: skip
_CHAR_PX = 6.6
_PAD_PX = 9


def draw(snapshot: Snapshot) -> str:
    """White on the state's colour (4.5:1 at least); its words are in the text, not only in the colour."""
    name, words = escape(snapshot.page.name[:40]), escape(snapshot.top.description)
    left = round(len(snapshot.page.name[:40]) * _CHAR_PX + 2 * _PAD_PX)
    right = round(len(snapshot.top.description) * _CHAR_PX + 2 * _PAD_PX)
    whole = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="22" viewBox="0 0 {whole} 22" role="img" '
        f'aria-label="{name}: {words}"><title>{name}: {words}</title>'
        f'<clipPath id="r"><rect width="{whole}" height="22" rx="4"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{left}" height="22" fill="#3b4048"/>'
        f'<rect x="{left}" width="{right}" height="22" fill="{_FILL[snapshot.top.indicator]}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2}" y="15" textLength="{left - 2 * _PAD_PX}">{name}</text>'
        f'<text x="{left + right / 2}" y="15" textLength="{right - 2 * _PAD_PX}">{words}</text></g></svg>'
    )
