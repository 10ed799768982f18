"""What the house says of an incident because of its postmortem: who writes it, and how far the learning has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents.facts import PostmortemOwnerNamed
from firebell.domain.incidents.marks import first_marked
from firebell.domain.incidents.model import Incident, MilestoneName
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.record_facts import MilestoneSet
from firebell.domain.incidents.verbs import Verb


class NamePostmortemOwner(Verb, frozen=True, kw_only=True, tag="name_postmortem_owner"):
    """Somebody else writes the postmortem now."""

    owner_id: str


class NoteLearned(Verb, frozen=True, kw_only=True, tag="note_learned"):
    """The postmortem has been published, or all its promises are kept."""

    name: MilestoneName


def name_postmortem_owner(incident: Incident, verb: NamePostmortemOwner, asking: Asking, saying: Saying) -> Incident:
    """NamePostmortemOwner: the postmortem says so."""
    if verb.owner_id == incident.postmortem_owner_id:
        return incident
    saying.record(PostmortemOwnerNamed(owner_id=verb.owner_id, before=incident.postmortem_owner_id))
    return replace(incident, postmortem_owner_id=verb.owner_id)


def note_learned(incident: Incident, verb: NoteLearned, asking: Asking, saying: Saying) -> Incident:
    """NoteLearned: a milestone of what comes after the response, unless it is known already."""
    after = first_marked(incident, verb.name, asking.now, asking, "rule")
    if after is not incident:
        occurrence, at = after.milestones[-1].occurrence, asking.now.format_iso()
        saying.record(MilestoneSet(name=verb.name, occurrence=occurrence, before=None, at=at, reason=""))
    return after


HANDLERS: Mapping[type[Verb], Callable[[Incident, Any, Asking, Saying], Incident]] = {
    NamePostmortemOwner: name_postmortem_owner,
    NoteLearned: note_learned,
}
