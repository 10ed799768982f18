"""What an incident has to say to everybody who follows it: put where it waits to be sent, in the unit that caused it.

A chat or a mail server that is away delays an announcement and nothing else.
"""

from __future__ import annotations

from firebell.domain.incidents.model import Incident
from firebell.kernel.work import Work
from firebell.workflows import chat_told

_ON_THE_CARD = (
    "phase", "severity", "title", "codename", "summary", "impact", "cause", "engagements", "size_ups", "tasks",
)  # fmt: skip


def announce(work: Work, incident: Incident, text: str) -> None:
    """``text`` (people by their names) to whatever follows ``incident``."""
    chat_told.said(work, incident, text)


def followed(work: Work, before: Incident | None, after: Incident) -> None:
    """An incident has changed (``before`` ``None``: it was declared): its room is opened, its card renewed."""
    if before is None:
        chat_told.opened(work, after)
        return
    if after.private and not before.private:
        chat_told.moved(work, after)
    chat_told.gathered(work, before, after)
    if any(getattr(before, name) != getattr(after, name) for name in _ON_THE_CARD):
        chat_told.card(work, after)
    known = {one.id for one in before.decisions}
    for one in after.decisions:
        if one.id not in known:
            chat_told.proposed(work, after, one.id)
    if before.phase != after.phase:
        chat_told.announced(work, after, f"{after.reference} is {after.phase.replace('_', ' ')} now.")
