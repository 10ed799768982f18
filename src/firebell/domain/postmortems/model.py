"""Postmortems as values.

A :class:`Document` is what people read and what a revision keeps: six sections of Markdown, the why-tree, contributing
factors and action items. A :class:`Postmortem` is the document with its process: state, owner, deadlines, comments.
Severities are the texts ``SEV1`` to ``SEV4``; people, services and teams are ids.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from firebell.domain.postmortems.actions import ActionItem
from firebell.kernel.clock import Instant


class Section(StrEnum):
    """Exactly six, in this order. A template may add prompts within one, never a seventh."""

    SUMMARY = "Summary"
    TIMELINE = "Timeline"
    ROOT_CAUSE = "Root cause (5 whys)"
    IMPACT = "Impact"
    ACTION_ITEMS = "Action items"
    LESSONS = "Lessons learned"


LESSONS = ("What went well", "What didn't", "Where we got lucky")
"""The three parts of the last section, as headings of the third level in its text."""


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    CLOSED = "closed"


class Depth(StrEnum):
    """``lite``: summary, factors, actions. ``deep`` adds interviews and calibration."""

    LITE = "lite"
    STANDARD = "standard"
    DEEP = "deep"


class Audience(StrEnum):
    """Who a published postmortem is for; ``organisation`` unless the incident is private."""

    ORGANISATION = "organisation"
    MEMBERS = "members"


class WhyKind(StrEnum):
    CONDITION = "condition"
    UNKNOWN = "unknown"
    ACCEPTED_RISK = "accepted_risk"


class Confidence(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class FactorClass(StrEnum):
    """Where a contributing factor lies. An installation may add its own, so a factor's class is a plain text."""

    CODE = "code"
    CONFIG = "config"
    DEPENDENCY = "dependency"
    CAPACITY = "capacity"
    DEPLOYMENT = "deployment"
    DATA = "data"
    NETWORK = "network"
    AUTH_CERTS = "auth_certs"
    MONITORING_GAP = "monitoring_gap"
    TEST_GAP = "test_gap"
    REVIEW_GAP = "review_gap"
    KNOWLEDGE_DOCS = "knowledge_docs"
    TOOLING_AFFORDANCE = "tooling_affordance"
    STAFFING = "staffing"


class Trigger(StrEnum):
    BINARY_PUSH = "binary_push"
    CONFIG_PUSH = "config_push"
    DATA_CHANGE = "data_change"
    TRAFFIC = "traffic"
    PROVIDER_CHANGE = "provider_change"
    DECAY = "decay"
    CAPACITY = "capacity"
    HARDWARE = "hardware"
    EXPIRY = "expiry"
    OPERATOR_COMMAND = "operator_command"
    SECURITY = "security"


class DetectedBy(StrEnum):
    ALERT = "alert"
    SLO = "slo"
    CUSTOMER = "customer"
    STAFF = "staff"
    LUCK = "luck"


class Mitigation(StrEnum):
    ROLLBACK = "rollback"
    CONFIG_FIX = "config_fix"
    SCALE = "scale"
    FAILOVER = "failover"
    RESTART = "restart"
    DRAIN = "drain"
    EXTERNAL = "external"
    HOTFIX = "hotfix"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What backs an answer: ``kind`` is link, graph, log, diff or interview; ``ref`` a URL or a few words."""

    kind: str
    ref: str


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One node: its parent "was made possible by" it. ``parent`` ``None``: the impact, the root of the tree.

    ``reason`` is why a risk was accepted. ``detection``: the branch that asks why it was found or stopped only then.
    """

    id: str
    parent: str | None = None
    condition: str
    kind: WhyKind = WhyKind.CONDITION
    evidence: tuple[Evidence, ...] = ()
    confidence: Confidence = Confidence.MEDIUM
    detection: bool = False
    reason: str = ""


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """A contributing factor; there are several, and none is *the* cause. ``mechanism``: what it shares with other
    services (config rollout, certificate expiry, base image), empty when it shares nothing."""

    id: str
    kind: str
    text: str
    why_ids: tuple[str, ...] = ()
    service_ids: tuple[str, ...] = ()
    confidence: Confidence = Confidence.MEDIUM
    mechanism: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What is written. ``texts`` are Markdown by section; a section nobody has written is missing or empty."""

    title: str
    texts: dict[Section, str] = {}
    whys: tuple[Why, ...] = ()
    factors: tuple[Factor, ...] = ()
    actions: tuple[ActionItem, ...] = ()
    no_actions_because: str = ""
    trigger: str = ""
    detected_by: str = ""
    mitigated_by: str = ""

    def text(self, section: Section) -> str:
        return self.texts.get(section, "")


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine last wrote into a section: the fingerprint of the whole, and of every line of it."""

    whole: str = ""
    lines: tuple[str, ...] = ()


def fingerprint(text: str) -> str:
    """16 hex digits that two different texts do not share in practice; white space at the ends does not count."""
    return hashlib.sha256(text.strip().encode(errors="surrogatepass")).hexdigest()[:16]


def stamp(part: msgspec.Struct) -> str:
    """The fingerprint of a node, a factor or an action: what a form carries, to see that nobody has changed it."""
    return fingerprint(msgspec.json.encode(part, enc_hook=str).decode())


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """Said about a section (and a quoted piece of it). Comments are never deleted, only resolved."""

    id: str
    section: Section
    quote: str = ""
    text: str
    by: str
    at: Instant
    resolved_by: str | None = None
    resolved_at: Instant | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The document as it was from ``at`` to ``until_at``, in which one person wrote without a longer pause. Number 1 is
    the first draft; every one stays readable."""

    number: int
    document: Document
    state: State
    by: str
    at: Instant
    until_at: Instant | None = None
    reason: str = ""


class Dismissal(msgspec.Struct, frozen=True, kw_only=True):
    """A hit of the linter somebody has set aside: for that exact sentence and family only."""

    key: str
    reason: str
    by: str
    at: Instant


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A check that was passed over with a reason. ``what``: ``required``, ``checks``."""

    what: str
    reason: str
    by: str
    at: Instant


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the review meeting: who came (user ids), what was decided, the statement it was opened with."""

    opening: str = ""
    attendance: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    started_at: Instant | None = None
    ended_at: Instant | None = None


class Postmortem(msgspec.Struct, frozen=True, kw_only=True):
    """A postmortem and its process. ``peak`` is the incident's worst severity (unset counts as SEV2).

    ``reference`` (``INC-12``), ``kind``, ``team_id``, ``service_ids`` and ``private`` are the incident's, as it last
    was. ``resolved_at`` starts all clocks. ``revision`` is the number the document is kept under; the next change
    of state counts on. ``released``: a private incident's postmortem has been released on purpose. ``skipped_at``: it
    need not be written, somebody has said why. ``required``: why it must be (``severity``, ``budget``, …). ``process``
    is the box of promises broken, overrides, skipped verification. ``told_at`` is when its owner was last reminded, by
    what is late. The role map (user id to role) is kept apart with a permission of its own.
    """

    id: str
    incident_id: str
    reference: str = ""
    kind: str = "normal"
    team_id: str | None = None
    service_ids: tuple[str, ...] = ()
    document: Document
    state: State = State.DRAFT
    depth: Depth = Depth.STANDARD
    peak: str = "SEV2"
    private: bool = False
    released: bool = False
    owner_id: str | None = None
    collaborator_ids: tuple[str, ...] = ()
    facilitator_id: str | None = None
    investigator_id: str | None = None
    required: tuple[str, ...] = ()
    audience: Audience | None = None
    resolved_at: Instant
    created_at: Instant
    skipped_at: Instant | None = None
    review_at: Instant | None = None
    meeting: Meeting = Meeting()
    process: tuple[str, ...] = ()
    submitted_at: Instant | None = None
    reviewed_at: Instant | None = None
    reviewed_by: str | None = None
    published_at: Instant | None = None
    closed_at: Instant | None = None
    bases: dict[Section, Base] = {}
    comments: tuple[Comment, ...] = ()
    dismissals: tuple[Dismissal, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    revision: int = 1
    told_at: dict[str, Instant] = {}
    due_at: Instant | None = None
    version: int = 1
