"""The learning digest by mail: the same review as plain text and as HTML that every mail program shows."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from html import escape
from typing import Any

from firebell.domain.outbox.model import Outcome
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.integrations.outlets.letters import Letter, hand_over
from firebell.kernel.fetch import Fetch
from firebell.kernel.text import printable


class DigestMail:
    """``target``: ``to`` and the mail server's values.

    The payload: ``subject``, ``heading``, ``intro``, ``parts`` (``{heading, intro, url, sections}``; a section is
    ``{title, lines}``), ``footer``, ``settings_url``, ``key``, ``thread``.
    """

    slug = "digest_mail"
    name = "Learning digest by mail"
    patience_s = 5 * 86_400

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        said = parcel.payload
        letter = Letter(
            subject=str(said.get("subject", "")), text=text_of(said), html=html_of(said),
            key=str(said.get("key") or parcel.id), thread=str(said.get("thread", "")),
        )  # fmt: skip
        return hand_over(letter, target, parcel.sent_at_s, self._trust)


def _foot(said: Mapping[str, Any]) -> str:
    return f"{said.get('footer', '')} {said.get('settings_url', '')}".strip()


def text_of(said: Mapping[str, Any]) -> str:
    """Plain text, a blank line between paragraphs and the marks of a list before each line."""
    blocks = [str(said.get("heading", "")), str(said.get("intro", ""))]
    for part in said.get("parts", ()):
        blocks.append(f"{part['heading']}\n{'=' * len(str(part['heading']))}")
        blocks.append(str(part.get("intro", "")))
        for section in part.get("sections", ()):
            lines = "\n".join(f"- {line}" for line in section["lines"])
            blocks.append(f"{section['title']}\n{lines}")
        blocks.append(f"The whole review: {part['url']}" if part.get("url") else "")
    blocks.append(f"--\n{_foot(said)}")
    return "\n\n".join(printable(block) for block in blocks if block)


def html_of(said: Mapping[str, Any]) -> str:
    """The same; nothing is loaded from anywhere."""

    def line(value: object) -> str:
        return escape(printable(str(value), one_line=True))

    blocks = [
        f'<h1 style="font-size:22px;margin:0 0 8px">{line(said.get("heading", ""))}</h1>',
        f'<p style="margin:0 0 16px;color:#474d53">{line(said.get("intro", ""))}</p>',
    ]
    for part in said.get("parts", ()):
        blocks.append(
            f'<h2 style="font-size:18px;margin:24px 0 4px;border-top:2px solid #0a5d69;padding-top:12px">'
            f"{line(part['heading'])}</h2>"
        )
        if part.get("intro"):
            blocks.append(f'<p style="margin:0 0 8px;color:#474d53">{line(part["intro"])}</p>')
        for section in part.get("sections", ()):
            rows = "".join(f'<li style="margin:0 0 4px">{line(one)}</li>' for one in section["lines"])
            blocks.append(f'<h3 style="font-size:15px;margin:16px 0 4px">{line(section["title"])}</h3>')
            blocks.append(f'<ul style="margin:0;padding-left:20px">{rows}</ul>')
        if part.get("url"):
            blocks.append(
                f'<p style="margin:16px 0"><a href="{escape(str(part["url"]))}" style="display:inline-block;'
                'padding:10px 16px;background:#0a5d69;color:#ffffff;text-decoration:none;border-radius:6px">'
                "Read the whole review</a></p>"
            )
    link = str(said.get("settings_url", ""))
    blocks.append(
        f'<p style="font-size:13px;color:#5d636a;margin-top:24px">{line(said.get("footer", ""))} '
        f'<a href="{escape(link)}" style="color:#0a5661">Change this</a></p>'
    )
    return (
        '<!doctype html><html lang="en"><body style="margin:0;padding:20px;font-family:sans-serif;font-size:15px;'
        'line-height:1.5;color:#171c20;background:#ffffff"><div style="max-width:620px">'
        + "".join(blocks)
        + "</div></body></html>\n"
    )


OUTLET: Outlet = DigestMail()
