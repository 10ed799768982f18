"""Events in the shape of PagerDuty's V3 webhooks, for programs that read those.

``X-PagerDuty-Signature``: ``v1=`` and the hex HMAC-SHA256 of the body under the secret, one per secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.integrations.outlets import answers
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.integrations.outlets.webhook import encoded
from firebell.kernel.fetch import Fetch


class PagerDutyWebhook:
    """``target`` as for ``webhook``, with ``id``. A 4xx is a message that is dropped; others for 48 hours."""

    slug = "pagerduty_webhook"
    name = "Webhook in PagerDuty's V3 format"
    patience_s = 48 * 3600

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        body = encoded(parcel.payload)
        secrets = [target[name] for name in ("secret", "old_secret") if target.get(name)]
        if not secrets:
            return Outcome(OutcomeKind.DEAD, "The signing secret is missing.")
        headers = {
            "x-pagerduty-signature": ",".join(
                "v1=" + hmac.digest(secret.encode(), body, "sha256").hex() for secret in secrets
            ),
            "x-webhook-id": parcel.id,
        }
        return answers.post(
            fetch, target.get("url", ""), body, parcel.sent_at_s, headers=headers, patient=False, deadline_s=5.0
        )


OUTLET: Outlet = PagerDutyWebhook()
