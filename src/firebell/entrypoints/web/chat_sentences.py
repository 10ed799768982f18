"""The sentences of chat."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

CHAT: Mapping[str, Sentence] = {
    "chat.connected": Sentence("connected {vendor}: {changed}."),
    "chat.disconnected": Sentence("disconnected {vendor}."),
    "chat.room_opened": Sentence("The room #{name} was opened in {vendor}.", "machine"),
    "chat.room_failed": Sentence("No room could be opened in {vendor}: {reply}. Everything else goes on.", "broken"),
    "chat.person_linked": Sentence("is known in {vendor} as {user_id} ({how})."),
}
