"""Ids as names with links, looked up together: what sentences and pages call people and things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from firebell.domain.alerts.model import OWN_INTEGRATION
from firebell.domain.escalation import queries as escalation
from firebell.domain.incidents import queries as incidents
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.domain.people import tokens
from firebell.domain.services import queries as services
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Forbidden, NotFound
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen

ID = re.compile(r"(?:usr|team|svc|sch|pol|int|alr|tok|inc|pmt|act)_[0-9a-z]{18}")
_PLACES = {"usr": "/people/", "team": "/teams/", "svc": "/services/", "sch": "/on-call/", "pol": "/policies/",
           "int": "/integrations/", "alr": "/alerts/", "inc": "/incidents/", "pmt": "/postmortems/",
           "act": "/actions/"}  # fmt: skip
_WORDS = {"usr": "somebody removed", "team": "a deleted team", "svc": "a deleted service", "sch": "a deleted schedule",
          "pol": "a deleted policy", "int": "a deleted integration", "alr": "an alert",
          "tok": "an API token", "inc": "an incident", "pmt": "a postmortem", "act": "an action item"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """``of(id)`` is the plain name, ``link(id)`` the name linked to its page."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, id_: str | None) -> str:
        """The name of a thing; of an actor (``user:usr_…``) who that was."""
        if not id_:
            return ""
        kind, _, rest = id_.rpartition(":")
        if kind.endswith("api"):
            return "the API"
        if kind and kind not in ("user", "link"):
            token = self.known.get(rest, "An API token")
            return {"system": "Firebell", "token": token, "integration": self.of(rest)}.get(kind, rest)
        if rest in self.known:
            return self.known[rest]
        return _WORDS.get(rest.partition("_")[0], rest) if ID.fullmatch(rest) else rest

    def link(self, id_: str) -> Markup:
        place = _PLACES.get(id_.partition("_")[0])
        if place is None or id_ not in self.known:
            return escape(self.of(id_))
        return Markup('<a href="{}{}">{}</a>').format(place, id_, self.of(id_))


def ids_in(value: Any) -> Iterable[str]:
    """Every id in a fact's data, however deep."""
    if isinstance(value, str):
        yield from ID.findall(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from ids_in(key)
            yield from ids_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from ids_in(inner)


def look_up(read: Read, ids: Iterable[str | None]) -> Names:
    """Names of what the reader may see, one query per kind of thing."""
    by_kind: dict[str, set[str]] = {}
    for id_ in {found for one in ids if one for found in ID.findall(one)}:
        by_kind.setdefault(id_.partition("_")[0], set()).add(id_)
    known: dict[str, str] = {OWN_INTEGRATION: "Firebell itself", "slo": "Error budgets", "system": "Firebell"}
    if users := by_kind.get("usr"):
        known |= {str(k): v.user.display_name or v.user.name for k, v in people.people(read, users).items()}
    if found := by_kind.get("svc"):
        known |= services.display_names(read, found)
    if found := by_kind.get("tok"):
        known |= _tokens(read, found)
    if (teams := by_kind.get("team")) and read.actor.may(Permission.PEOPLE_VIEW):
        known |= {t.id: t.display_name or t.name for t in people.teams(read) if t.id in teams}
    if (schedules := by_kind.get("sch")) and read.actor.may(Permission.SCHEDULES_VIEW):
        known |= {s.id: s.name for s in oncall.schedules(read) if s.id in schedules}
    if (policies := by_kind.get("pol")) and read.actor.may(Permission.POLICIES_VIEW):
        known |= {p.id: p.display_name for p in escalation.policies(read) if p.id in policies}
    if (found := by_kind.get("inc")) and read.actor.may(Permission.INCIDENTS_VIEW):
        known |= incidents.names(read, found)
    for one in by_kind.get("pmt", ()):
        known[one] = _postmortem(read, one)
    for one in by_kind.get("act", ()):
        known[one] = _action(read, one)
    if (doors := by_kind.get("int")) and read.actor.may(Permission.SERVICES_VIEW):
        known |= {d: _integration(read, d) for d in doors}
    return Names({k: v for k, v in known.items() if v})


def _tokens(read: Read, ids: Iterable[str]) -> dict[str, str]:
    """Whose token it was, when it was a person's own."""
    called = tokens.names(read, ids)
    owners = people.people(read, [owner for _, owner in called.values() if owner])
    return {
        id_: f"{owners[owner].user.display_name} (token {name})" if owner and owner in owners else f"API token {name}"
        for id_, (name, owner) in called.items()
    }


def _postmortem(read: Read, postmortem_id: str) -> str:
    try:
        return f"the postmortem of {postmortems_seen.one(read, postmortem_id).reference}"
    except (NotFound, Forbidden):
        return ""


def _action(read: Read, action_id: str) -> str:
    try:
        return f"“{postmortems_seen.action(read, action_id).row.item.text[:60]}”"
    except (NotFound, Forbidden):
        return ""


def _integration(read: Read, integration_id: str) -> str:
    try:
        return services.integration(read, integration_id).name
    except NotFound:
        return ""
