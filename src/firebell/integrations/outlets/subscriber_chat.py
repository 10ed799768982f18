"""Status page updates in a subscriber's chat."""

from __future__ import annotations

from firebell.integrations.outlets.chat_webhook import ChatWebhook
from firebell.integrations.outlets.contract import Outlet


class SubscriberChat(ChatWebhook):
    """``target``: ``url``."""

    slug = "subscriber_chat"
    name = "Chat of a status page subscriber"


OUTLET: Outlet = SubscriberChat()
