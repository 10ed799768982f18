"""The sentences of updates and their promises."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

COMMS: Mapping[str, Sentence] = {}
