"""Communication: updates, the clocks that ask for them, the promises they make, and what is checked before they go.

An incident is known here only as a :class:`Situation`: what updates need to know of it, handed over by the workflows.
Phases and severities are the words of ``domain/incidents``.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from firebell.kernel.clock import Instant


class Audience(StrEnum):
    """Who is told. An update is never without one."""

    INTERNAL = "internal"
    PUBLIC = "public"
    EXECUTIVE = "executive"


class UpdateState(StrEnum):
    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SENT = "sent"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


PENDING = frozenset({UpdateState.DRAFT, UpdateState.AWAITING_APPROVAL, UpdateState.APPROVED})


class Kept(StrEnum):
    """What became of a promise. ``released``: nobody has to keep it any more (declined, merged)."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"
    RELEASED = "released"


class Stage(StrEnum):
    """What a clock waits for: the first public post, the one that states the scope, then one after another."""

    FIRST = "first"
    SCOPE = "scope"
    REGULAR = "regular"


class Level(StrEnum):
    """``block`` stands in the way until it is mended or overridden; ``warn`` is shown."""

    BLOCK = "block"
    WARN = "warn"


class NewUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to say.

    ``body`` empty: the template's text. ``status``: a public status word, or for the others Investigating, Mitigating,
    Resolved; empty: what goes with the phase. ``eta`` in words. ``components``: component id to the state it has from
    now on. ``key``: the same key posts once. ``event_at``: when it was said, if not now. ``automatic``: written by the
    house from the journal. ``overrides``: check to the reason why it is overruled.
    """

    audience: Audience
    body: str = ""
    title: str = ""
    status: str = ""
    impact: str = ""
    eta: str = ""
    next_update_by: Instant | None = None
    final: bool = False
    components: dict[str, str] = {}
    page_id: str | None = None
    key: str = ""
    event_at: Instant | None = None
    automatic: bool = False
    overrides: dict[str, str] = {}


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """An update as it lies in the table (fields are its columns, in order).

    ``sha256`` is the hex digest of text, components and status: what an approval is bound to. ``event_at`` is when it
    was said, ``recorded_at`` when Firebell learned it. ``reason``: why it was rejected or withdrawn.
    """

    id: str
    incident_id: str
    audience: str
    phase: str
    state: str
    title: str
    body: str
    status: str
    severity: str
    impact: str
    eta: str
    commander_id: str | None
    next_update_by: Instant | None
    final: bool
    components: dict[str, str]
    page_id: str | None
    key: str | None
    automatic: bool
    template_only: bool
    author_id: str
    sha256: str
    overrides: dict[str, str]
    event_at: Instant
    recorded_at: Instant
    approver_id: str | None = None
    approved_at: Instant | None = None
    sent_at: Instant | None = None
    reason: str = ""
    version: int = 1


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """ "Next update by": a row of the ledger. ``late_s``: seconds past due when it was fulfilled or given up, else 0.

    ``counted``: whether it enters statistics (drills and tests do not).
    """

    id: str
    incident_id: str
    audience: str
    severity: str
    update_id: str
    promised_at: Instant
    due_at: Instant
    fulfilled_by: str | None = None
    settled_at: Instant | None = None
    outcome: str = Kept.OPEN
    late_s: int = 0
    counted: bool = True


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """When the next update to one audience is due at the latest, and how far the reminding has gone.

    ``id`` is ``<incident>:<audience>``. ``from_at``: what the wait is counted from (the start, the last update, a
    raised severity). ``due_at`` ``None``: it does not run. ``rung``: reminders given for this wait; ``ring_at``: when
    the next one is. ``slowed_s``: the commander's slower rhythm. ``posts``: updates since it started.
    """

    id: str
    incident_id: str
    audience: str
    stage: str
    severity: str
    started_at: Instant
    from_at: Instant
    due_at: Instant | None
    rung: int = 0
    ring_at: Instant | None = None
    slowed_s: int | None = None
    snoozed_until: Instant | None = None
    last_update_id: str | None = None
    posts: int = 0

    @property
    def running(self) -> bool:
        return self.due_at is not None


class Ceilings(msgspec.Struct, frozen=True, kw_only=True):
    """The longest waits of one severity, in seconds (``None``: no clock). ``business``: internal waits count only
    support hours."""

    internal_s: int | None = None
    executive_s: int | None = None
    first_s: int | None = None
    scope_s: int | None = None
    public_s: int | None = None
    business: bool = False


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as communication sees it. ``severity`` is what it counts as; ``name`` what outsiders may read (the
    codename of a private one). ``identified``: the cause is known. ``remediating``: a remedy has been adopted."""

    incident_id: str
    reference: str
    name: str
    title: str
    kind: str = "normal"
    phase: str
    severity: str
    customer_impact: str = "unknown"
    declared_at: Instant
    team_id: str | None = None
    private: bool = False
    codename: str = ""
    impact: str = ""
    eta: str = ""
    eta_by: str | None = None
    commander_id: str | None = None
    commander_name: str = ""
    deputy_id: str | None = None
    comms_ids: tuple[str, ...] = ()
    liaison_ids: tuple[str, ...] = ()
    engaged_ids: tuple[str, ...] = ()
    at_work_ids: tuple[str, ...] = ()
    """Those engaged but for the observers."""
    identified: bool = False
    remediating: bool = False
    all_clear: str = ""
    component_ids: tuple[str, ...] = ()
    ceilings: Ceilings = Ceilings()
    ruled_out: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    """Sentences of what has changed since the last update: eliminated hypotheses, running tasks, engagements."""

    @property
    def active(self) -> bool:
        return self.phase in ("triage", "responding", "mitigated")

    @property
    def major(self) -> bool:
        """SEV1 and SEV2 (unset counts as SEV2)."""
        return self.severity in ("SEV1", "SEV2")

    @property
    def keeps_time(self) -> bool:
        """Whether clocks run for this kind: what is entered afterwards or only tried keeps none."""
        return self.kind in ("normal", "drill")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. ``excerpt`` is the text it is about; ``overridable``: the commander may overrule it."""

    check: str
    level: Level
    message: str
    excerpt: str = ""
    overridable: bool = True


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A Liquid template for one audience and phase word. ``version`` 0: the one that comes with Firebell."""

    audience: str
    phase: str
    body: str
    version: int = 0
    managed_by: str | None = None

    @property
    def name(self) -> str:
        """``public-investigating``."""
        return f"{self.audience}-{self.phase}"


class CommsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``executive_ids``: who gets executive updates beside the liaison. ``support_zone``: where the support hours
    (Monday to Friday, 9 to 17) are."""

    executive_ids: tuple[str, ...] = ()
    support_zone: str = "UTC"
    managed_by: str | None = None
    version: int = 1


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five true things that "no update" can say. ``kind``: ruled_out, still_doing, joined, workaround,
    next_step. ``suggestion`` is prefilled, empty when there is nothing known."""

    kind: str
    label: str
    suggestion: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What the composer offers: an update ready to be edited, what the checks say of it, and, when nothing has changed
    since the last one, what to ask for."""

    new: NewUpdate
    findings: tuple[Finding, ...] = ()
    true_things: tuple[Prompt, ...] = ()
    latest: Instant | None = None
    """The latest time that may be promised."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """How promises to one audience at one severity were kept. ``kept_pct`` in hundredths of a per cent; lateness is
    that of the fulfilled ones, in seconds (``None``: none were)."""

    audience: str
    severity: str
    n: int
    kept: int
    kept_pct: float | None
    late_p50_s: int | None
    late_p90_s: int | None
