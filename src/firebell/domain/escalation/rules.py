"""How a run climbs. Pure: a function that finds nothing to do returns its input, so a double tick is harmless."""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from firebell.domain.escalation.model import (
    REPEAT_MAX,
    STEPS_MAX,
    WAIT_MAX_S,
    WAIT_MIN_S,
    Climb,
    Run,
    RunState,
    Step,
)
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Invalid

JOINED_WAIT_S = 300


class Moved(StrEnum):
    """What ``climb`` did: entered the next step, began the ladder again, or ran out of it."""

    STEP = "step"
    NEW_PASS = "new_pass"
    EXHAUSTED = "exhausted"
    NOTHING = "nothing"


def climb(run: Run, ladder: Climb) -> tuple[Moved, Run]:
    """The run one rung higher. ``movement`` rises with every rung, so that a second click finds a newer one."""
    if run.state not in (RunState.CLIMBING, RunState.RESTING):
        return Moved.NOTHING, run
    if run.step + 1 < len(ladder.steps):
        first = run.step + 1 == 0
        return Moved.STEP, replace(run, step=run.step + 1, movement=run.movement + 1, reached=run.reached and not first)
    if ladder.steps and run.loop < ladder.repeat:
        return Moved.NEW_PASS, replace(run, step=0, loop=run.loop + 1, movement=run.movement + 1, reached=False)
    return Moved.EXHAUSTED, run


def is_due(run: Run, now: Instant) -> bool:
    """Whether a stored deadline of this run has come."""
    return run.due_at is not None and micros(run.due_at) <= micros(now)


def settle(run: Run, step: Step, now: Instant) -> Run:
    """The run after its step has told somebody: when the next rung is due. Low urgency rests once a human was told."""
    run = replace(run, entered_at=now, reached=True, failures=0)
    if run.urgency == "low":
        return replace(run, state=RunState.RESTING, due_at=None)
    return replace(run, state=RunState.CLIMBING, due_at=plus(now, step.wait.seconds(run.severity)))


def wait_after_empty_pass(run: Run, ladder: Climb, now: Instant) -> Run:
    """The run after a whole pass told nobody: below the first rung of its next pass, due after the ladder's last wait.

    With no pass left it is exhausted. ``movement`` rises, so that whoever is told of this is told once.
    """
    run = replace(run, movement=run.movement + 1)
    if not ladder.steps or run.loop >= ladder.repeat:
        return exhaust(run)
    due_at = plus(now, ladder.steps[-1].wait.seconds(run.severity))
    return replace(run, loop=run.loop + 1, step=-1, reached=False, entered_at=now, due_at=due_at)


def exhaust(run: Run) -> Run:
    return replace(run, state=RunState.EXHAUSTED, due_at=None)


def restart(run: Run, now: Instant) -> Run:
    """From the first step again, at once."""
    return replace(
        run, state=RunState.CLIMBING, step=-1, loop=0, reached=False, due_at=now, entered_at=None, acker_id=None,
        movement=run.movement + 1, ended_at=None, ended_why=None,
    )  # fmt: skip


def acknowledged(run: Run, ladder: Climb, now: Instant, acker_id: str | None) -> Run:
    """The climb stops; for high urgency the acknowledgement expires after the policy's time-out."""
    if run.state == RunState.ENDED:
        return run
    expires = None
    if run.urgency == "high" and ladder.ack_timeout_s is not None:
        expires = plus(now, ladder.ack_timeout_s)
    return replace(run, state=RunState.ACKNOWLEDGED, due_at=expires, acker_id=acker_id, movement=run.movement + 1)


def kept(run: Run, ladder: Climb, now: Instant) -> Run:
    """Whoever acknowledged is held to it elsewhere for now: the acknowledgement lasts for another time-out."""
    if run.state != RunState.ACKNOWLEDGED or ladder.ack_timeout_s is None:
        return run
    return replace(run, due_at=plus(now, ladder.ack_timeout_s))


def ended(run: Run, now: Instant, why: str) -> Run:
    if run.state == RunState.ENDED:
        return run
    return replace(run, state=RunState.ENDED, due_at=None, ended_at=now, ended_why=why, movement=run.movement + 1)


def raised(run: Run, ladder: Climb, severity: str, urgency: str, now: Instant) -> Run:
    """A higher severity may bring the next step nearer, never push it away; it wakes a resting run.

    A severity that is not higher changes nothing: a run may be shared, and another alert may be the graver one. An
    acknowledgement's time begins anew.
    """
    urgent = "high" in (run.urgency, urgency)
    if severity >= run.severity and urgent == (run.urgency == "high"):
        return run
    run = replace(run, severity=min(severity, run.severity), urgency="high" if urgent else run.urgency)
    severity, urgency = run.severity, run.urgency
    if run.state == RunState.ACKNOWLEDGED and urgent and ladder.ack_timeout_s is not None:
        return replace(run, due_at=plus(now, ladder.ack_timeout_s))
    if run.state == RunState.RESTING and urgency == "high" and run.entered_at is not None:
        run = replace(run, state=RunState.CLIMBING)
    if run.state != RunState.CLIMBING or run.entered_at is None or not 0 <= run.step < len(ladder.steps):
        return run
    sooner = plus(run.entered_at, ladder.steps[run.step].wait.seconds(severity))
    if run.due_at is None or micros(sooner) < micros(run.due_at):
        return replace(run, due_at=sooner)
    return run


def joined(run: Run, now: Instant, alert_id: str) -> Run:
    """Another alert has joined a run that was answered or exhausted: it leads now, and is told in five minutes.

    Not at once, or every alert of a storm would ring for whoever has just said that they are on it.
    """
    if run.state not in (RunState.ACKNOWLEDGED, RunState.EXHAUSTED):
        return run
    return replace(restart(run, now), alert_id=alert_id, due_at=plus(now, JOINED_WAIT_S))


class ByHand(StrEnum):
    DONE = "done"
    ALREADY_MOVED = "already_moved"
    ENDED = "ended"


def escalate(run: Run, now: Instant, as_of: int | None) -> tuple[ByHand, Run]:
    """A person asks for the next step now. ``as_of`` is the movement they saw: two clicks escalate once.

    From acknowledged the climb resumes; past the last step it wraps to the first; low urgency climbs when asked to.
    """
    if run.state == RunState.ENDED:
        return ByHand.ENDED, run
    if as_of is not None and as_of != run.movement:
        return ByHand.ALREADY_MOVED, run
    if run.state == RunState.EXHAUSTED:
        return ByHand.DONE, restart(run, now)
    return ByHand.DONE, replace(run, state=RunState.CLIMBING, due_at=now, acker_id=None)


def wrap(run: Run, ladder: Climb) -> Run:
    """By hand the ladder has no end: from the last step on to the first, without using up a repeat."""
    if run.step + 1 >= len(ladder.steps) and run.loop >= ladder.repeat:
        return replace(run, step=-1, reached=False)
    return run


def check(ladder: Climb) -> Climb:
    """The ladder, or Invalid naming the field and the limit."""
    if not 1 <= len(ladder.steps) <= STEPS_MAX:
        raise Invalid(f"A policy has 1 to {STEPS_MAX} steps.", field="steps", hint="Add a step, or split the policy.")
    if not 0 <= ladder.repeat <= REPEAT_MAX:
        raise Invalid(f"repeat is 0 to {REPEAT_MAX}.", field="repeat", hint="2 climbs the ladder three times.")
    if not ladder.fallback:
        raise Invalid(
            "A policy needs a fallback.", field="fallback",
            hint="Name the person who is told when a step reaches nobody, for example a team lead.",
        )  # fmt: skip
    for index, step in enumerate(ladder.steps):
        if not step.notify:
            raise Invalid("A step tells somebody.", field=f"steps.{index}.notify", hint="Add a user, schedule or team.")
        for name, wait_s in {"default": step.wait.default_s, **step.wait.by_severity}.items():
            if not WAIT_MIN_S <= wait_s <= WAIT_MAX_S:
                raise Invalid(
                    f"A wait is {WAIT_MIN_S} s to {WAIT_MAX_S} s.", field=f"steps.{index}.wait.{name}",
                    hint="5m is usual for SEV1.",
                )  # fmt: skip
    if ladder.ack_timeout_s is not None and not WAIT_MIN_S <= ladder.ack_timeout_s <= WAIT_MAX_S:
        raise Invalid(f"ackTimeout is {WAIT_MIN_S} s to {WAIT_MAX_S} s.", field="ackTimeout", hint="30m is usual.")
    return ladder
