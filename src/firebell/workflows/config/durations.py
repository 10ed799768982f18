"""``90s``, ``5m``, ``1h30m``, ``2d``, ``1w`` ↔ seconds."""

from __future__ import annotations

import re

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d{1,9}[wdhms])+")
_PART = re.compile(r"(\d+)([wdhms])")


def seconds(text: str) -> int | None:
    """Seconds, or ``None`` when ``text`` is no duration."""
    if not _WHOLE.fullmatch(text):
        return None
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def shown(seconds_: int) -> str:
    """The shortest way to write it down: ``5m``, ``1h30m``, ``0m``."""
    parts, rest = [], seconds_
    for unit, size in _UNITS.items():
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return "".join(parts) or "0m"
