"""What the palette finds: incidents, alerts, services, schedules, policies and people by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertState
from firebell.domain.escalation import queries as escalation
from firebell.domain.incidents import queries as incidents
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.entrypoints.web.session import Here
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read
from firebell.workflows import alerts_seen, postmortems_seen

router = APIRouter()
MOST = 12


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of the palette. ``href`` is always a path of this site."""

    label: str
    href: str
    kind: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The palette as a page, for browsers without scripts."""

    q: str
    found: Sequence[Found]


@router.get("/search")
def show(here: Here, q: str = "") -> Response:
    view = SearchPage(q, here.read(lambda read: find(read, q.strip().lower()[:100])) if q.strip() else ())
    return here.page("search/search.html", view, title="Search")


@router.get("/search.json")
def search(here: Here, q: str = "") -> list[Found]:
    """At most a dozen things whose name contains ``q``."""
    typed = q.strip().lower()[:100]
    return here.read(lambda read: find(read, typed))[:MOST] if typed else []


def find(read: Read, typed: str) -> list[Found]:
    may = read.actor.may
    things: list[Found] = []
    if may(Permission.INCIDENTS_VIEW):
        things += [
            Found(f"{one.reference} {one.name}", f"/incidents/{one.id}", f"{one.severity or 'Unset'} incident")
            for one in incidents.incident_list(read, text=typed, limit=5)
        ]
    if may(Permission.POSTMORTEMS_VIEW):
        things += [
            Found(one.document.title, f"/postmortems/{one.id}", "Postmortem")
            for one in postmortems_seen.full_text(read, typed, limit=4)
        ]
    if may(Permission.ALERTS_VIEW):
        if typed.startswith("alr_"):
            found = alerts.by_ids(read, {typed} - alerts_seen.hidden(read)).values()
            things += [Found(a.summary, f"/alerts/{a.id}", "Alert") for a in found]
        things += [
            Found(a.summary, f"/alerts/{a.id}", f"{a.severity} alert")
            for a in alerts.alert_list(read, states=[*AlertState], text=typed, limit=5)
        ]
    named: list[Found] = []
    if may(Permission.SERVICES_VIEW):
        named += [Found(s.display_name, f"/services/{s.id}", "Service") for s in services.services(read)]
    if may(Permission.SCHEDULES_VIEW):
        named += [Found(s.name, f"/on-call/{s.id}", "Schedule") for s in oncall.schedules(read)]
    if may(Permission.POLICIES_VIEW):
        named += [Found(p.display_name, f"/policies/{p.id}", "Policy") for p in escalation.policies(read)]
    if may(Permission.PEOPLE_VIEW):
        named += [Found(u.display_name or u.name, f"/people/{u.id}", "Person") for u in people.users(read)]
        named += [Found(t.display_name or t.name, f"/teams/{t.id}", "Team") for t in people.teams(read)]
    return things + [found for found in named if typed in found.label.lower()]
