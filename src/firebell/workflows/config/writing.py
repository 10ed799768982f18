"""How documents are written down: without what is a default."""

from __future__ import annotations

from typing import Any


def sparse(**fields: Any) -> dict[str, Any]:
    """``fields`` without those that are empty."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def unless(value: Any, default: Any) -> Any:
    """``value`` for :func:`sparse`: left out where it is the default."""
    return None if value == default else value
