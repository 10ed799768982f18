"""What happens to updates, their clocks, promises and templates. On the chain of the incident they are about."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact


class UpdateSubmitted(Fact, frozen=True, kw_only=True):
    """A draft waits for the release by the Incident Commander (or the deputy by delegation)."""

    kind: ClassVar[str] = "update.submitted"
    update_id: str
    audience: str
    status: str
    sha256: str


class UpdateEdited(Fact, frozen=True, kw_only=True):
    """What was approved or awaited approval is another text now."""

    kind: ClassVar[str] = "update.edited"
    update_id: str
    audience: str
    sha256: str


class UpdateApproved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "update.approved"
    update_id: str
    audience: str
    sha256: str


class UpdateRejected(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "update.rejected"
    update_id: str
    audience: str
    reason: str


class UpdateWithdrawn(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "update.withdrawn"
    update_id: str
    audience: str
    reason: str


class UpdateSent(Fact, frozen=True, kw_only=True):
    """``automatic``: written by the house from the journal."""

    kind: ClassVar[str] = "update.sent"
    update_id: str
    audience: str
    status: str
    body: str
    next_update_by: str | None
    final: bool
    automatic: bool


class CheckOverridden(Fact, frozen=True, kw_only=True):
    """A block of the quality gate was overruled."""

    kind: ClassVar[str] = "update.check_overridden"
    update_id: str
    check: str
    reason: str


class UpdateReminded(Fact, frozen=True, kw_only=True):
    """``past_s``: seconds past the due time (negative: before it)."""

    kind: ClassVar[str] = "update.reminded"
    audience: str
    rung: str
    people: list[str]
    due_at: str
    past_s: int


class ReminderSnoozed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "update.snoozed"
    audience: str
    minutes: int
    reason: str


class CadenceSlowed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "update.slowed"
    audience: str
    every_s: int
    reason: str


class ApprovalDelegated(Fact, frozen=True, kw_only=True):
    """``to`` empty: taken back."""

    kind: ClassVar[str] = "update.approval_delegated"
    to: str


class PromiseMade(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "promise.made"
    promise_id: str
    audience: str
    due_at: str


class PromiseKept(Fact, frozen=True, kw_only=True):
    """``late_s`` within the grace of statistics."""

    kind: ClassVar[str] = "promise.kept"
    promise_id: str
    audience: str
    due_at: str
    late_s: int


class PromiseLate(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "promise.late"
    promise_id: str
    audience: str
    due_at: str
    late_s: int


class PromiseMissed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "promise.missed"
    promise_id: str
    audience: str
    due_at: str
    late_s: int


class PromiseReleased(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "promise.released"
    promise_id: str
    audience: str
    due_at: str
    late_s: int


class TemplateChanged(Fact, frozen=True, kw_only=True):
    """``version`` 0: back to the one that comes with Firebell."""

    kind: ClassVar[str] = "comms_template.changed"
    name: str
    version: int


class CommsSettingsChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "comms_settings.changed"
    executives: list[str]
    support_zone: str


class DisagreementFound(Fact, frozen=True, kw_only=True):
    """The status page and the incident do not say the same (incidents.md 8.6)."""

    kind: ClassVar[str] = "status.disagrees"
    rule: str
    what: str
    fix: str


class DisagreementEnded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "status.agrees"
    rule: str
