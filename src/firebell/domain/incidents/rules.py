"""What may be asked of an incident, and what becomes of it. Pure: ``now`` is in :class:`Asking`.

``apply`` lets time pass up to now, checks that the phase allows the verb, and hands over to the file the verb lives in.
A refusal leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import (
    clocks,
    command,
    hand_off,
    learning,
    overrides,
    phases,
    record,
    response,
    roles,
    severity,
)
from firebell.domain.incidents.beginning import begin
from firebell.domain.incidents.clocks import due_at
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.legal import check_phase, legal
from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Outcome, Saying
from firebell.domain.incidents.phases import MOVES
from firebell.domain.incidents.verbs import Verb

__all__ = ["HANDLERS", "MOVES", "apply", "declare", "due_at", "legal"]

HANDLERS: Mapping[type[Verb], Callable[[Incident, Any, Asking, Saying], Incident]] = {
    **phases.HANDLERS,
    **severity.HANDLERS,
    **command.HANDLERS,
    **hand_off.HANDLERS,
    **roles.HANDLERS,
    **overrides.HANDLERS,
    **response.HANDLERS,
    **record.HANDLERS,
    **learning.HANDLERS,
    **clocks.HANDLERS,
}
"""Every verb, and the function that decides on it."""

_FOR_PEOPLE = frozenset(
    {EffectKind.NUDGE, EffectKind.PAGE_PEOPLE, EffectKind.PAGE_ROLE, EffectKind.PAGE_COMMANDER, EffectKind.ANNOUNCE}
)


def apply(incident: Incident, verb: Verb, asking: Asking) -> Outcome:
    """What the verb makes of the incident: the very input when there was nothing to do.

    Raises Conflict (the phase, somebody else, a rule of command), Invalid (a field), Forbidden (who may), NotFound.
    """
    saying = Saying()
    check_phase(incident, str(verb.__struct_config__.tag))
    after = clocks.tick(incident, asking, saying)
    after = command.answered(after, asking, saying)
    after = HANDLERS[type(verb)](after, verb, asking, saying)
    # Again: a verb may have made something due at once, as raising does with a clock that has run for long.
    after = clocks.tick(after, asking, saying)
    return _result(after, asking, saying)


def declare(new: Declaration, asking: Asking, *, id: str, number: int) -> Outcome:  # noqa: A002 - the field's name
    """A new incident in triage, its clocks running. Raises Invalid."""
    saying = Saying()
    return _result(begin(new, asking, saying, incident_id=id, number=number), asking, saying)


def _result(incident: Incident, asking: Asking, saying: Saying) -> Outcome:
    due = due_at(incident, asking)
    if due != incident.due_at:
        incident = replace(incident, due_at=due)
    if incident.kind == Kind.BACKFILLED:
        saying.effects = [one for one in saying.effects if _is_heard(one)]
    saying.effects = [one for one in saying.effects if one.kind != EffectKind.NUDGE or one.users]
    return saying.result(incident)


def _is_heard(effect: Effect) -> bool:
    """What was entered afterwards tells nobody anything."""
    return effect.kind not in _FOR_PEOPLE
