"""What happens to objectives, their numbers, their policies and the gate. The subject is the SLO unless it says so."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact


class SloCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.created"
    name: str
    service: str


class SloEdited(Fact, frozen=True, kw_only=True):
    """``changed``: fields of the document. ``restarted``: its counts begin anew, for they count something else now."""

    kind: ClassVar[str] = "slo.edited"
    name: str
    changed: list[str]
    restarted: bool = False


class SloDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.deleted"
    name: str


class SloDetached(Fact, frozen=True, kw_only=True):
    """It is edited by hand from now on."""

    kind: ClassVar[str] = "slo.detached"
    name: str
    was: str


class HistoryReplaced(Fact, frozen=True, kw_only=True):
    """Counts older than an hour were changed by a push. Times in seconds since 1970."""

    kind: ClassVar[str] = "slo.history_replaced"
    name: str
    buckets: int
    since: int
    until: int


class StateChanged(Fact, frozen=True, kw_only=True):
    """``remaining``: charged, as an exact fraction ``n/d``, or empty."""

    kind: ClassVar[str] = "slo.state_changed"
    name: str
    objective: int
    before: str
    after: str
    remaining: str


class StreamChanged(Fact, frozen=True, kw_only=True):
    """``before`` and ``after`` are standings: quiet, open, joined. ``frozen``: it could not be judged."""

    kind: ClassVar[str] = "slo.stream_changed"
    name: str
    objective: int
    stream: str
    before: str
    after: str
    frozen: bool


class BudgetAttributed(Fact, frozen=True, kw_only=True):
    """The subject is the incident. ``share`` of the period's budget as an exact fraction; ``charged`` what of it
    policies see."""

    kind: ClassVar[str] = "slo.budget_attributed"
    slo: str
    name: str
    objective: int
    incident: str
    share: str
    charged: str
    class_: str
    version: int
    provisional: bool


class IncidentExempted(Fact, frozen=True, kw_only=True):
    """The subject is the incident."""

    kind: ClassVar[str] = "slo.exempted"
    slo: str
    name: str
    exemption: str
    reason: str


class IncidentCharged(Fact, frozen=True, kw_only=True):
    """An exemption was taken back. The subject is the incident."""

    kind: ClassVar[str] = "slo.unexempted"
    slo: str
    name: str
    reason: str


class IncidentWeighed(Fact, frozen=True, kw_only=True):
    """The subject is the incident."""

    kind: ClassVar[str] = "slo.weighed"
    slo: str
    name: str
    weight: str
    reason: str


class SloReviewed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.reviewed"
    name: str
    met: bool
    toil_high: bool
    satisfied: bool
    hint: str


class SourceCreated(Fact, frozen=True, kw_only=True):
    """The subject is the data source."""

    kind: ClassVar[str] = "slo.source_created"
    name: str
    type: str


class SourceEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.source_edited"
    name: str
    changed: list[str]


class SourceDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.source_deleted"
    name: str


class RulesCreated(Fact, frozen=True, kw_only=True):
    """The subject is the rule set."""

    kind: ClassVar[str] = "slo.rules_created"
    name: str


class RulesEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.rules_edited"
    name: str


class RulesDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.rules_deleted"
    name: str


class AdjustmentProposed(Fact, frozen=True, kw_only=True):
    """The subject is the adjustment. It counts once it is approved."""

    kind: ClassVar[str] = "slo.adjustment_proposed"
    name: str
    category: str
    reason: str
    slos: list[str]


class AdjustmentApproved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.adjustment_approved"
    name: str
    approver: str


class AdjustmentEdited(Fact, frozen=True, kw_only=True):
    """Its approval is void unless ``approved``."""

    kind: ClassVar[str] = "slo.adjustment_edited"
    name: str
    changed: list[str]
    approved: bool


class AdjustmentDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.adjustment_deleted"
    name: str


class PolicyCreated(Fact, frozen=True, kw_only=True):
    """The subject is the error budget policy."""

    kind: ClassVar[str] = "slo.policy_created"
    name: str


class PolicyEdited(Fact, frozen=True, kw_only=True):
    """``edition`` is the new one, to which nobody has agreed yet."""

    kind: ClassVar[str] = "slo.policy_edited"
    name: str
    edition: int
    changed: list[str]


class PolicyApproved(Fact, frozen=True, kw_only=True):
    """``complete``: all have agreed to this edition, and it blocks from now on."""

    kind: ClassVar[str] = "slo.policy_approved"
    name: str
    edition: int
    as_: str
    complete: bool


class PolicyWithdrawn(Fact, frozen=True, kw_only=True):
    """Somebody no longer agrees."""

    kind: ClassVar[str] = "slo.policy_withdrawn"
    name: str
    edition: int
    as_: str


class PolicyReviewed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.policy_reviewed"
    name: str
    edition: int


class PolicyDecided(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.policy_decided"
    name: str
    about: str
    decision: str


class PolicyDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "slo.policy_deleted"
    name: str


class GateAnswered(Fact, frozen=True, kw_only=True):
    """The subject is the service. ``why``: the rule that decided; ``override``: its id, if one did."""

    kind: ClassVar[str] = "gate.answered"
    change: str
    sha: str
    decision: str
    why: str
    words: str
    incident: str
    override: str


class GateOverridden(Fact, frozen=True, kw_only=True):
    """The subject is the service."""

    kind: ClassVar[str] = "gate.overridden"
    override: str
    change: str
    sha: str
    reason: str
    until: str


class OverrideRevoked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "gate.override_revoked"
    override: str


class GateSet(Fact, frozen=True, kw_only=True):
    """What the service's gate says when it cannot be evaluated."""

    kind: ClassVar[str] = "gate.set"
    on_error: str
