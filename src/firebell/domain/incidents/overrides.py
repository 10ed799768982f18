"""Overrides: leave to break one rule of command integrity for a while, with a typed reason, and what happens after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from msgspec.structs import replace

from firebell.domain.incidents import engagement
from firebell.domain.incidents.facts import AssignmentVacated, OverrideExpired, OverrideGranted, RoleLeft
from firebell.domain.incidents.guards import needs_person, needs_reason
from firebell.domain.incidents.integrity import hands_on, is_live, live_override, uncovered
from firebell.domain.incidents.model import Incident, Override, RoleName, Rule
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.verbs import AddOverride, Verb
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid

MINUTES = 15
MINUTES_MAX = 60
NUDGE_BEFORE_S = 180

SAID: Mapping[Rule, str] = {
    Rule.COMMANDER_IS_COMMS: "command and Comms on one person",
    Rule.COMMANDER_HANDS_ON: "a hands-on task for the commander",
    Rule.DEPUTY_UNQUALIFIED: "a Deputy who is not qualified to command",
}


def add_override(incident: Incident, verb: AddOverride, asking: Asking, saying: Saying) -> Incident:
    """AddOverride: 1 to 60 minutes. Renewing needs words that have not been used for it before."""
    user_id = needs_person(verb.user_id, asking)
    reason = needs_reason(verb.reason, what="An override")
    if not 1 <= verb.minutes <= MINUTES_MAX:
        raise Invalid(
            f"An override lasts 1 to {MINUTES_MAX} minutes.", field="minutes", hint=f"{MINUTES} is usual; renew it."
        )
    before = {one.reason.casefold() for one in incident.overrides if (one.rule, one.user_id) == (verb.rule, user_id)}
    if reason.casefold() in before:
        raise Invalid("Renewing an override needs a new reason.", field="reason", hint="Say why it is still needed.")
    return _granted(incident, verb.rule, user_id, reason, asking, saying, minutes=verb.minutes)


def excused(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """The severity has just been raised: whatever is refused now gets an override of the house, so nobody is torn from
    their work in that instant."""
    for clash in uncovered(incident, asking):
        if clash.rule is not None:
            reason = f"The severity was raised to {incident.severity}."
            incident = _granted(incident, clash.rule, clash.user_id, reason, asking, saying, by="system")
            until = f"for {MINUTES} minutes"
            saying.warn(f"{clash.wrong}: allowed {until}. {clash.remedy}.")
            users = engagement.present((clash.user_id, incident.commander_id, incident.holder(RoleName.DEPUTY)))
            text = f"{incident.reference} is {incident.severity} now: {SAID[clash.rule]} is allowed {until} only."
            saying.effects.append(Effect(EffectKind.NUDGE, users=users, text=f"{text} {clash.remedy}."))
    return incident


def _granted(
    incident: Incident, rule: Rule, user_id: str, reason: str, asking: Asking, saying: Saying, *,
    minutes: int = MINUTES, by: str = "",
) -> Incident:  # fmt: skip
    granted = Override(
        id=asking.new_id("ovr"),
        rule=rule,
        user_id=user_id,
        reason=reason,
        by=by or asking.by,
        at=asking.now,
        expires_at=plus(asking.now, minutes * 60),
        nudged=minutes * 60 <= NUDGE_BEFORE_S,
    )
    saying.record(
        OverrideGranted(
            override_id=granted.id,
            rule=rule,
            user_id=user_id,
            reason=reason,
            expires_at=granted.expires_at.format_iso(),
        )
    )
    if not by:
        saying.made = granted.id
    return replace(incident, overrides=(*incident.overrides, granted))


def deadlines(incident: Incident) -> Iterator[Instant]:
    """When overrides are to be spoken of, and when they run out."""
    for one in incident.overrides:
        if one.ended_at is None:
            yield one.expires_at
            if not one.nudged:
                yield plus(one.expires_at, -NUDGE_BEFORE_S)


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Three minutes before the end those concerned are nudged; at the end the role or task is vacated."""
    ended = [one for one in incident.overrides if one.ended_at is None and one.expires_at <= asking.now]
    soon = [
        one
        for one in incident.overrides
        if is_live(one, asking.now) and not one.nudged and plus(one.expires_at, -NUDGE_BEFORE_S) <= asking.now
    ]
    if not (ended or soon):
        return incident
    marked = tuple(
        replace(one, ended_at=asking.now) if one in ended else replace(one, nudged=True) if one in soon else one
        for one in incident.overrides
    )
    incident = replace(incident, overrides=marked)
    for one in soon:
        _nudge(incident, one, asking, saying)
    for one in ended:
        incident = _run_out(incident, one, asking, saying)
    return incident


def _nudge(incident: Incident, one: Override, asking: Asking, saying: Saying) -> None:
    longest = live_override(incident, one.rule, one.user_id, asking.now)
    if longest is not None and longest.expires_at > one.expires_at:
        return
    users = engagement.present((one.user_id, incident.commander_id, incident.holder(RoleName.DEPUTY)))
    saying.effects.append(
        Effect(
            EffectKind.NUDGE,
            users=users,
            text=f"The override for {SAID[one.rule]} in {incident.reference} ends in 3 minutes: move it to somebody "
            "else, or renew it with a new reason.",
        )
    )


def _run_out(incident: Incident, one: Override, asking: Asking, saying: Saying) -> Incident:
    saying.record(OverrideExpired(override_id=one.id, rule=one.rule, user_id=one.user_id))
    if not any((clash.rule, clash.user_id) == (one.rule, one.user_id) for clash in uncovered(incident, asking)):
        return incident
    match one.rule:
        case Rule.COMMANDER_IS_COMMS:
            return _vacate(incident, RoleName.COMMS, one.user_id, asking, saying)
        case Rule.DEPUTY_UNQUALIFIED:
            return _vacate(incident, RoleName.DEPUTY, one.user_id, asking, saying)
        case Rule.COMMANDER_HANDS_ON:
            return _unassign(incident, one.user_id, saying)


def _vacate(incident: Incident, role: str, user_id: str, asking: Asking, saying: Saying) -> Incident:
    saying.record(RoleLeft(role=role, user_id=user_id, why="the override ran out"))
    saying.effects += (
        Effect(
            EffectKind.PAGE_ROLE,
            role=role,
            text=f"{incident.reference} needs a {role}: the override for {user_id} has run out.",
        ),
        Effect(EffectKind.NUDGE, users=(user_id,), text=f"You are no longer {role} of {incident.reference}."),
    )
    return engagement.left(incident, role, user_id, asking)


def _unassign(incident: Incident, user_id: str, saying: Saying) -> Incident:
    vacated = hands_on(incident, user_id)
    for task in vacated:
        saying.record(AssignmentVacated(task_id=task.id, text=task.text, user_id=user_id))
        saying.effects.append(
            Effect(
                EffectKind.PAGE_ROLE,
                role=RoleName.RESPONDER,
                text=f"{incident.reference} needs somebody for “{task.text}”: it was taken from whoever commands.",
            )
        )
    told = engagement.present((user_id, incident.holder(RoleName.DEPUTY)))
    text = f"{len(vacated)} of your hands-on tasks in {incident.reference} have nobody now: assign them."
    saying.effects.append(Effect(EffectKind.NUDGE, users=told, text=text))
    ids = {task.id for task in vacated}
    tasks = tuple(replace(t, assignee_id=None, acked_at=None) if t.id in ids else t for t in incident.tasks)
    return replace(incident, tasks=tasks)


def _add(incident: Incident, verb: Verb, asking: Asking, saying: Saying) -> Incident:
    return add_override(incident, cast("AddOverride", verb), asking, saying)


HANDLERS: Mapping[type[Verb], Callable[[Incident, Verb, Asking, Saying], Incident]] = {AddOverride: _add}
