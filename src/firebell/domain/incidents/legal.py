"""Which verbs the phase allows, and which of them this person may say: the page draws its buttons from this.

A verb that is listed may still be refused for what it says (an empty impact, a person who has gone); one that is not
listed would be refused whatever it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from firebell.domain.incidents import command, hand_off, severity
from firebell.domain.incidents.asked import is_leading
from firebell.domain.incidents.engagement import holds
from firebell.domain.incidents.guards import commands
from firebell.domain.incidents.integrity import is_hard
from firebell.domain.incidents.model import ACTIVE, DecisionState, Incident, Phase, RoleName, TaskState
from firebell.domain.incidents.outcome import Asking
from firebell.domain.incidents.phases import ENDED, MOVES, moves_from
from firebell.kernel.errors import Conflict

May = Callable[[Incident, Asking], bool]

LIVE = frozenset(Phase) - ENDED
ALWAYS = frozenset(Phase)
RESOLVED = frozenset({Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP})

_LIVE_VERBS = (
    "take_command", "offer_command", "accept_command", "decline_command", "withdraw_offer", "seize_command",
    "step_down", "ask_command_check", "answer_command_check", "assign_role", "leave_role", "add_override",
    "release_responders", "assign_task", "ack_task", "extend_task", "reassign_task", "propose_decision", "object",
    "adopt_decision", "withdraw_decision", "size_up", "suggest_hypothesis", "eliminate_hypothesis", "add_criterion",
    "tick_criterion", "untick_criterion", "remove_criterion", "request_info",
)  # fmt: skip
PHASES: Mapping[str, frozenset[Phase]] = {
    **{tag: frozenset(moves) for tag, moves in MOVES.items()},
    "merge": ACTIVE,
    "set_severity": ALWAYS - {Phase.DECLINED, Phase.DUPLICATE},
    **dict.fromkeys(_LIVE_VERBS, LIVE),
    "sign_off": RESOLVED,
}
"""In which phases a verb can be said; one that is not named here can be said in all."""


def check_phase(incident: Incident, tag: str) -> None:
    """Conflict naming what is legal, when the phase does not allow the verb."""
    if incident.phase in PHASES.get(tag, ALWAYS):
        return
    possible = moves_from(incident.phase)
    words = tag.replace("_", " ")
    raise Conflict(
        f"{incident.reference} is {incident.phase.replace('_', ' ')}: “{words}” is not possible now.",
        field="verb", hint=f"Possible now: {', '.join(possible)}.",
    )  # fmt: skip


def _anyone(incident: Incident, asking: Asking) -> bool:
    return True


def _person(incident: Incident, asking: Asking) -> bool:
    return bool(asking.user_id)


def _working(incident: Incident, asking: Asking) -> bool:
    return not holds(incident, RoleName.OBSERVER, asking.user_id)


def _severity(incident: Incident, asking: Asking) -> bool:
    owns = bool(asking.user_id) and asking.user_id == incident.postmortem_owner_id
    return incident.phase in severity.BEFORE_RESOLVED or owns or commands(incident, asking)


def _merge(incident: Incident, asking: Asking) -> bool:
    return commands(incident, asking) or incident.commander_id is None or not asking.user_id


def _skip_postmortem(incident: Incident, asking: Asking) -> bool:
    optional = asking.scale.level(incident.peak or incident.severity).postmortem != "required"
    return commands(incident, asking) and (optional or asking.may_waive)


def _start_postmortem(incident: Incident, asking: Asking) -> bool:
    return not asking.user_id or commands(incident, asking)


def _owner(incident: Incident, asking: Asking) -> bool:
    owner = incident.postmortem_owner_id
    named = owner == asking.user_id if owner is not None else commands(incident, asking)
    return not asking.user_id or named or asking.is_admin


def _take(incident: Incident, asking: Asking) -> bool:
    return bool(asking.user_id) and incident.commander_id is None


def _offer(incident: Incident, asking: Asking) -> bool:
    gives = commands(incident, asking) or (not asking.user_id and incident.commander_id is None)
    return gives and hand_off.open_offer(incident) is None


def _answer_offer(incident: Incident, asking: Asking) -> bool:
    offer = hand_off.open_offer(incident)
    return offer is not None and offer.to_id == asking.user_id


def _withdraw_offer(incident: Incident, asking: Asking) -> bool:
    offer = hand_off.open_offer(incident)
    return offer is not None and (asking.user_id in ("", offer.giver_id) or commands(incident, asking))


def _seize(incident: Incident, asking: Asking) -> bool:
    return bool(asking.user_id) and not commands(incident, asking) and command.seizable(incident, asking)


def _step_down(incident: Incident, asking: Asking) -> bool:
    return commands(incident, asking) and not (incident.active and is_hard(incident.counts_as))


def _checked(incident: Incident) -> bool:
    return incident.check is not None and incident.check.answered_at is None


def _ask_check(incident: Incident, asking: Asking) -> bool:
    return incident.commander_id not in (None, asking.user_id) and not _checked(incident)


def _answer_check(incident: Incident, asking: Asking) -> bool:
    return commands(incident, asking) and _checked(incident)


def _leave(incident: Incident, asking: Asking) -> bool:
    held = [e for e in incident.engagements if e.until_at is None and e.role != RoleName.COMMANDER]
    return bool(held) and (is_leading(incident, asking) or asking.is_admin or _mine(incident, asking))


def _mine(incident: Incident, asking: Asking) -> bool:
    return any(
        e.user_id == asking.user_id and e.until_at is None and e.role != RoleName.COMMANDER
        for e in incident.engagements
    )


def _awaited_task(incident: Incident, asking: Asking) -> bool:
    return any(
        t.state == TaskState.OPEN and t.assignee_id == asking.user_id and t.acked_at is None for t in incident.tasks
    )


def _task(incident: Incident, asking: Asking) -> bool:
    return _working(incident, asking) and any(t.state == TaskState.OPEN for t in incident.tasks)


def _decision(incident: Incident, asking: Asking) -> bool:
    return any(d.state == DecisionState.PROPOSED for d in incident.decisions)


def _decide(incident: Incident, asking: Asking) -> bool:
    return _decision(incident, asking) and commands(incident, asking)


def _hypothesis(incident: Incident, asking: Asking) -> bool:
    return _working(incident, asking) and any(h.eliminated_at is None for h in incident.hypotheses)


def _criterion(incident: Incident, asking: Asking) -> bool:
    return _working(incident, asking) and bool(incident.criteria)


def _remove_criterion(incident: Incident, asking: Asking) -> bool:
    return bool(incident.criteria) and commands(incident, asking)


def _request(incident: Incident, asking: Asking) -> bool:
    return _working(incident, asking) and any(r.state in ("open", "later") for r in incident.requests)


def _hide(incident: Incident, asking: Asking) -> bool:
    return not incident.private and (commands(incident, asking) or asking.is_admin)


def _circle(incident: Incident, asking: Asking) -> bool:
    return incident.private and (commands(incident, asking) or asking.is_admin)


def _signing_off(incident: Incident, asking: Asking) -> bool:
    return bool(asking.user_id) and (incident.commander_id is None or commands(incident, asking))


def _has_alerts(incident: Incident, asking: Asking) -> bool:
    return bool(incident.alerts)


def _has_related(incident: Incident, asking: Asking) -> bool:
    return bool(incident.related_ids)


WHO: Mapping[str, May] = {
    "engage": _working, "decline": _working, "mark_duplicate": _working, "mitigate": commands, "resolve": commands,
    "start_postmortem": _start_postmortem, "skip_postmortem": _skip_postmortem, "complete_postmortem": _owner,
    "close": _owner, "reopen": _anyone, "merge": _merge, "set_severity": _severity, "take_command": _take,
    "offer_command": _offer, "accept_command": _answer_offer, "decline_command": _answer_offer,
    "withdraw_offer": _withdraw_offer, "seize_command": _seize, "step_down": _step_down,
    "ask_command_check": _ask_check, "answer_command_check": _answer_check, "assign_role": _anyone,
    "leave_role": _leave, "add_override": _anyone, "release_responders": is_leading, "assign_task": _working,
    "ack_task": _awaited_task, "extend_task": _task, "finish_task": _task, "drop_task": _task, "reassign_task": _task,
    "propose_decision": _working, "object": _decision, "adopt_decision": _decide, "withdraw_decision": _decision,
    "size_up": _working, "suggest_hypothesis": _working, "eliminate_hypothesis": _hypothesis,
    "add_criterion": _working, "tick_criterion": _criterion, "untick_criterion": _criterion,
    "remove_criterion": _remove_criterion, "request_info": _anyone, "answer_request": _request,
    "sign_off": _signing_off, "edit": _working, "set_milestone": _working, "note": _anyone, "correct_entry": _working,
    "star": _working, "make_private": _hide, "make_public": _circle, "admit": _circle, "expel": _circle,
    "link_alert": _working, "unlink_alert": _has_alerts, "relate": _working, "unrelate": _has_related,
}  # fmt: skip
"""Whether this person may say a verb in a phase that allows it. What only the house says is not here."""


def legal(incident: Incident, asking: Asking) -> list[str]:
    """The tags of the verbs that this phase allows and this person may say, in the order of :data:`WHO`."""
    return [tag for tag, may in WHO.items() if incident.phase in PHASES.get(tag, ALWAYS) and may(incident, asking)]
