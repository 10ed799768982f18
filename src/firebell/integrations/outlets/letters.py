"""Mail that nobody is woken by: one text and the same in HTML, handed to the installation's own SMTP server."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate

from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.integrations.channels import contract as channels
from firebell.integrations.channels.smtp import SmtpServer, server_of, submit
from firebell.kernel.errors import Invalid
from firebell.kernel.text import cut, printable

__all__ = ["SMTP", "Letter", "hand_over", "token"]

SMTP = "smtp_"
"""How the mail server's settings are called among a target's values."""
_POLICY = SMTP_POLICY.clone(cte_type="7bit")
_SUBJECT_MAX = 200
_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class Letter:
    """``key`` makes the Message-ID, the same over all attempts; ``thread`` what it is filed under.

    ``sender_name``: shown instead of the server's. ``unsubscribe_url`` answers a POST (RFC 8058). ``attachments``:
    (file name, text).
    """

    subject: str
    text: str
    html: str
    key: str
    thread: str = ""
    sender_name: str = ""
    unsubscribe_url: str = ""
    attachments: Sequence[tuple[str, str]] = field(default_factory=tuple)


def token(text: str) -> str:
    """``text`` as a part of a Message-ID."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:150]


def hand_over(
    letter: Letter, target: Mapping[str, str], sent_at_s: int, trust: ssl.SSLContext | None = None
) -> Outcome:
    """Send to ``target["to"]`` through the server its ``smtp_…`` values describe.

    Faulty settings are retried: they are mended by an administrator, and the letter is none the worse for it.
    """
    try:
        server = server_of({name[len(SMTP) :]: value for name, value in target.items() if name.startswith(SMTP)})
    except Invalid as refused:
        return Outcome(OutcomeKind.RETRY, refused.message)
    try:
        mail = _mail(letter, target.get("to", ""), server, sent_at_s)
        raw = mail.as_bytes()
    except (ValueError, IndexError, Invalid):
        return Outcome(OutcomeKind.DEAD, "The mail could not be written.")
    read = submit(server, target["to"], raw, str(mail["Message-ID"]), _DEADLINE_S, trust)
    if read.kind is channels.OutcomeKind.SENT:
        return Outcome(OutcomeKind.SENT, read.reply, answer={"message_id": str(mail["Message-ID"])})
    kind = (
        OutcomeKind.DEAD if read.kind is channels.OutcomeKind.DEAD and not read.broken_settings else OutcomeKind.RETRY
    )
    return Outcome(kind, read.reply, retry_after_s=read.retry_after_s, unknown=read.unknown)


def _mail(letter: Letter, to: str, server: SmtpServer, sent_at_s: int) -> EmailMessage:
    domain = server.sender_address.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    name = cut(printable(letter.sender_name, one_line=True), 80)
    mail["From"] = Address(name or server.sender_name, addr_spec=server.sender_address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = cut(printable(letter.subject, one_line=True), _SUBJECT_MAX)
    mail["Date"] = formatdate(sent_at_s)
    mail["Message-ID"] = f"<{token(letter.key)}@{domain}>"
    if letter.thread:
        # A root that was never sent: every message hangs below it, whichever came first.
        root = f"<thread.{token(letter.thread)}@{domain}>"
        mail["In-Reply-To"] = root
        mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(printable(letter.text).rstrip() + "\n")
    mail.add_alternative(letter.html, subtype="html")
    for file_name, content in letter.attachments:
        mail.add_attachment(content, filename=file_name)
    return mail
