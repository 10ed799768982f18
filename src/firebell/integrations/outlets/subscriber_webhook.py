"""Status page updates for a subscriber's program: signed like every other webhook, with a shorter patience."""

from __future__ import annotations

from firebell.integrations.outlets.contract import Outlet
from firebell.integrations.outlets.webhook import Webhook


class SubscriberWebhook(Webhook):
    """``target``: ``url``, ``secret``."""

    slug = "subscriber_webhook"
    name = "Webhook of a status page subscriber"
    patience_s = 2 * 86_400


OUTLET: Outlet = SubscriberWebhook(deadline_s=10.0)
