"""Phases: which verb leads from where to where, and what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import command, engagement, verbs, verification
from firebell.domain.incidents.facts import (
    IncidentClosed,
    IncidentDeclined,
    IncidentDuplicated,
    IncidentMitigated,
    IncidentReopened,
    IncidentResolved,
    PostmortemBegun,
    PostmortemCompleted,
    PostmortemSkipped,
)
from firebell.domain.incidents.guards import needs_commander, needs_person, needs_reason, not_ahead
from firebell.domain.incidents.marks import first_marked, marked
from firebell.domain.incidents.model import Incident, MilestoneName, Phase, RoleName, Skipped
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.errors import Conflict, Forbidden, Invalid

_P = Phase
MOVES: Mapping[str, Mapping[Phase, Phase]] = {
    "engage": {_P.TRIAGE: _P.RESPONDING},
    "decline": {_P.TRIAGE: _P.DECLINED},
    "mark_duplicate": {_P.TRIAGE: _P.DUPLICATE},
    "mitigate": {_P.RESPONDING: _P.MITIGATED},
    "resolve": {_P.MITIGATED: _P.RESOLVED},
    "start_postmortem": {_P.RESOLVED: _P.POSTMORTEM},
    "skip_postmortem": {_P.RESOLVED: _P.FOLLOW_UP},
    "complete_postmortem": {_P.POSTMORTEM: _P.FOLLOW_UP},
    "close": {_P.FOLLOW_UP: _P.CLOSED},
    "reopen": {
        _P.MITIGATED: _P.RESPONDING,
        _P.RESOLVED: _P.RESPONDING,
        _P.POSTMORTEM: _P.RESPONDING,
        _P.FOLLOW_UP: _P.RESPONDING,
        _P.CLOSED: _P.RESPONDING,
        _P.DECLINED: _P.TRIAGE,
        _P.DUPLICATE: _P.TRIAGE,
    },
}
"""Without ``declare``: 16 of the 90 pairs of ten verbs and nine phases. Buttons and rules read the same table."""

ENDED = frozenset({Phase.DECLINED, Phase.DUPLICATE, Phase.CLOSED})
"""Nobody works on it any more; it can be reopened."""


def moves_from(phase: Phase) -> tuple[str, ...]:
    """The verbs that lead on from ``phase``, in their usual order."""
    return tuple(tag for tag, moves in MOVES.items() if phase in moves)


def engage(incident: Incident, verb: verbs.Engage, asking: Asking, saying: Saying) -> Incident:
    """Engage. A person who does has answered."""
    incident = command.engaged(incident, asking, saying)
    if asking.user_id:
        incident = first_marked(incident, MilestoneName.ACKNOWLEDGED, asking.now, asking)
        if asking.user_id not in engagement.responders(incident):
            incident = engagement.joined(incident, RoleName.RESPONDER, asking.user_id, asking)
    return incident


def decline(incident: Incident, verb: verbs.Decline, asking: Asking, saying: Saying) -> Incident:
    note = verb.note.strip()
    saying.record(IncidentDeclined(reason=verb.reason, note=note))
    incident = replace(incident, decline_reason=verb.reason)
    words = verb.reason.replace("_", " ")
    return _over(incident, Phase.DECLINED, f"declined {incident.reference}: {words}", asking, saying)


def mark_duplicate(incident: Incident, verb: verbs.MarkDuplicate, asking: Asking, saying: Saying) -> Incident:
    """MarkDuplicate, from triage. The alerts go over to the one that stands."""
    return _into(incident, verb.of, "of", False, asking, saying)


def merge(incident: Incident, verb: verbs.Merge, asking: Asking, saying: Saying) -> Incident:
    """Merge, from any active phase: work has begun and goes on within the other. The commander's word, if there is
    one."""
    if incident.commander_id is not None and asking.user_id:
        needs_commander(incident, asking, "merge it into another")
    return _into(incident, verb.into, "into", True, asking, saying)


def _into(incident: Incident, other: str, field: str, merged: bool, asking: Asking, saying: Saying) -> Incident:
    if other == incident.id:
        raise Invalid("That is this incident.", field=field, hint="Name the one that stands.")
    phase = dict(asking.others).get(other)
    if phase is None:
        raise Invalid("There is no such incident.", field=field, hint="Name the one that stands, like INC-12.")
    if phase in (Phase.DECLINED, Phase.DUPLICATE):
        raise Conflict(
            f"The other incident is {phase} itself.", field=field, hint="Name the one that stands, or reopen it."
        )
    saying.record(IncidentDuplicated(of=other, merged=merged))
    people = engagement.responders(incident)
    related = incident.related_ids if other in incident.related_ids else (*incident.related_ids, other)
    incident = replace(incident, duplicate_of=other, related_ids=related)
    saying.effects.append(Effect(EffectKind.MERGED, users=people, before=incident.id, after=other))
    words = (
        f"merged {incident.reference} into {other}"
        if merged
        else f"marked {incident.reference} as a duplicate of {other}"
    )
    return _over(incident, Phase.DUPLICATE, words, asking, saying)


def mitigate(incident: Incident, verb: verbs.Mitigate, asking: Asking, saying: Saying) -> Incident:
    """Mitigate: customer impact has stopped. Starts the stability window."""
    needs_commander(incident, asking, "say that it is mitigated")
    if incident.severity is None:
        raise Conflict(
            "The severity is not set.", field="severity", hint="Set it first (set_severity): duties follow from it."
        )
    if not incident.impact.strip():
        raise Conflict(
            "The impact is not written down.", field="impact",
            hint="Say first who was affected and how (edit, impact): “A third of searches timed out”.",
        )  # fmt: skip
    at = not_ahead(verb.at, asking)
    note = verb.note.strip()
    saying.record(IncidentMitigated(remedy=verb.remedy, note=note), at if verb.at is not None else None)
    incident = marked(incident, MilestoneName.MITIGATED, at, asking)
    incident = replace(incident, remedy=verb.remedy, remedy_note=note, stable_since=at)
    words = f"{incident.reference} is mitigated ({verb.remedy.replace('_', ' ')})"
    return _moved(incident, Phase.MITIGATED, words, asking, saying)


def resolve(incident: Incident, verb: verbs.Resolve, asking: Asking, saying: Saying) -> Incident:
    """Resolve: normal, and verified; or ``skip`` says why what remains of the verification is skipped."""
    needs_commander(incident, asking, "say that it is resolved")
    all_clear = verb.all_clear.strip()
    if not all_clear:
        raise Invalid(
            "The all-clear is empty.", field="all_clear",
            hint="Say that it has recovered, and what lingers or was lost, or that nothing does.",
        )  # fmt: skip
    remaining = verification.remaining(incident, asking, all_clear)
    skipped: tuple[str, ...] = tuple(one.what for one in remaining.parts)
    reason = verb.skip.strip()
    if skipped and not reason:
        raise Conflict(
            f"Not verified yet: {'; '.join(one.words for one in remaining.parts)}.",
            field="skip", hint="Wait for it, or give a reason to skip it, which goes into the postmortem.",
        )  # fmt: skip
    if skipped:
        reason = needs_reason(reason, field="skip", what="Skipping a part of the verification")
        saying.warn("Skipped: " + "; ".join(one.words for one in remaining.parts) + ".")
    new = tuple(Skipped(what=what, reason=reason, by=asking.by, at=asking.now) for what in skipped)
    saying.record(IncidentResolved(all_clear=all_clear, skipped=list(skipped), reason=reason if skipped else ""))
    incident = marked(incident, MilestoneName.RESOLVED, asking.now, asking)
    incident = replace(
        incident,
        all_clear=all_clear,
        all_clear_at=asking.now,
        skipped=(*incident.skipped, *new),
        commandless_since=None,
    )
    return _moved(incident, Phase.RESOLVED, f"All clear: {incident.reference} is resolved. {all_clear}", asking, saying)


def start_postmortem(incident: Incident, verb: verbs.StartPostmortem, asking: Asking, saying: Saying) -> Incident:
    """StartPostmortem: by policy (the house) or by the commander, who names the owner."""
    if asking.user_id:
        needs_commander(incident, asking, "start the postmortem")
    owner = needs_person(verb.owner_id, asking, "owner_id")
    saying.record(PostmortemBegun(owner_id=owner))
    text = f"You own the postmortem of {incident.reference}."
    saying.effects.append(Effect(EffectKind.NUDGE, users=(owner,), text=text))
    incident = replace(incident, postmortem_owner_id=owner)
    return _moved(incident, Phase.POSTMORTEM, f"{owner} writes the postmortem of {incident.reference}", asking, saying)


def skip_postmortem(incident: Incident, verb: verbs.SkipPostmortem, asking: Asking, saying: Saying) -> Incident:
    """SkipPostmortem: where the worst severity it had makes it optional, else with the permission to waive it."""
    needs_commander(incident, asking, "skip the postmortem")
    reason = needs_reason(verb.reason, least=1, what="Skipping the postmortem")
    level = asking.scale.level(incident.peak or incident.severity)
    required = level.postmortem == "required"
    if required and not asking.may_waive:
        raise Forbidden(
            f"{incident.reference} was {level.severity}: it needs a postmortem.",
            field="verb", hint="Start it (start_postmortem), or ask somebody who may waive it.",
        )  # fmt: skip
    saying.record(PostmortemSkipped(reason=reason, waived=required))
    return _moved(incident, Phase.FOLLOW_UP, f"{incident.reference} goes without a postmortem", asking, saying)


def complete_postmortem(incident: Incident, verb: verbs.CompletePostmortem, asking: Asking, saying: Saying) -> Incident:
    """CompletePostmortem: told by its workflow, or by its owner."""
    _needs_owner(incident, asking, "say that the postmortem is done")
    saying.record(PostmortemCompleted())
    return _moved(incident, Phase.FOLLOW_UP, f"The postmortem of {incident.reference} is done", asking, saying)


def close(incident: Incident, verb: verbs.Close, asking: Asking, saying: Saying) -> Incident:
    """Close: by the owner or a workflow; the commander's where nobody owns a postmortem."""
    _needs_owner(incident, asking, "close it")
    saying.record(IncidentClosed(reason=verb.reason.strip()))
    return _over(incident, Phase.CLOSED, f"closed {incident.reference}", asking, saying)


def _needs_owner(incident: Incident, asking: Asking, what: str) -> None:
    owner = incident.postmortem_owner_id
    if not asking.user_id or asking.user_id == owner or asking.is_admin:
        return
    if owner is None:
        needs_commander(incident, asking, what)
        return
    raise Forbidden(f"Only {owner}, who owns its postmortem, may {what}.", field="verb", hint=f"Ask {owner}.")


def reopen(incident: Incident, verb: verbs.Reopen, asking: Asking, saying: Saying) -> Incident:
    """Reopen: the response begins again. What was verified must be verified anew, and later milestones come again."""
    reason = needs_reason(verb.reason, what="Reopening")
    before, after = incident.phase, MOVES["reopen"][incident.phase]
    saying.record(IncidentReopened(before=before, after=after, reason=reason))
    mitigated = incident.milestone(MilestoneName.MITIGATED, incident.occurrence)
    if after == Phase.RESPONDING or mitigated is not None:
        incident = replace(incident, reopened_at=(*incident.reopened_at, asking.now))
    incident = replace(
        incident,
        remedy=None,
        remedy_note="",
        stable_since=None,
        all_clear="",
        all_clear_at=None,
        criteria=tuple(replace(c, ticked_by=None, ticked_at=None, value="") for c in incident.criteria),
        decline_reason=None,
        duplicate_of=None,
        signed_off="",
        closed_at=None,
        check=None,
        size_up_nudged_at=None,
    )
    words = f"{asking.by} reopened {incident.reference}: {reason}"
    incident = _moved(incident, after, words, asking, saying)
    return command.commandless(incident, asking) if incident.commander_id is None else incident


def _over(incident: Incident, phase: Phase, words: str, asking: Asking, saying: Saying) -> Incident:
    """Nobody works on it any more: everybody is let go, no offer or override is left open."""
    incident = command.withdrawn_offers(incident, f"{incident.reference} is {phase}.")
    overrides = tuple(replace(o, ended_at=o.ended_at or asking.now) for o in incident.overrides)
    incident = replace(incident, overrides=overrides, closed_at=asking.now, commandless_since=None, check=None)
    after = _moved(incident, phase, f"{asking.by} {words}", asking, saying)
    return engagement.left(after, None, None, asking)


def _moved(incident: Incident, phase: Phase, words: str, asking: Asking, saying: Saying) -> Incident:
    people = tuple(one for one in engagement.responders(incident) if one != asking.user_id)
    saying.effects += (
        Effect(EffectKind.PHASE_CHANGED, before=incident.phase, after=phase),
        Effect(EffectKind.ANNOUNCE, text=words),
        Effect(EffectKind.NUDGE, users=people, text=words),
    )
    return replace(incident, phase=phase)


HANDLERS: Mapping[type[Verb], Callable[[Incident, Any, Asking, Saying], Incident]] = {
    verbs.Engage: engage,
    verbs.Decline: decline,
    verbs.MarkDuplicate: mark_duplicate,
    verbs.Merge: merge,
    verbs.Mitigate: mitigate,
    verbs.Resolve: resolve,
    verbs.StartPostmortem: start_postmortem,
    verbs.SkipPostmortem: skip_postmortem,
    verbs.CompletePostmortem: complete_postmortem,
    verbs.Close: close,
    verbs.Reopen: reopen,
}
