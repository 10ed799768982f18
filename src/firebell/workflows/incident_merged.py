"""An incident turns out to be another one: its alerts, and those at work on it, go on there."""

from __future__ import annotations

from collections.abc import Iterator

from firebell.domain.incidents.model import Incident, RoleName
from firebell.domain.incidents.verbs import AssignRole, LinkAlert, Relate, Verb


def verbs_for(merged: Incident, into: str) -> Iterator[tuple[str, Verb]]:
    """(incident, what it is told), in order. The one that stands is related to the other, whose timeline stays."""
    for one in merged.alerts:
        yield into, LinkAlert(alert_id=one.alert_id, service_id=one.service_id, open=one.open)
    for user_id in merged.engaged_ids:
        if user_id not in merged.holders(RoleName.OBSERVER):
            yield into, AssignRole(role=RoleName.RESPONDER, user_id=user_id)
    yield into, Relate(other=merged.id)
