"""Signals as senders send them: what each hears to the letter, and that nothing an authenticated one says is lost."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.api.conftest import Api

CAPTURES = Path(__file__).parents[2] / "captures"
MIB = 1 << 20
INVALID_KEY = {"status": "invalid event", "message": "Event object is invalid", "errors": ["Invalid routing key"]}


def recorded(name: str) -> bytes:
    body: str = json.loads((CAPTURES / f"{name}.json").read_text())["body"]
    return body.encode()


ALERTMANAGER = recorded("alertmanager-0.25.0-webhook__trigger__01")
EVENT = {
    "event_action": "trigger", "dedup_key": "db-1",
    "payload": {"summary": "disk full", "source": "db-1", "severity": "critical"},
}  # fmt: skip


@pytest.fixture
def keys(api: Api) -> dict[str, str]:
    """A key for each kind of sender, all of the service checkout."""
    made = {}
    for source in ("alertmanager", "pagerduty", "generic"):
        body = {"service": "checkout", "name": f"{source}-2", "source": source}
        made[source] = api.ok("root", "POST", "/integrations", body)
    api.plain |= {f"id:{source}": one["id"] for source, one in made.items()}
    return {source: one["key"] for source, one in made.items()}


def post(api: Api, path: str, body: Any, **more: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.client.post(path, content=content, **{"headers": {"Content-Type": "application/json"}, **more})


def summaries(api: Api) -> list[str]:
    return sorted(one["summary"] for one in api.ok("root", "GET", "/alerts")["items"])


def test_alertmanager_hears_exactly_what_it_expects(api: Api, keys: dict[str, str]) -> None:
    answer = post(api, f"/in/alertmanager/{keys['alertmanager']}", ALERTMANAGER)
    assert answer.status_code == 200
    assert len(summaries(api)) == 2
    api.story.settle()
    assert api.story.paged()[0] == "ann"


def test_pagerduty_hears_exactly_what_its_clients_expect(api: Api, keys: dict[str, str]) -> None:
    answer = post(api, "/v2/enqueue", {"routing_key": keys["pagerduty"], **EVENT})
    assert (answer.status_code, answer.json()) == (
        202, {"status": "success", "message": "Event processed", "dedup_key": "db-1"},
    )  # fmt: skip
    over = post(api, "/v2/enqueue", {"routing_key": keys["pagerduty"], "event_action": "resolve", "dedup_key": "db-1"})
    assert over.status_code == 202
    assert summaries(api) == []


def test_pagerduty_hears_a_wrong_key_in_its_own_words(api: Api, keys: dict[str, str]) -> None:
    answer = post(api, "/v2/enqueue", {"routing_key": "x" * 32, **EVENT})
    assert (answer.status_code, answer.json()) == (400, INVALID_KEY)
    assert summaries(api) == []


def test_a_generic_sender_is_told_what_became_of_its_event(api: Api, keys: dict[str, str]) -> None:
    answer = post(api, f"/in/generic/{keys['generic']}", {"summary": "disk full", "dedup_key": "d1"})
    assert answer.status_code in (200, 202)
    assert "d1" in answer.text
    assert summaries(api) == ["disk full"]


@pytest.mark.parametrize("source", ["alertmanager", "generic"])
def test_a_wrong_key_opens_nothing_and_says_where_the_right_one_is(api: Api, keys: dict[str, str], source: str) -> None:
    answer = post(api, f"/in/{source}/{'x' * 32}", {"summary": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["type"] == "urn:firebell:problem:key"


def test_the_key_of_one_kind_of_sender_does_not_open_anothers_door(api: Api, keys: dict[str, str]) -> None:
    assert post(api, f"/in/alertmanager/{keys['generic']}", ALERTMANAGER).status_code == 401
    assert post(api, f"/in/generic/{keys['generic']}", {"summary": "disk full"}).status_code < 300
    assert post(api, f"/in/alertmanager/{keys['generic']}", ALERTMANAGER).status_code == 401, (
        "nor once it is remembered"
    )
    assert post(api, f"/in/fax/{keys['generic']}", {"summary": "x"}).status_code == 404


def test_a_key_that_was_rotated_is_refused_and_the_new_one_works(api: Api, keys: dict[str, str]) -> None:
    path = f"/in/generic/{keys['generic']}"
    assert post(api, path, {"summary": "one"}).status_code < 300
    fresh = api.ok("root", "POST", f"/integrations/{api.plain['id:generic']}:rotate")["key"]
    assert post(api, path, {"summary": "two"}).status_code == 401
    assert post(api, f"/in/generic/{fresh}", {"summary": "three"}).status_code < 300
    assert summaries(api) == ["one", "three"]


def test_an_integration_that_is_switched_off_refuses_until_it_is_on_again(api: Api, keys: dict[str, str]) -> None:
    path, integration = f"/in/generic/{keys['generic']}", f"/integrations/{api.plain['id:generic']}"
    assert post(api, path, {"summary": "one"}).status_code < 300
    api.ok("root", "POST", f"{integration}:disable")
    assert post(api, path, {"summary": "two"}).status_code == 403
    assert post(api, path, {"summary": "two"}).status_code == 403
    api.ok("root", "POST", f"{integration}:enable")
    assert post(api, path, {"summary": "three"}).status_code < 300
    assert summaries(api) == ["one", "three"]


def test_an_integration_that_is_deleted_is_a_stranger(api: Api, keys: dict[str, str]) -> None:
    assert post(api, f"/in/generic/{keys['generic']}", {"summary": "one"}).status_code < 300
    api.ok("root", "DELETE", f"/integrations/{api.plain['id:generic']}")
    assert post(api, f"/in/generic/{keys['generic']}", {"summary": "two"}).status_code == 401
    assert summaries(api) == ["one"]


@pytest.mark.parametrize("place", ["path", "path/", "authorization", "basic", "header", "query", "body"])
def test_the_key_may_stand_wherever_senders_put_it(api: Api, keys: dict[str, str], place: str) -> None:
    source = "pagerduty" if place == "body" else "generic"
    key = keys[source]
    basic = "Basic " + base64.b64encode(f"firebell:{key}".encode()).decode()
    path, headers = {
        "path": (f"/in/generic/{key}", {}), "path/": (f"/in/generic/{key}/", {}),
        "authorization": ("/in/generic", {"Authorization": f"Bearer {key}"}),
        "basic": ("/in/generic/", {"Authorization": basic}),
        "header": ("/in/generic/", {"X-API-Key": key}), "query": (f"/in/generic/?token={key}", {}),
        "body": ("/in/pagerduty/v2/enqueue", {}),
    }[place]  # fmt: skip
    answer = post(
        api,
        path,
        {"routing_key": key, **EVENT, "summary": "disk full"} if place == "body" else {"summary": "disk full"},
        headers=headers,
    )
    assert answer.status_code < 300, answer.text
    assert summaries(api) == ["disk full"]


def test_an_encoded_slash_stays_within_its_segment(api: Api, keys: dict[str, str]) -> None:
    assert post(api, f"/in/generic/{keys['generic']}/db%2Fprimary", {"summary": "disk full"}).status_code < 300
    listed = api.ok("root", "GET", "/signals")["items"]
    assert listed[0]["path"] == "/db/primary"
    assert post(api, f"/in/generic%2F{keys['generic']}", {"summary": "x"}).status_code == 404


def test_a_body_nobody_can_read_is_kept_and_pages(api: Api, keys: dict[str, str]) -> None:
    post(api, f"/in/alertmanager/{keys['alertmanager']}", b"\xff\xfe{not json")
    found = api.ok("root", "GET", "/alerts")["items"]
    assert [one["kind"] for one in found] == ["unreadable"]
    assert "Checkout" in found[0]["summary"]
    seen = api.ok("root", "GET", f"/signals/{found[0]['signal_id']}")
    assert base64.b64decode(seen["body_base64"]) == b"\xff\xfe{not json"
    assert seen["body"] is None
    api.story.settle()
    assert api.story.paged() == ["ann"]


def test_a_body_over_the_limit_hears_413_and_its_first_part_is_kept_and_pages(api: Api, keys: dict[str, str]) -> None:
    huge = b'{"summary": "' + b"x" * (2 * MIB) + b'"}'
    answer = post(api, f"/in/generic/{keys['generic']}", huge)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:firebell:problem:too-large")
    alert = api.ok("root", "GET", "/alerts")["items"][0]
    seen = api.ok("root", "GET", f"/signals/{alert['signal_id']}")
    assert (seen["cut"], seen["size"]) == (True, len(huge))
    assert base64.b64decode(seen["body_base64"]) == huge[: 256 << 10]
    api.story.settle()
    assert api.story.paged() == ["ann"]


def test_a_body_of_exactly_the_limit_is_read(api: Api, keys: dict[str, str]) -> None:
    head, tail = b'{"summary": "disk full", "details": "', b'"}'
    body = head + b"x" * (MIB - len(head) - len(tail)) + tail
    assert post(api, f"/in/generic/{keys['generic']}", body).status_code < 300
    assert summaries(api) == ["disk full"]


def test_a_body_may_arrive_in_pieces(api: Api, keys: dict[str, str]) -> None:
    def pieces() -> Iterator[bytes]:
        whole = json.dumps({"summary": "disk full"}).encode()
        for at in range(0, len(whole), 5):
            yield whole[at : at + 5]

    answer = api.client.post(f"/in/generic/{keys['generic']}", content=pieces())
    assert answer.status_code < 300, answer.text
    assert summaries(api) == ["disk full"]


def test_what_was_refused_is_counted_by_reason(api: Api, keys: dict[str, str]) -> None:
    post(api, f"/in/generic/{'x' * 32}", {"summary": "x"})
    post(api, f"/in/generic/{keys['generic']}", {"summary": "disk full"})
    text = api.client.get("/metrics").text
    assert 'firebell_requests_refused_total{reason="key"} 1.0' in text
    assert "firebell_signals_accepted_total 1.0" in text


def test_every_test_button_is_accepted_by_the_real_door(api: Api, keys: dict[str, str]) -> None:
    for source in keys:
        heard = api.ok("root", "POST", f"/integrations/{api.plain[f'id:{source}']}:test")
        assert heard["accepted"], (source, heard)
    assert len(summaries(api)) == 3
