"""SMTP servers on loopback: a real one that keeps what it takes, and a scripted one that misbehaves on cue.

with SmtpSink(login=("user", "word")) as sink:
    ...
    mail = sink.wait_for(lambda mail: mail.to == ["pia@example.com"], timeout_s=5)
"""

from __future__ import annotations

import asyncio
import contextlib
import email.policy
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted message with its envelope; ``message`` is parsed, ``raw`` is as it came, ``at`` by
    ``time.perf_counter``."""

    sender: str
    to: list[str]
    message: EmailMessage
    raw: bytes
    at: float = 0.0

    def part(self, kind: str) -> str:
        """The text of the ``plain`` or ``html`` part, with ``\\n`` line ends."""
        body = self.message.get_body((kind,))
        assert body is not None, f"no {kind} part"
        return str(body.get_content()).replace("\r\n", "\n")


class SmtpSink:
    """Accepts mail, or answers a step with ``answers`` (``MAIL``, ``RCPT`` or ``DATA`` to a reply line).

    ``login``: the only accepted user and password; without it any sign-in is unexpected. ``tls``: offer STARTTLS
    with this server context. Leaving the block raises
    when the server met anything it did not expect, a malformed message included.
    """

    def __init__(
        self,
        *,
        answers: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.mails: list[Mail] = []
        self.complaints: list[str] = []
        self._answers = dict(answers or {})
        self._login = login
        self._arrived = threading.Condition()
        extra: dict[str, Any] = {}
        if login is not None:
            extra = {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        if tls is not None:
            extra["tls_context"] = tls
        self._controller = _AnyPort(self, hostname="127.0.0.1", port=0, **extra)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def url(self) -> str:
        """What ``FIREBELL_SMTP_URL`` would be."""
        user = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"smtp://{user}127.0.0.1:{self.port}?from=Firebell <firebell@example.com>"

    def wait_for(self, predicate: Callable[[Mail], bool], timeout_s: float) -> Mail:
        """The first mail that fits, waiting for it at most ``timeout_s``."""

        def found() -> Mail | None:
            return next((mail for mail in self.mails if predicate(mail)), None)

        with self._arrived:
            self._arrived.wait_for(lambda: found() is not None, timeout=timeout_s)
            mail = found()
        assert mail is not None, f"no such mail among {[str(mail.message['Subject']) for mail in self.mails]}"
        return mail

    def __enter__(self) -> Self:
        # A password without TLS is a bad idea everywhere but on loopback.
        warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
        if error is None:
            assert not self.complaints, "; ".join(self.complaints)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)

    # What aiosmtpd calls.

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answers.get("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answers.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if answer := self._answers.get("DATA"):
            return answer
        raw = envelope.content
        assert isinstance(raw, bytes)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self.complaints += [f"malformed message: {defect!r}" for defect in message.defects]
            self.mails.append(
                Mail(envelope.mail_from or "", list(envelope.rcpt_tos), message, raw, time.perf_counter())
            )
            self._arrived.notify_all()
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        # A client that will not trust the certificate is a client's right.
        if not isinstance(error, TLSSetupException):
            self.complaints.append(repr(error))
        return "451 4.3.0 The sink broke"


class _AnyPort(Controller):
    """The port is the system's choice; aiosmtpd would knock on port 0 to see whether it is up."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Silence:
    """Say nothing and keep the line open."""


class Goodbye:
    """Close the line."""


class Drip:
    """Begin a long reply, a byte every ``every_s``, ``count`` times or until the client gives up."""

    def __init__(self, every_s: float = 0.02, count: int = 300) -> None:
        self.every_s = every_s
        self.count = count


class ScriptedSmtp:
    """A server that answers each verb as told: ``CONNECT``, ``EHLO``, ``MAIL``, ``RCPT``, ``DATA`` and ``.`` (the end
    of the text). What is not told is answered well."""

    _GOOD: Mapping[str, str] = {
        "CONNECT": "220 scripted",
        "EHLO": "250 scripted",
        "MAIL": "250 OK",
        "RCPT": "250 OK",
        "DATA": "354 Go on",
        ".": "250 Kept",
        "QUIT": "221 Bye",
    }

    def __init__(self, answers: Mapping[str, str | Silence | Goodbye | Drip]) -> None:
        self.verbs: list[str] = []
        self._answers: dict[str, str | Silence | Goodbye | Drip] = {**self._GOOD, **answers}
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._listener.getsockname()[1]}?from=firebell@example.com"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(timeout=5)
        self._listener.close()

    def _serve(self) -> None:
        self._listener.settimeout(5)
        with contextlib.suppress(OSError):
            sock, _ = self._listener.accept()
            sock.settimeout(5)
            with sock, sock.makefile("rb") as lines:
                text = False
                talking = self._say(sock, "CONNECT")
                while talking and (line := lines.readline()):
                    if text and line != b".\r\n":
                        continue
                    verb = "." if text else line.split()[0].decode("ascii").upper()
                    self.verbs.append(verb)
                    talking = self._say(sock, verb)
                    text = verb == "DATA" and talking

    def _say(self, sock: socket.socket, verb: str) -> bool:
        match self._answers[verb]:
            case str() as words:
                sock.sendall(words.encode() + b"\r\n")
                return verb != "QUIT"
            case Drip() as drip:
                sock.sendall(b"250-")
                for _ in range(drip.count):
                    if self._over.wait(drip.every_s):
                        break
                    sock.sendall(b"x")
            case Silence():
                self._over.wait(10)
            case Goodbye():
                pass
        return False
