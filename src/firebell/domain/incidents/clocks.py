"""The clocks that run by themselves: nobody commands, an offer, an override, too long in command; and the response's.

``tick`` does whatever is due and returns its input when nothing is; ``due_at`` says when it is to be called next.
Incidents that were entered afterwards have no clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement, hand_off, overrides, response, response_time
from firebell.domain.incidents.facts import CommandMissed
from firebell.domain.incidents.model import Incident, Kind, Severity
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.verbs import Tick, Verb
from firebell.kernel.clock import Instant, plus


@dataclass(frozen=True, slots=True)
class Rung:
    """After ``after_s`` without a commander: everybody at work is nudged, or (``page``) the commander policy starts."""

    after_s: int
    page: bool


_URGENT = (Rung(120, False), Rung(300, True))
COMMANDLESS: Mapping[Severity, tuple[Rung, ...]] = {
    Severity.SEV1: _URGENT,
    Severity.SEV2: _URGENT,
    Severity.SEV3: (Rung(1800, False),),
    Severity.SEV4: (),
}
"""The rungs of the commandless clock (incidents.md 3); unset counts as SEV2."""


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Everything that is due by now has happened."""
    if incident.kind == Kind.BACKFILLED:
        return incident
    incident = overrides.tick(incident, asking, saying)
    incident = hand_off.tick(incident, asking, saying)
    incident = _commandless(incident, asking, saying)
    incident = response_time.tick(incident, asking, saying)
    return response.tick(incident, asking, saying)


def due_at(incident: Incident, asking: Asking) -> Instant | None:
    """The earliest deadline of all clocks, ``None`` when none runs."""
    if incident.kind == Kind.BACKFILLED:
        return None
    own = chain(overrides.deadlines(incident), hand_off.deadlines(incident), _commandless_at(incident))
    answered = response_time.deadlines(incident, asking)
    others = (one for one in (response.due_at(incident),) if one is not None)
    return min(chain(own, answered, others), default=None)


def _commandless_at(incident: Incident) -> Iterator[Instant]:
    rungs = COMMANDLESS[incident.counts_as]
    if incident.commandless_since is not None and incident.active and incident.commandless_told < len(rungs):
        yield plus(incident.commandless_since, rungs[incident.commandless_told].after_s)


def _commandless(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """One rung after the other, also when several are due at once: the severity may just have been raised."""
    while any(at <= asking.now for at in _commandless_at(incident)):
        rung = COMMANDLESS[incident.counts_as][incident.commandless_told]
        text = f"{incident.reference} has had no commander for {rung.after_s // 60} minutes: take command."
        saying.record(CommandMissed(seconds=rung.after_s, told="commander_policy" if rung.page else "engaged"))
        people = engagement.responders(incident) or _declarer(incident)
        if rung.page:
            saying.effects.append(Effect(EffectKind.PAGE_COMMANDER, text=text))
        else:
            saying.effects.append(Effect(EffectKind.NUDGE, users=people, text=text))
        incident = replace(incident, commandless_told=incident.commandless_told + 1)
    return incident


def _declarer(incident: Incident) -> tuple[str, ...]:
    """Whoever declared it, if that was a person: while nobody else is there, they are the one to tell."""
    return (incident.declared_by,) if incident.declared_by.startswith("usr_") else ()


def _nothing_more(incident: Incident, verb: Tick, asking: Asking, saying: Saying) -> Incident:
    """``rules.apply`` lets time pass before and after every verb; a Tick asks for nothing else."""
    return incident


HANDLERS: Mapping[type[Verb], Callable[[Incident, Any, Asking, Saying], Incident]] = {Tick: _nothing_more}
