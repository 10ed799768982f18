"""How soon a human must have answered: the response time of the severity (incidents.md 1), and what a miss does.

Response times on the business calendar are shown and never escalated: nobody is to be woken for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from firebell.domain.incidents.model import Incident, Kind, MilestoneName, Phase, Scale, Severity
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.kernel.clock import Instant, micros, plus

_AWAITED = frozenset({Phase.TRIAGE, Phase.RESPONDING})


def target(incident: Incident, scale: Scale) -> tuple[Instant, Severity] | None:
    """By when somebody must have acknowledged, and the severity that says so; ``None`` when no clock runs.

    Every severity it has had counts from the moment it had it, and the earliest of them stands: raising starts a
    shorter time, lowering takes nothing back. A severity that was missed already is not missed again.
    """
    if incident.phase not in _AWAITED or incident.kind is Kind.BACKFILLED or _answered(incident):
        return None
    found = []
    for span in incident.spans:
        level = scale.level(span.severity)
        told = incident.response_missed is not None and level.severity >= incident.response_missed
        if level.calendar == "24x7" and not told:
            found.append((micros(span.from_at) + level.respond_s * 1_000_000, level))
    if not found:
        return None
    due_us, level = min(found, key=lambda pair: pair[0])
    return plus(incident.declared_at, (due_us - micros(incident.declared_at)) / 1e6), level.severity


def deadlines(incident: Incident, asking: Asking) -> Iterator[Instant]:
    """When this clock runs out, if it runs."""
    found = target(incident, asking.scale)
    if found is not None:
        yield found[0]


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Nobody has acknowledged in time: those who escalate are told, once for each severity."""
    found = target(incident, asking.scale)
    if found is None or found[0] > asking.now:
        return incident
    _, severity = found
    saying.effects.append(Effect(EffectKind.RESPONSE_MISSED, after=severity))
    missed = min(severity, incident.response_missed or severity)
    return replace(incident, response_missed=missed)


def _answered(incident: Incident) -> bool:
    return incident.milestone(MilestoneName.ACKNOWLEDGED) is not None
