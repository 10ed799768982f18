"""What an incident has cost its SLOs, for its postmortem: the shares that are attributed to it."""

from __future__ import annotations

import math
from fractions import Fraction

from firebell.domain.postmortems.draft import Spent
from firebell.domain.slo import queries as slos
from firebell.domain.slo.records import AttributionRecord
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read

QUARTER_S = 90 * 86_400


def spent(read: Read, incident_id: str) -> tuple[Spent, ...]:
    """By SLO (of several objectives the one that lost most), the largest share first; what took nothing is left out."""
    largest = _largest(read, incident_id)
    names = {str(one.id): one.name for one in slos.those(_house(read), largest)}
    found = [
        Spent(slo=names[slo_id], permille=_permille(one.share.used))
        for slo_id, one in largest.items()
        if slo_id in names and one.share.used > 0
    ]
    return tuple(sorted(found, key=lambda one: (-one.permille, one.slo)))


def largest_permille(read: Read, incident_id: str) -> int:
    """The largest share of one SLO's budget, in thousandths, rounded up: 20.01 % is more than 20 %."""
    return max((math.ceil(one.share.used * 1000) for one in _largest(read, incident_id).values()), default=0)


def quarter_share(read: Read, incident_id: str) -> Fraction:
    """What it took of a quarter's budget, exactly: the largest over its SLOs. A shorter period's budget is a smaller
    part of the quarter's."""
    largest = _largest(read, incident_id)
    states = slos.states(_house(read), largest)
    shares = []
    for slo_id, one in largest.items():
        state = states.get((slo_id, one.objective))
        part = (
            Fraction(min(state.period_s, QUARTER_S), QUARTER_S) if state is not None and state.period_s else Fraction(1)
        )
        shares.append(one.share.used * part)
    return max(shares, default=Fraction(0))


def is_linked(read: Read, incident_id: str, service_ids: tuple[str, ...]) -> bool:
    """Whether a loss is attributed to it, or none of its services has an SLO to lose."""
    house = _house(read)
    if slos.attributions_of(house, [incident_id]):
        return True
    return not any(slos.by_service(house, service_id) for service_id in service_ids)


def _largest(read: Read, incident_id: str) -> dict[str, AttributionRecord]:
    found: dict[str, AttributionRecord] = {}
    for one in slos.attributions_of(_house(read), [incident_id]):
        before = found.get(str(one.slo_id))
        if before is None or one.share.used > before.share.used:
            found[str(one.slo_id)] = one
    return found


def _permille(share: Fraction) -> int:
    return round(share * 1000)


def _house(read: Read) -> Read:
    return Read(read.connection, read.now, SYSTEM)
