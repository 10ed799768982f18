"""What an export and the review deck need beside the document: the response in words, people as roles."""

from __future__ import annotations

from firebell.domain.incidents import metrics, severity
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident
from firebell.domain.postmortems import queries
from firebell.domain.postmortems.draft import minutes
from firebell.domain.postmortems.model import Audience, Postmortem, State
from firebell.domain.postmortems.slides import Response
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read
from firebell.workflows import postmortem_spent

DURATIONS_MAX = 6


def response(read: Read, one: Postmortem) -> Response:
    """Of a postmortem that the reader has been shown. Nobody is named, and nothing is told that its draft does not."""
    house = Read(read.connection, read.now, SYSTEM)
    incident = incidents.incident(house, one.incident_id)
    roles = dict.fromkeys(queries.role_map(house, one.id).values())
    return Response(
        severity=(f"{one.peak} at its worst", *_stretches(incident, read)),
        roles=tuple(f"{role[:1].upper()}{role[1:]}" for role in roles),
        durations=_durations(incident),
        budget=tuple(
            f"{spent.slo}: {spent.permille / 10:g} % of the budget spent"
            for spent in postmortem_spent.spent(house, one.incident_id)
        ),
    )


def _stretches(incident: Incident, read: Read) -> tuple[str, ...]:
    stretches = severity.seconds_in_each(incident, read.now).items()
    said = ", ".join(f"{name or 'unset'} {minutes(seconds)}" for name, seconds in stretches if seconds)
    return (said,) if said else ()


def _durations(incident: Incident) -> tuple[str, ...]:
    """Those that were measured from the start of the impact, in the usual order."""
    found = metrics.measures(incident, metrics.Which.LAST)
    return tuple(
        f"{one.name.replace('_', ' ').capitalize()}: {minutes(found[one.name].seconds or 0)}"
        for one in metrics.METRICS
        if one.convention is not metrics.Convention.STAGE and found[one.name].seconds is not None
    )[:DURATIONS_MAX]


def audience(one: Postmortem) -> str:
    """Whom an export is for, as it says itself: a private incident's is for its members until it was released."""
    meant = one.audience or (Audience.MEMBERS if one.private and not one.released else Audience.ORGANISATION)
    words = "members only" if meant is Audience.MEMBERS else "organisation"
    return words if one.state in (State.PUBLISHED, State.CLOSED) else f"{words}, {one.state.replace('_', ' ')}"
