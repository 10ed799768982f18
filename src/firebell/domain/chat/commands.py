"""Connect a chat, say who is who there, and note the rooms incidents have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.domain.chat import store
from firebell.domain.chat.model import (
    VENDORS,
    ChatConnected,
    ChatDisconnected,
    ChatPerson,
    ChatPersonLinked,
    Connection,
    Room,
    RoomFailed,
    RoomOpened,
)
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Invalid, NotFound
from firebell.kernel.work import Work

TOPIC = "chat"


def connect(
    work: Work, vendor: str, settings: Mapping[str, Any], *, enabled: bool = True, expected: int | None = None
) -> Connection:
    """Set how the installation talks to a vendor; ``settings`` come with their secrets sealed."""
    work.needs(Permission.SETTINGS_EDIT)
    if vendor not in VENDORS:
        raise Invalid(f"There is no chat called {vendor[:40]}.", field="vendor", hint=f"One of: {', '.join(VENDORS)}.")
    before = store.connection(work, vendor)
    if expected is not None and expected != (before.version if before else 0):
        raise Changed("This has been edited meanwhile.", hint="Load it again and repeat your change.")
    kept = before.settings if before else {}
    changed = sorted(name for name in {*settings, *kept} if settings.get(name) != kept.get(name))
    after = Connection(
        vendor=vendor, settings=dict(settings), enabled=enabled, version=(before.version if before else 0) + 1
    )
    store.save_connection(work, after)
    work.record("installation", ChatConnected(vendor=vendor, changed=changed))
    work.publish(TOPIC)
    return after


def disconnect(work: Work, vendor: str) -> None:
    work.needs(Permission.SETTINGS_EDIT)
    if not store.remove_connection(work, vendor):
        raise NotFound("That chat is not connected.", field="vendor")
    work.record("installation", ChatDisconnected(vendor=vendor))
    work.publish(TOPIC)


def note_answer(work: Work, vendor: str, works: bool, said: str) -> None:
    """What the vendor last answered, for the settings page; written only when it has changed."""
    before = store.connection(work, vendor)
    if before is not None and (before.works, before.said) != (works, said):
        store.note_answer(work, vendor, works, said[:500])
        work.publish(TOPIC)


def link_person(work: Work, vendor: str, chat_id: str, user_id: str, how: str) -> None:
    """From now on what ``chat_id`` says there is said by ``user_id``. By hand: an administrator."""
    work.needs(Permission.PEOPLE_EDIT)
    store.link(work, ChatPerson(vendor=vendor, chat_id=chat_id, user_id=user_id, how=how, linked_at=work.now))
    work.record(user_id, ChatPersonLinked(vendor=vendor, user_id=user_id, how=how))


def unlink_person(work: Work, vendor: str, chat_id: str) -> None:
    work.needs(Permission.PEOPLE_EDIT)
    if not store.unlink(work, vendor, chat_id):
        raise NotFound("Nobody is linked to that.", field="chat_id")


def note_room(work: Work, incident_id: str, vendor: str, *, channel_id: str, name: str, card_ts: str) -> None:
    """The vendor has made the room of an incident. Told by the workflow that asked for it."""
    new = Room(
        incident_id=incident_id, vendor=vendor, channel_id=channel_id, name=name, card_ts=card_ts, opened_at=work.now
    )
    if store.add_room(work, new):
        work.record(incident_id, RoomOpened(vendor=vendor, name=name))
        work.publish(incident_id)


def note_no_room(work: Work, incident_id: str, vendor: str, reply: str) -> None:
    work.record(incident_id, RoomFailed(vendor=vendor, reply=reply[:300]))
    work.publish(incident_id)


def leave_room(work: Work, incident_id: str, vendor: str) -> Room | None:
    """The incident has this room no more; returns it, if there was one."""
    found = store.room(work, incident_id, vendor)
    if found is not None:
        store.remove_room(work, incident_id, vendor)
        work.publish(incident_id)
    return found
