"""Severity: raising is one click, lowering is the commander's word with a reason, and the worst it has been stays.

Unset counts as SEV2 in every rule, so setting it to SEV3 or SEV4 for the first time is lowering it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from msgspec.structs import replace

from firebell.domain.incidents import overrides, roles
from firebell.domain.incidents.facts import SeverityLowered, SeverityRaised
from firebell.domain.incidents.guards import commands, needs_commander, needs_reason
from firebell.domain.incidents.model import Incident, MilestoneName, Phase, Severity, Span
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.verbs import SetSeverity, Verb
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Forbidden

BEFORE_RESOLVED = frozenset({Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED})
MAJOR_TEAMS = 2


def raises(incident: Incident, to: Severity) -> bool:
    """Whether ``to`` is worse than what the incident counts as, or says aloud what an unset one counted as."""
    return to < incident.counts_as or (incident.severity is None and to == incident.counts_as)


def is_major(incident: Incident, teams: int = 1) -> bool:
    """SEV1 and SEV2 always; SEV3 as soon as people of two teams are engaged."""
    return incident.counts_as <= Severity.SEV2 or (incident.counts_as == Severity.SEV3 and teams >= MAJOR_TEAMS)


def begun(severity: Severity | None, at: Instant, by: str) -> tuple[Span, ...]:
    """The first span of a new incident."""
    return (Span(severity=severity, from_at=at, by=by),)


def set_severity(incident: Incident, verb: SetSeverity, asking: Asking, saying: Saying) -> Incident:
    """SetSeverity. The same severity again changes nothing."""
    if verb.to == incident.severity:
        return incident
    raising = raises(incident, verb.to)
    reason = _reason(incident, verb, raising, asking)
    before = incident.severity
    changed = replace(
        incident,
        severity=verb.to,
        peak=verb.to if incident.peak is None else min(incident.peak, verb.to),
        spans=(*incident.spans, Span(severity=verb.to, from_at=asking.now, by=asking.by, reason=reason)),
    )
    fact = SeverityRaised if raising else SeverityLowered
    saying.record(fact(before=before, after=verb.to, reason=reason))
    saying.effects += (
        Effect(EffectKind.SEVERITY_CHANGED, before=before or "", after=verb.to),
        Effect(EffectKind.ANNOUNCE, text=_words(incident, verb.to, raising, reason, asking)),
    )
    if raising:
        changed = overrides.excused(changed, asking, saying)
        roles.page_wanted(incident, changed, asking, saying)
    return changed


def _reason(incident: Incident, verb: SetSeverity, raising: bool, asking: Asking) -> str:
    if incident.phase not in BEFORE_RESOLVED:
        owner = incident.postmortem_owner_id
        if not (commands(incident, asking) or (owner and owner == asking.user_id)):
            asked = incident.commander_id or owner
            raise Forbidden(
                f"{incident.reference} is {incident.phase}: only its commander or the postmortem's owner changes the "
                "severity now.",
                field="to", hint=f"Ask {asked}." if asked else "Take command first.",
            )  # fmt: skip
        return needs_reason(verb.reason, what="Changing the severity after the resolution")
    if raising or _first_judgement(incident):
        return verb.reason.strip()
    counted = "" if incident.severity else " (unset counts as SEV2)"
    needs_commander(incident, asking, f"lower the severity to {verb.to}{counted}")
    return needs_reason(verb.reason, what=f"Lowering the severity to {verb.to}{counted}")


def _first_judgement(incident: Incident) -> bool:
    """Nobody has judged it yet and nobody commands: triage is where whoever came first says how bad it is."""
    return incident.severity is None and incident.commander_id is None


def _words(incident: Incident, to: Severity, raising: bool, reason: str, asking: Asking) -> str:
    level = asking.scale.level(to)
    why = f": {reason}" if reason else ""
    verb = "judged" if incident.severity is None else "raised" if raising else "lowered"
    before = f" from {incident.severity}" if incident.severity else ""
    return f"{asking.by} {verb} {incident.reference}{before} to {to}{why}. {level.response}."


def seconds_in_each(incident: Incident, now: Instant) -> Mapping[Severity | None, int]:
    """Seconds in each severity (``None``: unset) from the declaration to the mitigation, or to ``now``.

    Once reopened, the time from there to the next mitigation counts as well; what lies between does not.
    """
    seconds: dict[Severity | None, int] = {}
    for began, ended in _impact(incident, now):
        for index, span in enumerate(incident.spans):
            following = incident.spans[index + 1].from_at if index + 1 < len(incident.spans) else ended
            share = min(micros(following), micros(ended)) - max(micros(span.from_at), micros(began))
            if share > 0:
                seconds[span.severity] = seconds.get(span.severity, 0) + share // 1_000_000
    return seconds


def minutes_in_each(incident: Incident, now: Instant) -> Mapping[Severity | None, int]:
    """Whole minutes in each severity, see :func:`seconds_in_each`."""
    return {severity: seconds // 60 for severity, seconds in seconds_in_each(incident, now).items()}


def _impact(incident: Incident, now: Instant) -> list[tuple[Instant, Instant]]:
    """The stretches in which severity counts: one for each time round."""
    end = incident.closed_at or now
    stretches = []
    for occurrence, began in enumerate((incident.declared_at, *incident.reopened_at), start=1):
        mitigated = incident.milestone(MilestoneName.MITIGATED, occurrence)
        stretches.append((began, mitigated.at if mitigated is not None and mitigated.at is not None else end))
    return stretches


def _handler(incident: Incident, verb: Verb, asking: Asking, saying: Saying) -> Incident:
    return set_severity(incident, cast("SetSeverity", verb), asking, saying)


HANDLERS: Mapping[type[Verb], Callable[[Incident, Verb, Asking, Saying], Incident]] = {SetSeverity: _handler}
