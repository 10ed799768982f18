"""Incidents in a database, in a few verbs: declare, say, look."""

from __future__ import annotations

from typing import Any

from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.commands import Acted
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, LinkedAlert, Severity
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.actor import GRANTS, MANAGER, RESPONDER, SYSTEM, VIEWER, Actor, Permission, Role
from firebell.kernel.work import Runner


def person(name: str, role: Role = Role.RESPONDER) -> Actor:
    return Actor("user", f"usr_{name}", name, GRANTS[role])


ANN, BOB, CAT, DAN = (person(name) for name in ("ann", "bob", "cat", "dan"))
WATCHER = person("watcher", Role.VIEWER)
LEAD = person("lead", Role.MANAGER)
ROOT = person("root", Role.ADMIN)
PAYMENTS = Actor("user", "usr_pay", "pay", frozenset(), {"team_pay": RESPONDER})
CONFIDANT = Actor("user", "usr_con", "con", VIEWER | {Permission.INCIDENTS_PRIVATE})
KEY = Actor("token", "tok_1", "a key", MANAGER)


def declare(runner: Runner, who: Actor = ANN, title: str = "Checkout errors", **more: Any) -> Incident:
    more.setdefault("severity", Severity.SEV2)
    return runner.run(lambda work: commands.declare(work, Declaration(title=title, **more)), who)


def say(runner: Runner, who: Actor, incident: Incident | str, *said: Verb, **more: Any) -> Acted:
    named = incident if isinstance(incident, str) else incident.id
    acted = None
    for verb in said:
        acted = runner.run(lambda work, verb=verb: commands.act(work, named, verb, **more), who)  # type: ignore[misc]
    assert acted is not None
    return acted


def look(runner: Runner, key: Incident | str | int, who: Actor = SYSTEM) -> Incident:
    named = key.id if isinstance(key, Incident) else key
    return runner.read(lambda read: queries.incident(read, named), who)


def listed(runner: Runner, who: Actor = SYSTEM, **asked: Any) -> list[str]:
    return [one.title for one in runner.read(lambda read: queries.incident_list(read, **asked), who)]


def alert(number: int, service_id: str = "svc_1", **more: Any) -> LinkedAlert:
    at = more.pop("at")
    return LinkedAlert(alert_id=f"alr_{number}", service_id=service_id, linked_at=at, **more)
