"""The verbs of action items, and what is next to be said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.postmortems import actions, nagging, verbs
from firebell.domain.postmortems.actions import ActionItem, ActionState, Proof
from firebell.domain.postmortems.facts import ActionChanged
from firebell.domain.postmortems.model import Postmortem, State
from firebell.domain.postmortems.office import Calendar
from firebell.domain.postmortems.outcome import Asking, Saying
from firebell.domain.postmortems.pieces import LINE_MAX, line, part_of, swapped, untouched
from firebell.domain.postmortems.process import present
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid

ITEMS_MAX = 100


def add_action(one: Postmortem, verb: verbs.AddAction, asking: Asking, saying: Saying) -> Postmortem:
    """AddAction: an idea, not a promise."""
    if one.state not in (State.DRAFT, State.IN_REVIEW):
        raise Conflict(
            f"The postmortem is {one.state.replace('_', ' ')}: its action items are agreed.", field="verb",
            hint="Revise it first, with a reason.",
        )  # fmt: skip
    if len(one.document.actions) >= ITEMS_MAX:
        raise Invalid(f"There are at most {ITEMS_MAX} action items.", field="text")
    item = ActionItem(
        id=asking.new_id("act"), text=line(verb.text, "text"), type=verb.type, end_state=_words(verb.end_state),
        severity=one.peak, priority=_words(verb.priority), factor_ids=_factors(one, verb.factor_ids),
        tracker_url=_url(verb.tracker_url), owner_id=_person(verb.owner_id, asking), team_id=verb.team_id or None,
    )  # fmt: skip
    if verb.due_at is not None:
        item = actions.check_due(item, verb.due_at, actions.due_by(one.peak, one.resolved_at), verb.late_reason)
    saying.made = item.id
    saying.wrote()
    return _changed(one, (*one.document.actions, item), item, "added", saying)


def edit_action(one: Postmortem, verb: verbs.EditAction, asking: Asking, saying: Saying) -> Postmortem:
    before: ActionItem = part_of(one.document.actions, verb.action, "action item", "action")
    untouched(before, verb.was, "This action item")
    after = replace(
        before,
        text=before.text if verb.text is None else line(verb.text, "text"),
        type=verb.type or before.type,
        owner_id=before.owner_id if verb.owner_id is None else _person(verb.owner_id, asking),
        team_id=before.team_id if verb.team_id is None else verb.team_id or None,
        end_state=before.end_state if verb.end_state is None else _words(verb.end_state),
        priority=before.priority if verb.priority is None else _words(verb.priority),
        factor_ids=before.factor_ids if verb.factor_ids is None else _factors(one, verb.factor_ids),
        tracker_url=before.tracker_url if verb.tracker_url is None else _url(verb.tracker_url),
    )
    if before.state is ActionState.COMMITTED and after.owner_id is None:
        raise Invalid("A promise has an owner.", field="owner_id", hint="Name whoever takes it over.")
    if verb.due_at is not None and verb.due_at != before.due_at:
        latest = actions.due_by(one.peak, one.resolved_at)
        after = actions.check_due(after, verb.due_at, latest, verb.late_reason or before.late_reason)
    if after == before:
        return one
    if after.owner_id != before.owner_id and after.state is ActionState.COMMITTED:
        saying.tell((after.owner_id,), f"has an action item for you: {after.text}", but=asking.by)
    saying.wrote()
    return _changed(one, swapped(one.document.actions, after), after, "edited", saying)


def remove_action(one: Postmortem, verb: verbs.RemoveAction, asking: Asking, saying: Saying) -> Postmortem:
    """RemoveAction: only an idea nobody has decided on. What was promised is declined, and stays visible."""
    gone: ActionItem = part_of(one.document.actions, verb.action, "action item", "action")
    if gone.state is not ActionState.PROPOSED:
        raise Conflict(f"It is {gone.state}.", field="action", hint="Decline it, with a reason.")
    saying.wrote()
    return _changed(one, tuple(i for i in one.document.actions if i.id != gone.id), gone, "removed", saying)


def commit_action(one: Postmortem, verb: verbs.CommitAction, asking: Asking, saying: Saying) -> Postmortem:
    item = _item(one, verb.action)
    after = actions.commit(item, asking.now)
    present(after.owner_id or "", asking, "owner_id")
    due = after.due_at.format_iso()[:10] if after.due_at is not None else ""
    saying.tell((after.owner_id,), f"has an action item for you, due {due}: {after.text}", but=asking.by)
    return _stated(one, after, "committed", saying)


def decline_action(one: Postmortem, verb: verbs.DeclineAction, asking: Asking, saying: Saying) -> Postmortem:
    after = actions.decline(_item(one, verb.action), verb.reason, approved=asking.approves)
    return _stated(one, after, "declined", saying, after.reason)


def close_action(one: Postmortem, verb: verbs.CloseAction, asking: Asking, saying: Saying) -> Postmortem:
    proof = Proof(kind=verb.kind, ref=verb.ref.strip(), note=verb.note.strip()[:LINE_MAX])
    after = actions.close(_item(one, verb.action), proof, asking.now)
    return _stated(one, after, "done", saying, proof=proof.ref)


def waive_action(one: Postmortem, verb: verbs.WaiveAction, asking: Asking, saying: Saying) -> Postmortem:
    after = actions.waive(_item(one, verb.action), verb.reason, approved=asking.approves)
    return _stated(one, after, "waived", saying, after.waived)


def reopen_action(one: Postmortem, verb: verbs.ReopenAction, asking: Asking, saying: Saying) -> Postmortem:
    after = actions.reopen(_item(one, verb.action), verb.reason)
    saying.tell((after.owner_id,), f"has an action item open again: {after.text}. {after.reason}", but=asking.by)
    return _stated(one, after, "reopened", saying, after.reason)


def _item(one: Postmortem, action_id: str) -> ActionItem:
    item: ActionItem = part_of(one.document.actions, action_id, "action item", "action")
    return item


def _stated(
    one: Postmortem, item: ActionItem, word: str, saying: Saying, reason: str = "", *, proof: str = ""
) -> Postmortem:
    return _changed(one, swapped(one.document.actions, item), item, word, saying, reason, proof=proof)


def _changed(
    one: Postmortem, items: tuple[ActionItem, ...], item: ActionItem, word: str, saying: Saying, reason: str = "", *,
    proof: str = "",
) -> Postmortem:  # fmt: skip
    saying.record(
        item.id,
        ActionChanged(
            incident_id=one.incident_id, postmortem_id=one.id, verb=word, state=item.state, reason=reason, proof=proof
        ),
    )
    return replace(one, document=replace(one.document, actions=items))


def _person(user_id: str | None, asking: Asking) -> str | None:
    return present(user_id, asking, "owner_id") if user_id else None


def _words(text: str) -> str:
    return " ".join(text.split())[:LINE_MAX]


def _factors(one: Postmortem, factor_ids: tuple[str, ...]) -> tuple[str, ...]:
    for factor_id in factor_ids:
        part_of(one.document.factors, factor_id, "factor", "factor_ids")
    return tuple(dict.fromkeys(factor_ids))


def _url(text: str) -> str:
    url = text.strip()
    if url and not url.startswith(("https://", "http://")):
        raise Invalid("That is no link.", field="tracker_url", hint="It begins with https://.")
    return url


# ---------------------------------------------------------------- what is next to be said of an item


def told_already(item: ActionItem, now: Instant, calendar: Calendar) -> int:
    """Rungs of its ladder that lie behind when a promise is made, or its day is moved: they are not said any more."""
    rung = nagging.due_rung(item, 0, now, calendar)
    return rung.number if rung is not None else 0


def ring_at(item: ActionItem, told: int, now: Instant, calendar: Calendar) -> Instant | None:
    """When it is next to be spoken of: a reminder of a promise, the effectiveness check of what is done."""
    if item.state is ActionState.DONE:
        return actions.check_at(item)
    return nagging.next_at(item, told, now, calendar)


HANDLERS: Mapping[type[verbs.Verb], Callable[[Postmortem, Any, Asking, Saying], Postmortem]] = {
    verbs.AddAction: add_action,
    verbs.EditAction: edit_action,
    verbs.RemoveAction: remove_action,
    verbs.CommitAction: commit_action,
    verbs.DeclineAction: decline_action,
    verbs.CloseAction: close_action,
    verbs.WaiveAction: waive_action,
    verbs.ReopenAction: reopen_action,
}
