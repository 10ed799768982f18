"""Shifts are recorded as they begin and end, so that no later edit can change who was on call."""

from __future__ import annotations

from firebell.domain.oncall import store
from firebell.domain.oncall.facts import WentOffCall, WentOnCall
from firebell.domain.oncall.model import Turnover
from firebell.domain.oncall.records import entries
from firebell.domain.oncall.rules import agenda, next_change, who
from firebell.domain.oncall.store import Kept
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.work import Work


def record_turnovers(work: Work, limit: int = 200) -> list[Turnover]:
    """Record what has changed in every schedule that is due; the answer names who went on and off.

    The worker calls this when the earliest ``turns_at`` has come (:func:`queries.next_turnover_at`). A call with
    nothing due does nothing.
    """
    work.needs(Permission.SCHEDULES_EDIT)
    found = []
    for schedule_id in store.due(work, work.now, limit):
        kept = store.take(work, schedule_id)
        if kept is not None and kept.turns_at is not None and kept.turns_at <= work.now:
            turnover = record(work, kept)
            if turnover.on or turnover.off:
                found.append(turnover)
    return found


def record(work: Work, kept: Kept) -> Turnover:
    """Bring the record of one schedule up to now, and note when to look again."""
    schedule, now = kept.schedule, work.now
    since = agenda(schedule, min(kept.recorded_until, now), now)
    answer = who(schedule, now)
    found = entries(store.running(work, schedule.id), since, answer)
    for shift_id, ends_at in found.ended:
        store.end_shift(work, shift_id, ends_at)
    store.add_shifts(work, [(ids.new("shf", now), *begun) for begun in found.begun])
    store.save_recorded(work, kept, max(now, kept.recorded_until), next_change(schedule, now))
    for user, role in found.off:
        work.record(schedule.id, WentOffCall(user_id=user, role=role.value))
    for on in found.on:
        work.record(
            schedule.id,
            WentOnCall(
                user_id=on.user_id,
                role=on.role.value,
                layer=on.layer_name,
                override_id=on.override_id,
                instead_of=on.instead_of,
            ),
        )
    if found.on or found.off:
        work.publish("oncall", schedule.id, *(on.user_id for on in found.on), *(user for user, _ in found.off))
    return Turnover(schedule.id, found.on, found.off)
