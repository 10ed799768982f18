"""What an incident has to say to everybody who follows it: put where it waits to be sent, in the unit that caused it.

A chat or a mail server that is away delays an announcement and nothing else.
"""

from __future__ import annotations

from firebell.domain.incidents.model import Incident
from firebell.kernel.work import Work


def announce(work: Work, incident: Incident, text: str) -> None:
    """``text`` (people by their names) to whatever follows ``incident``."""
