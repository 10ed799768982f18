"""Announcements in Microsoft Teams, through a Workflows URL that takes an Adaptive Card.

A button cannot call us back from there, so it opens a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from firebell.domain.outbox.model import Outcome
from firebell.integrations.outlets import answers
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.kernel.fetch import Fetch
from firebell.kernel.text import cut_bytes, printable

# The whole request may have 28 KB; escapes can triple a text.
_TEXT_MAX_BYTES = 7_000
_GONE = frozenset({404, 410})


def card(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The message. ``payload``: ``title``, ``text`` (Markdown), ``links`` (``{title, url}``, first one first)."""
    body: list[dict[str, Any]] = []
    if title := printable(str(payload.get("title", "")), one_line=True):
        body.append({"type": "TextBlock", "text": cut_bytes(title, 400), "wrap": True, "weight": "Bolder",
                     "size": "Medium"})  # fmt: skip
    if text := printable(str(payload.get("text", ""))):
        body.append({"type": "TextBlock", "text": cut_bytes(text, _TEXT_MAX_BYTES), "wrap": True})
    actions = [
        {"type": "Action.OpenUrl", "title": printable(str(link["title"]), one_line=True)[:80], "url": link["url"]}
        for link in list(payload.get("links", ()))[:4]
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


class Teams:
    """``target``: ``url``. Answers 202; more than four requests in a second are refused with 429 and come again."""

    slug = "teams"
    name = "Microsoft Teams"
    patience_s = 6 * 3600

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        body = json.dumps(card(parcel.payload), separators=(",", ":")).encode()
        return answers.post(fetch, target.get("url", ""), body, parcel.sent_at_s, patient=False, gone=_GONE)


OUTLET: Outlet = Teams()
