"""A mail arrives whole, hangs below its alert, and its failures are told apart."""

from __future__ import annotations

import ssl
from html.parser import HTMLParser
from pathlib import Path

import pytest

from firebell.integrations.channels.contract import Message, MessageKind, Outcome, OutcomeKind
from firebell.integrations.channels.email import CHANNEL, Email
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch, FetchPolicy
from tests.fakes.certificate import certificate
from tests.fakes.smtp_sink import Drip, Goodbye, ScriptedSmtp, Silence, SmtpSink

FETCH = Fetch(FetchPolicy())
TO = {"to": "pia@example.com"}
NO_ADDRESS = (
    "", "pia", "@example.com", "pia@", "Pia <pia@example.com>", "a b@c.example", "a@b@c", ".a@b.c", "a@-b.c", "a@b..c",
    "pia@exam\rple.com", "a@b.c, d@e.f", "a" * 250 + "@b.example", "pia@example.com\r\nBcc: eve@evil.example",
)  # fmt: skip


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "id": "dlv_06e1",
        "kind": MessageKind.PAGE,
        "title": "Checkout is down",
        "body": "5xx above 40 %.\n.a line that begins with a dot\nÄußerst dringend",
        "alert_id": "alr_06e0",
        "ack_url": "https://bell.example/a/abc?x=1&y=2",
        "view_url": "https://bell.example/alerts/alr_06e0",
        "sent_at_s": 1767603600,
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


def deliver(url: str, sent: Message | None = None, deadline_s: float = 5.0) -> Outcome:
    return Email(deadline_s).deliver(sent or message(), TO, {"url": url}, FETCH)


def test_a_page_arrives_with_text_and_button() -> None:
    with SmtpSink() as sink:
        outcome = deliver(sink.url)
        mail = sink.wait_for(lambda mail: True, timeout_s=5)
    assert outcome == Outcome(OutcomeKind.SENT, "250 2.0.0 Kept", provider_id="<dlv_06e1@example.com>")
    assert (mail.sender, mail.to) == ("firebell@example.com", ["pia@example.com"])
    assert mail.message["Subject"] == "Checkout is down"
    assert mail.message["From"] == "Firebell <firebell@example.com>"
    assert mail.message["Date"] == "Mon, 05 Jan 2026 09:00:00 -0000"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Importance"] == "high"
    text = mail.part("plain")
    assert text.startswith("5xx above 40 %.\n.a line that begins with a dot\nÄußerst dringend\n\n")
    assert "Acknowledge: https://bell.example/a/abc?x=1&y=2\n" in text
    assert links(mail.part("html")) == ["https://bell.example/a/abc?x=1&y=2", "https://bell.example/alerts/alr_06e0"]
    assert all(line.isascii() and len(line) <= 998 for line in mail.raw.split(b"\r\n"))


def test_every_mail_of_an_alert_hangs_below_the_same_root_and_repeats_its_own_id() -> None:
    with SmtpSink() as sink:
        deliver(sink.url)
        deliver(sink.url, message(copies_possible=True))
        deliver(sink.url, message(id="dlv_06e2", kind=MessageKind.STATUS, title="Resolved"))
        first, repeat, status = sink.mails
    assert first.message["Message-ID"] == repeat.message["Message-ID"] != status.message["Message-ID"]
    roots = {mail.message[name] for mail in sink.mails for name in ("In-Reply-To", "References")}
    assert roots == {"<thread.alr_06e0@example.com>"}
    assert "may have reached you" in repeat.part("plain")
    assert "may have reached you" in repeat.part("html")
    assert "may have reached you" not in first.part("plain")
    assert status.message["Importance"] is None


def test_a_title_cannot_add_a_header_and_the_page_still_goes() -> None:
    with SmtpSink() as sink:
        outcome = deliver(
            sink.url, message(title="Disk full\r\nBcc: eve@evil.example\n\n<b>x</b>\0", id="dlv\r\nX-Evil: 1")
        )
        mail = sink.wait_for(lambda mail: True, timeout_s=5)
    assert outcome.kind is OutcomeKind.SENT
    assert mail.to == ["pia@example.com"]
    assert mail.message["Bcc"] is None
    assert mail.message["X-Evil"] is None
    assert mail.message["Subject"] == "Disk full Bcc: eve@evil.example <b>x</b>\ufffd"


def test_text_from_outside_is_text_in_the_html_part() -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    with SmtpSink() as sink:
        deliver(
            sink.url, message(title=hostile, body=hostile, ack_url="javascript:alert(1)", view_url='https://x/"><b>')
        )
        html = sink.wait_for(lambda mail: True, timeout_s=5).part("html")
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert links(html) == ['https://x/"><b>']


@pytest.mark.parametrize("to", [*NO_ADDRESS, "pia@example.com\n", " pia@example.com"])
def test_an_address_that_smuggles_is_dead_without_a_connection(to: str) -> None:
    outcome = Email().deliver(message(), {"to": to}, {"url": "smtp://127.0.0.1:9?from=a@b.example"}, FETCH)
    assert (outcome.kind, outcome.broken_settings) == (OutcomeKind.DEAD, False)


def test_the_right_password_is_accepted_and_the_wrong_one_is_a_broken_setting() -> None:
    with SmtpSink(login=("bell", "p@ss/word")) as sink:
        good = f"smtp://bell:p%40ss%2Fword@127.0.0.1:{sink.port}?from=a@b.example"
        assert deliver(good).kind is OutcomeKind.SENT
        wrong = deliver(good.replace("word", "sword"))
        assert (wrong.kind, wrong.broken_settings) == (OutcomeKind.DEAD, True)
        missing = deliver(good.replace("bell:p%40ss%2Fword@", ""))
        assert (missing.kind, missing.broken_settings) == (OutcomeKind.DEAD, True)
        assert len(sink.mails) == 1


@pytest.mark.parametrize(
    ("step", "answer", "kind", "broken"),
    [
        ("RCPT", "550 5.1.1 No such user", OutcomeKind.DEAD, False),
        ("RCPT", "530 5.7.0 Sign in first", OutcomeKind.DEAD, True),
        ("RCPT", "450 4.2.0 Greylisted", OutcomeKind.RETRY, False),
        ("RCPT", "452 4.2.2 Mailbox full", OutcomeKind.RETRY, False),
        ("MAIL", "553 5.7.1 Not your address", OutcomeKind.DEAD, True),
        ("MAIL", "530 5.7.0 Sign in first", OutcomeKind.DEAD, True),
        ("MAIL", "451 4.3.0 Later", OutcomeKind.RETRY, False),
        ("DATA", "554 5.6.0 Looks like spam", OutcomeKind.DEAD, False),
        ("DATA", "552 5.3.4 Too big", OutcomeKind.DEAD, False),
        ("DATA", "451 4.3.0 Later", OutcomeKind.RETRY, False),
        ("DATA", "421 4.3.2 Going down", OutcomeKind.RETRY, False),
    ],
)
def test_a_rejection_is_read_as_what_it_means(step: str, answer: str, kind: OutcomeKind, broken: bool) -> None:
    with SmtpSink(answers={step: answer}) as sink:
        outcome = deliver(sink.url)
    assert (outcome.kind, outcome.broken_settings, outcome.unknown) == (kind, broken, False)
    assert outcome.reply == f"{step}: {answer}"
    assert not sink.mails


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("silence", [Silence(), Goodbye(), Drip()])
def test_a_server_that_falls_silent_before_the_text_has_nothing(step: str, silence: Silence | Goodbye | Drip) -> None:
    with ScriptedSmtp({step: silence, "HELO": Goodbye()}) as server:
        outcome = deliver(server.url, deadline_s=0.3)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, False)
    assert ("closed" if isinstance(silence, Goodbye) else "in time") in outcome.reply


@pytest.mark.parametrize("silence", [Silence(), Goodbye(), Drip()])
def test_a_server_that_falls_silent_after_the_text_may_have_taken_it(silence: Silence | Goodbye | Drip) -> None:
    with ScriptedSmtp({".": silence}) as server:
        outcome = deliver(server.url, deadline_s=0.3)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, True)
    assert ("closed" if isinstance(silence, Goodbye) else "in time") in outcome.reply
    assert server.verbs[:5] == ["EHLO", "MAIL", "RCPT", "DATA", "."]


def test_a_server_that_turns_us_away_at_the_door_is_a_broken_setting() -> None:
    with ScriptedSmtp({"CONNECT": "554 No service for you"}) as server:
        outcome = deliver(server.url)
    assert (outcome.kind, outcome.broken_settings) == (OutcomeKind.DEAD, True)


def test_no_server_at_all_is_tried_again() -> None:
    with SmtpSink() as sink:
        url = sink.url
    outcome = deliver(url)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, False)


def test_encryption_that_is_not_offered_is_not_done_without() -> None:
    with SmtpSink(login=("bell", "canary-word")) as sink:
        outcome = deliver(sink.url + "&security=starttls")
        assert not sink.mails
    assert (outcome.kind, outcome.broken_settings) == (OutcomeKind.DEAD, True)
    assert "canary" not in repr(outcome)


def test_starttls_is_used_and_the_certificate_is_checked(tmp_path: Path) -> None:
    bundle, server = certificate(tmp_path, "localhost")
    with SmtpSink(login=("bell", "word"), tls=server) as sink:
        url = f"smtp://bell:word@localhost:{sink.port}?from=a@b.example&security=starttls"
        trusting = Email(trust=ssl.create_default_context(cafile=str(bundle)))
        assert trusting.deliver(message(), TO, {"url": url}, FETCH).kind is OutcomeKind.SENT
        doubting = deliver(url)
        assert (doubting.kind, doubting.unknown) == (OutcomeKind.RETRY, False)
        assert "certificate" in doubting.reply
        elsewhere = url.replace("localhost", "127.0.0.1")
        assert trusting.deliver(message(), TO, {"url": elsewhere}, FETCH).kind is OutcomeKind.RETRY
        assert len(sink.mails) == 1


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "sender"),
    [
        ("smtp://u:p@mx.example?from=Bell <x+y@z.example>", "mx.example", "587", "starttls", "Bell <x+y@z.example>"),
        ("smtps://u:p@mail.example.com?from=x@z.example", "mail.example.com", "465", "tls", "x@z.example"),
        ("smtp://mail.example.com:465?from=x@z.example", "mail.example.com", "465", "tls", "x@z.example"),
        ("smtp://u%40z.example:p@mail.example.com:2525", "mail.example.com", "2525", "starttls", "u@z.example"),
        ("smtp://localhost:1025?from=A%20b%20%3Cx@z.example%3E", "localhost", "1025", "plain", "A b <x@z.example>"),
        ("smtp://[::1]:1025?from=x@z.example", "::1", "1025", "plain", "x@z.example"),
    ],
)  # fmt: skip
def test_one_url_says_it_all(url: str, host: str, port: str, security: str, sender: str) -> None:
    checked = CHANNEL.check_settings({"url": url})
    assert (checked["host"], checked["port"], checked["security"], checked["from"]) == (host, port, security, sender)
    assert CHANNEL.check_settings(checked) == checked
    assert CHANNEL.configured(checked)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "host"),
        ({"url": "https://mail.example.com"}, "url"),
        ({"url": "smtp://mail.example.com:x"}, "url"),
        ({"url": "smtp://mail.example.com"}, "from"),
        ({"url": "smtp://mail.example.com?from=x@z.example%0d%0aBcc:y@z.example"}, "url"),
        ({"url": "smtp://mail.example.com?from=x@z.example&security=plain"}, "security"),
        ({"host": "mail.example.com", "from": "x@z.example", "security": "none"}, "security"),
        ({"host": "mail.example.com", "from": "x@z.example", "port": "0"}, "port"),
        ({"host": "mail.example.com", "from": "x@z.example\nBcc: y"}, "from"),
        ({"host": "mail.example.com", "from": "nobody"}, "from"),
        ({"host": "mail.example.com", "from": "x@z.example", "user": "u", "password": "wörd"}, "password"),
        ({"host": "mail server", "from": "x@z.example"}, "host"),
    ],
)
def test_settings_that_cannot_send_are_refused_by_name(settings: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        CHANNEL.check_settings(settings)
    assert refused.value.field == field
    assert not CHANNEL.configured(settings)


@pytest.mark.parametrize("to", ["pia@example.com", "p.i+a@mail.internal", "a@localhost", "o'neil@x-y.example"])
def test_an_ordinary_address_is_kept(to: str) -> None:
    assert CHANNEL.check({"to": f" {to} "}) == {"to": to}


@pytest.mark.parametrize("to", NO_ADDRESS)
def test_anything_else_is_refused(to: str) -> None:
    with pytest.raises(Invalid) as refused:
        CHANNEL.check({"to": to})
    assert refused.value.field == "to"


def test_a_masked_address_is_known_to_its_owner_only() -> None:
    assert CHANNEL.mask({"to": "patricia@example.com"}) == "p…a@example.com"
    assert CHANNEL.mask({"to": "ab@example.com"}) == "a…@example.com"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "href"]


def links(html: str) -> list[str]:
    reader = _Links()
    reader.feed(html)
    return reader.found
