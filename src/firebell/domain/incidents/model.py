"""Incidents: the coordinated human response, as one value.

An :class:`Incident` is everything the rules decide on, in one frozen value that is kept as one document and locked as
one row: so no two people can change parts of it past one another. What happened to it is the journal of its id; what
was said about it is in ``domain/comms``.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from firebell.kernel.clock import Instant


class Kind(StrEnum):
    """``backfilled``: entered afterwards; pages nobody, runs no clocks."""

    NORMAL = "normal"
    DRILL = "drill"
    TEST = "test"
    BACKFILLED = "backfilled"


class Severity(StrEnum):
    """Lower is worse. Unset (``None``) counts as SEV2 in every rule."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class Phase(StrEnum):
    TRIAGE = "triage"
    RESPONDING = "responding"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    DECLINED = "declined"
    DUPLICATE = "duplicate"


ACTIVE = frozenset({Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED})
"""Phases in which people are at work: clocks run, command matters."""


class RoleName(StrEnum):
    """The roles every incident has; an installation may add its own, which are plain strings."""

    COMMANDER = "commander"
    DEPUTY = "deputy"
    COMMS = "comms"
    LIAISON = "liaison"
    SCRIBE = "scribe"
    RESPONDER = "responder"
    OBSERVER = "observer"


class CustomerImpact(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class TaskKind(StrEnum):
    HANDS_ON = "hands_on"
    COORDINATION = "coordination"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    ADOPTED = "adopted"
    ADOPTED_OVER_OBJECTION = "adopted_over_objection"
    WITHDRAWN = "withdrawn"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Trend(StrEnum):
    ESCALATING = "escalating"
    STEADY = "steady"
    FLAPPING = "flapping"
    RECOVERING = "recovering"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """How impact was stopped."""

    ROLLBACK = "rollback"
    FIX = "fix"
    WORKAROUND = "workaround"
    FAILOVER = "failover"
    BY_ITSELF = "by_itself"
    OTHER = "other"


class DeclineReason(StrEnum):
    NOT_AN_INCIDENT = "not_an_incident"
    FALSE_ALARM = "false_alarm"
    BELOW_THRESHOLD = "below_threshold"
    EXTERNAL = "external"


class MilestoneName(StrEnum):
    """In the order in which they normally come."""

    IMPACT_STARTED = "impact_started"
    DETECTED = "detected"
    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    COMMANDER_ASSIGNED = "commander_assigned"
    FIRST_PUBLIC_POST = "first_public_post"
    IDENTIFIED = "identified"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    POSTMORTEM_PUBLISHED = "postmortem_published"
    ACTIONS_CLOSED = "actions_closed"


class Rule(StrEnum):
    """Rules of command integrity (incidents.md 2) that an override can lift for a while."""

    COMMANDER_IS_COMMS = "commander_is_comms"
    COMMANDER_HANDS_ON = "commander_hands_on"
    DEPUTY_UNQUALIFIED = "deputy_unqualified"


class Detection(StrEnum):
    """How it came to be known."""

    ALERT = "alert"
    PERSON = "person"
    REPORT = "report"
    CUSTOMER = "customer"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of an incident have in common: nothing but being frozen, with named fields."""


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
    labels: dict[str, str] = {}
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
