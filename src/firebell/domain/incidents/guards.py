"""Refusals that many verbs share, in words a tired person understands.

People are named by their ids; whoever shows a refusal puts the names in.
"""

from __future__ import annotations

from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.outcome import Asking
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid

REASON_MIN = 10
AHEAD_MAX_S = 60
"""How far ahead of the house's clock an event may be said to have happened (incidents.md 5)."""


def commands(incident: Incident, asking: Asking) -> bool:
    """Whether whoever asks is the incident's commander."""
    return bool(asking.user_id) and incident.commander_id == asking.user_id


def needs_commander(incident: Incident, asking: Asking, what: str) -> None:
    """Only the commander may ``what`` ("say that it is mitigated"); Conflict where nobody commands."""
    if commands(incident, asking):
        return
    holder = incident.commander_id
    if holder is None:
        raise Conflict(
            f"Only the Incident Commander may {what}, and nobody commands {incident.reference}.",
            field="verb", hint="Take command first (take_command).",
        )  # fmt: skip
    raise Forbidden(
        f"Only the Incident Commander may {what}: {holder} commands {incident.reference}.",
        field="verb", hint=f"Ask {holder}, or take over by a hand-off.",
    )  # fmt: skip


def needs_reason(reason: str, *, least: int = REASON_MIN, field: str = "reason", what: str = "This") -> str:
    """The reason without the blanks around it; Invalid when it is shorter than ``least`` characters (a run of blanks is
    one)."""
    reason = reason.strip()
    if len(" ".join(reason.split())) >= least:
        return reason
    said = f"of at least {least} characters" if least > 1 else "in a few words"
    raise Invalid(f"{what} needs a reason {said}.", field=field, hint="It is read again in the postmortem.")


def needs_person(user_id: str, asking: Asking, field: str = "user_id") -> str:
    """The id of somebody with an active account, or Invalid."""
    user_id = user_id.strip()
    if not user_id:
        raise Invalid("Name one person.", field=field, hint="A team or “someone” does nothing.")
    if asking.active_ids is not None and user_id not in asking.active_ids:
        raise Invalid(f"{user_id} has no active account.", field=field, hint="Choose somebody else.")
    return user_id


def not_ahead(at: Instant | None, asking: Asking, field: str = "at") -> Instant:
    """``at`` (now when not given), refused when it lies more than a minute ahead."""
    if at is None:
        return asking.now
    if at > plus(asking.now, AHEAD_MAX_S):
        raise Invalid("That is in the future.", field=field, hint="Say when it happened, not when it will.")
    return at
