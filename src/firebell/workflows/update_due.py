"""An update is due: the ladder of reminders, up to the automatic update."""

from __future__ import annotations

from firebell.kernel.work import Work


def tick(work: Work) -> bool:
    """Give the reminders that are due. True when anything was done."""
    return False
