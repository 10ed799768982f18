"""An error budget policy asks for a postmortem, and for an action item that goes before all other work.

While people are still at work on the incident nothing is opened: the same is asked again at every reckoning, and once
the incident is resolved it is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import ACTIVE
from firebell.domain.postmortems import commands, queries
from firebell.domain.postmortems.rules import P0_ACTION, Why
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortem_opens


def require(work: Work, incident_id: str, p0: bool, why: str) -> None:
    """A postmortem of the incident is required; ``p0``: and cannot be published without an item of priority P0."""
    wanted = (str(Why.BUDGET), P0_ACTION) if p0 else (str(Why.BUDGET),)
    one = queries.find(work, incident_id)
    if one is None:
        incident = incidents.find(work, incident_id)
        if incident is None or incident.phase in ACTIVE:
            return
        one = postmortem_opens.draft_one(work, incident, owner_id=incident.postmortem_owner_id, why=(Why.BUDGET,))
    missing = [each for each in wanted if each not in one.required]
    if missing and one.skipped_at is None:
        commands.follow(work, one.id, {"required": (*one.required, *missing)})


def classes(read: Read, incident_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The classes of incidents: what their contributing factors share with others, else what kind they are."""
    found = queries.of_incidents(read, incident_ids)
    return {
        incident_id: tuple(sorted({each.mechanism.strip() or str(each.kind) for each in one.document.factors}))
        for incident_id, one in found.items()
    }
