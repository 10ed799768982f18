"""Postmortems and review decks as PDF."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from firebell.entrypoints.documents.boards import Boards
from firebell.entrypoints.documents.press import pressed
from firebell.entrypoints.documents.sheet import Sheet
from firebell.kernel.clock import Instant


def document(one: Sheet, at: Instant) -> bytes:
    """The sheet on A4."""
    return pressed("document.typ", cast("dict[str, Any]", msgspec.to_builtins(one)), at)


def deck(one: Boards, at: Instant) -> bytes:
    """Six slides of 16:9. What does not fit at 18 pt is cut, and the slide says so."""
    return pressed("deck.typ", cast("dict[str, Any]", msgspec.to_builtins(one)), at)
