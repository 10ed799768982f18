"""When the next update is due, and who is reminded of it. Pure: a function that finds nothing to do returns its input.

The waits are ceilings: "by", not "at" (incidents.md 8.1).
"""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from firebell.domain.comms import hours
from firebell.domain.comms.model import Audience, Clock, Situation, Stage
from firebell.kernel.clock import Instant, micros, plus, seconds_between
from firebell.kernel.errors import Conflict, Forbidden, Invalid

SLOW_AFTER_S = 7200
SLOW_MAX_S = 3600
SNOOZE_MAX_MIN = 15
AGAIN_S = 600
FIRST_MINUTES_S = 300
"""How long pure template text needs no approval."""


class Rung(StrEnum):
    """The ladder of reminders, from before the time is up. ``still``: once more every ten minutes after the last."""

    COMMS = "comms"
    COMMANDER = "commander"
    DEPUTY = "deputy"
    AUTOMATIC = "automatic"
    STILL = "still"


LADDER: tuple[tuple[int, Rung], ...] = (
    (-300, Rung.COMMS),
    (0, Rung.COMMANDER),
    (300, Rung.DEPUTY),
    (600, Rung.AUTOMATIC),
)
"""Seconds from the due time, and who is reminded then."""


# ---------------------------------------------------------------- which clocks run, and how long they wait


def wanted(situation: Situation, audience: str, *, posted: bool = False, listeners: bool = True) -> bool:
    """Whether a clock to ``audience`` runs. ``posted``: it has been told before; ``listeners``: somebody (a page, for
    the public) is there to be told."""
    if not (situation.keeps_time and situation.active and listeners):
        return False
    waits = situation.ceilings
    if audience == Audience.INTERNAL:
        return waits.internal_s is not None
    if audience == Audience.EXECUTIVE:
        return waits.executive_s is not None and situation.kind != "drill"
    if situation.private or situation.phase == "triage" or waits.public_s is None:
        return False
    if situation.customer_impact not in ("yes", "unknown"):
        return False
    # "60 min if public": a minor incident is public once customers feel it or have been told of it.
    return situation.major or posted or situation.customer_impact == "yes" or bool(situation.component_ids)


def wait_s(situation: Situation, audience: str, stage: str, slowed_s: int | None = None) -> int | None:
    """The longest wait in seconds (support time where :func:`latest` says so); ``None``: on change only."""
    waits = situation.ceilings
    if audience == Audience.INTERNAL:
        found = waits.internal_s
    elif audience == Audience.EXECUTIVE:
        found = waits.executive_s
    elif stage == Stage.FIRST:
        return waits.first_s if waits.first_s is not None else waits.public_s
    else:
        found = waits.public_s
    return found if found is None or slowed_s is None else max(found, slowed_s)


def latest(
    situation: Situation, audience: str, now: Instant, zone: str, clock: Clock | None = None, stage: str = Stage.REGULAR
) -> Instant | None:
    """The latest time that may be promised to ``audience`` now; ``None``: there is no ceiling."""
    ceiling_s = wait_s(situation, audience, stage, clock.slowed_s if clock is not None else None)
    if ceiling_s is None:
        return None
    if audience == Audience.INTERNAL and situation.ceilings.business:
        return hours.after_business(now, ceiling_s, zone)
    return plus(now, ceiling_s)


# ---------------------------------------------------------------- starting, going on, stopping


def start(situation: Situation, audience: str, now: Instant, zone: str) -> Clock:
    """A clock that begins now: the public one waits for its first post."""
    stage = Stage.FIRST if audience == Audience.PUBLIC else Stage.REGULAR
    clock = Clock(
        id=f"{situation.incident_id}:{audience}", incident_id=situation.incident_id, audience=audience, stage=stage,
        severity=situation.severity, started_at=now, from_at=now, due_at=None,
    )  # fmt: skip
    return _armed(clock, latest(situation, audience, now, zone, stage=stage), now)


def stop(clock: Clock) -> Clock:
    if not clock.running:
        return clock
    return replace(clock, due_at=None, ring_at=None, rung=0, snoozed_until=None)


def posted(
    clock: Clock, situation: Situation, now: Instant, zone: str, *, update_id: str, next_update_by: Instant | None,
    states_scope: bool, final: bool,
) -> Clock:  # fmt: skip
    """The audience has been told. ``states_scope``: the post says what and whom it affects."""
    clock = replace(clock, from_at=now, posts=clock.posts + 1, last_update_id=update_id, severity=situation.severity)
    if final:
        return stop(clock)
    due_at = _sooner(next_update_by, latest(situation, clock.audience, now, zone, clock))
    scope_s, first_s = situation.ceilings.scope_s, situation.ceilings.first_s
    stage = Stage.REGULAR
    if clock.stage == Stage.FIRST and scope_s is not None and not states_scope:
        stage = Stage.SCOPE
        # A late first post leaves as long for the scope as a punctual one would have.
        by = max(micros(plus(clock.started_at, scope_s)), micros(plus(now, scope_s - (first_s or 0))))
        due_at = _sooner(due_at, plus(now, (by - micros(now)) / 1e6))
    elif clock.stage == Stage.SCOPE and not states_scope and clock.due_at is not None:
        stage = Stage.SCOPE
        due_at = _sooner(due_at, clock.due_at if micros(clock.due_at) > micros(now) else None)
    return _armed(replace(clock, stage=stage), due_at, now)


def judged_anew(
    clock: Clock, situation: Situation, now: Instant, zone: str, promised_at: Instant | None = None
) -> Clock:
    """The severity has changed. A worse one brings the time nearer and ends a slower rhythm; a promise (due
    ``promised_at``) holds whatever the severity."""
    if clock.severity == situation.severity or not clock.running:
        return clock
    worse = situation.severity < clock.severity
    clock = replace(clock, severity=situation.severity, slowed_s=None if worse else clock.slowed_s)
    if worse:
        due_at = _sooner(clock.due_at, latest(situation, clock.audience, now, zone, clock, clock.stage))
    else:
        due_at = promised_at or latest(situation, clock.audience, clock.from_at, zone, clock, clock.stage)
    return clock if due_at == clock.due_at else _armed(clock, due_at, now)


def slow(clock: Clock, situation: Situation, now: Instant, every_s: int, by: str, zone: str = "UTC") -> Clock:
    """A slower rhythm from the next update on, and for the running wait unless it was promised. Raises Forbidden,
    Conflict, Invalid."""
    if by != situation.commander_id:
        raise Forbidden("Only the Incident Commander slows the updates down.", hint="Ask the Incident Commander.")
    age_s = seconds_between(situation.declared_at, now)
    if age_s < SLOW_AFTER_S:
        raise Conflict(
            "Updates may slow down from two hours on.", hint=f"Possible in {int((SLOW_AFTER_S - age_s) // 60) + 1} min."
        )
    usual = wait_s(situation, clock.audience, Stage.REGULAR) or 0
    if not usual <= every_s <= max(SLOW_MAX_S, usual):
        raise Invalid(
            f"The updates may come every {usual // 60} to {max(SLOW_MAX_S, usual) // 60} min.", field="every_s",
            hint="60 min is the slowest.",
        )  # fmt: skip
    return replace(clock, slowed_s=every_s if every_s > usual else None)


def _sooner(one: Instant | None, other: Instant | None) -> Instant | None:
    if one is None or other is None:
        return one or other
    return one if micros(one) <= micros(other) else other


def _armed(clock: Clock, due_at: Instant | None, now: Instant) -> Clock:
    """The clock with a new due time, and the first reminder that lies ahead of it."""
    if due_at is None:
        return stop(replace(clock, due_at=None, ring_at=None, rung=0))
    clock = replace(clock, due_at=due_at, rung=0, snoozed_until=None)
    early = plus(due_at, LADDER[0][0])
    if micros(early) >= micros(now):
        return replace(clock, ring_at=early)
    if clock.stage == Stage.FIRST and micros(due_at) > micros(now):
        return replace(clock, ring_at=now)
    # Who has just promised to be back in three minutes needs no reminder this minute.
    return replace(clock, rung=1, ring_at=due_at)


# ---------------------------------------------------------------- the ladder


def climb(clock: Clock, now: Instant) -> tuple[Rung | None, Clock]:
    """The reminder that is due (``None``: none is). After a pause only the highest one that has come is given."""
    if clock.due_at is None or clock.ring_at is None or micros(now) < micros(clock.ring_at):
        return None, clock
    if clock.rung >= len(LADDER):
        return Rung.STILL, replace(clock, ring_at=plus(now, AGAIN_S), snoozed_until=None)
    past_s = seconds_between(clock.due_at, now)
    at = clock.rung
    while at + 1 < len(LADDER) and LADDER[at + 1][0] <= past_s:
        at += 1
    after = at + 1
    ring_at = plus(clock.due_at, LADDER[after][0]) if after < len(LADDER) else plus(now, AGAIN_S)
    return LADDER[at][1], replace(clock, rung=after, ring_at=ring_at, snoozed_until=None)


def snooze(clock: Clock, now: Instant, minutes: int) -> Clock:
    """No reminder for ``minutes`` (1 to 15). The due time stays what it is. Raises Conflict, Invalid."""
    if not clock.running:
        raise Conflict("No update is due.", hint="There is nothing to snooze.")
    if not 1 <= minutes <= SNOOZE_MAX_MIN:
        raise Invalid(f"A reminder rests 1 to {SNOOZE_MAX_MIN} min.", field="minutes", hint="5 is usual.")
    until = plus(now, minutes * 60)
    if clock.ring_at is not None and micros(clock.ring_at) > micros(until):
        return replace(clock, snoozed_until=until)
    return replace(clock, ring_at=until, snoozed_until=until)


def to_remind(rung: Rung, situation: Situation, audience: str = Audience.INTERNAL) -> tuple[str, ...]:
    """Whom a reminder goes to. Where a role is empty the next one hears it: nobody is skipped silently. Updates to
    executives are the liaison's, if there is one."""
    comms, commander = situation.comms_ids, _one(situation.commander_id)
    if audience == Audience.EXECUTIVE:
        comms = situation.liaison_ids or comms
    if rung is Rung.COMMS:
        found = comms or commander
    elif rung is Rung.COMMANDER:
        found = (*comms, *commander)
    elif rung is Rung.DEPUTY:
        found = (*_one(situation.deputy_id), *situation.liaison_ids) or (*comms, *commander)
    else:
        found = (*comms, *commander, *_one(situation.deputy_id), *situation.liaison_ids)
    return tuple(dict.fromkeys(found)) or situation.engaged_ids


def _one(user_id: str | None) -> tuple[str, ...]:
    return (user_id,) if user_id else ()
