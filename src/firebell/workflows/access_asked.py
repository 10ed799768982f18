"""Somebody asks to be let into a private incident: whoever runs it is told, and the asker learns nothing by it."""

from __future__ import annotations

from firebell.domain.incidents import access
from firebell.kernel.work import Work
from firebell.workflows import incident_moves, incident_words

SAID = "If there is such an incident, those who run it have been asked."
"""The answer, always."""


def ask(work: Work, key: str, why: str) -> str:
    """Ask to be let into ``key``. Returns the words for whoever asked. Raises TooMany, Invalid, Forbidden."""
    knock = access.ask_access(work, key, why)
    if knock is not None:
        asked = incident_words.with_names(work, f"{knock.who} asks to be let in")
        incident_moves.nudge(work, knock.incident, knock.tell, f"{asked}: {knock.why}")
    return SAID
