"""The two-phase hand-off: command is offered, and moves only when it is accepted. Until then nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import command, engagement, roles, verbs
from firebell.domain.incidents.facts import (
    CommandDeclined,
    CommandOffered,
    HandOffSuggested,
    OfferExpired,
    OfferWithdrawn,
)
from firebell.domain.incidents.guards import commands, needs_commander, needs_person, needs_reason
from firebell.domain.incidents.integrity import admit, hands_on
from firebell.domain.incidents.model import Incident, Offer, OfferState, RoleName
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.response_facts import TaskReassigned
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound

OFFER_S = 600
HAND_OFF_S = 4 * 3600
"""In command for so long, a hand-off is suggested."""
ACK_S = 120
HOUSE = "system"


def offer(incident: Incident, verb: verbs.OfferCommand, asking: Asking, saying: Saying) -> Incident:
    """OfferCommand, by whoever commands; by the house while nobody does. One open offer at a time, for ten minutes."""
    holder = incident.commander_id
    if asking.user_id:
        needs_commander(incident, asking, "offer command")
    elif holder is not None:
        raise Conflict(f"{holder} commands {incident.reference}.", field="verb", hint="Only they can offer it.")
    to = needs_person(verb.to, asking, "to")
    if to == holder:
        raise Invalid("You command already.", field="to", hint="Offer command to somebody else.")
    standing = open_offer(incident)
    if standing is not None:
        raise Conflict(
            f"Command is offered to {standing.to_id} already, until {standing.expires_at.format_iso()}.",
            field="to", hint="Withdraw that offer first (withdraw_offer).",
        )  # fmt: skip
    new = Offer(
        id=asking.new_id("off"),
        giver_id=asking.user_id or HOUSE,
        to_id=to,
        note=verb.note.strip(),
        at=asking.now,
        expires_at=plus(asking.now, OFFER_S),
    )
    saying.made = new.id
    saying.record(CommandOffered(offer_id=new.id, to=to, note=new.note, expires_at=new.expires_at.format_iso()))
    giver = asking.user_id or "Firebell"
    note = f" “{new.note}”" if new.note else ""
    text = f"{giver} offers you command of {incident.reference}.{note} Read the brief and accept within 10 minutes."
    if not asking.settings.qualified(to):
        saying.warn(f"{to} is not qualified to command.")
    saying.effects.append(Effect(EffectKind.NUDGE, users=(to,), text=text))
    return replace(incident, offers=(*incident.offers, new))


def open_offer(incident: Incident) -> Offer | None:
    """The one offer that can be answered now."""
    return next((one for one in incident.offers if one.state == OfferState.OPEN), None)


def accept(incident: Incident, verb: verbs.AcceptCommand, asking: Asking, saying: Saying) -> Incident:
    """AcceptCommand: release and take in one step, with whatever would clash moved to others in the same step."""
    one = _answerable(incident, verb.offer, asking)
    giver = None if one.giver_id == HOUSE else one.giver_id
    if incident.commander_id != giver:
        raise Conflict(
            f"{one.giver_id} no longer holds command of {incident.reference}.",
            field="offer",
            hint=f"Ask {incident.commander_id}." if incident.commander_id else "Take command (take_command).",
        )  # fmt: skip
    if not verb.brief_read:
        raise Invalid("Read the brief first.", field="brief_read", hint="Tick that you have read it.")
    settled = _settled(incident, one, OfferState.ACCEPTED, "")
    moved = _moved(settled, verb, asking, saying)
    after = command.given(moved, asking.user_id, "accepted", asking, saying)
    return admit(incident, after, asking, saying)


def _moved(incident: Incident, verb: verbs.AcceptCommand, asking: Asking, saying: Saying) -> Incident:
    """Comms and hands-on tasks of whoever accepts, given to the people named for them."""
    me = asking.user_id
    if verb.comms_to and engagement.holds(incident, RoleName.COMMS, me):
        to = _another(verb.comms_to, asking, "comms_to")
        incident = roles.taken(incident, RoleName.COMMS, to, asking, saying)
        incident = engagement.left(incident, RoleName.COMMS, me, asking)
        text = f"You are Comms Lead of {incident.reference}. {roles.duties(asking, RoleName.COMMS)}"
        saying.effects.append(Effect(EffectKind.NUDGE, users=(to,), text=text))
    mine = hands_on(incident, me)
    if verb.tasks_to and mine:
        to = _another(verb.tasks_to, asking, "tasks_to")
        for task in mine:
            saying.record(TaskReassigned(task_id=task.id, text=task.text, before=me, after=to))
            text = f"“{task.text}” of {incident.reference} is yours now: acknowledge it within 2 minutes."
            saying.effects.append(Effect(EffectKind.NUDGE, users=(to,), text=text))
        ids = {task.id for task in mine}
        fresh = {"assignee_id": to, "acked_at": None, "ack_due_at": plus(asking.now, ACK_S), "nudged_ack": False}
        tasks = tuple(replace(task, **fresh) if task.id in ids else task for task in incident.tasks)
        incident = engagement.joined(replace(incident, tasks=tasks), RoleName.RESPONDER, to, asking)
    return incident


def _another(user_id: str, asking: Asking, field: str) -> str:
    user_id = needs_person(user_id, asking, field)
    if user_id == asking.user_id:
        raise Invalid("That is you: you are about to command.", field=field, hint="Name somebody else.")
    return user_id


def decline(incident: Incident, verb: verbs.DeclineCommand, asking: Asking, saying: Saying) -> Incident:
    """DeclineCommand: the giver goes on commanding, and is told why."""
    one = _answerable(incident, verb.offer, asking)
    reason = needs_reason(verb.reason, least=1, what="Declining command")
    saying.record(CommandDeclined(offer_id=one.id, giver_id=one.giver_id, reason=reason))
    text = f"{asking.user_id} declines command of {incident.reference}: {reason}"
    saying.effects.append(Effect(EffectKind.NUDGE, users=_giver(one), text=text))
    return _settled(incident, one, OfferState.DECLINED, reason)


def withdraw(incident: Incident, verb: verbs.WithdrawOffer, asking: Asking, saying: Saying) -> Incident:
    """WithdrawOffer, by whoever gave it; an offer of the house by whoever commands, or by the house."""
    one = _named(incident, verb.offer)
    if asking.user_id not in ("", one.giver_id) and not commands(incident, asking):
        raise Forbidden(f"{one.giver_id} made this offer.", field="offer", hint="Only they can withdraw it.")
    if one.state != OfferState.OPEN:
        raise Conflict(f"This offer is {one.state}.", field="offer", hint="There is nothing to withdraw.")
    saying.record(OfferWithdrawn(offer_id=one.id, to=one.to_id, why=""))
    text = f"The offer of command of {incident.reference} is withdrawn."
    saying.effects.append(Effect(EffectKind.NUDGE, users=(one.to_id,), text=text))
    return _settled(incident, one, OfferState.WITHDRAWN, "")


def _named(incident: Incident, offer_id: str) -> Offer:
    found = next((one for one in incident.offers if one.id == offer_id), None)
    if found is None:
        raise NotFound(f"{incident.reference} has no such offer.", field="offer", hint="Look at the page again.")
    return found


def _answerable(incident: Incident, offer_id: str, asking: Asking) -> Offer:
    one = _named(incident, offer_id)
    if one.to_id != asking.user_id:
        raise Forbidden(f"Command was offered to {one.to_id}.", field="offer", hint="Only they can answer.")
    if one.state != OfferState.OPEN:
        why = f": {one.reason}" if one.reason else "."
        holder = incident.commander_id
        raise Conflict(
            f"This offer is {one.state}{why}",
            field="offer",
            hint=f"{holder} commands {incident.reference}: ask for a new offer." if holder else "Take command.",
        )  # fmt: skip
    return one


def _settled(incident: Incident, one: Offer, state: OfferState, reason: str) -> Incident:
    offers = tuple(replace(o, state=state, reason=reason) if o.id == one.id else o for o in incident.offers)
    return replace(incident, offers=offers)


def _giver(one: Offer) -> tuple[str, ...]:
    return () if one.giver_id == HOUSE else (one.giver_id,)


def deadlines(incident: Incident) -> Iterator[Instant]:
    """When the open offer expires, and when a hand-off is to be suggested."""
    one = open_offer(incident)
    if one is not None:
        yield one.expires_at
    at = _suggest_at(incident)
    if at is not None:
        yield at


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """The offer expires (the giver holds command all along); after four hours a hand-off is suggested, once."""
    one = open_offer(incident)
    if one is not None and one.expires_at <= asking.now:
        saying.record(OfferExpired(offer_id=one.id, to=one.to_id))
        text = f"{one.to_id} has not answered: the offer of command of {incident.reference} has expired."
        holder = f" {incident.commander_id} commands." if incident.commander_id else ""
        saying.effects.append(Effect(EffectKind.NUDGE, users=(*_giver(one), one.to_id), text=text + holder))
        incident = _settled(incident, one, OfferState.EXPIRED, "")
    at = _suggest_at(incident)
    if at is not None and at <= asking.now:
        holder_id = incident.commander_id or ""
        saying.record(HandOffSuggested(user_id=holder_id, hours=HAND_OFF_S // 3600))
        text = (
            f"You have commanded {incident.reference} for {HAND_OFF_S // 3600} hours: offer command to somebody fresh, "
            "and both stay for up to 30 minutes."
        )
        users = engagement.present((holder_id, incident.holder(RoleName.DEPUTY)))
        saying.effects.append(Effect(EffectKind.NUDGE, users=users, text=text))
        incident = replace(incident, hand_off_suggested=True)
    return incident


def _suggest_at(incident: Incident) -> Instant | None:
    if incident.hand_off_suggested or not incident.active:
        return None
    mine = (e for e in incident.engagements if e.role == RoleName.COMMANDER and e.until_at is None)
    held = next(mine, None)
    return plus(held.since_at, HAND_OFF_S) if held is not None else None


HANDLERS: Mapping[type[Verb], Callable[[Incident, Any, Asking, Saying], Incident]] = {
    verbs.OfferCommand: offer,
    verbs.AcceptCommand: accept,
    verbs.DeclineCommand: decline,
    verbs.WithdrawOffer: withdraw,
}
