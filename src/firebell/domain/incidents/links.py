"""What an incident is tied to: alerts (one that fires again restarts the stability window), others like it, and the
first human and the first public word, which the house tells it of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement
from firebell.domain.incidents.asked import needs_no_observer, words
from firebell.domain.incidents.marks import first_marked
from firebell.domain.incidents.model import Incident, LinkedAlert, MilestoneName, Phase, RoleName
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.record_facts import (
    AlertLinked,
    AlertUnlinked,
    CustomersTold,
    IncidentAcknowledged,
    IncidentRelated,
    IncidentUnrelated,
    LinkedAlertChanged,
)
from firebell.domain.incidents.understanding import restarted
from firebell.domain.incidents.verbs import (
    LinkAlert,
    NoteAcknowledged,
    NoteAlert,
    NotePublicPost,
    Relate,
    UnlinkAlert,
    Unrelate,
    Verb,
)
from firebell.kernel.errors import Invalid, NotFound


def link_alert(incident: Incident, verb: LinkAlert, asking: Asking, saying: Saying) -> Incident:
    """LinkAlert. The same one twice is one; its service becomes one of the incident's."""
    needs_no_observer(incident, asking)
    alert_id = words(verb.alert_id, "alert_id", what="The alert")
    if any(one.alert_id == alert_id for one in incident.alerts):
        return incident
    saying.record(AlertLinked(alert_id=alert_id, service_id=verb.service_id))
    new = LinkedAlert(alert_id=alert_id, service_id=verb.service_id, linked_at=asking.now, open=verb.open)
    services = dict.fromkeys((*incident.service_ids, *([verb.service_id] if verb.service_id else [])))
    after = replace(incident, alerts=(*incident.alerts, new), service_ids=tuple(services))
    return restarted(after, asking) if verb.open else after


def unlink_alert(incident: Incident, verb: UnlinkAlert, asking: Asking, saying: Saying) -> Incident:
    """UnlinkAlert: it has nothing to do with this."""
    needs_no_observer(incident, asking)
    if all(one.alert_id != verb.alert_id for one in incident.alerts):
        return incident
    saying.record(AlertUnlinked(alert_id=verb.alert_id))
    return replace(incident, alerts=tuple(one for one in incident.alerts if one.alert_id != verb.alert_id))


def note_alert(incident: Incident, verb: NoteAlert, asking: Asking, saying: Saying) -> Incident:
    """NoteAlert: one that is not linked, or is known to be so already, changes nothing."""
    found = next((one for one in incident.alerts if one.alert_id == verb.alert_id), None)
    if found is None or found.open == verb.open:
        return incident
    restarts = verb.open and incident.phase is Phase.MITIGATED
    saying.record(LinkedAlertChanged(alert_id=verb.alert_id, open=verb.open, restarted=restarts))
    changed = replace(found, open=verb.open)
    after = replace(
        incident, alerts=tuple(changed if one.alert_id == verb.alert_id else one for one in incident.alerts)
    )
    return restarted(after, asking) if restarts else after


def note_acknowledged(incident: Incident, verb: NoteAcknowledged, asking: Asking, saying: Saying) -> Incident:
    """NoteAcknowledged: the first human stops the response clock; whoever came is at work from then on.

    A linked alert is open to everybody, so acknowledging one lets nobody into a private incident; being called does.
    """
    if not incident.active or not verb.user_id:
        return incident
    after = first_marked(incident, MilestoneName.ACKNOWLEDGED, asking.now, asking, source="rule")
    if after is not incident:
        saying.record(IncidentAcknowledged(user_id=verb.user_id))
    inside = not incident.private or verb.called or verb.user_id in incident.member_ids
    if not inside or verb.user_id in engagement.responders(after):
        return after
    return engagement.joined(after, RoleName.RESPONDER, verb.user_id, asking)


def note_public_post(incident: Incident, verb: NotePublicPost, asking: Asking, saying: Saying) -> Incident:
    """NotePublicPost: the first one is a milestone, and so is the first that says the cause is known."""
    after = first_marked(incident, MilestoneName.FIRST_PUBLIC_POST, asking.now, asking, source="rule")
    if verb.identified:
        after = first_marked(after, MilestoneName.IDENTIFIED, asking.now, asking, source="rule")
    if after is not incident:
        saying.record(CustomersTold(identified=verb.identified))
    return after


def relate(incident: Incident, verb: Relate, asking: Asking, saying: Saying) -> Incident:
    """Relate to another that is to be seen."""
    needs_no_observer(incident, asking)
    if verb.other == incident.id:
        raise Invalid("An incident is not related to itself.", field="other")
    if verb.other in incident.related_ids:
        return incident
    if all(other != verb.other for other, _ in asking.others):
        raise NotFound("There is no such incident.", field="other")
    saying.record(IncidentRelated(other=verb.other))
    return replace(incident, related_ids=(*incident.related_ids, verb.other))


def unrelate(incident: Incident, verb: Unrelate, asking: Asking, saying: Saying) -> Incident:
    """Unrelate."""
    needs_no_observer(incident, asking)
    if verb.other not in incident.related_ids:
        return incident
    saying.record(IncidentUnrelated(other=verb.other))
    return replace(incident, related_ids=tuple(one for one in incident.related_ids if one != verb.other))


HANDLERS: Mapping[type[Verb], Any] = {
    LinkAlert: link_alert,
    UnlinkAlert: unlink_alert,
    NoteAlert: note_alert,
    NoteAcknowledged: note_acknowledged,
    NotePublicPost: note_public_post,
    Relate: relate,
    Unrelate: unrelate,
}
