"""What a verb does: the postmortem as it is then, the facts for the journal, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from firebell.domain.postmortems import blameless
from firebell.domain.postmortems.blameless import Names
from firebell.domain.postmortems.merge import Merged
from firebell.domain.postmortems.model import Document, Postmortem, Section
from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and what the rules need to know beyond the postmortem.

    ``user_id`` is empty for the house. ``may_edit``: may write (by permission, or as one of its people). ``approves``:
    may decline and waive promises. ``releases``: may release that of a private incident. ``names``: the roster with the
    roles held then. ``missing``: names of hard checks that do not hold (for ``submit``). ``fresh``: sections of a new
    draft against the text (for ``refresh``). ``earlier``: the document of a revision (for ``restore``). ``outsiders``:
    of the people a verb names, those with no active account or outside the circle of a private incident.
    """

    now: Instant
    user_id: str
    new_id: Callable[[str], str]
    may_edit: bool = True
    approves: bool = False
    releases: bool = False
    names: Names = blameless.NOBODY
    missing: tuple[str, ...] = ()
    fresh: dict[Section, Merged] = field(default_factory=dict)
    process: tuple[str, ...] = ()
    earlier: Document | None = None
    outsiders: frozenset[str] = frozenset()
    responders: frozenset[str] = frozenset()

    @property
    def by(self) -> str:
        """``system`` for the house."""
        return self.user_id or "system"


class Keep(StrEnum):
    """How a change enters the revisions: not at all, into the writer's open stretch, or as one of its own."""

    NOT = "not"
    STRETCH = "stretch"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice: to whom, and the words."""

    users: tuple[str, ...]
    text: str


@dataclass(slots=True)
class Saying:
    """Collects what a verb does while it is being decided."""

    facts: list[tuple[str, Fact]] = field(default_factory=list)
    tells: list[Tell] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    made: str = ""
    keep: Keep = Keep.NOT
    reason: str = ""

    def record(self, subject: str, fact: Fact) -> None:
        self.facts.append((subject, fact))

    def tell(self, users: tuple[str | None, ...], text: str, *, but: str = "") -> None:
        wanted = tuple(dict.fromkeys(one for one in users if one and one != but))
        if wanted:
            self.tells.append(Tell(wanted, text))

    def warn(self, words: str) -> None:
        self.warnings.append(words)

    def wrote(self) -> None:
        """Words were changed: they go into the writer's stretch."""
        if self.keep is Keep.NOT:
            self.keep = Keep.STRETCH

    def kept(self, reason: str = "") -> None:
        """This change is a revision of its own."""
        self.keep, self.reason = Keep.OWN, reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """``postmortem`` is the very input when nothing was to be done."""

    postmortem: Postmortem
    said: Saying
