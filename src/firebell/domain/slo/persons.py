"""Whose word it is: what budgets charge and what ships in spite of them is said by people, never by a token alone."""

from __future__ import annotations

from firebell.kernel.errors import Forbidden, Invalid
from firebell.kernel.text import printable
from firebell.kernel.work import Read

REASON_MAX = 1000


def named(read: Read, person_id: str | None) -> str:
    """The person who asks: oneself, or ``person_id``, whom the caller knows to be behind this token."""
    if read.actor.kind == "user":
        return read.actor.id
    if person_id is None:
        raise Forbidden("This needs a person; a token is nobody.", hint="Sign in, or use a token of your own.")
    return person_id


def reason(text: str, field: str = "reason") -> str:
    """What was given as the reason. Raises Invalid without one."""
    words = printable(text).strip()
    if not 1 <= len(words) <= REASON_MAX:
        raise Invalid("This needs a reason.", field=field, hint=f"One or two sentences, at most {REASON_MAX} letters.")
    return words
