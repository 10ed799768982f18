"""Decisions: a proposal, "any strong objections?", silence is consent, and the commander decides (incidents.md 6).

Objections are recorded, never counted: there are no votes. A decision is final; who wants another proposes another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement
from firebell.domain.incidents.asked import announce, maybe, needs_no_observer, nudge, words
from firebell.domain.incidents.guards import commands, needs_commander, needs_person
from firebell.domain.incidents.model import Decision, DecisionState, Incident, Objection
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.response_facts import (
    DecisionAdopted,
    DecisionObjected,
    DecisionProposed,
    DecisionWithdrawn,
)
from firebell.domain.incidents.verbs import Adopt, Object, ProposeDecision, Verb, WithdrawDecision
from firebell.kernel.clock import plus, seconds_between
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound

WINDOW_MIN_S, WINDOW_MAX_S = 10, 120
ADOPTED = frozenset({DecisionState.ADOPTED, DecisionState.ADOPTED_OVER_OBJECTION})


def in_force(incident: Incident) -> tuple[Decision, ...]:
    """What was decided, oldest first."""
    return tuple(one for one in incident.decisions if one.state in ADOPTED)


def is_remedied(incident: Incident) -> bool:
    """Whether a remedy has been adopted: from then on the status reads Mitigating (incidents.md 8)."""
    return any(one.remedy is not None for one in in_force(incident))


def propose(incident: Incident, verb: ProposeDecision, asking: Asking, saying: Saying) -> Incident:
    """ProposeDecision: everybody at work is asked whether they strongly object."""
    needs_no_observer(incident, asking)
    if not WINDOW_MIN_S <= verb.window_s <= WINDOW_MAX_S:
        raise Invalid(f"The window is {WINDOW_MIN_S} to {WINDOW_MAX_S} seconds.", field="window_s")
    executor = needs_person(verb.executor_id, asking, "executor_id") if verb.executor_id else None
    decision = Decision(
        id=asking.new_id("dec"), proposal=words(verb.proposal, "proposal", what="A proposal"),
        risk=maybe(verb.risk, "risk"), executor_id=executor, remedy=verb.remedy, by=asking.by, at=asking.now,
        closes_at=plus(asking.now, verb.window_s),
    )  # fmt: skip
    saying.record(
        DecisionProposed(
            decision_id=decision.id, proposal=decision.proposal, risk=decision.risk, executor_id=executor,
            remedy=decision.remedy, window_s=verb.window_s,
        )
    )  # fmt: skip
    saying.made = decision.id
    risk = f" Risk: {decision.risk}." if decision.risk else ""
    asked = f"{decision.proposal}.{risk} Any strong objections within {verb.window_s} s?"
    announce(saying, f"{incident.reference}: {asked}")
    nudge(saying, engagement.responders(incident), asked, asking)
    return replace(incident, decisions=(*incident.decisions, decision))


def object_to(incident: Incident, verb: Object, asking: Asking, saying: Saying) -> Incident:
    """Object: heard until it is decided, even when the window has closed."""
    decision = _find(incident, verb.decision)
    _check_open(decision)
    text = words(verb.text, "text", what="An objection")
    if any(one.by == asking.by and one.text == text for one in decision.objections):
        return incident
    saying.record(DecisionObjected(decision_id=decision.id, text=text))
    told = engagement.present([incident.commander_id, decision.by if decision.by != "system" else None])
    nudge(saying, told, f"Objection to “{decision.proposal}”: {text}", asking)
    objection = Objection(by=asking.by, text=text, at=asking.now)
    return _with(incident, decision, objections=(*decision.objections, objection))


def adopt(incident: Incident, verb: Adopt, asking: Asking, saying: Saying) -> Incident:
    """Adopt: by the commander, once the window has closed. Adopting what is adopted changes nothing."""
    decision = _find(incident, verb.decision)
    needs_commander(incident, asking, "decide")
    if decision.state in ADOPTED:
        return incident
    _check_open(decision)
    if asking.now < decision.closes_at:
        left = -(-seconds_between(asking.now, decision.closes_at) // 1)
        raise Conflict(
            f"Objections are heard for another {left:.0f} s.", field="decision", hint="Adopt it when that time is over."
        )
    state = DecisionState.ADOPTED_OVER_OBJECTION if decision.objections else DecisionState.ADOPTED
    saying.record(
        DecisionAdopted(
            decision_id=decision.id, proposal=decision.proposal, executor_id=decision.executor_id,
            remedy=decision.remedy, objections=len(decision.objections),
        )
    )  # fmt: skip
    over = " over objection" if decision.objections else ""
    announce(saying, f"{incident.reference}: decided{over}: {decision.proposal}")
    nudge(saying, engagement.present([decision.executor_id]), f"Decided, yours to do: {decision.proposal}", asking)
    return _with(incident, decision, state=state, decided_by=asking.by, decided_at=asking.now)


def withdraw(incident: Incident, verb: WithdrawDecision, asking: Asking, saying: Saying) -> Incident:
    """WithdrawDecision: by the commander or whoever proposed it."""
    decision = _find(incident, verb.decision)
    if not commands(incident, asking) and asking.by != decision.by:
        raise Forbidden("Only the Incident Commander or whoever proposed it may withdraw it.", field="decision")
    if decision.state is DecisionState.WITHDRAWN:
        return incident
    _check_open(decision)
    saying.record(DecisionWithdrawn(decision_id=decision.id, proposal=decision.proposal))
    announce(saying, f"{incident.reference}: withdrawn: {decision.proposal}")
    return _with(incident, decision, state=DecisionState.WITHDRAWN, decided_by=asking.by, decided_at=asking.now)


def _find(incident: Incident, decision_id: str) -> Decision:
    found = next((one for one in incident.decisions if one.id == decision_id), None)
    if found is None:
        raise NotFound("There is no such decision.", field="decision")
    return found


def _check_open(decision: Decision) -> None:
    if decision.state is not DecisionState.PROPOSED:
        said = str(decision.state).replace("_", " ")
        raise Conflict(f"This is {said} already, and that is final.", field="decision", hint="Propose anew.")


def _with(incident: Incident, decision: Decision, **changed: Any) -> Incident:
    return replace(
        incident,
        decisions=tuple(replace(one, **changed) if one.id == decision.id else one for one in incident.decisions),
    )


HANDLERS: Mapping[type[Verb], Any] = {
    ProposeDecision: propose,
    Object: object_to,
    Adopt: adopt,
    WithdrawDecision: withdraw,
}
