"""Trackers and mirrors as pages, the API and the workflow read them."""

from __future__ import annotations

from collections.abc import Iterable

from firebell.domain.trackers import store
from firebell.domain.trackers.model import Mirror, Tracker
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read


def trackers(read: Read) -> list[Tracker]:
    read.needs(Permission.SETTINGS_EDIT)
    return store.all_trackers(read)


def tracker(read: Read, tracker_id: str) -> Tracker:
    read.needs(Permission.SETTINGS_EDIT)
    found = store.tracker(read, tracker_id)
    if found is None:
        raise NotFound("There is no such tracker.", field="tracker_id")
    return found


def all_trackers(read: Read) -> list[Tracker]:
    """For the house."""
    return store.all_trackers(read)


def token(read: Read, tracker_id: str, keyring: Keyring) -> str:
    """For the house. Raises Unsealable."""
    return keyring.unseal(store.sealed_token(read, tracker_id), table="trackers", column="token", row_id=tracker_id)


def mirrors_of(read: Read, tracker_id: str) -> dict[str, Mirror]:
    """For the house: by action item."""
    return store.mirrors_of(read, tracker_id)


def mirrors_for(read: Read, action_ids: Iterable[str]) -> dict[str, Mirror]:
    """Where items are mirrored. Whoever may see an item may see this of it."""
    found = ((one, store.mirror(read, one)) for one in action_ids)
    return {one: mirror for one, mirror in found if mirror is not None and mirror.key}


def next_due(read: Read) -> Instant | None:
    return store.next_due(read)
