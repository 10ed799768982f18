"""Setting milestones from verbs: later ones come again each time an incident is reopened."""

from __future__ import annotations

from msgspec.structs import replace

from firebell.domain.incidents.model import Incident, Milestone, MilestoneName
from firebell.domain.incidents.outcome import Asking
from firebell.kernel.clock import Instant

AGAIN = frozenset(
    {
        MilestoneName.MITIGATED,
        MilestoneName.RESOLVED,
        MilestoneName.POSTMORTEM_PUBLISHED,
        MilestoneName.ACTIONS_CLOSED,
    }
)
"""Milestones that have one more occurrence after each reopening; of the others the first stands."""


def occurrence_of(incident: Incident, name: MilestoneName) -> int:
    """Which occurrence of ``name`` is the current one."""
    return incident.occurrence if name in AGAIN else 1


def marked(incident: Incident, name: MilestoneName, at: Instant, asking: Asking, source: str = "verb") -> Incident:
    """The incident with the current occurrence of ``name`` at ``at``, whatever stood before."""
    mark = Milestone(
        name=name, occurrence=occurrence_of(incident, name), at=at, recorded_at=asking.now, source=source, by=asking.by
    )
    return replace(incident, milestones=(*incident.milestones, mark))


def first_marked(
    incident: Incident, name: MilestoneName, at: Instant, asking: Asking, source: str = "verb"
) -> Incident:
    """The same, unless its current occurrence is set already (or was taken back by hand)."""
    if any(m.name == name and m.occurrence == occurrence_of(incident, name) for m in incident.milestones):
        return incident
    return marked(incident, name, at, asking, source)
