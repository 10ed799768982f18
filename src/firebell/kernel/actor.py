"""Who is asking, and what that one may do. Entrypoints build an Actor; commands check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Permission(StrEnum):
    """One word per thing that can be allowed. Names read ``noun.verb``."""

    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"
    TEAMS_EDIT = "teams.edit"
    SELF_EDIT = "self.edit"
    TOKENS_EDIT = "tokens.edit"
    SERVICES_VIEW = "services.view"
    SERVICES_EDIT = "services.edit"
    SIGNALS_VIEW = "signals.view"
    SIGNALS_SEND = "signals.send"
    ALERTS_VIEW = "alerts.view"
    ALERTS_ACKNOWLEDGE = "alerts.acknowledge"
    ALERTS_RESOLVE = "alerts.resolve"
    ALERTS_ESCALATE = "alerts.escalate"
    SCHEDULES_VIEW = "schedules.view"
    SCHEDULES_EDIT = "schedules.edit"
    OVERRIDES_EDIT = "overrides.edit"
    POLICIES_VIEW = "policies.view"
    POLICIES_EDIT = "policies.edit"
    PAGES_VIEW = "pages.view"
    JOURNAL_VIEW = "journal.view"
    CONFIG_APPLY = "config.apply"
    SETTINGS_EDIT = "settings.edit"
    INCIDENTS_VIEW = "incidents.view"
    INCIDENTS_DECLARE = "incidents.declare"
    INCIDENTS_RESPOND = "incidents.respond"
    INCIDENTS_PRIVATE = "incidents.private"
    INCIDENTS_EDIT = "incidents.edit"
    POSTMORTEMS_VIEW = "postmortems.view"
    POSTMORTEMS_EDIT = "postmortems.edit"
    POSTMORTEMS_WAIVE = "postmortems.waive"
    POSTMORTEMS_NAMES = "postmortems.names"
    SLOS_VIEW = "slos.view"
    SLOS_EDIT = "slos.edit"
    SLOS_PUSH = "slos.push"
    GATE_OVERRIDE = "gate.override"
    RUNBOOKS_VIEW = "runbooks.view"
    RUNBOOKS_RUN = "runbooks.run"
    RUNBOOKS_EDIT = "runbooks.edit"
    STATUS_VIEW = "status.view"
    STATUS_PUBLISH = "status.publish"
    STATUS_EDIT = "status.edit"
    WEBHOOKS_EDIT = "webhooks.edit"


class Role(StrEnum):
    """Global role of a user; a team grants ``responder`` or ``manager`` within itself."""

    ADMIN = "admin"
    MANAGER = "manager"
    RESPONDER = "responder"
    VIEWER = "viewer"


_P = Permission
VIEWER = frozenset(
    {_P.PEOPLE_VIEW, _P.SERVICES_VIEW, _P.ALERTS_VIEW, _P.SCHEDULES_VIEW, _P.POLICIES_VIEW, _P.PAGES_VIEW, _P.SELF_EDIT,
     _P.INCIDENTS_VIEW, _P.INCIDENTS_DECLARE, _P.RUNBOOKS_VIEW, _P.STATUS_VIEW, _P.POSTMORTEMS_VIEW, _P.SLOS_VIEW}
)  # fmt: skip
RESPONDER = VIEWER | {
    _P.SIGNALS_VIEW, _P.SIGNALS_SEND, _P.ALERTS_ACKNOWLEDGE, _P.ALERTS_RESOLVE, _P.ALERTS_ESCALATE, _P.OVERRIDES_EDIT,
    _P.INCIDENTS_RESPOND, _P.RUNBOOKS_RUN, _P.STATUS_PUBLISH, _P.POSTMORTEMS_EDIT, _P.SLOS_PUSH,
}  # fmt: skip
MANAGER = RESPONDER | {
    _P.SERVICES_EDIT, _P.SCHEDULES_EDIT, _P.POLICIES_EDIT, _P.TEAMS_EDIT, _P.JOURNAL_VIEW,
    _P.INCIDENTS_EDIT, _P.POSTMORTEMS_WAIVE, _P.SLOS_EDIT, _P.GATE_OVERRIDE,
    _P.RUNBOOKS_EDIT, _P.STATUS_EDIT, _P.WEBHOOKS_EDIT,
}  # fmt: skip
ADMIN = frozenset(Permission)

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: ADMIN,
    Role.MANAGER: MANAGER,
    Role.RESPONDER: RESPONDER,
    Role.VIEWER: VIEWER,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` is ``user``, ``token``, ``link`` (an ack link), ``integration`` or ``system``.

    ``grants`` hold everywhere; ``teams`` maps a team id to what is granted within it.
    """

    kind: str
    id: str
    name: str = ""
    grants: frozenset[Permission] = frozenset()
    teams: Mapping[str, frozenset[Permission]] = field(default_factory=dict)

    def may(self, permission: Permission, team: str | None = None) -> bool:
        """Whether ``permission`` is held everywhere, or within ``team``."""
        if permission in self.grants:
            return True
        return team is not None and permission in self.teams.get(team, frozenset())


SYSTEM = Actor("system", "system", "Firebell", ADMIN)
NOBODY = Actor("nobody", "nobody", "nobody")
