"""Mail to the subscribers of a status page: what has happened, and how to hear no more of it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from html import escape
from typing import Any

from firebell.domain.outbox.model import Outcome
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.integrations.outlets.letters import Letter, hand_over
from firebell.kernel.fetch import Fetch
from firebell.kernel.text import html_of, printable


class SubscriberMail:
    """``target``: ``to`` and the mail server's values.

    The payload: ``subject``, ``heading``, ``body`` (Markdown), ``lines`` (affected parts, one each), ``page`` (its
    name), ``links`` (``{title, url}``), ``key``, ``thread``, ``unsubscribe_url``, ``manage_url``, ``footer``.
    """

    slug = "subscriber_mail"
    name = "Mail to status page subscribers"
    patience_s = 86_400

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        return hand_over(_letter(parcel), target, parcel.sent_at_s, self._trust)


def _letter(parcel: Parcel) -> Letter:
    said = parcel.payload
    return Letter(
        subject=str(said.get("subject", "")),
        text=_text(said),
        html=_html(said),
        key=str(said.get("key") or parcel.id),
        thread=str(said.get("thread", "")),
        sender_name=str(said.get("page", "")),
        unsubscribe_url=str(said.get("unsubscribe_url", "")),
    )


def _foot(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = (("Change what you hear of", "manage_url"), ("Unsubscribe", "unsubscribe_url"))
    return [(title, str(said[name])) for title, name in named if said.get(name)]


def _text(said: Mapping[str, Any]) -> str:
    parts = [str(said.get("heading", "")), str(said.get("body", "")).strip()]
    parts.append("\n".join(f"- {line}" for line in said.get("lines", ())))
    parts.append("\n".join(f"{link['title']}: {link['url']}" for link in said.get("links", ())))
    foot = [str(said.get("footer", "")), *(f"{title}: {url}" for title, url in _foot(said))]
    parts.append("\n".join(["--", *(line for line in foot if line)]))
    return "\n\n".join(printable(part) for part in parts if part)


def _html(said: Mapping[str, Any]) -> str:
    def line(text: object) -> str:
        return escape(printable(str(text), one_line=True))

    blocks = [f'<h1 style="font-size:20px;margin:0 0 12px">{line(said.get("heading", ""))}</h1>']
    blocks.append(html_of(str(said.get("body", ""))))
    if lines := list(said.get("lines", ())):
        blocks.append("<ul>" + "".join(f"<li>{line(one)}</li>" for one in lines) + "</ul>")
    blocks += [
        f'<p><a href="{escape(link["url"])}" style="display:inline-block;padding:10px 16px;background:#1f4b99;'
        f'color:#ffffff;text-decoration:none">{line(link["title"])}</a></p>'
        for link in said.get("links", ())
    ]
    foot = [line(said["footer"])] if said.get("footer") else []
    foot += [f'<a href="{escape(url)}">{line(title)}</a>' for title, url in _foot(said)]
    blocks.append('<p style="font-size:13px;color:#555555">' + "<br>".join(foot) + "</p>")
    return (
        '<!doctype html><html lang="en"><body style="margin:0;padding:20px;font-family:sans-serif;font-size:16px">'
        + "".join(blocks)
        + "</body></html>\n"
    )


OUTLET: Outlet = SubscriberMail()
