"""Tables of chat connections, people and rooms."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, delete, select, update

from firebell.domain.chat.model import ChatPerson, Connection, Room
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

connections = Table(
    "chat_connections",
    metadata,
    Column("vendor", String, primary_key=True),
    Column("settings", Doc, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("works", Boolean),
    Column("said", Text, nullable=False),
    Column("said_at", InstantType),
    Column("version", Integer, nullable=False),
)

people = Table(
    "chat_people",
    metadata,
    Column("vendor", String, primary_key=True),
    Column("chat_id", String, primary_key=True),
    Column("user_id", String, nullable=False, index=True),
    Column("how", String, nullable=False),
    Column("linked_at", InstantType, nullable=False),
)

rooms = Table(
    "chat_rooms",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("vendor", String, primary_key=True),
    Column("channel_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("card_ts", String, nullable=False),
    Column("opened_at", InstantType, nullable=False),
)


def connection(read: Read, vendor: str) -> Connection | None:
    row = read.one(select(connections).where(connections.c.vendor == vendor))
    return Connection(**row._mapping) if row else None


def save_connection(work: Work, one: Connection) -> None:
    work.write(delete(connections).where(connections.c.vendor == one.vendor))
    work.insert_structs(connections, [one])


def remove_connection(work: Work, vendor: str) -> bool:
    return work.write(delete(connections).where(connections.c.vendor == vendor)) == 1


def note_answer(work: Work, vendor: str, works: bool, said: str) -> None:
    values = {"works": works, "said": said, "said_at": work.now}
    work.write(update(connections).where(connections.c.vendor == vendor).values(**values))


def user_of(read: Read, vendor: str, chat_id: str) -> str | None:
    query = select(people.c.user_id).where(people.c.vendor == vendor, people.c.chat_id == chat_id)
    found: str | None = read.scalar(query)
    return found


def chat_ids_of(read: Read, vendor: str, user_ids: Iterable[str]) -> dict[str, str]:
    """What people are called there, by our id; those nobody has linked are not in it."""
    query = select(people).where(people.c.vendor == vendor, people.c.user_id.in_(list(user_ids)))
    return {row.user_id: row.chat_id for row in read.all(query)}


def link(work: Work, one: ChatPerson) -> None:
    work.write(delete(people).where(people.c.vendor == one.vendor, people.c.chat_id == one.chat_id))
    work.insert_structs(people, [one])


def unlink(work: Work, vendor: str, chat_id: str) -> bool:
    return work.write(delete(people).where(people.c.vendor == vendor, people.c.chat_id == chat_id)) == 1


def linked(read: Read, vendor: str) -> list[ChatPerson]:
    return [ChatPerson(**row._mapping) for row in read.all(select(people).where(people.c.vendor == vendor))]


def room(read: Read, incident_id: str, vendor: str) -> Room | None:
    row = read.one(select(rooms).where(rooms.c.incident_id == incident_id, rooms.c.vendor == vendor))
    return Room(**row._mapping) if row else None


def room_of_channel(read: Read, vendor: str, channel_id: str) -> Room | None:
    """The room a message was written in."""
    query = select(rooms).where(rooms.c.vendor == vendor, rooms.c.channel_id == channel_id)
    row = read.one(query.order_by(rooms.c.opened_at.desc()))
    return Room(**row._mapping) if row else None


def rooms_of(read: Read, incident_id: str) -> list[Room]:
    return [Room(**row._mapping) for row in read.all(select(rooms).where(rooms.c.incident_id == incident_id))]


def add_room(work: Work, new: Room) -> bool:
    """False when the incident has one already."""
    return work.insert_structs(rooms, [new], skip_existing=True) == 1


def remove_room(work: Work, incident_id: str, vendor: str) -> None:
    work.write(delete(rooms).where(rooms.c.incident_id == incident_id, rooms.c.vendor == vendor))
