"""The sentences of what leaves by the outbox."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

OUTBOX: Mapping[str, Sentence] = {}
