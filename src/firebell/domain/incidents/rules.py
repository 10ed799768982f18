"""What may be asked of an incident, and what becomes of it. Pure: ``now`` is in :class:`Asking`.

``apply`` brings the incident's own clocks up to now, checks that the phase allows the verb, and hands over to the file
the verb lives in. A refusal leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, Phase
from firebell.domain.incidents.outcome import Asking, Outcome, Saying
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import Instant

Handler = Callable[[Incident, Verb, Asking, Saying], Incident]

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


def legal(incident: Incident, asking: Asking) -> list[str]:
    """The tags of the verbs that this phase allows and this person may say: what the page draws as buttons."""
    raise NotImplementedError


def apply(incident: Incident, verb: Verb, asking: Asking) -> Outcome:
    """What the verb makes of the incident; Conflict, Invalid or Forbidden when it is refused."""
    raise NotImplementedError


def declare(new: Declaration, asking: Asking, *, id: str, number: int) -> Outcome:  # noqa: A002 - as the contract has it
    """A new incident in triage, its clocks running."""
    raise NotImplementedError


def due_at(incident: Incident, asking: Asking) -> Instant | None:
    """The earliest deadline of all clocks of the incident, ``None`` when none runs."""
    raise NotImplementedError
