"""What the clock says of action items: reminders given, an owner who has left, the answer of an effectiveness check."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from firebell.domain.postmortems import acting, actions, commands, queries, store
from firebell.domain.postmortems.actions import ActionState, Effect
from firebell.domain.postmortems.facts import ActionChecked, ActionReminded, ActionReturned
from firebell.domain.postmortems.nagging import Rung
from firebell.domain.postmortems.store import ActionRow
from firebell.kernel.clock import plus
from firebell.kernel.work import Work

QUIET_S = 3600
"""How long an item waits of which nothing was to be said although its moment had come."""


def reminded(work: Work, row: ActionRow, rung: Rung, users: Iterable[str]) -> ActionRow:
    """A rung of its ladder has been said."""
    said = ActionReminded(
        incident_id=row.incident_id, postmortem_id=row.postmortem_id, day=rung.day, to=rung.to, users=list(users)
    )
    work.record(row.item.id, said)
    return _timed(work, replace(row, told=rung.number))


def unmoved(work: Work, row: ActionRow) -> ActionRow:
    """Nothing is to be said now: when is it next?"""
    return _timed(work, row)


def returned(work: Work, row: ActionRow, user_id: str | None) -> ActionRow:
    """Its owner's account is off: it goes to ``user_id``, who answers for the team (``None``: nobody does)."""
    before = row.item.owner_id or ""
    work.record(
        row.item.id,
        ActionReturned(incident_id=row.incident_id, postmortem_id=row.postmortem_id, before=before, user_id=user_id),
    )
    after = commands.rung(row, replace(row.item, owner_id=user_id), work.now, queries.settings(work).calendar)
    store.save_action(work, row, after)
    _told(work, after)
    return after


def checked(work: Work, row: ActionRow, *, again: str = "", reference: str = "", exercised: bool = False) -> ActionRow:
    """The answer of its effectiveness check; ``again`` is the incident it came back in (empty: none), ``reference`` how
    that one is called. What came back is open again, with the time its severity asks for."""
    item = actions.checked(row.item, work.now, recurred_in=reference if again else "", exercised=exercised)
    if item is row.item:
        return unmoved(work, row)
    effect = item.effect or Effect.NOT_EXERCISED
    if item.state is ActionState.COMMITTED:
        item = replace(item, due_at=actions.due_by(item.severity, work.now), late_reason="")
    work.record(
        row.item.id,
        ActionChecked(incident_id=row.incident_id, postmortem_id=row.postmortem_id, effect=effect, again=again or None),
    )
    after = commands.rung(row, item, work.now, queries.settings(work).calendar)
    store.save_action(work, row, after)
    _told(work, after)
    return after


def _timed(work: Work, row: ActionRow) -> ActionRow:
    at = acting.ring_at(row.item, row.told, work.now, queries.settings(work).calendar)
    if at is not None and at <= work.now:
        at = plus(work.now, QUIET_S)
    after = replace(row, ring_at=at)
    store.save_action(work, row, after)
    _told(work, after)
    return after


def _told(work: Work, row: ActionRow) -> None:
    work.publish(commands.TOPIC, "actions", row.postmortem_id)
    work.wake()
