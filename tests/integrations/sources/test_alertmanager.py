from __future__ import annotations

import json

import pytest

from firebell.domain.alerts.model import Link, Status
from firebell.integrations.sources.alertmanager import SOURCE
from firebell.integrations.sources.contract import Accepted, Unreadable
from firebell.kernel.clock import Instant
from tests.integrations.sources.senders import capture, check_storable, post

WEBHOOK = "alertmanager-0.25.0-webhook__"


def body(**changes: object) -> dict[str, object]:
    alert = {"status": "firing", "labels": {"alertname": "Down"}, "annotations": {}, "fingerprint": "00ff"}
    return {"version": "4", "status": "firing", "alerts": [alert | changes]}


def test_every_alert_of_a_group_is_a_signal_of_its_own() -> None:
    first, second = SOURCE.parse(capture(WEBHOOK + "trigger__01"))
    assert (first.dedup_key, second.dedup_key) == ("8c5746535262d42a", "0a10a49456d81649")
    assert (first.status, second.status) == (Status.FIRING, Status.FIRING)
    assert first.summary == "Checkout 5xx over 5%"
    assert first.details == "web-1 is failing – 7.2% of requests"
    assert first.severity == "critical"
    assert first.source == "web-1:8080"
    assert first.labels == {
        "alertname": "HighErrorRate",
        "env": "prod",
        "instance": "web-1:8080",
        "service": "checkout",
        "severity": "critical",
    }
    assert first.links == (
        Link("http://prometheus.example.org:9090/graph?g0.expr=up", "Source"),
        Link("https://runbooks.example.org/checkout", "Runbook"),
        Link("http://alertmanager.example.org:9093", "Alertmanager"),
    )
    assert first.starts_at == Instant.parse_iso("2026-11-23T11:45:28.61Z")
    assert first.ends_at is None, "Go's zero time means unset"


def test_a_group_that_resolves_in_part_resolves_in_part() -> None:
    still, over = SOURCE.parse(capture(WEBHOOK + "partial_resolve__01"))
    assert (still.status, still.dedup_key) == (Status.FIRING, "8c5746535262d42a")
    assert (over.status, over.dedup_key) == (Status.RESOLVED, "0a10a49456d81649")
    assert over.ends_at == Instant.parse_iso("2026-11-23T11:48:33.614Z")


def test_the_last_notification_resolves_whatever_it_names() -> None:
    signals = SOURCE.parse(capture(WEBHOOK + "resolve__01"))
    assert signals
    assert {signal.status for signal in signals} == {Status.RESOLVED}


def test_the_group_status_holds_for_an_alert_that_has_none() -> None:
    resolved = body(status="")
    resolved["status"] = "resolved"
    assert SOURCE.parse(post(resolved))[0].status is Status.RESOLVED


def test_an_unknown_status_is_trouble() -> None:
    assert SOURCE.parse(post(body(status="pending")))[0].status is Status.FIRING


def test_the_alert_name_stands_in_for_a_summary() -> None:
    assert SOURCE.parse(post(body()))[0].summary == "Down"
    assert SOURCE.parse(post(body(labels={})))[0].summary == "Alert without a name"


def test_without_fingerprint_the_labels_in_any_order_are_the_key() -> None:
    one = SOURCE.parse(post(body(fingerprint="", labels={"a": "1", "b": "2"})))[0]
    two = SOURCE.parse(post(body(fingerprint="", labels={"b": "2", "a": "1"})))[0]
    other = SOURCE.parse(post(body(fingerprint="", labels={"b": "2", "a": "3"})))[0]
    assert one.dedup_key == two.dedup_key != other.dedup_key
    assert one.dedup_key is not None
    assert len(one.dedup_key) == 64


def test_annotations_without_a_place_of_their_own_are_told_too() -> None:
    notes = {"summary": "s", "description": "d", "impact": "shoppers see errors", "runbook_url": "https://r.example/1"}
    assert SOURCE.parse(post(body(annotations=notes)))[0].details == "d\n\nimpact: shoppers see errors"


def test_a_link_that_could_run_something_is_no_link() -> None:
    notes = {"runbook_url": "javascript:alert(1)", "dashboard_url": "https://d.example/1"}
    assert SOURCE.parse(post(body(annotations=notes)))[0].links == (Link("https://d.example/1", "Dashboard"),)


def test_an_unknown_severity_stays_a_label_and_leaves_the_service_default() -> None:
    signal = SOURCE.parse(post(body(labels={"alertname": "Down", "severity": "purple"})))[0]
    assert signal.severity is None
    assert signal.labels["severity"] == "purple"


def test_fields_of_the_wrong_type_do_not_cost_the_alert() -> None:
    odd = body(
        labels={"alertname": "Down", "shard": 7, "on": True, "none": None}, annotations=None, startsAt=1767323045
    )
    signal = SOURCE.parse(post(odd))[0]
    assert signal.labels == {"alertname": "Down", "shard": "7", "on": "true"}
    assert signal.starts_at == Instant.parse_iso("2026-01-02T03:04:05Z")
    assert signal.dedup_key == "00ff"


def test_a_stray_value_among_alerts_is_paged_beside_them() -> None:
    mixed = body()
    mixed["alerts"] = [*mixed["alerts"], "disk full"]  # type: ignore[misc]
    good, stray = SOURCE.parse(post(mixed))
    assert good.summary == "Down"
    assert (stray.summary, stray.details, stray.status) == ("Unreadable alert", "disk full", Status.FIRING)


def test_a_hundred_labels_become_64_and_the_rest_is_named() -> None:
    signal = SOURCE.parse(post(body(labels={f"l{n:03}": "v" for n in range(70)})))[0]
    check_storable(signal)
    assert len(signal.labels) == 64
    assert "l064, l065, l066, l067, l068, l069" in signal.details


def test_a_custom_payload_is_read_as_generic_json() -> None:
    signal = SOURCE.parse(post({"title": "Down", "state": "resolved", "fingerprint": "f1"}))[0]
    assert (signal.summary, signal.status, signal.dedup_key) == ("Down", Status.RESOLVED, "f1")


def test_a_custom_payload_without_words_is_unreadable_and_answered_as_usual() -> None:
    with pytest.raises(Unreadable) as caught:
        SOURCE.parse(post({"x": 1}))
    assert caught.value.reply is None


def test_no_alerts_are_no_signals() -> None:
    assert SOURCE.parse(post({"version": "4", "alerts": []})) == []


def test_the_incident_io_receiver_sends_the_same_body_as_version_1() -> None:
    assert SOURCE.parse(post(body() | {"version": "1"}))[0].summary == "Down"


def test_more_alerts_than_anyone_can_read_are_paged_raw() -> None:
    with pytest.raises(Unreadable, match="5001 alerts"):
        SOURCE.parse(post({"alerts": [{"labels": {}}] * 5001}))


def test_it_is_answered_200_and_503_because_it_drops_a_429() -> None:
    accepted = [Accepted("alr_1", True, "a"), Accepted("alr_2", False, "b")]
    reply = SOURCE.reply(capture(WEBHOOK + "trigger__01"), accepted)
    assert (reply.status, json.loads(reply.body)) == (200, {"status": "ok", "accepted": 2})
    busy = SOURCE.busy(7)
    assert (busy.status, busy.headers["Retry-After"]) == (503, "7")
