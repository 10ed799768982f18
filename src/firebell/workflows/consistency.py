"""Every minute: does the status page say what the incident is? What does not agree for too long is an alert.

To the Comms Lead, then the commander; where there is neither, to whoever answers for the page. Each has a fix of one
click, and its alert ends by itself when things agree again.
"""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.alerts.model import AlertKind
from firebell.domain.comms import desk_store, store
from firebell.domain.comms.desk_store import Seen
from firebell.domain.comms.facts import DisagreementEnded, DisagreementFound
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, Kind, RoleName, Severity
from firebell.domain.people import queries as people
from firebell.domain.statuspage import maintenance_queries
from firebell.domain.statuspage import queries as pages
from firebell.domain.statuspage import rules as page_rules
from firebell.domain.statuspage.model import Component
from firebell.kernel.clock import Instant, micros
from firebell.kernel.work import Read, Work
from firebell.workflows import own_alert, status_published, update_situation
from firebell.workflows.disagreements import Disagreement, World, broken, ripe_at, subject

WAIT_S = 300
_AUDIENCE = "public"


def standing(read: Read) -> list[Disagreement]:
    """What disagrees now, whether it has been alerted yet or not. Incidents the actor must not know of are left out."""
    hidden = incidents.hidden_subjects(read)
    return [one for one in broken(_world(read)) if one.incident_id not in hidden]


def stirs(read: Read) -> bool:
    """Whether :func:`check` would change anything: looking costs no write."""
    found, known = {one.key: one for one in broken(_world(read))}, desk_store.known_disagreements(read)
    return found.keys() != known.keys() or any(_ripe(found[key], known[key], read.now) for key in found)


def check(work: Work) -> bool:
    """Look at every invariant; raise and end alerts. True when anything changed."""
    found, known = {one.key: one for one in broken(_world(work))}, desk_store.known_disagreements(work)
    changed = False
    for key, one in found.items():
        seen = known.get(key) or Seen(work.now, None, subject(one))
        if _ripe(one, seen, work.now):
            seen = seen._replace(alert_id=_raise(work, one))
        elif key in known:
            continue
        desk_store.put_disagreement(work, key, one.rule, seen)
        changed = True
    gone = [key for key in known if key not in found]
    for key in gone:
        if known[key].alert_id is not None:
            own_alert.end(work, _dedup(key), "the status page and the incident agree again")
            work.record(known[key].subject, DisagreementEnded(rule=key.partition(":")[0]))
            work.publish("status", known[key].subject)
    desk_store.drop_disagreements(work, gone)
    return changed or bool(gone)


def _ripe(one: Disagreement, seen: Seen, now: Instant) -> bool:
    return seen.alert_id is None and micros(ripe_at(one, seen.since_at)) <= micros(now)


def _dedup(key: str) -> str:
    return f"agreement:{key}:"


# ---------------------------------------------------------------- what there is to compare


def _world(read: Read) -> World:
    inside = update_situation.as_system(read)
    states = pages.states(inside)
    open_ids = {one.incident_id for _, _, public in states for one in public if one.incident_id}
    every = {one.id: one for one in incidents.active(inside)}
    every |= {key: one for key in open_ids - every.keys() if (one := incidents.find(inside, key)) is not None}
    every = {key: one for key, one in every.items() if one.kind is Kind.NORMAL}
    return World(
        now=read.now,
        incidents={key: (one, update_situation.situation(inside, one)) for key, one in every.items()},
        clocks={key: clock for key in every if (clock := store.clocks_of(inside, key).get(_AUDIENCE)) is not None},
        said={key: pages.of_incident(inside, key) for key in every},
        pages=states,
        hidden=_hidden(states),
        overdue=maintenance_queries.overdue(inside),
        status_of={key: status_published.status_of(one) for key, one in every.items()},
    )


def _hidden(states: Sequence[tuple[object, list[Component], object]]) -> frozenset[str]:
    every = {str(one.id) for _, components, _ in states for one in components}
    shown = {str(one.id) for _, components, _ in states for one in page_rules.shown(components)}
    return frozenset(every - shown)


# ---------------------------------------------------------------- telling somebody


def _raise(work: Work, one: Disagreement) -> str:
    incident = incidents.find(work, one.incident_id) if one.incident_id else None
    first, then = _whom(work, one, incident)
    labels = {own_alert.INCIDENT: incident.id} if incident is not None else {}
    alert = own_alert.raise_alert(
        work, kind=AlertKind.INCIDENT, dedup_key=_dedup(one.key), summary=f"{one.rule}: {one.what}",
        details=f"{one.what}\nFix: {one.fix}.", severity=incident.counts_as if incident is not None else Severity.SEV3,
        targets=first, fallback=then, wait_s=WAIT_S, repeat=0,
        team_id=incident.team_id if incident is not None else None, labels=labels,
    )  # fmt: skip
    work.record(subject(one), DisagreementFound(rule=one.rule, what=one.what, fix=one.fix))
    work.publish("status", *(each for each in (one.incident_id, one.page_id) if each))
    return alert.id


def _whom(work: Work, one: Disagreement, incident: Incident | None) -> tuple[list[Target], list[Target]]:
    """The Comms Lead, then the commander; else whoever answers for the page or the team."""
    comms = incident.holders(RoleName.COMMS) if incident is not None else ()
    commander = incident.commander_id if incident is not None else None
    leads = [commander] if commander else []
    if comms or leads:
        return _users(comms or leads), _users(leads)
    page = next((page for page in pages.addresses(work) if page.id == one.page_id), None)
    team_id = incident.team_id if incident is not None else page.team_id if page is not None else None
    owners = [str(each) for each in people.team_owners(work, team_id)] if team_id else []
    return _users(owners or [str(each) for each in people.admins(work)]), []


def _users(user_ids: Sequence[str]) -> list[Target]:
    return [Target(TargetKind.USER, user_id) for user_id in user_ids]
