"""Commands on promises and clocks: what an update settles, what runs, who is reminded, who slows it down."""

from __future__ import annotations

from msgspec.structs import replace

from firebell.domain.comms import compose, desk_store, ledger, rules, store
from firebell.domain.comms.access import may
from firebell.domain.comms.facts import (
    ApprovalDelegated,
    CadenceSlowed,
    PromiseKept,
    PromiseLate,
    PromiseMade,
    PromiseMissed,
    PromiseReleased,
    ReminderSnoozed,
    UpdateReminded,
)
from firebell.domain.comms.model import Audience, Clock, Kept, Promise, Situation, Stage, Update
from firebell.kernel import ids
from firebell.kernel.clock import seconds_between
from firebell.kernel.errors import Conflict, Forbidden
from firebell.kernel.work import Work

_SETTLED = {
    Kept.KEPT: PromiseKept,
    Kept.LATE: PromiseLate,
    Kept.MISSED: PromiseMissed,
    Kept.RELEASED: PromiseReleased,
}


def promise(work: Work, update: Update, situation: Situation) -> None:
    """An update is sent: the promise before it is settled, the next one made."""
    before = store.open_promise(work, update.incident_id, update.audience)
    if before is not None:
        _settle(work, ledger.fulfil(before, work.now, update.id))
    if update.next_update_by is None:
        return
    new = Promise(
        id=ids.new("pro", work.now), incident_id=update.incident_id, audience=update.audience,
        severity=situation.severity, update_id=update.id, promised_at=work.now, due_at=update.next_update_by,
        counted=situation.kind == "normal",
    )  # fmt: skip
    store.add_promise(work, new)
    made = PromiseMade(promise_id=new.id, audience=new.audience, due_at=new.due_at.format_iso())
    work.record(new.incident_id, made)


def _settle(work: Work, promise: Promise) -> None:
    store.save_promise(work, promise)
    fact = _SETTLED[Kept(promise.outcome)]
    work.record(
        promise.incident_id,
        fact(
            promise_id=promise.id, audience=promise.audience, due_at=promise.due_at.format_iso(), late_s=promise.late_s
        ),
    )


def go_on(work: Work, update: Update, situation: Situation, zone: str) -> None:
    """An update is sent: its clock starts the next wait."""
    clock = store.clocks_of(work, update.incident_id).get(update.audience)
    if clock is None or not clock.running:
        if update.final or update.next_update_by is None or not situation.active:
            return
        # Somebody promised before a clock asked for it: the promise is watched all the same.
        clock = rules.start(situation, update.audience, work.now, zone)
    after = rules.posted(
        clock, situation, work.now, zone, update_id=update.id, next_update_by=update.next_update_by,
        states_scope=compose.states_scope(update), final=update.final,
    )  # fmt: skip
    _put(work, after)


# ---------------------------------------------------------------- clocks and promises


def _put(work: Work, clock: Clock) -> None:
    store.put_clock(work, clock)
    work.publish(clock.incident_id)
    work.wake()


def keep_time(work: Work, situation: Situation, audience: str, wanted: bool, zone: str, *, anew: bool) -> None:
    """The clock to ``audience`` runs or does not, by the severity as it is. ``anew``: a reopened incident waits from
    its start again."""
    clock = store.clocks_of(work, situation.incident_id).get(audience)
    if not wanted:
        if clock is not None and clock.running:
            _put(work, rules.stop(clock))
        return
    if clock is None or anew or not clock.running:
        started = rules.start(situation, audience, work.now, zone)
        if not anew and clock is not None and clock.posts and audience == Audience.PUBLIC:
            started = replace(started, stage=Stage.REGULAR)
        _put(work, started)
        return
    promise = store.open_promise(work, situation.incident_id, audience)
    after = rules.judged_anew(clock, situation, work.now, zone, promise.due_at if promise is not None else None)
    if after is not clock:
        _put(work, after)


def release_promises(work: Work, incident_id: str) -> None:
    """Declined, merged or a duplicate: nobody is owed an update here any more."""
    for one in store.promises_of(work, incident_id):
        after = ledger.release(one, work.now)
        if after is not one:
            _settle(work, after)


def miss_promises(work: Work, incident_id: str) -> None:
    """Closed in silence: what was promised was not kept."""
    for one in store.promises_of(work, incident_id):
        after = ledger.miss(one, work.now)
        if after is not one:
            _settle(work, after)


def reminded(work: Work, clock: Clock, after: Clock, rung: str, people: tuple[str, ...]) -> None:
    """A reminder is given."""
    store.put_clock(work, after)
    if clock.due_at is not None:
        work.record(
            clock.incident_id,
            UpdateReminded(
                audience=clock.audience, rung=rung, people=list(people), due_at=clock.due_at.format_iso(),
                past_s=int(seconds_between(clock.due_at, work.now)),
            ),
        )  # fmt: skip
    work.publish(clock.incident_id)


def _running(work: Work, situation: Situation, audience: str) -> Clock:
    clock = store.take_clock(work, f"{situation.incident_id}:{audience}")
    if clock is None or not clock.running:
        raise Conflict(f"No {audience} update is due.", field="audience", hint="Look at which clocks run.")
    return clock


def snooze(work: Work, situation: Situation, audience: str, minutes: int, reason: str = "") -> Clock:
    """Silence the reminders of one clock for 1 to 15 minutes; it is due when it is due. Written down."""
    may(work, situation)
    after = rules.snooze(_running(work, situation, audience), work.now, minutes)
    _put(work, after)
    work.record(situation.incident_id, ReminderSnoozed(audience=audience, minutes=minutes, reason=reason.strip()))
    return after


def slow_down(work: Work, situation: Situation, audience: str, every_s: int, reason: str, *, by: str) -> Clock:
    """The Incident Commander's slower rhythm, from two hours on, up to 60 minutes; from the next update."""
    may(work, situation)
    after = rules.slow(_running(work, situation, audience), situation, work.now, every_s, by)
    _put(work, after)
    work.record(situation.incident_id, CadenceSlowed(audience=audience, every_s=every_s, reason=reason.strip()))
    return after


def delegate_approval(work: Work, situation: Situation, on: bool, *, by: str) -> None:
    """The Incident Commander lets the deputy release public text, or takes that back. Ends with this command."""
    may(work, situation)
    if by != situation.commander_id:
        raise Forbidden("Only the Incident Commander delegates the release.", hint="Ask the Incident Commander.")
    if on and situation.deputy_id is None:
        raise Conflict("There is no deputy.", hint="Assign one first.")
    pair = (by, situation.deputy_id) if on and situation.deputy_id is not None else None
    desk_store.set_delegation(work, situation.incident_id, pair)
    work.record(situation.incident_id, ApprovalDelegated(to=pair[1] if pair else ""))
    work.publish(situation.incident_id)
