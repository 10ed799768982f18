"""E-mail through the installation's own SMTP server: a text, and the same with a button large enough for a thumb."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate
from html import escape

from firebell.integrations.channels.contract import Channel, Field, Message, MessageKind, Outcome, OutcomeKind
from firebell.integrations.channels.http_outcome import attempt_s
from firebell.integrations.channels.smtp import SmtpServer, server_of, submit
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch
from firebell.kernel.text import cut, printable

# Not email-validator: it refuses the .local and .internal domains many a private mail server answers for.
# What reaches nobody is found out by the verification code.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_POLICY = SMTP_POLICY.clone(cte_type="7bit")
_COPY = "A copy of this message may have reached you before."
_TITLE_MAX = 200


class Email:
    """Good for the record and for daylight; it does not count as waking anybody."""

    slug = "email"
    name = "E-mail"
    blurb = "A mail with a link that opens a page with one Acknowledge button."
    wakes = False
    method_fields: tuple[Field, ...] = (Field("to", "Address", "email", placeholder="you@example.com"),)
    settings_fields: tuple[Field, ...] = (
        Field(
            "url",
            "Server as one URL",
            "secret",
            required=False,
            help="Instead of the fields below.",
            placeholder="smtp://user:password@mail.example.com:587?from=Firebell <firebell@example.com>",
        ),
        Field("host", "Server", required=False, placeholder="mail.example.com"),
        Field("port", "Port", "number", required=False, default="587"),
        Field(
            "security",
            "Encryption",
            "choice",
            required=False,
            help="starttls (587), tls (465); plain only for a server on this machine.",
            choices=("starttls", "tls", "plain"),
        ),
        Field("user", "User", required=False),
        Field("password", "Password", "secret", required=False),
        Field("from", "Sender", required=False, placeholder="Firebell <firebell@example.com>"),
    )

    def __init__(self, deadline_s: float = 5.0, trust: ssl.SSLContext | None = None) -> None:
        self._deadline_s = deadline_s
        self._trust = trust

    def check(self, method: Mapping[str, str]) -> dict[str, str]:
        return {"to": _address(method.get("to", "").strip(), "to")}

    def check_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        server = server_of(settings)
        _address(server.sender_address, "from")
        return server.fields()

    def configured(self, settings: Mapping[str, str]) -> bool:
        try:
            self.check_settings(settings)
        except Invalid:
            return False
        return True

    def mask(self, method: Mapping[str, str]) -> str:
        local, _, domain = method.get("to", "").partition("@")
        return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}@{domain}"

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        try:
            server = server_of(settings)
            _address(server.sender_address, "from")
        except Invalid as refused:
            return Outcome(OutcomeKind.DEAD, refused.message, broken_settings=True)
        try:
            to = _address(method.get("to", ""), "to")
            mail = _mail(message, to, server)
            return submit(server, to, mail.as_bytes(), str(mail["Message-ID"]), self._deadline_s, self._trust)
        except Invalid as refused:
            return Outcome(OutcomeKind.DEAD, refused.message)
        except ValueError:
            return Outcome(OutcomeKind.DEAD, "The mail could not be written.")


def _address(text: str, field: str) -> str:
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        raise Invalid("This is not an e-mail address.", field=field, hint="Write name@example.com and nothing else.")
    return text


def _mail(message: Message, to: str, server: SmtpServer) -> EmailMessage:
    domain = server.sender_address.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(server.sender_name, addr_spec=server.sender_address)
    mail["To"] = Address(addr_spec=to)
    # A title comes from outside. Breaking it into one line here, rather than refusing it, keeps the page going.
    mail["Subject"] = cut(printable(message.title, one_line=True), _TITLE_MAX)
    mail["Date"] = formatdate(attempt_s(message))
    # The same over all attempts, so that mail systems drop the second copy.
    mail["Message-ID"] = f"<{_token(message.id)}@{domain}>"
    if thread := message.thread or message.alert_id:
        # A root that was never sent: every message of the alert hangs below it, whichever came first.
        root = f"<thread.{_token(thread)}@{domain}>"
        mail["In-Reply-To"] = root
        mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.kind in (MessageKind.PAGE, MessageKind.TEST) and message.urgency == "high":
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(_text(message))
    mail.add_alternative(_html(message), subtype="html")
    return mail


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:100]


def _web(url: str | None) -> str | None:
    return url if url is not None and re.fullmatch(r"https?://[\x21-\x7e]+", url) else None


def _text(message: Message) -> str:
    parts = [printable(message.body)]
    if ack := _web(message.ack_url):
        parts.append(f"Acknowledge: {ack}")
    if view := _web(message.view_url):
        parts.append(f"Open: {view}")
    if message.copies_possible:
        parts.append(_COPY)
    parts.append(printable(message.more))
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _html(message: Message) -> str:
    """Tables and inline styles: the oldest mail programs know nothing else. No images, no remote anything."""
    title = escape(printable(message.title, one_line=True))
    body = escape(printable(message.body)).replace("\n", "<br>")
    blocks = [
        f'<h1 style="font-size:20px;margin:0 0 12px">{title}</h1>',
        f'<p style="margin:0 0 20px">{body}</p>',
    ]
    if ack := _web(message.ack_url):
        blocks.append(
            '<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 20px"><tr>'
            '<td bgcolor="#0b5563" style="border-radius:8px">'
            f'<a href="{escape(ack)}" style="display:inline-block;padding:18px 40px;color:#ffffff;'
            'font-size:20px;font-weight:bold;text-decoration:none">Acknowledge</a></td></tr></table>'
        )
    if view := _web(message.view_url):
        blocks.append(f'<p style="margin:0 0 12px"><a href="{escape(view)}">Open in Firebell</a></p>')
    if message.copies_possible:
        blocks.append(f'<p style="margin:0 0 12px;color:#5f5f5f">{_COPY}</p>')
    if message.more:
        more = escape(printable(message.more)).replace("\n", "<br>")
        blocks.append(f'<p style="margin:20px 0 0;border-top:1px solid #d0d0d0;padding-top:12px">{more}</p>')
    return (
        '<!doctype html><html><body style="margin:0;padding:20px;font-family:sans-serif;font-size:16px">'
        + "".join(blocks)
        + "</body></html>\n"
    )


CHANNEL: Channel = Email()
