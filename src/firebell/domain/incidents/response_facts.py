"""What happens while people respond, in the past tense: tasks, decisions, understanding, requests."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact

# ---- tasks


class TaskAssigned(Fact, frozen=True, kw_only=True):
    """``nature``: ``hands_on`` or ``coordination``."""

    kind: ClassVar[str] = "task.assigned"
    task_id: str
    text: str
    user_id: str
    nature: str
    minutes: int
    due_at: str


class TaskAcknowledged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "task.acknowledged"
    task_id: str
    text: str


class TaskExtended(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "task.extended"
    task_id: str
    text: str
    minutes: int
    due_at: str


class TaskFinished(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "task.finished"
    task_id: str
    text: str
    outcome: str


class TaskDropped(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "task.dropped"
    task_id: str
    text: str
    reason: str


class TaskReassigned(Fact, frozen=True, kw_only=True):
    """``before`` ``None``: nobody had it."""

    kind: ClassVar[str] = "task.reassigned"
    task_id: str
    text: str
    before: str | None
    after: str


class TaskMissed(Fact, frozen=True, kw_only=True):
    """``what``: ``unacknowledged`` for two minutes, or ``expired``. ``told``: who was."""

    kind: ClassVar[str] = "task.missed"
    task_id: str
    text: str
    user_id: str | None
    what: str
    told: list[str]


# ---- decisions


class DecisionProposed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "decision.proposed"
    decision_id: str
    proposal: str
    risk: str
    executor_id: str | None
    remedy: str | None
    window_s: int


class DecisionObjected(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "decision.objected"
    decision_id: str
    text: str


class DecisionAdopted(Fact, frozen=True, kw_only=True):
    """``objections``: how many it was adopted over."""

    kind: ClassVar[str] = "decision.adopted"
    decision_id: str
    proposal: str
    executor_id: str | None
    remedy: str | None
    objections: int


class DecisionWithdrawn(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "decision.withdrawn"
    decision_id: str
    proposal: str


# ---- understanding


class SizeUpGiven(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "size_up.given"
    wrong: str
    scope: str
    trend: str
    confidence: str


class SizeUpMissed(Fact, frozen=True, kw_only=True):
    """Nobody has said for ``minutes`` what is wrong."""

    kind: ClassVar[str] = "size_up.missed"
    minutes: int
    told: list[str]


class HypothesisSuggested(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "hypothesis.suggested"
    hypothesis_id: str
    text: str
    evidence: str


class HypothesisEliminated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "hypothesis.eliminated"
    hypothesis_id: str
    text: str
    evidence: str


class CriterionAdded(Fact, frozen=True, kw_only=True):
    """``source``: commander, service or runbook."""

    kind: ClassVar[str] = "criterion.added"
    criterion_id: str
    text: str
    source: str


class CriterionTicked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "criterion.ticked"
    criterion_id: str
    text: str
    value: str


class CriterionUnticked(Fact, frozen=True, kw_only=True):
    """``restarted``: the stability window began anew."""

    kind: ClassVar[str] = "criterion.unticked"
    criterion_id: str
    text: str
    reason: str
    restarted: bool


class CriterionRemoved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "criterion.removed"
    criterion_id: str
    text: str
    reason: str


# ---- requests and the end


class RequestAsked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "request.asked"
    request_id: str
    question: str


class RequestAnswered(Fact, frozen=True, kw_only=True):
    """``state``: answered, later or declined."""

    kind: ClassVar[str] = "request.answered"
    request_id: str
    question: str
    state: str
    answer: str


class RespondersReleased(Fact, frozen=True, kw_only=True):
    """``people`` may go; ``stay`` are those who do not."""

    kind: ClassVar[str] = "responders.released"
    people: list[str]
    stay: list[str]


class IncidentSignedOff(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.signed_off"
    text: str
