"""An incident's state by mail, so that command survives our own outage: plain text, and the page as a file."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from html import escape

from firebell.domain.outbox.model import Outcome
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.integrations.outlets.letters import Letter, hand_over
from firebell.kernel.fetch import Fetch
from firebell.kernel.text import printable


class StateMail:
    """``target``: ``to`` and the mail server's values. The payload: ``subject``, ``text``, ``html`` (optional),
    ``thread``. An old state is of no use to anybody, so it is not sent late."""

    slug = "state_mail"
    name = "Incident state by mail"
    patience_s = 300

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        said = parcel.payload
        text = str(said.get("text", ""))
        plain = f"<!doctype html><html><body><pre>{escape(printable(text))}</pre></body></html>\n"
        letter = Letter(
            subject=str(said.get("subject", "")),
            text=text,
            html=str(said.get("html", "")) or plain,
            key=parcel.id,
            thread=str(said.get("thread", "")),
        )
        return hand_over(letter, target, parcel.sent_at_s, self._trust)


OUTLET: Outlet = StateMail()
