"""The sentences of status pages."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

STATUS: Mapping[str, Sentence] = {}
