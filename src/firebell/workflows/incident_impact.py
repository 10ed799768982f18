"""When customers were affected by an incident, and how many of them, as budgets reckon with it.

Impact is not the response: it may begin before anybody noticed, and it ends with the mitigation, not with the meeting.
"""

from __future__ import annotations

from fractions import Fraction

from firebell.domain.incidents.milestones import standing
from firebell.domain.incidents.model import Incident, MilestoneName
from firebell.domain.slo.declared import Affecting, Impact
from firebell.domain.slo.exact import exact
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid

AFFECTED = "affected"
"""The label of an incident that says which share of users was affected: ``30%`` or ``0.3``; all when there is none."""


def segments(incident: Incident) -> tuple[Impact, ...]:
    """One stretch for each time round. The first begins where somebody said that the impact did, else when it was
    detected or declared, whichever was first; one without a mitigation goes on until the incident is closed."""
    fraction = fraction_of(incident)
    found = []
    for occurrence in range(1, incident.occurrence + 1):
        since = _began(incident) if occurrence == 1 else incident.reopened_at[occurrence - 2]
        until = (
            standing(incident, MilestoneName.MITIGATED, occurrence)
            or standing(incident, MilestoneName.RESOLVED, occurrence)
            or incident.closed_at
        )
        if until is None or until > since:
            found.append(Impact(since, until, fraction))
    return tuple(found)


def affecting(incident: Incident) -> Affecting:
    """The incident as objectives know it, which count declared downtime."""
    return Affecting(incident.id, str(incident.counts_as), str(incident.phase), str(incident.kind), segments(incident))


def fraction_of(incident: Incident) -> Fraction:
    """f of its impact, above 0 and at most 1; a label that cannot be read says nothing."""
    text = incident.labels.get(AFFECTED, "").strip()
    if not text:
        return Fraction(1)
    try:
        found = exact(text.removesuffix("%").strip(), AFFECTED) / (100 if text.endswith("%") else 1)
    except Invalid:
        return Fraction(1)
    return found if 0 < found <= 1 else Fraction(1)


def _began(incident: Incident) -> Instant:
    said = standing(incident, MilestoneName.IMPACT_STARTED, 1)
    if said is not None:
        return said
    noticed = standing(incident, MilestoneName.DETECTED, 1)
    return incident.declared_at if noticed is None else min(noticed, incident.declared_at)
