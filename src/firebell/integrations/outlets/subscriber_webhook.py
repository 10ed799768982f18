"""Status page updates for a subscriber's program: signed like every other webhook, with a shorter patience."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.integrations.outlets.contract import Outcome, Outlet, Parcel
from firebell.integrations.outlets.webhook import Webhook
from firebell.kernel.fetch import Fetch


class SubscriberWebhook(Webhook):
    """``target``: ``url``, ``secret``; ``outward`` when a stranger may have typed the address."""

    slug = "subscriber_webhook"
    name = "Webhook of a status page subscriber"
    patience_s = 2 * 86_400

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        return super().deliver(parcel, target, fetch.outward() if target.get("outward") else fetch)


OUTLET: Outlet = SubscriberWebhook(deadline_s=10.0)
