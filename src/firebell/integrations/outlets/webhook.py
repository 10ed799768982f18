"""Events for another program: a signed POST after the Standard Webhooks specification (https://www.standardwebhooks.com).

The secret's former value signs too while a rotation lasts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.integrations.outlets import answers
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch
from firebell.kernel.secrets import webhook_key, webhook_signature

__all__ = ["OUTLET", "encoded", "signed"]

PATIENCE_S = 4 * 86_400


def encoded(payload: Mapping[str, Any]) -> bytes:
    """``payload`` as the bytes that are signed and sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def signed(parcel: Parcel, body: bytes, target: Mapping[str, str]) -> dict[str, str]:
    """The three headers. Raises ``Invalid`` when there is no usable secret."""
    keys = [webhook_key(target[name]) for name in ("secret", "old_secret") if target.get(name)]
    if not keys:
        raise Invalid("The signing secret is missing.", field="secret")
    return {
        "webhook-id": parcel.id,
        "webhook-timestamp": str(parcel.sent_at_s),
        "webhook-signature": " ".join(webhook_signature(key, parcel.id, parcel.sent_at_s, body) for key in keys),
    }


class Webhook:
    """``target``: ``url``, ``secret``, ``old_secret``. The payload is ``{type, timestamp, data}`` and sent as it is."""

    slug = "webhook"
    name = "Webhook"
    patience_s = PATIENCE_S

    def __init__(self, deadline_s: float = answers.DEADLINE_S) -> None:
        self._deadline_s = deadline_s

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        body = encoded(parcel.payload)
        try:
            headers = signed(parcel, body, target)
        except Invalid as refused:
            return Outcome(OutcomeKind.DEAD, refused.message)
        return answers.post(
            fetch, target.get("url", ""), body, parcel.sent_at_s, headers=headers, deadline_s=self._deadline_s
        )


OUTLET: Outlet = Webhook()
