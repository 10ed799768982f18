"""An action item comes due: reminders to its owner, then to who answers for the team; and later, whether it helped.

7 days and 1 day before, on the day, then weekly; after 7 days the manager hears of it, after 14 the team's lead. An
owner whose account is off hands it back at once. 30 days after it was done: has the same happened again?
"""

from __future__ import annotations

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertState
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident
from firebell.domain.people import queries as people
from firebell.domain.postmortems import likeness_store, nagging, promises, queries, store
from firebell.domain.postmortems.actions import ActionState, Effect
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.postmortems.nagging import Rung, Told
from firebell.domain.postmortems.outcome import Tell
from firebell.domain.postmortems.store import ActionRow
from firebell.domain.postmortems.verdict import Repeat
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortem_told

GROUP = 50


def next_due(read: Read) -> Instant | None:
    return store.next_ring(read)


def tick(work: Work) -> bool:
    """Say what is due of action items. True when anything was looked at."""
    due = store.ringing(work, work.now, GROUP)
    for action_id in due:
        _look(work, action_id)
    return bool(due)


def _look(work: Work, action_id: str) -> None:
    row, one = _taken(work, action_id)
    if row is None or one is None or row.ring_at is None or row.ring_at > work.now:
        return
    if row.item.state is ActionState.DONE:
        _check(work, row, one)
        return
    if row.item.state is ActionState.COMMITTED and not _is_active(work, row.item.owner_id):
        row = _hand_back(work, row, one)
    calendar = queries.settings(work).calendar
    rung = nagging.due_rung(row.item, row.told, work.now, calendar)
    if rung is None or not calendar.open_at(work.now):
        promises.unmoved(work, row)
        return
    told = postmortem_told.tell(
        work, one, [Tell(_whom(work, row, one, rung), _words(row, rung))], noun="An action item"
    )
    promises.reminded(work, row, rung, told)


def _taken(work: Work, action_id: str) -> tuple[ActionRow | None, Postmortem | None]:
    """The item and its postmortem, their rows and the incident's locked in the order everybody takes them in."""
    known = store.action(work, action_id)
    if known is None:
        return None, None
    incident_rows.take(work, known.incident_id)
    one = store.take(work, known.postmortem_id)
    return store.take_action(work, action_id), one


def _whom(work: Work, row: ActionRow, one: Postmortem, rung: Rung) -> tuple[str, ...]:
    owner = (row.item.owner_id,) if row.item.owner_id else ()
    if rung.to is Told.OWNER:
        return owner
    lead = postmortem_told.managers(work, one, row.item)
    if rung.to is Told.TEAM_LEAD:
        lead = (*lead, *postmortem_told.managers(work, one), *((one.owner_id,) if one.owner_id else ()))
    return tuple(dict.fromkeys((*owner, *lead)))


def _words(row: ActionRow, rung: Rung) -> str:
    due = row.item.due_at.format_iso()[:10] if row.item.due_at is not None else ""
    if rung.day < 0:
        when = f"is due in {-rung.day} day{'s' if rung.day != -1 else ''}, on {due}"
    elif rung.day == 0:
        when = "is due today"
    else:
        when = f"is {rung.day} days overdue (it was due on {due})"
    return f"{when}: {row.item.text}"


# ---------------------------------------------------------------- the owner has left


def owner_left(work: Work, user_id: str) -> None:
    """Their account is off: what they promised goes back to who answers for the team, at once."""
    for known in store.owned_by(work, user_id, (ActionState.PROPOSED, ActionState.COMMITTED)):
        row, one = _taken(work, known.item.id)
        if row is not None and one is not None:
            _hand_back(work, row, one)


def _hand_back(work: Work, row: ActionRow, one: Postmortem) -> ActionRow:
    leads = [lead for lead in postmortem_told.managers(work, one, row.item) if lead != row.item.owner_id]
    after = promises.returned(work, row, leads[0] if leads else None)
    text = f"is yours, since its owner's account is off: {row.item.text}"
    postmortem_told.tell(work, one, [Tell(tuple(leads[:1]), text)], noun="An action item")
    return after


def _is_active(read: Read, user_id: str | None) -> bool:
    found = people.person(read, user_id) if user_id else None
    return found is not None and found.user.active and found.user.deleted_at is None


# ---------------------------------------------------------------- whether it helped


def _check(work: Work, row: ActionRow, one: Postmortem) -> None:
    again = _came_back(work, row)
    if again is not None:
        _recurred(work, row, one, again)
        return
    after = promises.checked(work, row, exercised=_was_exercised(work, row, one))
    if after.item.effect is Effect.NOT_EXERCISED:
        text = f"was done 30 days ago, and nothing has put it to the test since. A drill would: {row.item.text}"
        postmortem_told.tell(work, one, [Tell(_owner(row), text)], noun="An action item")


def recurred(work: Work, earlier_id: str, again: Incident) -> None:
    """An incident like ``earlier_id`` is over, of which every promise had been kept: what was to prevent it is open
    again, and its owners and the team's lead hear of it."""
    one = store.of_incident(work, earlier_id)
    done = [item.id for item in one.document.actions if item.state is ActionState.DONE] if one is not None else []
    for action_id in done:
        row, taken = _taken(work, action_id)
        if row is None or taken is None or row.item.done_at is None or row.item.state is not ActionState.DONE:
            continue
        if row.item.done_at < again.declared_at:
            _recurred(work, row, taken, again)


def _recurred(work: Work, row: ActionRow, one: Postmortem, again: Incident) -> None:
    after = promises.checked(work, row, again=again.id, reference=again.reference)
    users = (*_owner(after), *postmortem_told.managers(work, one, after.item))
    text = f"is open again, since the same happened in {again.reference}: {row.item.text}"
    postmortem_told.tell(work, one, [Tell(tuple(dict.fromkeys(users)), text)], noun="An action item")


def _owner(row: ActionRow) -> tuple[str, ...]:
    return (row.item.owner_id,) if row.item.owner_id else ()


def _came_back(work: Work, row: ActionRow) -> Incident | None:
    """An incident like the item's that was declared after the item was done."""
    for other in likeness_store.repeated_by(work, row.incident_id):
        again = incidents.find(work, other.incident_id)
        after_fix = other.kind is Repeat.AFTER_FIX and again is not None and row.item.done_at is not None
        if after_fix and again is not None and row.item.done_at is not None and again.declared_at > row.item.done_at:
            return again
    return None


def _was_exercised(work: Work, row: ActionRow, one: Postmortem) -> bool:
    """An alert, an incident or a drill of its services since it was done."""
    house = Read(work.connection, work.now, SYSTEM)
    for service_id in one.service_ids:
        newest = alerts.alert_list(house, states=[*AlertState], service_id=service_id, limit=1)
        tied = incidents.incident_list(house, service_id=service_id, limit=1)
        moments = [*(alert.opened_at for alert in newest), *(incident.declared_at for incident in tied)]
        if any(row.item.done_at is not None and at > row.item.done_at for at in moments):
            return True
    return False
