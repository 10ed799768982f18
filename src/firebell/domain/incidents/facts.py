"""What happens to an incident's severity, command, roles and phase, in the past tense."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact

# ---- phases


class IncidentDeclared(Fact, frozen=True, kw_only=True):
    """``nature``: normal, drill, test or backfilled."""

    kind: ClassVar[str] = "incident.declared"
    title: str
    severity: str | None
    nature: str
    origin: str
    detection: str


class IncidentEngaged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.engaged"


class IncidentDeclined(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.declined"
    reason: str
    note: str


class IncidentDuplicated(Fact, frozen=True, kw_only=True):
    """It is the same as ``of``; with ``merged`` work had begun and goes on there."""

    kind: ClassVar[str] = "incident.duplicated"
    of: str
    merged: bool


class IncidentMitigated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.mitigated"
    remedy: str
    note: str


class IncidentResolved(Fact, frozen=True, kw_only=True):
    """``skipped``: what of the verification was skipped, for ``reason``."""

    kind: ClassVar[str] = "incident.resolved"
    all_clear: str
    skipped: list[str]
    reason: str


class PostmortemBegun(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.postmortem_begun"
    owner_id: str


class PostmortemOwnerNamed(Fact, frozen=True, kw_only=True):
    """Somebody else writes the postmortem now."""

    kind: ClassVar[str] = "incident.postmortem_owner_named"
    owner_id: str
    before: str | None


class PostmortemSkipped(Fact, frozen=True, kw_only=True):
    """``waived``: the scale asks for one."""

    kind: ClassVar[str] = "incident.postmortem_skipped"
    reason: str
    waived: bool


class PostmortemCompleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.postmortem_completed"


class IncidentClosed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.closed"
    reason: str


class IncidentReopened(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.reopened"
    before: str
    after: str
    reason: str


# ---- severity


class SeverityRaised(Fact, frozen=True, kw_only=True):
    """``before`` ``None``: it had not been set (and counted as SEV2)."""

    kind: ClassVar[str] = "severity.raised"
    before: str | None
    after: str
    reason: str


class SeverityLowered(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "severity.lowered"
    before: str | None
    after: str
    reason: str


# ---- command


class CommandTaken(Fact, frozen=True, kw_only=True):
    """``how``: ``taken`` (nobody had it), ``accepted`` (it was offered) or ``seized``; ``before`` held it until now."""

    kind: ClassVar[str] = "command.taken"
    user_id: str
    before: str | None
    how: str
    reason: str


class CommandOffered(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.offered"
    offer_id: str
    to: str
    note: str
    expires_at: str


class CommandDeclined(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.declined"
    offer_id: str
    giver_id: str
    reason: str


class OfferWithdrawn(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.offer_withdrawn"
    offer_id: str
    to: str
    why: str


class OfferExpired(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.offer_expired"
    offer_id: str
    to: str


class CommandLost(Fact, frozen=True, kw_only=True):
    """Nobody commands now. ``why``: ``stepped_down`` or ``deactivated``."""

    kind: ClassVar[str] = "command.lost"
    user_id: str
    why: str
    reason: str


class CommandCheckAsked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.check_asked"
    user_id: str


class CommandCheckAnswered(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.check_answered"
    user_id: str


class CommandMissed(Fact, frozen=True, kw_only=True):
    """Nobody has commanded for ``seconds``. ``told``: ``engaged`` people, or the ``commander_policy``."""

    kind: ClassVar[str] = "command.missed"
    seconds: int
    told: str


class HandOffSuggested(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.hand_off_suggested"
    user_id: str
    hours: int


# ---- roles


class RoleTaken(Fact, frozen=True, kw_only=True):
    """``before``: who held it until now."""

    kind: ClassVar[str] = "role.taken"
    role: str
    user_id: str
    before: str | None


class RoleLeft(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "role.left"
    role: str
    user_id: str
    why: str


class RolesClashed(Fact, frozen=True, kw_only=True):
    """Two things on one person that do not go well together: allowed, and said. ``pairing`` names the row of the
    table, ``override_id`` what lifts it where it would be refused."""

    kind: ClassVar[str] = "role.clashed"
    pairing: str
    user_id: str
    override_id: str | None


class OverrideGranted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.override_granted"
    override_id: str
    rule: str
    user_id: str
    reason: str
    expires_at: str


class OverrideExpired(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "command.override_expired"
    override_id: str
    rule: str
    user_id: str


class AssignmentVacated(Fact, frozen=True, kw_only=True):
    """A task was taken from whoever commands: the override that allowed it has run out."""

    kind: ClassVar[str] = "task.vacated"
    task_id: str
    text: str
    user_id: str
