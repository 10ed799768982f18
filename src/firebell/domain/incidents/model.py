"""Incidents: the coordinated human response, as one value.

An :class:`Incident` is everything the rules decide on, in one frozen value that is kept as one document and locked as
one row: so no two people can change parts of it past one another. What happened to it is the journal of its id; what
was said about it is in ``domain/comms``.
"""

from __future__ import annotations

import msgspec

from firebell.domain.incidents.configuration import (
    Level,
    Part,
    RoleDefinition,
    Scale,
    Settings,
)
from firebell.domain.incidents.terms import (
    ACTIVE,
    CustomerImpact,
    DecisionState,
    DeclineReason,
    Detection,
    Kind,
    MilestoneName,
    OfferState,
    Phase,
    Remedy,
    RoleName,
    Rule,
    Severity,
    TaskKind,
    TaskState,
    Trend,
)
from firebell.kernel.clock import Instant

__all__ = [
    "ACTIVE",
    "Check",
    "Criterion",
    "CustomerImpact",
    "Decision",
    "DecisionState",
    "DeclineReason",
    "Detection",
    "Engagement",
    "Hypothesis",
    "Incident",
    "Kind",
    "Level",
    "LinkedAlert",
    "Milestone",
    "MilestoneName",
    "Objection",
    "Offer",
    "OfferState",
    "Override",
    "Part",
    "Phase",
    "Remedy",
    "Request",
    "RoleDefinition",
    "RoleName",
    "Rule",
    "Scale",
    "Settings",
    "Severity",
    "SizeUp",
    "Skipped",
    "Span",
    "Task",
    "TaskKind",
    "TaskState",
    "Trend",
]


class Span(Part, frozen=True, kw_only=True):
    """A stretch in one severity (``None``: unset), from ``from_at`` to the next span or the mitigation."""

    severity: Severity | None
    from_at: Instant
    by: str
    reason: str = ""


class Engagement(Part, frozen=True, kw_only=True):
    """A person in a role; ``until_at`` ``None``: still. ``user_id`` may hold several at once."""

    role: str
    user_id: str
    since_at: Instant
    until_at: Instant | None = None
    by: str = ""


class Offer(Part, frozen=True, kw_only=True):
    """Command offered by its holder to somebody; moves only when accepted."""

    id: str
    giver_id: str
    to_id: str
    note: str = ""
    at: Instant
    expires_at: Instant
    state: OfferState = OfferState.OPEN
    reason: str = ""


class Override(Part, frozen=True, kw_only=True):
    """Leave to break one rule for a while. ``user_id`` is the one it is about. ``by`` may be ``system``."""

    id: str
    rule: Rule
    user_id: str
    reason: str
    by: str
    at: Instant
    expires_at: Instant
    nudged: bool = False
    ended_at: Instant | None = None


class Task(Part, frozen=True, kw_only=True):
    """One thing for one person in a time box. ``nudged_ack`` / ``nudged_due``: the deputy (or IC) has been told."""

    id: str
    text: str
    assignee_id: str | None
    kind: TaskKind = TaskKind.HANDS_ON
    minutes: int
    at: Instant
    by: str
    ack_due_at: Instant
    acked_at: Instant | None = None
    due_at: Instant
    state: TaskState = TaskState.OPEN
    outcome: str = ""
    ended_at: Instant | None = None
    nudged_ack: bool = False
    nudged_due: bool = False


class Objection(Part, frozen=True, kw_only=True):
    by: str
    text: str
    at: Instant


class Decision(Part, frozen=True, kw_only=True):
    """A proposal with "any strong objections?"; silence is consent once ``closes_at`` has come."""

    id: str
    proposal: str
    risk: str = ""
    executor_id: str | None = None
    remedy: Remedy | None = None
    by: str
    at: Instant
    closes_at: Instant
    objections: tuple[Objection, ...] = ()
    state: DecisionState = DecisionState.PROPOSED
    decided_by: str | None = None
    decided_at: Instant | None = None


class Hypothesis(Part, frozen=True, kw_only=True):
    """Stays visible when eliminated."""

    id: str
    text: str
    evidence: str = ""
    by: str
    at: Instant
    eliminated_by: str | None = None
    eliminated_at: Instant | None = None
    against: str = ""


class SizeUp(Part, frozen=True, kw_only=True):
    """``confidence``: low, medium or high."""

    wrong: str
    scope: str
    trend: Trend
    confidence: str
    by: str
    at: Instant


class Criterion(Part, frozen=True, kw_only=True):
    """An exit criterion. ``source``: ``commander``, ``service`` or ``runbook``; ``value`` is a link or a reading."""

    id: str
    text: str
    source: str = "commander"
    ticked_by: str | None = None
    ticked_at: Instant | None = None
    value: str = ""


class Milestone(Part, frozen=True, kw_only=True):
    """When something happened (``at``) and when that was learned. The newest of a name and occurrence stands; the ones
    before stay readable. ``at`` ``None``: taken back."""

    name: MilestoneName
    occurrence: int = 1
    at: Instant | None
    recorded_at: Instant
    source: str
    """``rule``, ``verb`` or ``hand``."""
    by: str
    reason: str = ""


class Request(Part, frozen=True, kw_only=True):
    """An observer's question in the liaison's queue. ``state``: open, answered, later, declined."""

    id: str
    question: str
    by: str
    at: Instant
    state: str = "open"
    answer: str = ""


class LinkedAlert(Part, frozen=True, kw_only=True):
    """``open``: still firing as far as the incident knows."""

    alert_id: str
    service_id: str
    linked_at: Instant
    open: bool = True


class Check(Part, frozen=True, kw_only=True):
    """ "Are you still in command?", asked of the commander; unanswered for ten minutes, command may be seized."""

    asked_by: str
    at: Instant
    answered_at: Instant | None = None


class Skipped(Part, frozen=True, kw_only=True):
    """A part of the verification that was skipped, with the typed reason. Listed in the postmortem."""

    what: str
    reason: str
    by: str
    at: Instant


class Incident(Part, frozen=True, kw_only=True):
    """One incident.

    ``number`` is what people say ("INC-12"). ``peak`` is the worst severity it has had. ``commandless_since`` is set
    while it is active and has no commander; ``commandless_told`` counts the rungs of that clock already climbed.
    ``stable_since`` restarts the stability window (mitigation, an alert firing again, an unticked criterion).
    ``due_at`` is the earliest deadline of all its clocks: the worker asks for nothing else.
    ``origin`` is the channel it was declared through (``web``, ``api``, ``cli``, ``chat``, ``rule``, ``report``).
    """

    id: str
    number: int
    kind: Kind = Kind.NORMAL
    title: str
    phase: Phase = Phase.TRIAGE
    severity: Severity | None = None
    peak: Severity | None = None
    scale_version: int = 0
    team_id: str | None = None
    private: bool = False
    security: bool = False
    codename: str = ""
    legal_hold: bool = False
    member_ids: tuple[str, ...] = ()
    """People let into a private incident beyond those engaged in it."""
    summary: str = ""
    impact: str = ""
    customer_impact: CustomerImpact = CustomerImpact.UNKNOWN
    eta: str = ""
    eta_by: str | None = None
    cause: str = ""
    command_post: str = ""
    declared_at: Instant
    declared_by: str
    detection: Detection = Detection.PERSON
    origin: str = "web"
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    service_ids: tuple[str, ...] = ()
    component_ids: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    engagements: tuple[Engagement, ...] = ()
    offers: tuple[Offer, ...] = ()
    overrides: tuple[Override, ...] = ()
    tasks: tuple[Task, ...] = ()
    decisions: tuple[Decision, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    size_ups: tuple[SizeUp, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    requests: tuple[Request, ...] = ()
    alerts: tuple[LinkedAlert, ...] = ()
    related_ids: tuple[str, ...] = ()
    stars: tuple[int, ...] = ()
    """Numbers of journal entries that go into the postmortem."""
    skipped: tuple[Skipped, ...] = ()
    check: Check | None = None
    commandless_since: Instant | None = None
    commandless_told: int = 0
    response_missed: Severity | None = None
    """The worst severity whose time to respond has passed with nobody acknowledging: said once for each."""
    size_up_nudged_at: Instant | None = None
    hand_off_suggested: bool = False
    """Four hours in command: said once per holder."""
    remedy: Remedy | None = None
    remedy_note: str = ""
    stable_since: Instant | None = None
    all_clear: str = ""
    all_clear_at: Instant | None = None
    decline_reason: DeclineReason | None = None
    duplicate_of: str | None = None
    postmortem_owner_id: str | None = None
    signed_off: str = ""
    closed_at: Instant | None = None
    reopened_at: tuple[Instant, ...] = ()
    """When it was reopened after its impact had stopped: each time round has mitigation and resolution of its own."""
    due_at: Instant | None = None
    version: int = 1

    @property
    def occurrence(self) -> int:
        """Which time round this is, from 1."""
        return 1 + len(self.reopened_at)

    @property
    def reference(self) -> str:
        """``INC-12``."""
        return f"INC-{self.number}"

    @property
    def active(self) -> bool:
        return self.phase in ACTIVE

    @property
    def counts_as(self) -> Severity:
        """The severity every rule goes by: unset counts as SEV2."""
        return self.severity or Severity.SEV2

    @property
    def name(self) -> str:
        """What it is called outside the circle: the codename of a private one, else the title."""
        return self.codename or self.title

    def holders(self, role: str) -> tuple[str, ...]:
        """Who holds ``role`` now, in the order they took it."""
        return tuple(e.user_id for e in self.engagements if e.role == role and e.until_at is None)

    def holder(self, role: str) -> str | None:
        """The one who holds ``role`` now (the first, where several may)."""
        return next(iter(self.holders(role)), None)

    @property
    def commander_id(self) -> str | None:
        return self.holder(RoleName.COMMANDER)

    @property
    def engaged_ids(self) -> tuple[str, ...]:
        """Everybody who holds any role now, without repeats, observers included."""
        return tuple(dict.fromkeys(e.user_id for e in self.engagements if e.until_at is None))

    def milestone(self, name: str, occurrence: int | None = None) -> Milestone | None:
        """What stands for ``name``: of the given occurrence, else of the last one; ``None`` when blank."""
        found = [m for m in self.milestones if m.name == name and occurrence in (None, m.occurrence)]
        if not found:
            return None
        last = max(m.occurrence for m in found)
        standing = [m for m in found if m.occurrence == last][-1]
        return standing if standing.at is not None else None
