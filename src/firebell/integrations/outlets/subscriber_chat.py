"""Status page updates in a subscriber's chat."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.integrations.outlets.chat_webhook import ChatWebhook
from firebell.integrations.outlets.contract import Outcome, Outlet, Parcel
from firebell.kernel.fetch import Fetch


class SubscriberChat(ChatWebhook):
    """``target``: ``url``; ``outward`` when a stranger may have typed it."""

    slug = "subscriber_chat"
    name = "Chat of a status page subscriber"

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        return super().deliver(parcel, target, fetch.outward() if target.get("outward") else fetch)


OUTLET: Outlet = SubscriberChat()
