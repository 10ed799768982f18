"""Announcements through a chat's incoming webhook: ``{"text": …}``, as Slack, Mattermost, Google Chat and Rocket.Chat
take it; Discord wants ``content`` and is known by its host, Teams gets its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from firebell.domain.outbox.model import Outcome
from firebell.integrations.outlets import answers, teams
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.kernel.addresses import destination
from firebell.kernel.fetch import Fetch
from firebell.kernel.text import cut, printable

_TEXT_MAX = 4000
_DISCORD_MAX = 2000
_GONE = frozenset({404, 410})


def message(payload: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What is posted. ``payload`` as for Teams: ``title``, ``text``, ``links``."""
    read = destination(url)
    host = "" if isinstance(read, str) else read.host
    if host.endswith((".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com")):
        return teams.card(payload)
    parts = [printable(str(payload.get("title", "")), one_line=True), printable(str(payload.get("text", "")))]
    parts += [f"{printable(str(link['title']), one_line=True)}: {link['url']}" for link in payload.get("links", ())]
    text = "\n".join(part for part in parts if part)
    if host in ("discord.com", "discordapp.com"):
        return {"content": cut(text, _DISCORD_MAX), "allowed_mentions": {"parse": []}}
    return {"text": cut(text, _TEXT_MAX)}


class ChatWebhook:
    """``target``: ``url``."""

    slug = "chat_webhook"
    name = "Chat webhook"
    patience_s = 6 * 3600

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        url = target.get("url", "")
        body = json.dumps(message(parcel.payload, url), separators=(",", ":")).encode()
        return answers.post(fetch, url, body, parcel.sent_at_s, patient=False, gone=_GONE)


OUTLET: Outlet = ChatWebhook()
