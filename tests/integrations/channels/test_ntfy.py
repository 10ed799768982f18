"""A push reaches the topic, and only ntfy's own answer counts as reaching it."""

from __future__ import annotations

import json

import pytest

from firebell.integrations.channels.contract import Message, MessageKind, Outcome, OutcomeKind
from firebell.integrations.channels.ntfy import CHANNEL, Ntfy
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch, FetchPolicy
from tests.fakes.http_sink import Answer, Drip, Hang, HttpSink, Raw, Reset, Step

LOOPBACK = FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",))
STORED = json.dumps({"id": "hwQ2YpKdmg", "time": 1767603600, "event": "message", "topic": "pia"}).encode()
KEPT = Answer(200, STORED, method="POST", path="/")


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "id": "dlv_06e1",
        "kind": MessageKind.PAGE,
        "title": "Checkout is down",
        "body": "5xx above 40 %",
        "ack_url": "https://bell.example/a/abc",
        "view_url": "https://bell.example/alerts/alr_06e0",
        "sent_at_s": 1767603600,
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


def deliver(sink: HttpSink, sent: Message | None = None, token: str = "", deadline_s: float = 5.0) -> Outcome:
    with Fetch(LOOPBACK) as fetch:
        return Ntfy(deadline_s).deliver(sent or message(), {"to": sink.url("/pia"), "token": token}, {}, fetch)


def published(sent: Message) -> dict[str, object]:
    with HttpSink([KEPT]) as sink:
        assert deliver(sink, sent).kind is OutcomeKind.SENT
        found = json.loads(sink.requests[0].body)
        assert isinstance(found, dict)
        return found


def outcome_of(step: Step, deadline_s: float = 5.0) -> Outcome:
    with HttpSink([step]) as sink:
        return deliver(sink, deadline_s=deadline_s)


def test_a_page_is_published_to_the_root_with_everything_a_lock_screen_needs() -> None:
    with HttpSink([KEPT]) as sink:
        outcome = deliver(sink)
        assert outcome == Outcome(OutcomeKind.SENT, "200 OK", provider_id="hwQ2YpKdmg")
        assert sink.requests[0].headers["content-type"] == "application/json"
        assert "authorization" not in sink.requests[0].headers
        assert json.loads(sink.requests[0].body) == {
            "topic": "pia",
            "title": "Checkout is down",
            "message": "5xx above 40 %",
            "priority": 5,
            "tags": ["rotating_light"],
            "click": "https://bell.example/a/abc",
            "actions": [
                {"action": "view", "label": "Acknowledge", "url": "https://bell.example/a/abc"},
                {"action": "view", "label": "Open", "url": "https://bell.example/alerts/alr_06e0"},
            ],
        }


def test_no_action_of_a_notification_acts_by_itself() -> None:
    actions = published(message())["actions"]
    assert isinstance(actions, list)
    assert {action["action"] for action in actions} == {"view"}


@pytest.mark.parametrize(
    ("kind", "urgency", "priority"),
    [
        (MessageKind.PAGE, "high", 5),
        (MessageKind.PAGE, "low", 3),
        (MessageKind.TEST, "high", 5),
        (MessageKind.STATUS, "high", 3),
        (MessageKind.NOTICE, "high", 3),
        (MessageKind.VERIFICATION, "high", 4),
    ],
)
def test_only_what_must_wake_somebody_is_urgent(kind: MessageKind, urgency: str, priority: int) -> None:
    assert published(message(kind=kind, urgency=urgency))["priority"] == priority


def test_a_message_without_links_has_no_buttons() -> None:
    payload = published(message(ack_url=None, view_url=None))
    assert "actions" not in payload
    assert "click" not in payload


@pytest.mark.parametrize("copies", [True, False])
def test_a_long_body_fits_and_a_possible_copy_is_said(copies: bool) -> None:
    text = published(message(body="ü" * 5000, copies_possible=copies))["message"]
    assert isinstance(text, str)
    assert len(text.encode()) <= 4096
    assert "…cut" in text
    assert ("copy of this message" in text) == copies


@pytest.mark.parametrize(
    ("token", "header"), [("tk_abc", "Bearer tk_abc"), ("pia:word", "Basic cGlhOndvcmQ="), ("", None)]
)
def test_a_token_is_sent_as_its_kind_asks(token: str, header: str | None) -> None:
    with HttpSink([KEPT]) as sink:
        deliver(sink, token=token)
        assert sink.requests[0].headers.get("authorization") == header


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_dead_and_a_broken_setting(status: int) -> None:
    outcome = outcome_of(Answer(status, b'{"code":40101,"error":"unauthorized"}'))
    assert (outcome.kind, outcome.broken_settings) == (OutcomeKind.DEAD, True)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 413])
def test_a_final_refusal_is_dead(status: int) -> None:
    outcome = outcome_of(Answer(status, headers={"Location": "http://127.0.0.1/"}))
    assert (outcome.kind, outcome.broken_settings, outcome.unknown) == (OutcomeKind.DEAD, False, False)


@pytest.mark.parametrize(("status", "unknown"), [(500, False), (502, True), (503, False), (504, True), (507, False)])
def test_a_broken_server_is_tried_again(status: int, unknown: bool) -> None:
    outcome = outcome_of(Answer(status))
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, unknown)


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "Mon, 05 Jan 2026 09:00:30 GMT"}, 30),
        ({"Retry-After": "Mon, 05 Jan 2026 08:00:00 GMT"}, 0),
        ({"Retry-After": "999999999999"}, 3600),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_full_bucket_says_when_to_come_back(retry_after: dict[str, str], wait_s: int | None) -> None:
    outcome = outcome_of(Answer(429, headers=retry_after))
    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RETRY, wait_s)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[]",
        b'"ok"',
        b"{}",
        b'{"event":"message"}',
        b'{"event":"message","id":7}',
        b'{"event":"open","id":"x"}',
        b'{"error":"no"}',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_a_yes_that_ntfy_would_not_say_is_not_a_delivery(body: bytes) -> None:
    outcome = outcome_of(Answer(200, body))
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, True)


def test_nothing_of_a_reply_body_is_repeated() -> None:
    for status in (200, 400, 401, 500):
        assert "canary" not in repr(outcome_of(Answer(status, b'{"error":"canary"}', headers={"X-Note": "canary"})))


@pytest.mark.parametrize("step", [Hang(), Hang(after_head=True), Drip(), Drip(b"HTTP/1.1 200 OK\r\n\r\n", 0.02)])
def test_silence_after_the_request_is_bounded_and_unknown(step: Step) -> None:
    outcome = outcome_of(step, deadline_s=0.25)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, True)


@pytest.mark.parametrize("step", [Reset(), Raw(b"nonsense\r\n"), Answer(200, b"x" * 10_000_000)])
def test_a_broken_or_endless_answer_is_unknown(step: Step) -> None:
    outcome = outcome_of(step)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, True)


def test_no_server_is_tried_again_and_nothing_was_sent() -> None:
    with HttpSink([]) as sink:
        pass
    outcome = deliver(sink)
    assert (outcome.kind, outcome.unknown) == (OutcomeKind.RETRY, False)


def test_an_internal_server_is_dead_unless_an_administrator_opened_it() -> None:
    outcome = Ntfy().deliver(message(), {"to": "https://127.0.0.1/pia"}, {}, Fetch(FetchPolicy()))
    assert outcome.kind is OutcomeKind.DEAD


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://ntfy.sh/my-topic", "https://ntfy.sh/my-topic"),
        (" https://NTFY.example.com:8443/a_B-1/ ", "https://ntfy.example.com:8443/a_B-1"),
        ("http://[fd00::1]/x", "http://[fd00::1]/x"),
        ("https://ntfy.sh:443/x", "https://ntfy.sh/x"),
    ],
)
def test_a_topic_address_is_made_canonical(given: str, kept: str) -> None:
    assert CHANNEL.check({"to": given}) == {"to": kept}
    assert CHANNEL.check({"to": given, "token": "tk_a"}) == {"to": kept, "token": "tk_a"}


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ({}, "to"),
        ({"to": "my-topic"}, "to"),
        ({"to": "https://ntfy.sh"}, "to"),
        ({"to": "https://ntfy.sh/"}, "to"),
        ({"to": "https://ntfy.sh/a/b"}, "to"),
        ({"to": "https://ntfy.sh/a?auth=x"}, "to"),
        ({"to": "https://ntfy.sh/" + "x" * 65}, "to"),
        ({"to": "https://u:p@ntfy.sh/a"}, "to"),
        ({"to": "ftp://ntfy.sh/a"}, "to"),
        ({"to": "https://ntfy.sh/a", "token": "tk\r\nX: y"}, "token"),
        ({"to": "https://ntfy.sh/a", "token": "tkü"}, "token"),
    ],
)
def test_what_is_no_topic_is_refused_by_name(method: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        CHANNEL.check(method)
    assert refused.value.field == field


def test_the_topic_is_masked() -> None:
    assert CHANNEL.mask({"to": "https://ntfy.sh/pia-secret"}) == "https://ntfy.sh/p…t"
    assert CHANNEL.mask({"to": "https://ntfy.sh/abc"}) == "https://ntfy.sh/…"
    assert CHANNEL.mask({"to": "?"}) == "…"
