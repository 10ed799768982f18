"""What an incident has cost its SLOs, for its postmortem: the shares that are attributed to it."""

from __future__ import annotations

from fractions import Fraction

from firebell.domain.postmortems.draft import Spent
from firebell.kernel.work import Read


def spent(house: Read, incident_id: str) -> tuple[Spent, ...]:
    """By SLO, the largest share first."""
    return ()


def largest_permille(house: Read, incident_id: str) -> int:
    """The largest share of one SLO's budget, in thousandths."""
    return max((one.permille for one in spent(house, incident_id)), default=0)


def quarter_share(house: Read, incident_id: str) -> Fraction:
    """What it took of a quarter's budget, exactly: the largest over its SLOs."""
    return Fraction(0)
