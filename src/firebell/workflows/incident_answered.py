"""Somebody acknowledges: an alert of an incident counts as its first answer; a call of an incident engages who comes.

An acknowledgement is never refused for what the incident's rules say: whoever answers is engaged, and told what could
not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firebell.domain.alerts.model import Alert, AlertKind
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store, verbs
from firebell.domain.incidents.call_facts import CallAnswered
from firebell.domain.incidents.model import Incident, OfferState, Phase, RoleName, Severity
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_moves, own_alert


def acknowledged(work: Work, alerts: Sequence[Alert], user_id: str | None) -> None:
    """These alerts have just been acknowledged by ``user_id`` (``None``: by their sender, which engages nobody)."""
    if user_id is None:
        return
    for one in alerts:
        if one.kind == AlertKind.INCIDENT and one.labels.get(own_alert.ASKS):
            _came(work, one.labels.get(own_alert.INCIDENT, ""), one.labels[own_alert.ASKS], user_id)
    theirs = incidents.of_alerts(_everything(work), [one.id for one in alerts if one.kind != AlertKind.INCIDENT])
    for incident in {one.id: one for one in theirs.values() if one.active}.values():
        incident_moves.tell(work, incident.id, verbs.NoteAcknowledged(user_id=user_id))
        if not incident.private or user_id in (*incident.engaged_ids, *incident.member_ids):
            _offer_small(work, incident.id, user_id)


def firing(work: Work, alert_ids: Iterable[str], *, still: bool) -> None:
    """Linked alerts are over (or, ``still``, not): the incidents they belong to count them."""
    everything = _everything(work)
    for alert_id in alert_ids:
        for incident in incidents.all_of_alert(everything, alert_id):
            if incident.phase not in (Phase.DECLINED, Phase.DUPLICATE, Phase.CLOSED):
                incident_moves.tell(work, incident.id, verbs.NoteAlert(alert_id=alert_id, open=still))


def _came(work: Work, incident_id: str, asks: str, user_id: str) -> None:
    incident = store.take(work, incident_id)
    if incident is None or not incident.active:
        return
    refused = _given(work, incident, asks, user_id)
    if asks != RoleName.COMMANDER or refused:
        incident_moves.tell_if_it_can(work, incident_id, verbs.NoteAcknowledged(user_id=user_id, called=True))
    work.record(incident_id, CallAnswered(user_id=user_id, role=asks, refused=refused))
    if refused:
        incident_moves.nudge(work, incident, [user_id], f"You are engaged, but not as {asks}: {refused}")


def _given(work: Work, incident: Incident, asks: str, user_id: str) -> str:
    """The role that was asked for, given to whoever came. Returns why it could not be, or nothing."""
    if asks == RoleName.COMMANDER:
        return incident_moves.tell_if_it_can(work, incident.id, verbs.TakeCommand(), person_id=user_id)
    if incident.commander_id == user_id and incident.check is not None and incident.check.answered_at is None:
        return incident_moves.tell_if_it_can(work, incident.id, verbs.AnswerCommandCheck(), person_id=user_id)
    if asks == RoleName.RESPONDER:
        return ""
    return incident_moves.tell_if_it_can(work, incident.id, verbs.AssignRole(role=asks, user_id=user_id))


def _offer_small(work: Work, incident_id: str, user_id: str) -> None:
    """A SEV4 calls for no commander: the person on call who has it is offered command."""
    incident = incidents.find(work, incident_id)
    if incident is None or incident.severity is not Severity.SEV4 or incident.commander_id or not incident.active:
        return
    if any(one.to_id == user_id or one.state is OfferState.OPEN for one in incident.offers):
        return
    offer = verbs.OfferCommand(to=user_id, note="You acknowledged its alert.")
    incident_moves.tell_if_it_can(work, incident_id, offer)


def _everything(work: Work) -> Read:
    return Read(work.connection, work.now, SYSTEM)
