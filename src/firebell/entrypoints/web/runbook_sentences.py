"""The sentences of runbooks."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

RUNBOOK: Mapping[str, Sentence] = {}
