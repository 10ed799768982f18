"""Which alerts an actor does not get to see: calls for a private incident that were not for them.

An alert by which Firebell asks somebody to come tells that there is an incident, and answering it lets one in. So for
everyone but those it concerns and those it called it is not there, like the incident itself (incidents.md 10).
"""

from __future__ import annotations

from firebell.domain.alerts import queries as alerts
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.visibility import person_of
from firebell.domain.paging import queries as paging
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read

_OF = ("incident", "agreement:C1", "agreement:C9")
"""What the keys of alerts for the sake of an incident begin with: calls, and disagreements with a status page."""


def hidden(read: Read) -> frozenset[str]:
    """Ids of the alerts that are not there for this actor."""
    shut = incidents.hidden_subjects(read)
    if not shut:
        return frozenset()
    key = ("hidden alerts",)
    if key not in read.memo:
        about = [f"{of}:{incident_id}:" for incident_id in sorted(shut) for of in _OF]
        calls = alerts.own_by_key(read, about)
        person = person_of(read.actor)
        read.memo[key] = frozenset(one for one in calls if not person or person not in paging.paged_users(read, [one]))
    found: frozenset[str] = read.memo[key]
    return found


def check(read: Read, alert_id: str, words: str = "There is no such alert.") -> None:
    """Raise NotFound, in the ``words`` of an alert that never was, for one that is not there for this actor."""
    if alert_id in hidden(read):
        raise NotFound(words, field="alert_id" if words == "There is no such alert." else None)


def check_answer(read: Read, alert_id: str) -> None:
    """The same before somebody answers it."""
    check(read, alert_id, f"There is no alert {alert_id}.")
