"""One incident as its page shows it, made from what was looked up: nothing is asked here, so it is tried by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from firebell.domain.incidents.model import (
    Decision,
    DecisionState,
    Hypothesis,
    Incident,
    Level,
    Milestone,
    MilestoneName,
    Offer,
    OfferState,
    Override,
    Phase,
    Request,
    RoleDefinition,
    RoleName,
    Scale,
    Task,
    TaskState,
)
from firebell.entrypoints.web import incident_words as words
from firebell.entrypoints.web.alert_rows import AlertRow
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.incident_hints import hints
from firebell.entrypoints.web.names import Names
from firebell.kernel.clock import Instant, seconds_between

_BLANK = Draft()
CROWD = 40


@dataclass(frozen=True, slots=True)
class Promise:
    """When the next update is due, and to whom. ``audience``: internal, public or executive."""

    audience: str
    due_at: Instant


@dataclass(frozen=True, slots=True)
class Other:
    """Another incident this one names. ``title`` is empty when the reader may not see it."""

    id: str
    reference: str
    title: str


@dataclass(frozen=True, slots=True)
class Around:
    """What was looked up beside the incident. ``missing``: what stands between mitigated and resolved, as sentences.

    ``breaches``: per milestone what is wrong with its order. ``brief``: (heading, lines) of the hand-off brief.
    ``call``: (value, text) of whom one may page. ``minutes``: (severity, seconds) in the order they were first had.
    ``stable_at``: when the stability window is over. ``answer_by``: when somebody must have acknowledged.
    ``more``: what other parts of the page looked up, by their block.
    """

    scale: Scale
    roles: Sequence[RoleDefinition]
    legal: frozenset[str]
    names: Names
    people: Choices
    """Whom a task or role can be given to: those engaged first."""
    alerts: Sequence[AlertRow] = ()
    others: Sequence[Other] = ()
    promises: Sequence[Promise] = ()
    missing: Sequence[str] = ()
    breaches: Mapping[str, str] = field(default_factory=dict)
    brief: Sequence[tuple[str, Sequence[str]]] = ()
    call: Choices = ()
    minutes: Sequence[tuple[str, float]] = ()
    services: Choices = ()
    offered: Mapping[str, Choices] = field(default_factory=dict)
    """What a form offers: ``services`` and ``teams`` it may belong to."""
    stable_at: Instant | None = None
    answer_by: Instant | None = None
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role and who has it. ``wanted``: it should not be empty now."""

    definition: RoleDefinition
    holders: Sequence[str]
    wanted: bool
    full: bool


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """``standing`` is what counts, ``before`` what was said earlier, newest first. ``breach``: its order is wrong."""

    name: str
    label: str
    standing: Milestone | None
    before: Sequence[Milestone]
    breach: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody engaged: their roles, and since when."""

    user_id: str
    roles: Sequence[str]
    since_at: Instant


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """The page of one incident for one reader (``me``). ``responds``: may do more than look, ask and object."""

    i: Incident
    me: str
    now: Instant
    responds: bool
    around: Around
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    refused: str = ""
    """The verb that was just refused; its form comes back open."""

    # ---- what it is

    @property
    def href(self) -> str:
        return f"/incidents/{self.i.id}"

    @property
    def level(self) -> Level:
        return self.around.scale.level(self.i.severity)

    @property
    def phase(self) -> str:
        return words.PHASES[self.i.phase]

    @property
    def steps(self) -> Sequence[str]:
        """The way it goes; one that left it shows where."""
        if self.i.phase in (Phase.DECLINED, Phase.DUPLICATE):
            return [words.PHASES[Phase.TRIAGE], self.phase]
        return words.STEPS

    @property
    def words(self) -> object:
        return words

    def can(self, *verbs: str) -> bool:
        """Whether any of these would be accepted from this reader now."""
        return any(verb in self.around.legal for verb in verbs)

    def form(self, verb: str, key: str = "") -> Draft:
        """What a form of ``verb`` shows: empty, or as it was sent when it was refused."""
        return self.drafts.get(f"{verb}:{key}", _BLANK)

    def who(self, user_id: str | None) -> str:
        return "you" if user_id == self.me else "Firebell" if user_id == "system" else self.around.names.of(user_id)

    def name(self, user_id: str | None) -> str:
        return "Firebell" if user_id == "system" else self.around.names.of(user_id) or "nobody"

    def seconds(self, at: Instant) -> float:
        """From now until ``at``; negative when it is past."""
        return seconds_between(self.now, at)

    def others(self, ids: Sequence[str]) -> list[Other]:
        known = {one.id: one for one in self.around.others}
        return [known[one] for one in ids if one in known]

    # ---- command

    @property
    def commands(self) -> bool:
        return self.i.commander_id == self.me

    @property
    def offer(self) -> Offer | None:
        return next((one for one in self.i.offers if one.state == OfferState.OPEN), None)

    @property
    def roles(self) -> list[RoleRow]:
        major = self.i.active and self.i.counts_as in ("SEV1", "SEV2")
        rows = []
        for one in self.around.roles:
            held = self.i.holders(one.name)
            wanted = self.i.active and not held and (one.name == RoleName.COMMANDER or (major and one.name == "comms"))
            rows.append(RoleRow(one, held, wanted, one.holders_max is not None and len(held) >= one.holders_max))
        return rows

    @property
    def mine(self) -> list[RoleDefinition]:
        """The roles this reader holds."""
        return [one for one in self.around.roles if self.me in self.i.holders(one.name)]

    @property
    def engaged(self) -> list[Person]:
        since: dict[str, Instant] = {}
        held: dict[str, list[str]] = {}
        shown = {one.name: one.display_name for one in self.around.roles}
        for one in self.i.engagements:
            if one.until_at is None:
                held.setdefault(one.user_id, []).append(shown.get(one.role, one.role))
                known = since.get(one.user_id)
                since[one.user_id] = one.since_at if known is None or one.since_at < known else known
        return [Person(user, held[user], since[user]) for user in held]

    @property
    def overrides(self) -> list[Override]:
        return [o for o in self.i.overrides if o.ended_at is None and o.expires_at > self.now]

    @property
    def crowd(self) -> bool:
        """Too many people for a select: one types a name."""
        return len(self.around.people) > CROWD

    def options(self, chosen: str, but: str = "") -> Markup:
        """People as options of a select. Drawn here, because a page has a dozen of them."""
        marks = (
            f'<option value="{id_}"{" selected" if id_ == chosen else ""}>{escape(name)}</option>'
            for id_, name in self.around.people
            if id_ != but
        )
        return Markup("".join(marks))  # noqa: S704 - names are escaped, ids are ours

    # ---- work

    @property
    def tasks(self) -> list[Task]:
        """Open ones, the most pressing first."""
        return sorted((t for t in self.i.tasks if t.state == TaskState.OPEN), key=lambda t: (t.due_at, t.id))

    @property
    def done(self) -> list[Task]:
        return [t for t in reversed(self.i.tasks) if t.state != TaskState.OPEN]

    @property
    def my_tasks(self) -> list[Task]:
        return [t for t in self.tasks if t.assignee_id == self.me]

    @property
    def proposed(self) -> list[Decision]:
        return [d for d in self.i.decisions if d.state == DecisionState.PROPOSED]

    @property
    def decided(self) -> list[Decision]:
        return [d for d in reversed(self.i.decisions) if d.state != DecisionState.PROPOSED]

    @property
    def possible(self) -> list[Hypothesis]:
        return [h for h in self.i.hypotheses if h.eliminated_at is None]

    @property
    def eliminated(self) -> list[Hypothesis]:
        return [h for h in self.i.hypotheses if h.eliminated_at is not None]

    @property
    def asked(self) -> list[Request]:
        return [r for r in self.i.requests if r.state in ("open", "later")]

    @property
    def answered(self) -> list[Request]:
        return [r for r in reversed(self.i.requests) if r.state not in ("open", "later")]

    @property
    def milestones(self) -> list[MilestoneRow]:
        rows = []
        for name in MilestoneName:
            said = [m for m in self.i.milestones if m.name == name]
            standing = self.i.milestone(name)
            before = [m for m in reversed(said) if m is not standing]
            breach = self.around.breaches.get(name, "")
            rows.append(MilestoneRow(name, words.MILESTONES[name], standing, before, breach))
        return rows

    @property
    def hints(self) -> list[tuple[str, str]]:
        """What the commander should do next: (sentence, section)."""
        promise = self.next_promise
        return hints(self.i, self.now, promise.due_at if promise else None)

    @property
    def next_promise(self) -> Promise | None:
        return min(self.around.promises, key=lambda one: one.due_at, default=None)
