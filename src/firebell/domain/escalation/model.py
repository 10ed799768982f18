"""Escalation: who is told next, and when, until somebody answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact

WAIT_MIN_S = 60
WAIT_MAX_S = 540_000
STEPS_MAX = 20
REPEAT_MAX = 20


class TargetKind(StrEnum):
    USER = "user"
    SCHEDULE = "schedule"
    TEAM = "team"


class Target(msgspec.Struct, frozen=True):
    """Whom a step tells: a person, whoever is on call in a schedule, or everybody in a team."""

    kind: TargetKind
    id: str


class Wait(msgspec.Struct, frozen=True):
    """Seconds until the next step: by severity, else the default."""

    default_s: int = 900
    by_severity: dict[str, int] = msgspec.field(default_factory=dict)

    def seconds(self, severity: str) -> int:
        return self.by_severity.get(severity, self.default_s)


class Step(msgspec.Struct, frozen=True):
    """One rung: who is told, and how long they have."""

    notify: tuple[Target, ...]
    wait: Wait = Wait()


class Climb(msgspec.Struct, frozen=True):
    """What a run follows: a policy's content, frozen when the run starts.

    ``repeat``: how often the whole ladder is climbed again. ``ack_timeout_s`` ``None``: an acknowledgement never
    expires. ``fallback`` is told when a pass reaches nobody, and once more at the end.
    """

    steps: tuple[Step, ...]
    fallback: tuple[Target, ...]
    repeat: int = 2
    ack_timeout_s: int | None = 1800


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy as people edit it. ``version`` counts its edits; runs name the one they follow."""

    id: str
    name: str
    display_name: str
    team_id: str | None
    climb: Climb
    version: int
    managed_by: str | None = None


class RunState(StrEnum):
    """``resting``: low urgency, somebody was told, it does not climb. ``exhausted``: the fallback was told; a fault
    until somebody acts."""

    CLIMBING = "climbing"
    RESTING = "resting"
    ACKNOWLEDGED = "acknowledged"
    EXHAUSTED = "exhausted"
    ENDED = "ended"


class RunKind(StrEnum):
    """``storm``: one run for the many alerts of a service above its cap."""

    ALERT = "alert"
    STORM = "storm"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One climb. ``step`` is -1 before the first rung; ``movement`` counts every step taken (the caller's ``as_of``);
    ``reached`` says whether this pass has told a human."""

    id: str
    kind: str = RunKind.ALERT
    alert_id: str
    service_id: str
    team_id: str | None
    policy_id: str | None
    policy_version: int = 0
    own_climb: dict[str, object] | None = None
    severity: str
    urgency: str
    state: str = RunState.CLIMBING
    loop: int = 0
    step: int = -1
    movement: int = 0
    reached: bool = False
    entered_at: Instant | None = None
    due_at: Instant | None = None
    started_at: Instant
    ended_at: Instant | None = None
    ended_why: str | None = None
    acker_id: str | None = None
    failures: int = 0


class RunStarted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.started"
    run_id: str
    policy_id: str | None
    policy_version: int


class StepEntered(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.step_entered"
    run_id: str
    step: int
    loop: int
    people: list[str]
    next_at: str | None
    by_hand: bool = False
    late_s: int = 0


class StepEmpty(Fact, frozen=True, kw_only=True):
    """A step that reaches no human: said aloud, and the next one entered at once. ``reasons`` per target."""

    kind: ClassVar[str] = "escalation.step_empty"
    run_id: str
    step: int
    loop: int
    reasons: list[str]


class FallbackPaged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.fallback_paged"
    run_id: str
    people: list[str]
    why: str


class RunExhausted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.exhausted"
    run_id: str


class RunStopped(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.stopped"
    run_id: str
    why: str


class AckExpired(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.ack_expired"
    run_id: str
    acker_id: str | None


class CoverageGapFound(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.coverage_gap"
    run_id: str
    policy_id: str | None


class PolicyChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "policy.changed"
    name: str
    version: int
    what: str


class FallbackSet(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "installation.fallback_set"
    people: list[str]
