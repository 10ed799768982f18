"""What a sentence of the journal is: apart from the sentences, so that each noun can keep its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` with ``{fields}``; ``kind`` and ``icon`` as ``ui.timeline_entry`` takes them."""

    text: str | Callable[[Mapping[str, Any]], str]
    kind: str = "plain"
    icon: str = ""
