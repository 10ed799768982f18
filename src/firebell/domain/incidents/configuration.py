"""What an installation decides about its incidents: the severity scale, its roles, its settings."""

from __future__ import annotations

import msgspec

from firebell.domain.incidents.terms import Severity


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of an incident have in common: nothing but being frozen, with named fields."""


class Level(Part, frozen=True, kw_only=True):
    """One severity of a scale: what it means, and the clocks that go with it (seconds).

    ``calendar``: ``24x7`` or ``business``. ``public_*`` ``None``: no public clock. ``postmortem``: required or
    optional. ``page_roles``: roles that are paged from their schedule as soon as an incident of this level is declared.
    """

    severity: Severity
    name: str
    impact: str
    example: str
    response: str
    """The response time in words, as the card shows it: "15-30 min: acknowledged in 15, commanded in 30, 24x7"."""
    respond_s: int
    command_s: int | None
    calendar: str = "24x7"
    internal_every_s: int | None
    executive_every_s: int | None = None
    public_first_s: int | None
    public_scope_s: int | None
    public_every_s: int | None
    stability_s: int
    postmortem: str
    action_days: int
    page_roles: tuple[str, ...] = ()


class Scale(Part, frozen=True, kw_only=True):
    """All four levels, worst first. An incident keeps the version it was judged under."""

    version: int
    levels: tuple[Level, ...]
    managed_by: str | None = None

    def level(self, severity: Severity | None) -> Level:
        """The level ``severity`` is (unset counts as SEV2)."""
        wanted = severity or Severity.SEV2
        return next(one for one in self.levels if one.severity == wanted)


class RoleDefinition(Part, frozen=True, kw_only=True):
    """A role as this installation words it. ``holders_max`` ``None``: any number. ``page``: target of its pages, as
    ``schedule:<id>`` or ``user:<id>`` or ``team:<id>`` (empty: it is not paged). ``own``: added by the installation."""

    name: str
    display_name: str
    duties: tuple[str, ...]
    never: str = ""
    holders_max: int | None = 1
    page: str = ""
    own: bool = False
    managed_by: str | None = None


class Settings(Part, frozen=True, kw_only=True):
    """How this installation runs incidents.

    ``auto_declare``: severities of alerts that declare an incident by rule. ``commander_policy_id``: the escalation
    policy that finds a commander. ``commander_ids``: who is qualified to command (empty: everybody is).
    ``report_form``: ``off``, ``internal`` (signed in) or ``public``. ``mail_state_to``: addresses that get
    ``state.txt`` of SEV1 each minute it changed.
    """

    auto_declare: tuple[Severity, ...] = (Severity.SEV1, Severity.SEV2)
    commander_policy_id: str | None = None
    commander_ids: tuple[str, ...] = ()
    auto_offer: bool = False
    report_form: str = "internal"
    mail_state_to: tuple[str, ...] = ()
    managed_by: str | None = None
    version: int = 1

    def qualified(self, user_id: str | None) -> bool:
        """Whether this person may command without a warning."""
        return user_id is not None and (not self.commander_ids or user_id in self.commander_ids)
