"""Command: exactly one holds it. It is taken while nobody has it, offered and accepted, seized, or lost.

Release and take are one step, so an accepted offer never leaves a gap. Being senior transfers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement, verbs
from firebell.domain.incidents.facts import (
    CommandCheckAnswered,
    CommandCheckAsked,
    CommandLost,
    CommandTaken,
    IncidentEngaged,
)
from firebell.domain.incidents.guards import commands, needs_commander, needs_reason
from firebell.domain.incidents.integrity import admit, is_hard
from firebell.domain.incidents.marks import first_marked
from firebell.domain.incidents.model import ACTIVE, Check, Incident, Kind, MilestoneName, OfferState, Phase, RoleName
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden

CHECK_S = 600
"""How long a command check may stay unanswered before command may be seized."""


def take(incident: Incident, verb: verbs.TakeCommand, asking: Asking, saying: Saying) -> Incident:
    """TakeCommand: while nobody commands. Taking it twice is taking it once."""
    holder = incident.commander_id
    if holder == asking.user_id and holder:
        return incident
    if holder is not None:
        raise Conflict(
            f"{holder} commands {incident.reference}.",
            field="verb", hint=f"Ask {holder}: “Do you wish to hand over command?”, or stand by as Deputy.",
        )  # fmt: skip
    return admit(incident, given(incident, _person(asking), "taken", asking, saying), asking, saying)


def seize(incident: Incident, verb: verbs.SeizeCommand, asking: Asking, saying: Saying) -> Incident:
    """SeizeCommand: when a command check was left unanswered for ten minutes, or the commander's account is off."""
    holder = incident.commander_id
    if holder is None:
        raise Conflict(f"Nobody commands {incident.reference}.", field="verb", hint="Take it (take_command).")
    if holder == asking.user_id:
        raise Conflict(f"You command {incident.reference} already.", field="verb", hint="Nothing is to be seized.")
    reason = needs_reason(verb.reason, what="Seizing command")
    if not seizable(incident, asking):
        at = _seizable_at(incident)
        raise Conflict(
            f"{holder} commands {incident.reference} and has not been away for long enough.",
            field="verb",
            hint=f"The command check runs until {at.format_iso()}." if at is not None else
            f"Ask for a sign of life first (ask_command_check); {CHECK_S // 60} minutes of silence let you seize it.",
        )  # fmt: skip
    return admit(incident, given(incident, _person(asking), "seized", asking, saying, reason), asking, saying)


def seizable(incident: Incident, asking: Asking) -> bool:
    """Whether command may be seized from whoever has it."""
    holder = incident.commander_id
    if holder is None:
        return False
    gone = asking.active_ids is not None and holder not in asking.active_ids
    at = _seizable_at(incident)
    return gone or (at is not None and at <= asking.now)


def _seizable_at(incident: Incident) -> Instant | None:
    check = incident.check
    return plus(check.at, CHECK_S) if check is not None and check.answered_at is None else None


def given(incident: Incident, user_id: str, how: str, asking: Asking, saying: Saying, reason: str = "") -> Incident:
    """The incident with this person in command and whoever had it as a responder, in one step; not yet admitted.

    Whoever was Deputy stops being it: one cannot stand by for oneself. Implies ``engage``.
    """
    before = incident.commander_id
    incident = engagement.left(incident, RoleName.COMMANDER, None, asking)
    incident = engagement.left(incident, RoleName.DEPUTY, user_id, asking)
    if before is not None and before not in engagement.responders(incident):
        incident = engagement.joined(incident, RoleName.RESPONDER, before, asking)
    incident = engagement.joined(incident, RoleName.COMMANDER, user_id, asking)
    incident = replace(incident, commandless_since=None, check=None, hand_off_suggested=False)
    saying.record(CommandTaken(user_id=user_id, before=before, how=how, reason=reason))
    incident = withdrawn_offers(incident)
    incident = first_marked(incident, MilestoneName.ACKNOWLEDGED, asking.now, asking)
    incident = first_marked(incident, MilestoneName.COMMANDER_ASSIGNED, asking.now, asking)
    words = {
        "taken": f"{user_id} has taken command of {incident.reference}.",
        "accepted": f"{user_id} has taken over command of {incident.reference}"
        + (f" from {before}." if before else "."),
        "seized": f"{user_id} has seized command of {incident.reference} from {before}: {reason}",
    }[how]
    saying.effects += (
        Effect(EffectKind.COMMANDER_CHANGED, before=before or "", after=user_id),
        Effect(EffectKind.ANNOUNCE, text=words),
        Effect(EffectKind.NUDGE, users=_all_but(incident, user_id), text=words),
    )
    if incident.phase == Phase.TRIAGE:
        incident = engaged(incident, asking, saying)
    return incident


def engaged(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Out of triage: people are at work on it."""
    saying.record(IncidentEngaged())
    saying.effects.append(Effect(EffectKind.PHASE_CHANGED, before=incident.phase, after=Phase.RESPONDING))
    return replace(incident, phase=Phase.RESPONDING)


def withdrawn_offers(incident: Incident, why: str = "Command has changed hands.") -> Incident:
    """No offer outlives the command it was made from: accepting it later says why it cannot be."""
    offers = tuple(
        replace(o, state=OfferState.WITHDRAWN, reason=why) if o.state == OfferState.OPEN else o for o in incident.offers
    )
    return replace(incident, offers=offers)


def step_down(incident: Incident, verb: verbs.StepDown, asking: Asking, saying: Saying) -> Incident:
    """StepDown: refused at SEV1, SEV2 and unset while active, else warned."""
    needs_commander(incident, asking, "step down")
    if incident.active and is_hard(incident.counts_as):
        raise Conflict(
            f"{incident.reference} is {incident.severity or 'unset, which counts as SEV2'}: it must not be without a "
            "commander.",
            field="verb", hint="Offer command to somebody (offer_command); you hold it until they accept.",
        )  # fmt: skip
    if incident.active:
        saying.warn(f"Nobody commands {incident.reference} now.")
    return lost(incident, "stepped_down", asking, saying, verb.reason.strip())


def lose(incident: Incident, verb: verbs.LoseCommander, asking: Asking, saying: Saying) -> Incident:
    """LoseCommander, told by the house: the account is off, so this person leaves every role."""
    holder = incident.commander_id
    if holder is None:
        return incident
    return engagement.left(lost(incident, "deactivated", asking, saying), None, holder, asking)


def lost(incident: Incident, why: str, asking: Asking, saying: Saying, reason: str = "") -> Incident:
    """Without a commander: the commandless clock starts in this instant, if people are at work."""
    before = incident.commander_id
    assert before is not None
    incident = engagement.left(incident, RoleName.COMMANDER, None, asking)
    incident = commandless(replace(withdrawn_offers(incident), check=None, hand_off_suggested=False), asking)
    saying.record(CommandLost(user_id=before, why=why, reason=reason))
    text = f"Nobody commands {incident.reference} now: {before} has " + (
        "stepped down." if why == "stepped_down" else "no active account any more."
    )
    saying.effects += (
        Effect(EffectKind.COMMANDER_CHANGED, before=before),
        Effect(EffectKind.ANNOUNCE, text=text),
        Effect(EffectKind.NUDGE, users=_all_but(incident, before), text=text),
    )
    return incident


def commandless(incident: Incident, asking: Asking) -> Incident:
    """With the commandless clock started, where it has one: active, nobody in command, not entered afterwards."""
    runs = incident.phase in ACTIVE and incident.commander_id is None and incident.kind != Kind.BACKFILLED
    return replace(incident, commandless_since=asking.now if runs else None, commandless_told=0)


def ask_check(incident: Incident, verb: verbs.AskCommandCheck, asking: Asking, saying: Saying) -> Incident:
    """AskCommandCheck: "Are you still in command?". Asking again does not start the ten minutes anew."""
    holder = incident.commander_id
    if holder is None:
        raise Conflict(f"Nobody commands {incident.reference}.", field="verb", hint="Take it (take_command).")
    if holder == asking.user_id:
        raise Conflict("You are in command yourself.", field="verb", hint="Offer command if you need to leave.")
    if incident.check is not None and incident.check.answered_at is None:
        return incident
    saying.record(CommandCheckAsked(user_id=holder))
    text = f"Are you still in command of {incident.reference}? {asking.by} asks. Unanswered for 10 minutes, somebody "
    saying.effects.append(Effect(EffectKind.PAGE_PEOPLE, users=(holder,), text=text + "may take over."))
    return replace(incident, check=Check(asked_by=asking.by, at=asking.now))


def answer_check(incident: Incident, verb: verbs.AnswerCommandCheck, asking: Asking, saying: Saying) -> Incident:
    """AnswerCommandCheck, by whoever commands. ``rules.apply`` has answered already: whatever they do is an answer."""
    if not commands(incident, asking):
        raise Forbidden(
            "Only whoever commands can answer the command check.", field="verb",
            hint=f"{incident.commander_id} does." if incident.commander_id else "Nobody commands: take command.",
        )  # fmt: skip
    return incident


def answered(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Whatever a commander does answers an open command check."""
    check = incident.check
    if check is None or check.answered_at is not None or not commands(incident, asking):
        return incident
    saying.record(CommandCheckAnswered(user_id=asking.user_id))
    text = f"{asking.user_id} is in command of {incident.reference}."
    saying.effects.append(Effect(EffectKind.NUDGE, users=engagement.present((check.asked_by,)), text=text))
    return replace(incident, check=replace(check, answered_at=asking.now))


def _person(asking: Asking) -> str:
    if not asking.user_id:
        raise Forbidden("Only a person can command.", field="verb", hint="Offer command to somebody instead.")
    return asking.user_id


def _all_but(incident: Incident, user_id: str) -> tuple[str, ...]:
    return tuple(one for one in engagement.responders(incident) if one != user_id)


HANDLERS: Mapping[type[Verb], Callable[[Incident, Any, Asking, Saying], Incident]] = {
    verbs.TakeCommand: take,
    verbs.SeizeCommand: seize,
    verbs.StepDown: step_down,
    verbs.LoseCommander: lose,
    verbs.AskCommandCheck: ask_check,
    verbs.AnswerCommandCheck: answer_check,
}
