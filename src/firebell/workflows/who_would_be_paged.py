"""Who would be paged, when and by which channel: a rehearsal of the ladder that changes nothing.

Every step asks who is on call at its own instant. Nobody acknowledges, so the whole ladder is climbed, with its repeats
and the fallback at the end. Methods and rules are those of now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.alerts.model import Origin
from firebell.domain.alerts.rules import urgency_of
from firebell.domain.escalation import queries as escalation
from firebell.domain.escalation import rules
from firebell.domain.escalation.model import Climb, Run, RunState, Target, TargetKind
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows import audience
from firebell.workflows.audience import Audience

LINES_MAX = 1000
FALLBACK = -1


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One message that would go out ``offset_s`` after the alert, or (``person_id`` ``None``) why nobody is reached.

    ``step`` counts from 0; :data:`FALLBACK` is the fallback. ``loop`` 0 is the first pass. ``why`` is how the person
    comes to be chosen, ``reason`` why a target yields nobody (``gap: payments-primary``).
    """

    offset_s: int
    step: int
    loop: int
    person_id: str | None
    person: str
    why: str
    channel: str
    method: str
    shadow: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be set off, by time. ``low`` urgency stops after the first step that reaches somebody."""

    urgency: str
    lines: list[PreviewLine]


def preview(
    read: Read, *, service_id: str | None = None, policy_id: str | None = None, schedule_id: str | None = None,
    severity: str = "SEV1", at: Instant | None = None,
) -> Preview:  # fmt: skip
    """What an alert of ``severity`` at ``at`` (now) would set off, for a service, a policy or whoever is on call.

    Exactly one of the three ids. Raises Invalid, NotFound, Forbidden.
    """
    if sum(one is not None for one in (service_id, policy_id, schedule_id)) != 1:
        raise Invalid("Name a service, a policy or a schedule.", field="service", hint="Send exactly one of the three.")
    at = at or read.now
    everything = Read(read.connection, at, SYSTEM)
    origin = Origin(integration_id="", service_id="", team_id=None)
    team: str | None = None
    if service_id is not None:
        service = services.service(read, service_id)
        team = service.team_id
        origin = Origin(integration_id="", service_id=service.id, team_id=team, urgency=service.urgency.value)
        policy_id = service.policy_id
    read.needs(Permission.SCHEDULES_VIEW, team)
    if schedule_id is not None:
        found = oncall.schedule(read, schedule_id)
        target = Target(TargetKind.SCHEDULE, found.id)
        return Preview("high", _Climb(everything, _run(severity, "high", found.team_id, at)).one_step(target))
    if policy_id is None:
        ladder = Climb(steps=(), fallback=())
    else:
        policy = escalation.policy(everything if service_id is not None else read, policy_id)
        ladder, team = policy.climb, team or policy.team_id
    urgency = urgency_of(severity, origin)
    return Preview(urgency, _Climb(everything, _run(severity, urgency, team, at)).whole(ladder))


def _run(severity: str, urgency: str, team: str | None, at: Instant) -> Run:
    return Run(
        id="", alert_id="", service_id="", team_id=team, policy_id=None, severity=severity, urgency=urgency,
        due_at=at, started_at=at,
    )  # fmt: skip


class _Climb:
    def __init__(self, read: Read, run: Run) -> None:
        self.read, self.run, self.start = read, run, run.started_at
        self.at = self.start
        self.lines: list[PreviewLine] = []

    def one_step(self, target: Target) -> list[PreviewLine]:
        self._told(0, self._audience([target]))
        return self._sorted()

    def whole(self, ladder: Climb) -> list[PreviewLine]:
        while len(self.lines) < LINES_MAX:
            before = self.run
            moved, self.run = rules.climb(self.run, ladder)
            if moved is rules.Moved.EXHAUSTED:
                self._fallback(ladder)
                break
            if moved is rules.Moved.NEW_PASS and not before.reached:
                # A pass that told nobody pages the fallback, and waits the last wait before the next one.
                self.run = before
                self._fallback(ladder)
                self.run = rules.wait_after_empty_pass(before, ladder, self.at)
                if self.run.due_at is None:
                    break
                self.at = self.run.due_at
                continue
            step = ladder.steps[self.run.step]
            found = self._audience(step.notify)
            self._told(self.run.step, found)
            if not found.reached:
                continue
            self.run = rules.settle(self.run, step, self.at)
            if self.run.state == RunState.RESTING or self.run.due_at is None:
                break
            self.at = self.run.due_at
        return self._sorted()

    def _audience(self, targets: Sequence[Target]) -> Audience:
        return audience.resolve(Read(self.read.connection, self.at, SYSTEM), targets)

    def _told(self, step: int, found: Audience, prefix: str = "") -> None:
        offset_s = round(seconds_between(self.start, self.at))
        for reason in found.reasons:
            self.lines.append(PreviewLine(offset_s, step, self.run.loop, None, "", "", "", "", reason=reason))
        for one in found.people:
            for use in people_rules.plan(one.person, self.run.urgency, self.at).steps:
                self.lines.append(
                    PreviewLine(
                        offset_s + use.delay_s, step, self.run.loop, one.user_id, one.person.user.name,
                        prefix + one.why, use.method.channel, use.method.name, one.shadow,
                    )
                )  # fmt: skip

    def _fallback(self, ladder: Climb) -> None:
        owners = people.team_owners(self.read, self.run.team_id) if self.run.team_id else []
        installation = [Target(TargetKind.USER, u) for u in escalation.installation_fallback(self.read)]
        for targets in (
            ladder.fallback,
            [Target(TargetKind.USER, u) for u in owners],
            installation,
            [Target(TargetKind.USER, u) for u in people.admins(self.read)],
        ):
            found = self._audience(targets)
            if found.reached:
                self._told(FALLBACK, Audience(found.reached, []), "fallback: ")
                return
        self.lines.append(
            PreviewLine(
                round(seconds_between(self.start, self.at)), FALLBACK, self.run.loop, None, "", "", "", "",
                reason="nobody at all can be reached",
            )
        )  # fmt: skip

    def _sorted(self) -> list[PreviewLine]:
        return sorted(self.lines[:LINES_MAX], key=lambda line: line.offset_s)
