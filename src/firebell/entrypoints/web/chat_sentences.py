"""The sentences of chat."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

CHAT: Mapping[str, Sentence] = {}
