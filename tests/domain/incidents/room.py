"""A room to command in: one incident, a clock that is set by hand, and people who say verbs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import rules, verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, Kind, Phase, Settings, Severity
from firebell.domain.incidents.outcome import Asking, EffectKind, Outcome
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
ANN, BOB, CAT, DAN, EVE = (f"usr_{name}" for name in ("ann", "bob", "cat", "dan", "eve"))
EVERYBODY = (ANN, BOB, CAT, DAN, EVE)
CLEAR = "All services have recovered; no data was lost and nothing lingers."
REASON = "Because it has to be so."


def ids() -> Callable[[str], str]:
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers)}"


@dataclass
class Room:
    """``say(who, verb)`` does what the verb does and keeps the outcome; ``who`` empty is the house."""

    incident: Incident
    now: Instant = NOW
    settings: Settings = field(default_factory=Settings)
    primary_ids: frozenset[str] = frozenset()
    active_ids: frozenset[str] | None = None
    may_waive: bool = False
    others: frozenset[tuple[str, str]] = frozenset()
    new_id: Callable[[str], str] = field(default_factory=ids)
    last: Outcome | None = None
    told: list[Outcome] = field(default_factory=list)

    def asking(self, who: str = "") -> Asking:
        return Asking(
            now=self.now, user_id=who, scale=DEFAULT_SCALE, settings=self.settings, roles=DEFAULT_ROLES,
            new_id=self.new_id, primary_ids=self.primary_ids, active_ids=self.active_ids, may_waive=self.may_waive,
            others=self.others,
        )  # fmt: skip

    def say(self, who: str, *said: Verb) -> Outcome:
        assert said
        for verb in said:
            self.last = rules.apply(self.incident, verb, self.asking(who))
            self.told.append(self.last)
            self.incident = self.last.incident
        assert self.last is not None
        return self.last

    def wait(self, minutes: float) -> Outcome:
        """Time passes, and the worker comes by whenever something is due, as it does in life."""
        until = plus(self.now, minutes * 60)
        while (due := self.incident.due_at) is not None and due <= until:
            self.now = max(due, self.now)
            self.say("", verbs.Tick())
        self.now = until
        return self.say("", verbs.Tick())

    def facts(self) -> list[str]:
        """What was recorded so far, in order."""
        return [one.fact.kind for outcome in self.told for one in outcome.facts]

    def heard(self, kind: EffectKind) -> list[tuple[str, ...]]:
        """Whom effects of ``kind`` were for, in order (the role, for a page of one)."""
        return [
            effect.users or ((effect.role,) if effect.role else ())
            for outcome in self.told
            for effect in outcome.effects
            if effect.kind == kind
        ]

    @property
    def commander(self) -> str | None:
        return self.incident.commander_id

    def holder(self, role: str) -> str | None:
        return self.incident.holder(role)


def declared(severity: Severity | None = Severity.SEV1, **more: Any) -> Room:
    """An incident just declared by Ann."""
    room = Room(incident=None, **{k: v for k, v in more.items() if k in Room.__dataclass_fields__})  # type: ignore[arg-type]
    fields = {k: v for k, v in more.items() if k not in Room.__dataclass_fields__}
    new = Declaration(**({"title": "Checkout errors", "severity": severity} | fields))
    room.last = rules.declare(new, room.asking(ANN), id="inc_1", number=12)
    room.told.append(room.last)
    room.incident = room.last.incident
    return room


def commanded(severity: Severity | None = Severity.SEV1, by: str = ANN, **more: Any) -> Room:
    """The same, with a commander."""
    room = declared(severity, **more)
    room.say(by, verbs.TakeCommand())
    return room


def in_phase(phase: Phase, severity: Severity = Severity.SEV4, **more: Any) -> Room:
    """An incident brought to ``phase`` by its own verbs; Ann commands it, and owns its postmortem."""
    room = declared(severity, impact="Orders fail.", others=frozenset({("inc_2", Phase.RESPONDING)}), **more)
    if phase in (Phase.DECLINED, Phase.DUPLICATE):
        declined = verbs.Decline(reason="false_alarm")  # type: ignore[arg-type]
        room.say(ANN, declined if phase == Phase.DECLINED else verbs.MarkDuplicate(of="inc_2"))
        return room
    steps: Iterable[tuple[Phase, Verb]] = (
        (Phase.RESPONDING, verbs.TakeCommand()),
        (Phase.MITIGATED, verbs.Mitigate()),
        (Phase.RESOLVED, verbs.Resolve(all_clear=CLEAR, skip=REASON)),
        (Phase.POSTMORTEM, verbs.StartPostmortem(owner_id=ANN)),
        (Phase.FOLLOW_UP, verbs.CompletePostmortem()),
        (Phase.CLOSED, verbs.Close()),
    )
    for reached, verb in steps:
        if room.incident.phase == phase:
            break
        room.say(ANN, verb)
        assert room.incident.phase == reached
    assert room.incident.phase == phase
    return room


def backfilled(room: Room) -> Room:
    room.incident = replace(room.incident, kind=Kind.BACKFILLED)
    return room
