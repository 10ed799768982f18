"""The sentences of incidents."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

INCIDENT: Mapping[str, Sentence] = {}
