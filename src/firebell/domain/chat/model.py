"""Connections to chat services, people's names there, and the rooms of incidents."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact

SLACK = "slack"
TEAMS = "teams"
VENDORS = (SLACK, TEAMS)


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How the installation talks to one vendor. Secrets in ``settings`` are sealed.

    ``settings`` of Slack: ``bot_token``, ``app_token`` (secret), ``announce`` (channel id), ``prefix`` of room names,
    ``private`` (rooms are private channels). Of Teams: ``url`` (secret) of the workflow that posts the cards.
    ``said``: what the vendor last answered, for people; ``works``: whether that was good.
    """

    vendor: str
    settings: dict[str, Any]
    enabled: bool = True
    works: bool | None = None
    said: str = ""
    said_at: Instant | None = None
    version: int = 1


class ChatPerson(msgspec.Struct, frozen=True, kw_only=True):
    """``chat_id`` of the vendor is ``user_id`` of ours. ``how``: ``email`` or ``hand``."""

    vendor: str
    chat_id: str
    user_id: str
    how: str
    linked_at: Instant


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """The channel of one incident. ``card_ts`` is the pinned message that shows how it stands."""

    incident_id: str
    vendor: str
    channel_id: str
    name: str
    card_ts: str = ""
    opened_at: Instant


class ChatConnected(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "chat.connected"
    vendor: str
    changed: list[str]


class ChatDisconnected(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "chat.disconnected"
    vendor: str


class RoomOpened(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "chat.room_opened"
    vendor: str
    name: str


class RoomFailed(Fact, frozen=True, kw_only=True):
    """The incident has no room; everything else goes on without."""

    kind: ClassVar[str] = "chat.room_failed"
    vendor: str
    reply: str


class ChatPersonLinked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "chat.person_linked"
    vendor: str
    user_id: str
    how: str
