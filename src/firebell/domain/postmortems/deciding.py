"""What may be asked of a postmortem, and what becomes of it. Pure: ``now`` is in :class:`Asking`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firebell.domain.postmortems import acting, process, redrafting, speaking, verbs, writing
from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.model import Postmortem, State
from firebell.domain.postmortems.outcome import Asking, Outcome, Saying
from firebell.domain.postmortems.rules import moves_from
from firebell.kernel.errors import Conflict

HANDLERS: Mapping[type[verbs.Verb], Callable[[Postmortem, Any, Asking, Saying], Postmortem]] = {
    **process.HANDLERS,
    **writing.HANDLERS,
    **acting.HANDLERS,
    **redrafting.HANDLERS,
    **speaking.HANDLERS,
}
"""Every verb but those about the verdict, and the function that decides on it."""

_TALK = (verbs.AddComment, verbs.ResolveComment)


def apply(one: Postmortem, verb: verbs.Verb, asking: Asking) -> Outcome:
    """What the verb makes of the postmortem: the very input when there was nothing to do.

    Raises Conflict (its state), Changed (somebody else wrote there), Invalid (a field), Forbidden (who may), NotFound.
    """
    if one.skipped_at is not None and not isinstance(verb, _TALK):
        raise Conflict(
            "It was decided to do without this postmortem.", field="verb", hint="Reopen the incident to write it."
        )
    saying = Saying()
    after = HANDLERS[type(verb)](one, verb, asking, saying)
    return Outcome(after, saying)


def possible(one: Postmortem, user_id: str, named: int = 0) -> tuple[str, ...]:
    """The moves of its state that this person may try: what buttons are drawn from. Some may still be refused for what
    the document lacks."""
    if one.skipped_at is not None:
        return ()
    verbs_ = moves_from(one.state)
    return tuple(verb for verb in verbs_ if verb != "approve" or user_id != one.owner_id)


def promises_open(one: Postmortem) -> int:
    """Committed action items that are not done, whether waived or not."""
    return sum(item.state is ActionState.COMMITTED for item in one.document.actions)


def is_over(one: Postmortem) -> bool:
    return one.state is State.CLOSED or one.skipped_at is not None
