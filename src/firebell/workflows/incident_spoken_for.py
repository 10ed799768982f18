"""For whom a client speaks when it asks something of an incident: command, tasks and roles belong to people."""

from __future__ import annotations

from firebell.domain.people import tokens
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Forbidden
from firebell.kernel.work import Read


def person(read: Read, wanted: str | None) -> str | None:
    """The person behind this request: oneself, the owner of a personal token, or whom a token that may edit people
    names (``wanted``). ``None``: nobody in particular. Raises Forbidden."""
    actor = read.actor
    own = actor.id if actor.kind == "user" else None
    if actor.kind == "token":
        own = tokens.owner(read, actor.id)
    if wanted is None or wanted == own:
        return own
    if own is None and actor.may(Permission.PEOPLE_EDIT):
        return wanted
    raise Forbidden(
        "You cannot speak for somebody else.", field="as",
        hint="Use that person's own token, or an installation's token with the permission people.edit.",
    )  # fmt: skip
