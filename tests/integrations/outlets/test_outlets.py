"""Outlets against scripted servers: what is sent byte by byte, and what each answer means."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from firebell.domain.outbox.model import OutcomeKind
from firebell.integrations.outlets import all_outlets, chat_webhook, pagerduty_webhook, teams, webhook
from firebell.integrations.outlets.contract import Parcel
from firebell.integrations.outlets.state_mail import StateMail
from firebell.integrations.outlets.subscriber_mail import SubscriberMail
from firebell.kernel.clock import SystemClock
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.kernel.secrets import new_webhook_secret
from tests.fakes.http_sink import Answer, Drip, Hang, HttpSink, Reset, Step
from tests.fakes.smtp_sink import SmtpSink

FETCH = Fetch(FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",)))


def parcel(**payload: Any) -> Parcel:
    # Now, not when this file was read: who verifies takes nothing older than five minutes.
    return Parcel("pst_1", payload, 1, SystemClock().now().timestamp())


def test_every_outlet_is_found_by_being_there() -> None:
    assert {"webhook", "pagerduty_webhook", "teams", "chat_webhook", "subscriber_mail", "subscriber_webhook",
            "subscriber_chat", "state_mail"} <= set(all_outlets())  # fmt: skip


def test_a_webhook_is_what_the_standard_says() -> None:
    old, new = new_webhook_secret(), new_webhook_secret()
    payload = {"type": "incident.declared", "timestamp": "2026-03-02T10:00:00Z", "data": {"title": "Ümlaut “x”"}}
    with HttpSink([Answer(200)]) as sink:
        target = {"url": sink.url("/hook"), "secret": new, "old_secret": old}
        assert webhook.OUTLET.deliver(parcel(**payload), target, FETCH).kind is OutcomeKind.SENT
        (seen,) = sink.requests
    for secret in (old, new):
        assert Webhook(secret).verify(seen.body, dict(seen.headers)) == payload
    assert seen.headers["webhook-id"] == "pst_1"
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(new_webhook_secret()).verify(seen.body, dict(seen.headers))


def test_the_vector_of_the_specification() -> None:
    secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    headers = webhook.signed(Parcel("msg_1", {}, 1, 1_700_000_000), b'{"a":1}', {"secret": secret})
    assert headers["webhook-signature"] == "v1,AMaOha7DUT/0J0JMycRuYOBSvbx3WtwLd2khXXbaVj4="


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Answer(204), OutcomeKind.SENT),
        (Answer(302, headers={"location": "/x"}), OutcomeKind.RETRY),
        (Answer(400), OutcomeKind.RETRY),
        (Answer(404), OutcomeKind.RETRY),
        (Answer(410), OutcomeKind.GONE),
        (Answer(429, headers={"retry-after": "77"}), OutcomeKind.RETRY),
        (Answer(503), OutcomeKind.RETRY),
        (Reset(), OutcomeKind.RETRY),
        (Hang(), OutcomeKind.RETRY),
        (Drip(), OutcomeKind.RETRY),
    ],
)
def test_what_an_answer_means(step: Step, kind: OutcomeKind) -> None:
    with HttpSink([step]) as sink:
        outlet = webhook.Webhook(deadline_s=0.6)
        found = outlet.deliver(parcel(a=1), {"url": sink.url(), "secret": new_webhook_secret()}, FETCH)
    assert found.kind is kind
    if isinstance(step, Answer) and step.status == 429:
        assert found.retry_after_s == 77


def test_an_internal_address_is_refused() -> None:
    guarded = Fetch(FetchPolicy(allow_http=True))
    target = {"url": "http://127.0.0.1:1/", "secret": new_webhook_secret()}
    found = webhook.OUTLET.deliver(parcel(a=1), target, guarded)
    assert found.kind is OutcomeKind.DEAD


def test_teams_gets_its_card_exactly() -> None:
    with HttpSink([Answer(202)]) as sink:
        said = {"title": "INC-1", "text": "We look.", "links": [{"title": "Open page", "url": "https://fb.example/1"}]}
        assert teams.OUTLET.deliver(parcel(**said), {"url": sink.url()}, FETCH).kind is OutcomeKind.SENT
        body = json.loads(sink.requests[0].body)
    content = body["attachments"][0].pop("content")
    assert body == {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None}],
    }
    assert {k: content[k] for k in ("$schema", "type", "version", "msteams")} == {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2",
        "msteams": {"width": "Full"},
    }  # fmt: skip
    assert content["body"][1] == {"type": "TextBlock", "text": "We look.", "wrap": True}
    assert content["actions"] == [{"type": "Action.OpenUrl", "title": "Open page", "url": "https://fb.example/1"}]


def test_a_card_is_never_too_large() -> None:
    huge = {"title": "x" * 9_000, "text": '"\u2028' * 90_000, "links": [{"title": "t" * 900, "url": "https://e.x"}] * 9}
    assert len(json.dumps(teams.card(huge), separators=(",", ":")).encode()) <= 28_000


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "dead"), (404, "gone"), (410, "gone"), (429, "retry"), (500, "retry")]
)
def test_a_chat_that_refuses_a_text_is_not_asked_again(status: int, kind: str) -> None:
    with HttpSink([Answer(status)]) as sink:
        assert chat_webhook.OUTLET.deliver(parcel(text="x"), {"url": sink.url()}, FETCH).kind == kind


def test_chats_are_told_apart_by_their_host() -> None:
    said = {"title": "T", "text": "x" * 5000, "links": [{"title": "Open", "url": "https://fb.example"}]}
    slack = chat_webhook.message(said, "https://hooks.slack.com/services/1")
    discord = chat_webhook.message(said, "https://discord.com/api/webhooks/1/x")
    assert len(slack["text"]) <= 4000
    assert len(discord["content"]) <= 2000
    assert discord["allowed_mentions"] == {"parse": []}
    assert "attachments" in chat_webhook.message(said, "https://prod-1.westeurope.logic.azure.com/workflows/x")


def test_pagerdutys_signature() -> None:
    with HttpSink([Answer(202)]) as sink:
        target = {"url": sink.url(), "secret": "s" * 20, "old_secret": "o" * 20}
        pagerduty_webhook.OUTLET.deliver(parcel(event={"id": "1"}), target, FETCH)
        (seen,) = sink.requests
    made = ["v1=" + hmac.new(key, seen.body, "sha256").hexdigest() for key in (b"s" * 20, b"o" * 20)]
    assert seen.headers["x-pagerduty-signature"] == ",".join(made)


def mail_target(sink: SmtpSink) -> dict[str, str]:
    return {"to": "pia@example.com", "smtp_url": sink.url}


def test_a_subscribers_mail_is_one_text_twice_with_its_way_out() -> None:
    said = {
        "subject": "[Acme] Down\r\nBcc: x@y.z", "heading": "Down", "body": "**Very** <b>down</b>",
        "lines": ["Visa: Major"],
        "page": "Acme", "links": [{"title": "Open", "url": "https://a.example/?a=1&b=2"}], "key": "sup_1.sub_1",
        "thread": "sin_1", "unsubscribe_url": "https://a.example/u/1.x", "manage_url": "https://a.example/m/1.x",
        "footer": "You subscribed.",
    }  # fmt: skip
    with SmtpSink() as sink:
        assert SubscriberMail().deliver(parcel(**said), mail_target(sink), FETCH).kind is OutcomeKind.SENT
        first = sink.mails[0]
        SubscriberMail().deliver(parcel(**said), mail_target(sink), FETCH)
        again = sink.mails[1]
    mail = first.message
    assert mail["Bcc"] is None
    assert "&lt;b&gt;down" in first.part("html")
    assert "<strong>Very</strong>" in first.part("html")
    assert "https://a.example/?a=1&amp;b=2" in first.part("html")
    assert "Unsubscribe: https://a.example/u/1.x" in first.part("plain")
    assert mail["Message-ID"] == again.message["Message-ID"]
    assert str(mail["References"]) == "<thread.sin_1@example.com>"
    assert str(mail["List-Unsubscribe"]) == "<https://a.example/u/1.x>"


@pytest.mark.parametrize(
    ("answers", "kind"),
    [({"RCPT": "550 no such user"}, "dead"), ({"RCPT": "451 later"}, "retry"), ({"MAIL": "550 not you"}, "retry")],
)
def test_what_a_mail_servers_answer_means(answers: dict[str, str], kind: str) -> None:
    with SmtpSink(answers=answers) as sink:
        assert SubscriberMail().deliver(parcel(subject="x"), mail_target(sink), FETCH).kind == kind


def test_without_a_mail_server_a_letter_waits() -> None:
    assert SubscriberMail().deliver(parcel(subject="x"), {"to": "a@b.c"}, FETCH).kind is OutcomeKind.RETRY


def test_the_state_file_by_mail() -> None:
    with SmtpSink() as sink:
        said = {"subject": "INC-1 state", "text": "INC-1 <open>", "thread": "inc_1"}
        assert StateMail().deliver(parcel(**said), mail_target(sink), FETCH).kind is OutcomeKind.SENT
    assert "INC-1 <open>" in sink.mails[0].part("plain")
    assert "INC-1 &lt;open&gt;" in sink.mails[0].part("html")
