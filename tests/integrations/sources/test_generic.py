from __future__ import annotations

import json

import pytest

from firebell.domain.alerts.model import Link, Status
from firebell.integrations.sources.contract import Accepted, Unreadable
from firebell.integrations.sources.generic import SOURCE
from firebell.kernel.clock import Instant
from tests.integrations.sources.senders import post


def test_our_own_shape() -> None:
    (signal,) = SOURCE.parse(
        post(
            {
                "dedup_key": "db-1/disk",
                "status": "firing",
                "severity": "High",
                "summary": "Disk full",
                "description": "/var at 97 %",
                "source": "db-1",
                "labels": {"env": "prod", "shard": 3},
                "links": [{"href": "https://r.example/1", "text": "Runbook"}, "https://r.example/2", "ftp://no"],
                "starts_at": "2026-01-02T03:04:05Z",
                "ends_at": "",
            }
        )
    )
    assert signal.dedup_key == "db-1/disk"
    assert (signal.status, signal.severity) == (Status.FIRING, "high")
    assert (signal.summary, signal.details, signal.source) == ("Disk full", "/var at 97 %", "db-1")
    assert signal.labels == {"env": "prod", "shard": "3"}
    assert signal.links == (Link("https://r.example/1", "Runbook"), Link("https://r.example/2"))
    assert (signal.starts_at, signal.ends_at) == (Instant.parse_iso("2026-01-02T03:04:05Z"), None)


def test_the_gitlab_shape() -> None:
    (signal,) = SOURCE.parse(
        post(
            {
                "title": "Down",
                "description": "no answer",
                "start_time": "2026-01-02T03:04:05Z",
                "end_time": "2026-01-02T03:14:05Z",
                "service": "shop",
                "monitoring_tool": "checkly",
                "hosts": ["web-1", "web-2"],
                "severity": "medium",
                "fingerprint": ["shop", "web"],
                "gitlab_environment_name": "prod",
            }
        )
    )
    assert signal.status is Status.RESOLVED, "an end_time alone means that it is over"
    assert (signal.summary, signal.source, signal.severity) == ("Down", "shop", "warning")
    assert signal.ends_at == Instant.parse_iso("2026-01-02T03:14:05Z")
    assert signal.labels["hosts"] == "web-1, web-2"
    assert signal.labels["gitlab_environment_name"] == "prod"
    assert signal.dedup_key is not None
    assert len(signal.dedup_key) == 64


def test_a_fingerprint_list_is_one_key_and_its_order_counts() -> None:
    def key(fingerprint: object) -> str | None:
        return SOURCE.parse(post({"title": "t", "fingerprint": fingerprint}))[0].dedup_key

    assert key(["a"]) == key("a") == "a"
    assert key(["a", "b"]) == key(["a", "b"]) != key(["b", "a"])
    assert key([]) is None
    assert key(["ab", "c"]) != key(["a", "bc"])


def test_a_stated_status_beats_an_end_time() -> None:
    assert SOURCE.parse(post({"title": "t", "status": "firing", "end_time": 1767323045}))[0].status is Status.FIRING


def test_a_planned_end_alone_resolves_nothing() -> None:
    assert SOURCE.parse(post({"title": "t", "ends_at": "2027-01-01T00:00:00Z"}))[0].status is Status.FIRING


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("firing", Status.FIRING),
        ("RESOLVED", Status.RESOLVED),
        ("ok", Status.RESOLVED),
        ("closed", Status.RESOLVED),
        ("recovered", Status.RESOLVED),
        ("acknowledged", Status.ACKNOWLEDGED),
        (" Ack ", Status.ACKNOWLEDGED),
        ("alerting", Status.FIRING),
        ("gibberish", Status.FIRING),
        ("", Status.FIRING),
    ],
)
def test_words_for_a_status(word: str, status: Status) -> None:
    assert SOURCE.parse(post({"title": "t", "status": word}))[0].status is status


def test_the_incident_io_shape() -> None:
    (signal,) = SOURCE.parse(
        post(
            {
                "title": "Down",
                "status": "resolved",
                "deduplication_key": "d1",
                "source_url": "https://x.example/",
                "metadata": {"team": {"name": "shop"}},
            }
        )
    )
    assert (signal.status, signal.dedup_key) == (Status.RESOLVED, "d1")
    assert signal.links == (Link("https://x.example/"),)
    assert signal.labels == {"team.name": "shop"}


def test_title_and_message_are_summary_and_details() -> None:
    (signal,) = SOURCE.parse(post({"title": "Down", "message": "since noon"}))
    assert (signal.summary, signal.details) == ("Down", "since noon")


def test_a_message_alone_is_the_summary_and_not_repeated() -> None:
    (signal,) = SOURCE.parse(post({"message": "Down"}))
    assert (signal.summary, signal.details) == ("Down", "")


def test_unknown_fields_are_kept_as_labels() -> None:
    (signal,) = SOURCE.parse(post({"title": "t", "host": "db-1", "disk": {"free": 0.5, "ro": False}, "big": 2**70}))
    assert signal.labels == {"host": "db-1", "disk.free": "0.5", "disk.ro": "false", "big": str(2**70)}
    assert signal.source == "db-1"


def test_a_key_is_never_a_label() -> None:
    (signal,) = SOURCE.parse(post({"title": "t", "routing_key": "s3cret", "service_key": "s3cret"}))
    assert signal.labels == {}


def test_an_unknown_severity_is_kept_and_a_severity_label_counts() -> None:
    (unknown,) = SOURCE.parse(post({"title": "t", "severity": "purple"}))
    assert (unknown.severity, unknown.labels) == (None, {"severity": "purple"})
    (label,) = SOURCE.parse(post({"title": "t", "labels": {"severity": "page"}}))
    assert label.severity == "critical"


def test_a_list_is_as_many_alerts_and_the_empty_handed_are_paged_too() -> None:
    signals = SOURCE.parse(post([{"title": "a"}, {"nothing": "here"}, {"title": "b"}, 7]))
    assert [signal.summary for signal in signals] == [
        "a",
        "Unreadable alert in a list from the sender",
        "b",
        "Unreadable alert in a list from the sender",
    ]
    assert '"nothing": "here"' in signals[1].details
    assert signals[3].details == "7"


@pytest.mark.parametrize("body", [[], {}, {"title": ""}, {"title": ["x"]}, 7, None, "text"])
def test_a_body_that_tells_a_person_nothing_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable) as caught:
        SOURCE.parse(post(body))
    assert caught.value.reply is None


def test_a_resolve_needs_only_its_key() -> None:
    (signal,) = SOURCE.parse(post({"fingerprint": "f1", "status": "resolved"}))
    assert (signal.status, signal.dedup_key, signal.summary) == (Status.RESOLVED, "f1", "f1")


def test_a_form_is_read_when_it_says_so() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    (signal,) = SOURCE.parse(post(b"summary=disk+full&severity=critical", headers=form))
    assert (signal.summary, signal.severity) == ("disk full", "critical")
    (nul,) = SOURCE.parse(post(b"summary=disk%00full%ff", headers=form))
    assert nul.summary == "disk\ufffdfull\ufffd"
    with pytest.raises(Unreadable):
        SOURCE.parse(post(b"summary=disk+full"))
    with pytest.raises(Unreadable):
        SOURCE.parse(post(b"disk full", headers=form))


def test_json_that_calls_itself_a_form_is_json() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert SOURCE.parse(post({"title": "a=b"}, headers=form))[0].summary == "a=b"


def test_the_answer_carries_every_alert_id_and_whether_it_is_new() -> None:
    accepted = [Accepted("alr_1", True, "a"), Accepted("alr_1", False, "a"), Accepted(None, False, "b")]
    reply = SOURCE.reply(post([]), accepted)
    assert reply.status == 202
    assert json.loads(reply.body) == {
        "accepted": [
            {"alert_id": "alr_1", "new": True, "dedup_key": "a"},
            {"alert_id": "alr_1", "new": False, "dedup_key": "a"},
            {"alert_id": None, "new": False, "dedup_key": "b"},
        ]
    }
    busy = SOURCE.busy(12)
    assert (busy.status, busy.headers["Retry-After"]) == (503, "12")
