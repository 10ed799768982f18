"""When things happened: set by hand or by verbs, with history. What contradicts itself is shown, never repaired.

The partial order (incidents.md 4) is kept by nobody: a breach makes the metrics that use it invalid, until a person
corrects one of the two times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from firebell.domain.incidents.asked import needs_no_observer
from firebell.domain.incidents.guards import needs_reason, not_ahead
from firebell.domain.incidents.marks import AGAIN, occurrence_of
from firebell.domain.incidents.model import Incident, Milestone, MilestoneName
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.record_facts import MilestoneSet
from firebell.domain.incidents.verbs import SetMilestone
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid

_M = MilestoneName
FOLLOWS: Mapping[MilestoneName, tuple[MilestoneName, ...]] = {
    _M.IMPACT_STARTED: (_M.DETECTED, _M.IDENTIFIED, _M.MITIGATED),
    _M.DETECTED: (_M.ACKNOWLEDGED, _M.DECLARED),
    _M.DECLARED: (_M.COMMANDER_ASSIGNED,),
    _M.MITIGATED: (_M.RESOLVED,),
    _M.RESOLVED: (_M.POSTMORTEM_PUBLISHED,),
    _M.POSTMORTEM_PUBLISHED: (_M.ACTIONS_CLOSED,),
}
"""What comes after what, directly."""


def _after(name: MilestoneName) -> frozenset[MilestoneName]:
    """Everything that comes after ``name``, directly or not: the order holds across blanks too."""
    direct = FOLLOWS.get(name, ())
    return frozenset(direct).union(*(_after(one) for one in direct))


AFTER: Mapping[MilestoneName, frozenset[MilestoneName]] = {name: _after(name) for name in MilestoneName}


@dataclass(frozen=True, slots=True)
class Breach:
    """``later`` is said to have happened before ``earlier``, in this occurrence of those that come again."""

    earlier: MilestoneName
    later: MilestoneName
    occurrence: int

    @property
    def words(self) -> str:
        return f"{self.later} is said to be before {self.earlier}".replace("_", " ")


def standing(incident: Incident, name: MilestoneName, occurrence: int) -> Instant | None:
    """When ``name`` happened in this occurrence; of those that do not come again there is only the first."""
    found = incident.milestone(name, occurrence if name in AGAIN else 1)
    return found.at if found is not None else None


def breaches(incident: Incident) -> tuple[Breach, ...]:
    """Where the times contradict each other."""
    found = {}
    for occurrence in range(1, incident.occurrence + 1):
        times = {name: at for name in MilestoneName if (at := standing(incident, name, occurrence)) is not None}
        for earlier, first in times.items():
            for later, second in times.items():
                if later in AFTER[earlier] and second < first:
                    once = occurrence if AGAIN & {earlier, later} else 1
                    found[earlier, later, once] = Breach(earlier, later, once)
    return tuple(found.values())


def set_milestone(incident: Incident, verb: SetMilestone, asking: Asking, saying: Saying) -> Incident:
    """SetMilestone. Setting what is blank needs no reason; a correction does, and what stood before stays readable."""
    needs_no_observer(incident, asking)
    occurrence = verb.occurrence if verb.occurrence is not None else occurrence_of(incident, verb.name)
    if not 1 <= occurrence <= (incident.occurrence if verb.name in AGAIN else 1):
        raise Invalid("It has not happened so often.", field="occurrence")
    before = standing(incident, verb.name, occurrence)
    if before == verb.at:
        return incident
    if verb.at is not None:
        not_ahead(verb.at, asking)
    reason = verb.reason.strip()
    if before is not None:
        reason = needs_reason(reason, least=1, what="A correction")
    mark = Milestone(
        name=verb.name, occurrence=occurrence, at=verb.at, recorded_at=asking.now, source="hand", by=asking.by,
        reason=reason,
    )  # fmt: skip
    after = replace(incident, milestones=(*incident.milestones, mark))
    fact = MilestoneSet(
        name=verb.name, occurrence=occurrence, before=before.format_iso() if before else None,
        at=verb.at.format_iso() if verb.at else None, reason=reason,
    )  # fmt: skip
    saying.record(fact, verb.at)
    known = breaches(incident)
    for breach in breaches(after):
        if breach not in known:
            saying.warn(f"{breach.words.capitalize()}: the metrics that use them are invalid until one is corrected.")
    return after
