from __future__ import annotations

import json
import re
from typing import Any

import pytest

from firebell.domain.alerts.model import Link, Status
from firebell.integrations.sources.contract import Accepted, Reply, Request, Unreadable
from firebell.integrations.sources.pagerduty import SOURCE
from firebell.kernel.clock import Instant
from tests.integrations.sources.senders import capture, check_storable, post

GROUP_KEY = "97510b418c30a6bc221ab8cd7f4d49d287215a8f33fc7173ad6f03934114edfb"


def event(action: str = "trigger", **changes: object) -> dict[str, Any]:
    whole = {
        "routing_key": "R0123456789ABCDEF0123456789ABCDEF",
        "event_action": action,
        "dedup_key": "k1",
        "payload": {"summary": "disk full", "source": "db-1", "severity": "critical"},
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def enqueue(body: object) -> Request:
    return post(body, "v2", "enqueue")


def answered(request: Request) -> Reply:
    """What the sender hears when the alert is stored first."""
    signals = SOURCE.parse(request)
    return SOURCE.reply(request, [Accepted("alr_1", True, signal.dedup_key or "") for signal in signals])


def test_a_trigger_of_the_python_client() -> None:
    request = capture("pagerduty-py-7.2.0__trigger__01")
    (signal,) = SOURCE.parse(request)
    assert signal.status is Status.FIRING
    assert (signal.summary, signal.source, signal.severity) == ("disk full on db-1", "db-1.example.org", "warning")
    assert signal.dedup_key == "db-1/disk"
    assert signal.labels == {
        "component": "disk", "group": "prod-db", "class": "capacity", "used": "97%", "mount": "/var",
    }  # fmt: skip
    assert signal.links == (Link("https://runbooks.example.org/disk", "Runbook"),)
    assert signal.images == (Link("https://example.org/g.png", "graph"),)
    assert signal.starts_at == Instant.parse_iso("2026-01-02T03:04:05Z")
    reply = answered(request)
    assert reply.status == 202
    assert json.loads(reply.body) == {"status": "success", "message": "Event processed", "dedup_key": "db-1/disk"}


@pytest.mark.parametrize(
    ("name", "status", "key"),
    [
        ("pagerduty-py-7.2.0__acknowledge__01", Status.ACKNOWLEDGED, "db-1/disk"),
        ("pagerduty-py-7.2.0__resolve__01", Status.RESOLVED, "db-1/disk"),
        ("pagerduty-cli-7.2.0__cli_trigger__01", Status.FIRING, "cli-1"),
        ("pagerduty-cli-7.2.0__cli_acknowledge__01", Status.ACKNOWLEDGED, "cli-1"),
        ("pagerduty-cli-7.2.0__cli_resolve__01", Status.RESOLVED, "cli-1"),
        ("alertmanager-0.25.0-pagerduty__trigger__01", Status.FIRING, GROUP_KEY),
        ("alertmanager-0.25.0-pagerduty__partial_resolve__01", Status.FIRING, GROUP_KEY),
        ("alertmanager-0.25.0-pagerduty__resolve__01", Status.RESOLVED, GROUP_KEY),
    ],
)
def test_the_captured_senders_mean_what_they_say(name: str, status: Status, key: str) -> None:
    request = capture(name)
    (signal,) = SOURCE.parse(request)
    check_storable(signal)
    assert (signal.status, signal.dedup_key) == (status, key)
    assert answered(request).status == 202


def test_an_alertmanager_event_keeps_counts_as_labels_and_paragraphs_as_details() -> None:
    (signal,) = SOURCE.parse(capture("alertmanager-0.25.0-pagerduty__partial_resolve__01"))
    assert signal.summary == "[FIRING:1] HighErrorRate checkout (prod critical)"
    assert signal.labels["num_firing"] == signal.labels["num_resolved"] == "1"
    assert (signal.labels["client"], signal.source) == ("Alertmanager", "Alertmanager")
    assert "firing" not in signal.labels
    assert signal.details.startswith("firing:\nLabels:\n - alertname = HighErrorRate")
    assert "\n\nresolved:\nLabels:" in signal.details
    assert [x.text for x in signal.links] == ["Runbook", "Alertmanager"]


@pytest.mark.parametrize("name", ["trigger_no_dedup", "response_202_nodedup", "retry_429"])
def test_a_trigger_without_a_key_is_always_new_and_hears_its_key(name: str) -> None:
    request = capture(f"pagerduty-py-7.2.0__{name}__01")
    keys = {SOURCE.parse(request)[0].dedup_key for _ in range(2)}
    assert len(keys) == 2
    assert all(key and re.fullmatch("[0-9a-f]{32}", key) for key in keys)
    reply = SOURCE.reply(request, [Accepted("alr_1", True, "0123456789abcdef0123456789abcdef")])
    assert json.loads(reply.body)["dedup_key"] == "0123456789abcdef0123456789abcdef"


def test_a_change_event_is_heard_and_pages_nobody() -> None:
    request = capture("pagerduty-py-7.2.0__change__01")
    assert SOURCE.parse(request) == []
    reply = answered(request)
    assert (reply.status, json.loads(reply.body)) == (
        202,
        {"status": "success", "message": "Change event processed"},
    )


def test_a_change_event_without_summary_is_refused_and_still_pages_nobody() -> None:
    request = post({"payload": {"source": "ci"}}, "v2", "change", "enqueue")
    assert SOURCE.parse(request) == []
    assert answered(request).status == 400


def test_a_prefix_that_happens_to_be_called_change_silences_nothing() -> None:
    assert SOURCE.parse(post(event(), "change", "v2", "enqueue"))


def test_netdata_declares_its_json_a_form() -> None:
    # The shape its pd2 notifier posts: naive stamp, curl's default content type.
    body = event(payload={
        "summary": "CRITICAL", "source": "host-1", "severity": "critical",
        "timestamp": "2026-01-02T03:04:05.000", "class": "latency",
        "custom_details": {"value_string": "12 ms", "chart": "system.cpu"},
    })  # fmt: skip
    request = post(body, "v2", "enqueue", headers={"content-type": "application/x-www-form-urlencoded"})
    (signal,) = SOURCE.parse(request)
    assert signal.starts_at == Instant.parse_iso("2026-01-02T03:04:05Z")
    assert signal.labels == {"class": "latency", "value_string": "12 ms", "chart": "system.cpu"}


def test_error_is_high() -> None:
    body = event(payload={"summary": "s", "source": "x", "severity": "error"})
    assert SOURCE.parse(enqueue(body))[0].severity == "high"


def test_a_resolve_may_carry_the_whole_payload_and_its_stamp_is_the_end() -> None:
    stamp = "2026-01-02T03:04:05+0000"
    body = event("resolve", payload={"summary": "s", "source": "x", "severity": "info", "timestamp": stamp})
    (signal,) = SOURCE.parse(enqueue(body))
    assert (signal.starts_at, signal.ends_at) == (None, Instant.parse_iso("2026-01-02T03:04:05Z"))


def test_nested_custom_details_become_dotted_labels_and_lists_of_alerts_become_details() -> None:
    custom = {"num_firing": 2, "env": {"zone": "b"}, "firing": [{"labels": {"a": "1"}}], "empty": "", "none": None}
    body = event(payload={"summary": "s", "source": "x", "severity": "info", "custom_details": custom})
    (signal,) = SOURCE.parse(enqueue(body))
    assert signal.labels == {"num_firing": "2", "env.zone": "b"}
    assert '"a": "1"' in signal.details


def test_custom_details_that_are_a_text_are_the_details() -> None:
    body = event(payload={"summary": "s", "source": "x", "severity": "info", "custom_details": "look at db-1"})
    assert SOURCE.parse(enqueue(body))[0].details == "look at db-1"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (event(payload={"summary": "s", "severity": "info"}), "'payload.source' is missing or blank"),
        (event(payload={"summary": "s", "source": "x"}), "'payload.severity' is missing or blank"),
        (
            event(payload={"summary": "s", "source": "x", "severity": "high"}),
            "'payload.severity' is invalid (must be one of: ['critical', 'error', 'warning', 'info'])",
        ),
        (event(payload={"source": "x", "severity": "info"}), "'payload.summary' is missing or blank"),
        (event(""), "'event_action' is missing or blank"),
        (event("explode"), "'event_action' is invalid (must be one of: ['trigger', 'acknowledge', 'resolve'])"),
    ],
)
def test_an_invalid_trigger_that_says_enough_is_stored_first_and_refused_after(body: object, error: str) -> None:
    (signal,) = SOURCE.parse(enqueue(body))
    check_storable(signal)
    assert (signal.status, signal.dedup_key) == (Status.FIRING, "k1")
    reply = answered(enqueue(body))
    assert reply.status == 400
    assert json.loads(reply.body) == {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": [error],
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (event("resolve", dedup_key=None), "'dedup_key' is missing or blank"),
        (event("acknowledge", dedup_key="  "), "'dedup_key' is missing or blank"),
        ({}, "'event_action' is missing or blank"),
        ({"event_action": "trigger", "payload": []}, "'payload.summary' is missing or blank"),
    ],
)
def test_an_event_that_says_nothing_usable_is_unreadable_and_refused(body: object, error: str) -> None:
    with pytest.raises(Unreadable) as caught:
        SOURCE.parse(enqueue(body))
    assert caught.value.reply is not None
    assert caught.value.reply.status == 400
    assert error in json.loads(caught.value.reply.body)["errors"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"routing_key=abc"])
def test_what_is_no_json_object_is_unrecognised(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        SOURCE.parse(enqueue(body))
    assert caught.value.reply is not None
    assert json.loads(caught.value.reply.body) == {
        "status": "unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": ["JSON parse error"],
    }


def test_an_unknown_severity_word_is_kept_as_a_label() -> None:
    body = event(payload={"summary": "s", "source": "x", "severity": "purple"})
    (signal,) = SOURCE.parse(enqueue(body))
    assert (signal.severity, signal.labels["severity"]) == (None, "purple")


def test_its_own_throttle_answer_is_429() -> None:
    busy = SOURCE.busy(3)
    assert (busy.status, busy.headers["Retry-After"]) == (429, "3")
    assert json.loads(busy.body)["status"] == "throttle exceeded"
