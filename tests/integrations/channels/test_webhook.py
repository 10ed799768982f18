"""A webhook is signed so that an independent library accepts it, and its status alone decides."""

from __future__ import annotations

import json

import pytest
import standardwebhooks

from firebell.integrations.channels.contract import Message, MessageKind, Outcome, OutcomeKind
from firebell.integrations.channels.webhook import CHANNEL, Webhook
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.kernel.secrets import new_webhook_secret
from tests.fakes.http_sink import Answer, Drip, Hang, HttpSink, Raw, Reset, Seen, Step

LOOPBACK = FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",))
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "id": "dlv_06e1",
        "kind": MessageKind.PAGE,
        "title": "Checkout is down",
        "body": "5xx above 40 %, Äußerst",
        "severity": "SEV1",
        "alert_id": "alr_06e0",
        "ack_url": "https://bell.example/a/abc",
        "view_url": "https://bell.example/alerts/alr_06e0",
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


def deliver(sink: HttpSink, sent: Message | None = None, deadline_s: float = 5.0, **method: str) -> Outcome:
    with Fetch(LOOPBACK) as fetch:
        values = {"to": sink.url("/hook?a=b"), "secret": SECRET, **method}
        return Webhook(deadline_s).deliver(sent or message(), values, {}, fetch)


def outcome_of(step: Step, deadline_s: float = 5.0) -> Outcome:
    with HttpSink([step]) as sink:
        return deliver(sink, deadline_s=deadline_s)


def received(old_secret: str = "") -> Seen:
    with HttpSink([Answer(204, method="POST", path="/hook?a=b")]) as sink:
        assert deliver(sink, old_secret=old_secret) == Outcome(OutcomeKind.SENT, "204 No Content")
        return sink.requests[0]


def test_an_independent_library_accepts_the_signature_and_the_payload() -> None:
    seen = received()
    payload = standardwebhooks.Webhook(SECRET).verify(seen.body, dict(seen.headers))
    assert payload["type"] == "alert.paged"
    assert payload["timestamp"].endswith("Z")
    assert payload["data"] == {
        "delivery_id": "dlv_06e1",
        "title": "Checkout is down",
        "body": "5xx above 40 %, Äußerst",
        "severity": "SEV1",
        "urgency": "high",
        "alert_id": "alr_06e0",
        "ack_url": "https://bell.example/a/abc",
        "view_url": "https://bell.example/alerts/alr_06e0",
        "copies_possible": False,
    }
    assert seen.headers["content-type"] == "application/json"
    assert "authorization" not in seen.headers


def test_one_changed_byte_or_another_secret_is_noticed() -> None:
    seen = received()
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(seen.body.replace(b"down", b"Down"), dict(seen.headers))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(new_webhook_secret()).verify(seen.body, dict(seen.headers))


def test_during_a_rotation_either_secret_verifies() -> None:
    old = new_webhook_secret()
    seen = received(old_secret=old)
    assert len(seen.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, old):
        standardwebhooks.Webhook(secret).verify(seen.body, dict(seen.headers))


def test_the_id_and_the_time_of_the_attempt_are_in_the_headers() -> None:
    with HttpSink([Answer(500), Answer(200)]) as sink:
        deliver(sink, message(sent_at_s=1767603600))
        deliver(sink, message(sent_at_s=1767603605, copies_possible=True))
        first, second = sink.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "dlv_06e1"
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1767603600", "1767603605")
    assert json.loads(first.body)["timestamp"] == "2026-01-05T09:00:00Z"
    assert json.loads(second.body)["data"]["copies_possible"] is True


def test_the_payload_stays_within_20_kb() -> None:
    with HttpSink([Answer()]) as sink:
        deliver(sink, message(title="x" * 200, body='"\\\n' * 30_000))
        assert len(sink.requests[0].body) <= 20_000
        assert "…cut" in json.loads(sink.requests[0].body)["data"]["body"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"ok":false}', b"\xff" * 2000])
def test_any_2xx_is_a_delivery_whatever_the_body(status: int, body: bytes) -> None:
    assert outcome_of(Answer(status, b"" if status == 204 else body)).kind is OutcomeKind.SENT


@pytest.mark.parametrize(
    ("step", "deadline_s"),
    [
        (Answer(200, b"x" * 10_000_000), 5.0),
        (Hang(after_head=True), 0.25),
        (Drip(b"HTTP/1.1 200 OK\r\n\r\n", 0.02), 0.25),
    ],
)
def test_a_yes_counts_even_when_its_body_never_ends(step: Step, deadline_s: float) -> None:
    outcome = outcome_of(step, deadline_s)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.SENT, False)


@pytest.mark.parametrize(
    ("status", "kind", "broken", "unknown"),
    [
        (301, OutcomeKind.DEAD, False, False),
        (302, OutcomeKind.DEAD, False, False),
        (400, OutcomeKind.DEAD, False, False),
        (401, OutcomeKind.DEAD, True, False),
        (403, OutcomeKind.DEAD, True, False),
        (404, OutcomeKind.DEAD, False, False),
        (408, OutcomeKind.RETRY, False, False),
        (410, OutcomeKind.DEAD, False, False),
        (422, OutcomeKind.DEAD, False, False),
        (500, OutcomeKind.RETRY, False, False),
        (502, OutcomeKind.RETRY, False, True),
        (503, OutcomeKind.RETRY, False, False),
        (504, OutcomeKind.RETRY, False, True),
        (599, OutcomeKind.RETRY, False, False),
    ],
)
def test_a_status_is_read_as_what_it_means(status: int, kind: OutcomeKind, broken: bool, unknown: bool) -> None:
    outcome = outcome_of(Answer(status, b"canary", headers={"Location": "http://169.254.169.254/"}))
    assert (outcome.kind, outcome.broken_settings, outcome.unknown) == (kind, broken, unknown)
    assert outcome.reply.startswith(str(status))
    assert "canary" not in outcome.reply


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_receiver_says_when_to_come_back(status: int) -> None:
    outcome = outcome_of(Answer(status, headers={"Retry-After": "120"}))
    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RETRY, 120)


@pytest.mark.parametrize(("step", "deadline_s"), [(Hang(), 0.25), (Drip(), 0.25), (Reset(), 5), (Raw(b"no"), 5)])
def test_no_status_after_the_request_is_an_unknown_outcome(step: Step, deadline_s: float) -> None:
    outcome = outcome_of(step, deadline_s)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, True)


def test_no_receiver_is_tried_again_and_nothing_was_sent() -> None:
    with HttpSink([]) as sink:
        pass
    outcome = deliver(sink)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, False)


@pytest.mark.parametrize("to", ["https://169.254.169.254/", "https://127.1/", "http://example.com/", "nonsense", ""])
def test_an_address_that_may_not_be_called_is_dead(to: str) -> None:
    outcome = Webhook().deliver(message(), {"to": to, "secret": SECRET}, {}, Fetch(FetchPolicy()))
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.DEAD, False)


@pytest.mark.parametrize("secret", ["", "whsec_c2hvcnQ=", "plain"])
def test_nothing_goes_out_unsigned(secret: str) -> None:
    with HttpSink([]) as sink:
        assert deliver(sink, secret=secret).kind is OutcomeKind.DEAD
        assert not sink.requests


def test_a_secret_is_made_when_none_is_given_and_kept_when_one_is() -> None:
    made = CHANNEL.check({"to": "https://example.com/hook"})
    assert made["secret"].startswith("whsec_")
    assert CHANNEL.check({"to": "https://example.com/hook"})["secret"] != made["secret"]
    assert CHANNEL.check({**made, "old_secret": SECRET}) == {**made, "old_secret": SECRET}


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ({}, "to"),
        ({"to": "example.com/hook"}, "to"),
        ({"to": "https://u:p@example.com/hook"}, "to"),
        ({"to": "https://127.1/hook"}, "to"),
        ({"to": "https://example.com/hook", "secret": "canary"}, "secret"),
        ({"to": "https://example.com/hook", "old_secret": "canary"}, "old_secret"),
    ],
)
def test_what_cannot_be_called_or_signed_is_refused_by_name(method: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        CHANNEL.check(method)
    assert refused.value.field == field
    assert "canary" not in str(refused.value)


def test_the_path_is_masked_because_it_may_be_a_secret() -> None:
    assert CHANNEL.mask({"to": "https://hooks.example.com/T0/B0/canary"}) == "https://hooks.example.com/…"
