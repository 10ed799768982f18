"""What a verb ties an incident to is there: the alert, the team, the services and components that it names."""

from __future__ import annotations

from msgspec.structs import replace

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertState
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Incident
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.domain.statuspage import queries as pages
from firebell.kernel.actor import SYSTEM
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows import alerts_seen


def looked_up(read: Read, incident: Incident, verb: verbs.Verb) -> verbs.Verb:
    """``verb`` with what is known of the alert it links. What the incident is tied to already may be gone since.

    Raises Invalid for what is not there, NotFound and Forbidden for an alert that is not to be seen.
    """
    match verb:
        case verbs.LinkAlert(alert_id=alert_id):
            alerts_seen.check(read, alert_id)
            alert = alerts.alert(read, alert_id)
            return replace(verb, service_id=alert.service_id, open=alert.state != AlertState.RESOLVED)
        case verbs.Edit():
            _check_there(read, incident, verb)
    return verb


def _check_there(read: Read, incident: Incident, edit: verbs.Edit) -> None:
    house = Read(read.connection, read.now, SYSTEM)
    if edit.team_id and edit.team_id != incident.team_id and people.team(house, edit.team_id) is None:
        raise _missing("team", "team_id")
    wanted = set(edit.service_ids or ()) - set(incident.service_ids)
    if wanted - set(services.display_names(read, wanted)):
        raise _missing("service", "service_ids")
    wanted = set(edit.component_ids or ()) - set(incident.component_ids)
    if wanted - set(pages.components_by_id(read, wanted)):
        raise _missing("component", "component_ids")


def _missing(noun: str, field: str) -> Invalid:
    return Invalid(f"There is no such {noun}.", field=field, hint="Name it by its id.")
