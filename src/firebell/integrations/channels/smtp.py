"""Handing one mail to an SMTP server (RFC 5321) within a deadline, and reading its answer as an outcome."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import cache
from urllib.parse import unquote, urlsplit

from firebell.integrations.channels.contract import Outcome, OutcomeKind
from firebell.kernel.clock import SystemClock
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import FetchFailed, addresses_of, lookup
from firebell.kernel.text import cut, printable

__all__ = ["SmtpServer", "server_of", "submit"]

_CLOCK = SystemClock()
# The watch ends a wait; the socket's own time-out only stands behind it, so that lateness has one cause.
_BACKSTOP_S = 1.0
_SECURITY = ("starttls", "tls", "plain")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. ``security``: ``starttls``, ``tls`` (from the first byte) or ``plain``."""

    host: str
    port: int
    security: str
    sender_address: str
    sender_name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)

    def fields(self) -> dict[str, str]:
        """The settings in their canonical form, one value per field."""
        sender = f"{self.sender_name} <{self.sender_address}>" if self.sender_name else self.sender_address
        given = {"user": self.user, "password": self.password}
        return {
            "host": self.host,
            "port": str(self.port),
            "security": self.security,
            "from": sender,
            **{name: value for name, value in given.items() if value},
        }


def server_of(settings: Mapping[str, str]) -> SmtpServer:
    """Read the settings, given as one ``url`` or as fields. Raises ``Invalid`` naming the field.

    ``smtp://`` means STARTTLS (port 587), ``smtps://`` TLS (port 465). A server on this machine may be spoken to
    plainly, and is unless ``security`` says otherwise; anywhere else the mail and the password would be readable.
    """
    values = {name: value.strip() for name, value in settings.items()}
    if url := values.get("url", ""):
        values = _from_url(url)
    if any(char < " " or char == "\x7f" for value in values.values() for char in value):
        raise Invalid("A mail setting contains a line break or control character.", field="url" if url else "from")
    host = values.get("host", "").strip("[]").lower()
    if not re.fullmatch(r"[a-z0-9._:-]+", host):
        raise Invalid("The mail server's name is missing or unusable.", field="host")
    local = _is_local(host)
    port_text = values.get("port", "") or ("465" if values.get("security") == "tls" else "587")
    if not (port_text.isascii() and port_text.isdigit() and 0 < int(port_text) < 65536):
        raise Invalid("The port must be 1 to 65535.", field="port")
    security = values.get("security", "") or ("plain" if local else "tls" if port_text == "465" else "starttls")
    if security not in _SECURITY:
        raise Invalid(f"Encryption is one of {', '.join(_SECURITY)}.", field="security")
    if security == "plain" and not local:
        raise Invalid(
            "Mail may go unencrypted only to a server on this machine.", field="security", hint="Use starttls."
        )
    user = values.get("user", "")
    for name in ("user", "password"):
        if not values.get(name, "").isascii():
            raise Invalid("The mail server's user and password must be ASCII.", field=name)
    name, sender = parseaddr(values.get("from", "") or (user if "@" in user else ""))
    if not sender:
        raise Invalid("The sender is missing.", field="from", hint="Write Firebell <firebell@example.com>.")
    return SmtpServer(host, int(port_text), security, sender, name, user, values.get("password", ""))


def _from_url(url: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("The mail server's URL cannot be read.", field="url") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Invalid(
            "The mail server's URL must begin with smtp:// or smtps://.",
            field="url",
            hint="Write smtp://user:password@mail.example.com:587?from=Firebell <firebell@example.com>.",
        )
    # Not parse_qs: it reads the + of firebell+pages@example.com as a space.
    query = dict(part.partition("=")[::2] for part in parts.query.split("&") if part)
    return {
        "host": parts.hostname,
        "port": "" if port is None else str(port),
        "security": "tls" if parts.scheme == "smtps" else unquote(query.get("security", "")),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "from": unquote(query.get("from", "")),
    }


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Answered(Exception):
    """The server said something else than go on."""

    def __init__(self, step: str, code: int, words: bytes) -> None:
        super().__init__(step, code)
        self.step = step
        self.code = code
        self.words = words


class _Line(smtplib.SMTP):
    """One conversation. The socket is shut when the deadline passes: smtplib bounds each wait, not their sum."""

    handed_over = False
    expired = False

    def __init__(self, server: SmtpServer, deadline_s: float, trust: ssl.SSLContext) -> None:
        self._server = server
        self._ends = _CLOCK.monotonic() + deadline_s
        self._trust = trust
        self._watch = threading.Timer(deadline_s, self._expire)
        self._watch.daemon = True
        self._watch.start()
        try:
            # Without a name of our own smtplib would look one up, with no deadline.
            super().__init__(server.host, server.port, socket.gethostname() or "localhost", timeout=deadline_s)
        except BaseException as failed:
            self.hang_up()
            if self.expired:
                raise TimeoutError from failed
            raise

    def _left_s(self) -> float:
        return max(self._ends - _CLOCK.monotonic(), 0.001)

    def _expire(self) -> None:
        self.expired = True
        if (sock := getattr(self, "sock", None)) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        addresses = lookup(addresses_of, host, port, self._left_s())
        failure: OSError | None = None
        for number, address in enumerate(addresses):
            try:
                sock = socket.create_connection((address, port), self._left_s() / (len(addresses) - number))
                break
            except OSError as failed:
                failure = failed
        else:
            raise failure or OSError("no address")
        if self._server.security == "tls":
            sock.settimeout(self._left_s())
            sock = self._trust.wrap_socket(sock, server_hostname=host)
        sock.settimeout(self._left_s() + _BACKSTOP_S)
        return sock

    def converse(self, to: str, raw: bytes) -> str:
        """Hand ``raw`` over (CRLF lines, the last one ended); returns the server's last words."""
        self.ehlo_or_helo_if_needed()
        if self._server.security == "starttls":
            if self.sock is not None:
                self.sock.settimeout(self._left_s())
            self.starttls(context=self._trust)
            self.ehlo_or_helo_if_needed()
        if self._server.user:
            self.login(self._server.user, self._server.password)
        self._insist("MAIL", self.mail(self._server.sender_address), {250})
        self._insist("RCPT", self.rcpt(to), {250, 251, 252})
        self._insist("DATA", self.docmd("DATA"), {354})
        self.handed_over = True
        self.send(re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n")
        return self._insist("DATA", self.getreply(), {250})

    def _insist(self, step: str, reply: tuple[int, bytes], good: set[int]) -> str:
        code, words = reply
        if code not in good:
            raise _Answered(step, code, words)
        return _shown(code, words)

    def hang_up(self) -> None:
        self._watch.cancel()
        if getattr(self, "sock", None) is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.putcmd("QUIT")
            with contextlib.suppress(OSError):
                self.close()


def submit(
    server: SmtpServer, to: str, raw: bytes, message_id: str, deadline_s: float, trust: ssl.SSLContext | None = None
) -> Outcome:
    """Hand one mail over. ``raw`` is the whole message with CRLF; certificates are checked against ``trust``.

    4xx is retried; 5xx is dead, and the installation's settings are at fault when it answers the sign-in or the
    sender; silence after the text was handed over is an unknown outcome.
    """
    line: _Line | None = None
    try:
        line = _Line(server, deadline_s, trust or _system_trust())
        return Outcome(OutcomeKind.SENT, line.converse(to, raw), provider_id=message_id)
    except FetchFailed as failed:
        return Outcome(OutcomeKind.RETRY, failed.message)
    except _Answered as answered:
        return _outcome(answered.step, answered.code, answered.words)
    except smtplib.SMTPAuthenticationError as refused:
        return _outcome("AUTH", refused.smtp_code, _bytes(refused.smtp_error))
    except smtplib.SMTPResponseException as refused:
        return _outcome("EHLO", refused.smtp_code, _bytes(refused.smtp_error))
    except smtplib.SMTPNotSupportedError as missing:
        return Outcome(OutcomeKind.DEAD, cut(printable(str(missing), one_line=True), 200), broken_settings=True)
    except ssl.SSLError as broken:
        reason = getattr(broken, "verify_message", None) or broken.reason or "handshake failed"
        return Outcome(OutcomeKind.RETRY, f"{server.host}: TLS: {reason}", unknown=_unknown(line))
    except (smtplib.SMTPException, OSError) as broken:
        late = isinstance(broken, TimeoutError) or (line is not None and line.expired)
        words = "did not answer in time" if late else "cannot be reached or closed the connection"
        return Outcome(OutcomeKind.RETRY, f"{server.host} {words}.", unknown=_unknown(line))
    finally:
        if line is not None:
            line.hang_up()


def _unknown(line: _Line | None) -> bool:
    return line is not None and line.handed_over


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode(errors="replace")


def _shown(code: int, words: bytes) -> str:
    return cut(printable(f"{code} {words.decode(errors='replace')}", one_line=True), 200)


def _outcome(step: str, code: int, words: bytes) -> Outcome:
    """``step`` is the command that was answered: EHLO (greeting included), AUTH, MAIL, RCPT or DATA."""
    reply = f"{step}: {_shown(code, words)}"
    if 500 <= code < 600:
        ours = step in {"EHLO", "AUTH", "MAIL"} or code == 530
        return Outcome(OutcomeKind.DEAD, reply, broken_settings=ours)
    return Outcome(OutcomeKind.RETRY, reply)
