"""A signed POST to any address, after the Standard Webhooks specification (https://www.standardwebhooks.com)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from firebell.integrations.channels.contract import Channel, Field, Message, MessageKind, Outcome, OutcomeKind
from firebell.integrations.channels.http_outcome import attempt_s, of_answer, of_failure
from firebell.kernel.addresses import destination
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch, FetchFailed
from firebell.kernel.secrets import new_webhook_secret, webhook_key, webhook_signature
from firebell.kernel.text import cut_bytes

# The specification advises at most 20 kB for the whole payload; escapes can double a text.
_BODY_MAX_BYTES = 8_000
_TYPES = {
    MessageKind.PAGE: "alert.paged",
    MessageKind.STATUS: "alert.status_changed",
    MessageKind.NOTICE: "oncall.notice",
    MessageKind.TEST: "webhook.test",
    MessageKind.VERIFICATION: "contact_method.verification",
}


class Webhook:
    """The receiver's 2xx is the delivery; what it does with it is its own affair, so it does not count as waking."""

    slug = "webhook"
    name = "Webhook"
    blurb = "A signed HTTPS request to your own program, with the whole page as JSON."
    wakes = False
    method_fields: tuple[Field, ...] = (
        Field("to", "Address", "url", help="Receives a POST per page.", placeholder="https://example.com/firebell"),
        Field(
            "secret",
            "Signing secret",
            "secret",
            required=False,
            help="whsec_ and base64 of 24 to 64 bytes. Leave empty to have one made.",
        ),
        Field(
            "old_secret",
            "Previous signing secret",
            "secret",
            required=False,
            help="While a rotation lasts, both secrets sign.",
        ),
    )
    settings_fields: tuple[Field, ...] = ()

    def __init__(self, deadline_s: float = 5.0) -> None:
        self._deadline_s = deadline_s

    def check(self, method: Mapping[str, str]) -> dict[str, str]:
        address = method.get("to", "").strip()
        read = destination(address)
        if isinstance(read, str):
            raise Invalid(f"The address cannot be used: {read}.", field="to", hint="Write https://example.com/hook.")
        checked = {"to": address, "secret": method.get("secret", "").strip() or new_webhook_secret()}
        webhook_key(checked["secret"])
        if old := method.get("old_secret", "").strip():
            try:
                webhook_key(old)
            except Invalid as refused:
                raise Invalid(refused.message, field="old_secret") from None
            checked["old_secret"] = old
        return checked

    def check_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {}

    def configured(self, settings: Mapping[str, str]) -> bool:
        return True

    def mask(self, method: Mapping[str, str]) -> str:
        read = destination(method.get("to", ""))
        return "…" if isinstance(read, str) else f"{read.scheme}://{read.host}/…"

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        now_s = attempt_s(message)
        body = json.dumps(_payload(message, now_s), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        try:
            keys = [webhook_key(method[name]) for name in ("secret", "old_secret") if method.get(name)]
            if not keys:
                return Outcome(OutcomeKind.DEAD, "The signing secret is missing.")
            answer = fetch.request(
                "POST",
                method.get("to", ""),
                headers={
                    "content-type": "application/json",
                    "webhook-id": message.id,
                    "webhook-timestamp": str(now_s),
                    "webhook-signature": " ".join(webhook_signature(key, message.id, now_s, body) for key in keys),
                },
                content=body,
                deadline_s=self._deadline_s,
            )
        except Invalid as refused:
            return Outcome(OutcomeKind.DEAD, refused.message)
        except FetchFailed as failed:
            if failed.status is not None and 200 <= failed.status < 300:
                # The receiver has said yes; that its reply is endless is no reason to page twice.
                return Outcome(OutcomeKind.SENT, f"{failed.status}, and a reply that was not read to its end")
            return of_failure(failed)
        return of_answer(answer, now_s)


def _payload(message: Message, now_s: int) -> dict[str, Any]:
    return {
        "type": _TYPES[message.kind],
        "timestamp": Instant.from_timestamp(now_s).format_iso(),
        "data": {
            "delivery_id": message.id,
            "title": message.title,
            "body": cut_bytes(message.text, _BODY_MAX_BYTES),
            "severity": message.severity,
            "urgency": message.urgency,
            "alert_id": message.alert_id,
            "ack_url": message.ack_url,
            "view_url": message.view_url,
            "copies_possible": message.copies_possible,
        },
    }


CHANNEL: Channel = Webhook()
