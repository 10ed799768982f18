"""What others ask of chat. Everything here is for the house; pages ask through ``connection``."""

from __future__ import annotations

from firebell.domain.chat import store
from firebell.domain.chat.model import ChatPerson, Connection, Room
from firebell.domain.chat.store import chat_ids_of, room, room_of_channel, rooms_of, user_of
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read

__all__ = [
    "chat_ids_of", "connection", "enabled", "people", "room", "room_of_channel", "rooms", "rooms_of", "user_of",
]  # fmt: skip


def enabled(read: Read, vendor: str) -> Connection | None:
    """The connection, if it is there and switched on."""
    found = store.connection(read, vendor)
    return found if found is not None and found.enabled else None


def connection(read: Read, vendor: str) -> Connection | None:
    """For the settings page."""
    read.needs(Permission.SETTINGS_EDIT)
    return store.connection(read, vendor)


def people(read: Read, vendor: str) -> list[ChatPerson]:
    read.needs(Permission.PEOPLE_EDIT)
    return store.linked(read, vendor)


def rooms(read: Read, incident_id: str) -> list[Room]:
    """The rooms of an incident that the caller may see (the caller has checked that)."""
    return store.rooms_of(read, incident_id)
