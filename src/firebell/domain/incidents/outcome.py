"""What a verb does: the incident as it is then, the facts for its journal, and what others must be told to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from firebell.domain.incidents.model import Incident, RoleDefinition, Scale, Settings
from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and what the rules need to know beyond the incident.

    ``user_id`` is empty for the house itself. ``scale`` is the one the incident was judged under. ``primary_ids``: who
    is primary on call for its services now. ``may_waive``: may skip what is required (a postmortem).
    ``new_id(prefix)`` makes ids.
    """

    now: Instant
    user_id: str
    scale: Scale
    settings: Settings
    roles: Sequence[RoleDefinition]
    new_id: Callable[[str], str]
    primary_ids: frozenset[str] = frozenset()
    active_ids: frozenset[str] | None = None
    """Accounts that are active (``None``: not asked)."""
    may_waive: bool = False
    is_admin: bool = False
    others: frozenset[tuple[str, str]] = frozenset()
    """(id, phase) of other incidents a verb names."""

    @property
    def by(self) -> str:
        """``system`` for the house."""
        return self.user_id or "system"


class EffectKind(StrEnum):
    """What the workflows do after a verb. ``nudge`` is a notice, ``page`` wakes people."""

    NUDGE = "nudge"
    PAGE_PEOPLE = "page_people"
    PAGE_ROLE = "page_role"
    PAGE_COMMANDER = "page_commander"
    RESPONSE_MISSED = "response_missed"
    ANNOUNCE = "announce"
    PHASE_CHANGED = "phase_changed"
    SEVERITY_CHANGED = "severity_changed"
    COMMANDER_CHANGED = "commander_changed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Effect:
    """``users``: whom it is for. ``text``: the words. ``role``: for ``page_role``. ``before`` / ``after``: for changes
    (of ``merged``, ``after`` is the id of the one that stands; of ``response_missed`` it is the severity)."""

    kind: EffectKind
    users: tuple[str, ...] = ()
    text: str = ""
    role: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact for the journal, and when it happened if a person says it was not now."""

    fact: Fact
    event_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``incident`` is the very input when nothing was to be done. ``warnings``: allowed, and to be shown to whoever
    asked. ``made``: the id of the part the verb made (a task, an offer), else empty."""

    incident: Incident
    facts: tuple[Recorded, ...] = ()
    effects: tuple[Effect, ...] = ()
    warnings: tuple[str, ...] = ()
    made: str = ""


@dataclass(slots=True)
class Saying:
    """Collects what a verb does while it is being decided."""

    facts: list[Recorded] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    made: str = ""

    def record(self, fact: Fact, event_at: Instant | None = None) -> None:
        self.facts.append(Recorded(fact, event_at))

    def warn(self, words: str) -> None:
        self.warnings.append(words)

    def result(self, incident: Incident) -> Outcome:
        return Outcome(incident, tuple(self.facts), tuple(self.effects), tuple(self.warnings), self.made)
