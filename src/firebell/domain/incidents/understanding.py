"""What is known: size-ups, hypotheses (those eliminated stay in sight), and the criteria by which it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents.asked import maybe, needs_lead, needs_no_observer, nudge, watcher, words
from firebell.domain.incidents.guards import needs_commander, needs_reason
from firebell.domain.incidents.model import (
    Criterion,
    Hypothesis,
    Incident,
    Kind,
    Phase,
    Severity,
    SizeUp,
    Skipped,
)
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.response_facts import (
    CriterionAdded,
    CriterionRemoved,
    CriterionTicked,
    CriterionUnticked,
    HypothesisEliminated,
    HypothesisSuggested,
    SizeUpGiven,
    SizeUpMissed,
)
from firebell.domain.incidents.verbs import (
    AddCriterion,
    AddSizeUp,
    EliminateHypothesis,
    RemoveCriterion,
    SuggestHypothesis,
    TickCriterion,
    UntickCriterion,
    Verb,
)
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Forbidden, Invalid, NotFound

SIZE_UP_EVERY_S = 15 * 60
CONFIDENCE = ("low", "medium", "high")
SOURCES = ("commander", "service", "runbook")


def size_up(incident: Incident, verb: AddSizeUp, asking: Asking, saying: Saying) -> Incident:
    """AddSizeUp: what is wrong, how far it reaches, where it is going."""
    needs_no_observer(incident, asking)
    if verb.confidence not in CONFIDENCE:
        raise Invalid("Confidence is low, medium or high.", field="confidence")
    new = SizeUp(
        wrong=words(verb.wrong, "wrong", what="What is wrong"), scope=maybe(verb.scope, "scope"), trend=verb.trend,
        confidence=verb.confidence, by=asking.by, at=asking.now,
    )  # fmt: skip
    saying.record(SizeUpGiven(wrong=new.wrong, scope=new.scope, trend=new.trend, confidence=new.confidence))
    return replace(incident, size_ups=(*incident.size_ups, new), size_up_nudged_at=None)


def size_up_due(incident: Incident) -> Instant | None:
    """When somebody is asked to size it up: 15 minutes after the last time, at SEV1 and SEV2 until mitigation."""
    runs = incident.phase in (Phase.TRIAGE, Phase.RESPONDING) and incident.kind is not Kind.BACKFILLED
    if not runs or incident.counts_as > Severity.SEV2:
        return None
    sized = incident.size_ups[-1].at if incident.size_ups else incident.declared_at
    since = max(sized, incident.size_up_nudged_at or sized, *incident.reopened_at[-1:])
    return plus(since, SIZE_UP_EVERY_S)


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Whoever watches the clocks is asked for a size-up, every 15 minutes without one."""
    due = size_up_due(incident)
    if due is None or due > asking.now:
        return incident
    told = watcher(incident)
    saying.record(SizeUpMissed(minutes=SIZE_UP_EVERY_S // 60, told=list(told)))
    nudge(saying, told, f"{incident.reference}: 15 min without a size-up. What is wrong, how far, which way?", asking)
    return replace(incident, size_up_nudged_at=asking.now)


# ---- hypotheses


def suggest(incident: Incident, verb: SuggestHypothesis, asking: Asking, saying: Saying) -> Incident:
    """SuggestHypothesis."""
    needs_no_observer(incident, asking)
    new = Hypothesis(
        id=asking.new_id("hyp"), text=words(verb.text, "text", what="A hypothesis"),
        evidence=maybe(verb.evidence, "evidence"), by=asking.by, at=asking.now,
    )  # fmt: skip
    saying.record(HypothesisSuggested(hypothesis_id=new.id, text=new.text, evidence=new.evidence))
    saying.made = new.id
    return replace(incident, hypotheses=(*incident.hypotheses, new))


def eliminate(incident: Incident, verb: EliminateHypothesis, asking: Asking, saying: Saying) -> Incident:
    """EliminateHypothesis: with what speaks against it, so that nobody tries it again."""
    needs_no_observer(incident, asking)
    found = next((one for one in incident.hypotheses if one.id == verb.hypothesis), None)
    if found is None:
        raise NotFound("There is no such hypothesis.", field="hypothesis")
    if found.eliminated_at is not None:
        return incident
    against = words(verb.evidence, "evidence", what="What speaks against it")
    saying.record(HypothesisEliminated(hypothesis_id=found.id, text=found.text, evidence=against))
    gone = replace(found, eliminated_by=asking.by, eliminated_at=asking.now, against=against)
    return replace(incident, hypotheses=tuple(gone if one.id == found.id else one for one in incident.hypotheses))


# ---- exit criteria


def restarted(incident: Incident, asking: Asking) -> Incident:
    """Its stability window begins anew, if it runs."""
    return replace(incident, stable_since=asking.now) if incident.phase is Phase.MITIGATED else incident


def add_criterion(incident: Incident, verb: AddCriterion, asking: Asking, saying: Saying) -> Incident:
    """AddCriterion. The same words twice are one criterion."""
    needs_no_observer(incident, asking)
    if verb.source not in SOURCES:
        raise Invalid("A criterion comes from the commander, a service or a runbook.", field="source")
    text = words(verb.text, "text", what="A criterion")
    if any(one.text == text for one in incident.criteria):
        return incident
    if verb.source == "commander":
        needs_lead(incident, asking, "set exit criteria")
    new = Criterion(id=asking.new_id("cri"), text=text, source=verb.source)
    saying.record(CriterionAdded(criterion_id=new.id, text=text, source=new.source))
    saying.made = new.id
    return replace(incident, criteria=(*incident.criteria, new))


def tick_criterion(incident: Incident, verb: TickCriterion, asking: Asking, saying: Saying) -> Incident:
    """TickCriterion: by a person, with the reading or a link to it. Ticking again notes the newer reading."""
    needs_no_observer(incident, asking)
    found = _criterion(incident, verb.criterion)
    if not asking.user_id:
        raise Forbidden("A criterion is ticked by a person.", field="criterion")
    value = words(verb.value, "value", what="The reading")
    if found.ticked_at is not None and found.value == value:
        return incident
    saying.record(CriterionTicked(criterion_id=found.id, text=found.text, value=value))
    return _with(incident, found, ticked_by=asking.by, ticked_at=asking.now, value=value)


def untick_criterion(incident: Incident, verb: UntickCriterion, asking: Asking, saying: Saying) -> Incident:
    """UntickCriterion: it no longer holds, so the stability window begins anew."""
    needs_no_observer(incident, asking)
    found = _criterion(incident, verb.criterion)
    if found.ticked_at is None:
        return incident
    restarts = incident.phase is Phase.MITIGATED
    saying.record(
        CriterionUnticked(
            criterion_id=found.id, text=found.text, reason=maybe(verb.reason, "reason"), restarted=restarts
        )
    )
    return restarted(_with(incident, found, ticked_by=None, ticked_at=None, value=""), asking)


def remove_criterion(incident: Incident, verb: RemoveCriterion, asking: Asking, saying: Saying) -> Incident:
    """RemoveCriterion: by the commander. One not ticked is a part of the verification skipped, and listed as such."""
    found = _criterion(incident, verb.criterion)
    needs_commander(incident, asking, "remove an exit criterion")
    reason = needs_reason(verb.reason, what="Removing an exit criterion")
    saying.record(CriterionRemoved(criterion_id=found.id, text=found.text, reason=reason))
    skipped = Skipped(what=f"criterion removed: {found.text}", reason=reason, by=asking.by, at=asking.now)
    return replace(
        incident,
        criteria=tuple(one for one in incident.criteria if one.id != found.id),
        skipped=incident.skipped if found.ticked_at is not None else (*incident.skipped, skipped),
    )


def _criterion(incident: Incident, criterion_id: str) -> Criterion:
    found = next((one for one in incident.criteria if one.id == criterion_id), None)
    if found is None:
        raise NotFound("There is no such criterion.", field="criterion")
    return found


def _with(incident: Incident, criterion: Criterion, **changed: Any) -> Incident:
    return replace(
        incident,
        criteria=tuple(replace(one, **changed) if one.id == criterion.id else one for one in incident.criteria),
    )


HANDLERS: Mapping[type[Verb], Any] = {
    AddSizeUp: size_up,
    SuggestHypothesis: suggest,
    EliminateHypothesis: eliminate,
    AddCriterion: add_criterion,
    TickCriterion: tick_criterion,
    UntickCriterion: untick_criterion,
    RemoveCriterion: remove_criterion,
}
