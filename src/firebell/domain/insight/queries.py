"""What people have said about the digest, and what of it is due."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.insight import store
from firebell.domain.insight.model import DigestLetter
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read


def my_choices(read: Read) -> Mapping[str, bool]:
    """What the actor has said, by scope."""
    read.needs(Permission.INCIDENTS_VIEW)
    return store.choices_of(read, read.actor.id)


def choices(read: Read) -> Mapping[str, Mapping[str, bool]]:
    """What everybody has said, by person and scope: for the workflow that writes to them."""
    return store.all_choices(read)


def choices_of(read: Read, user_id: str) -> Mapping[str, bool]:
    """What one person has said: for the workflow that writes to them."""
    return store.choices_of(read, user_id)


def next_round(read: Read) -> Instant | None:
    """When the next round of letters is due; ``None`` while none has ever been begun."""
    return store.next_due(read)


def next_letter(read: Read) -> Instant | None:
    """When the next letter is to be written."""
    return store.next_letter(read)


def due_letters(read: Read, limit: int) -> list[DigestLetter]:
    """Letters to be written now."""
    return store.due_letters(read, limit)
