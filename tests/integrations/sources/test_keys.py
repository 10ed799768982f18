from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.integrations.sources.keys import (
    body_fields,
    candidate_keys,
    redacted_headers,
    redacted_target,
    vendor_path,
)

KEY = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("path", "query", "headers", "body"),
    [
        ([KEY], {}, {}, {}),
        ([KEY, "v2", "enqueue"], {}, {}, {}),
        (["alert", KEY, "database"], {}, {}, {}),
        ([], {"token": KEY}, {}, {}),
        ([], {"apiKey": KEY}, {}, {}),
        ([], {"api_key": KEY}, {}, {}),
        ([], {"auth_token": KEY}, {}, {}),
        ([], {}, {"authorization": f"GenieKey {KEY}"}, {}),
        ([], {}, {"authorization": f"Bearer {KEY}"}, {}),
        ([], {}, {"authorization": f"bearer  {KEY}"}, {}),
        ([], {}, {"authorization": f"Token token={KEY}"}, {}),
        ([], {}, {"authorization": f'Token token="{KEY}"'}, {}),
        ([], {}, {"authorization": f"Key {KEY}"}, {}),
        ([], {}, {"authorization": KEY}, {}),
        ([], {}, {"authorization": basic(KEY, "x")}, {}),
        ([], {}, {"authorization": basic("x", KEY)}, {}),
        ([], {}, {"authorization": basic("", KEY)}, {}),
        ([], {}, {"x-routing-key": KEY}, {}),
        ([], {}, {"x-gitlab-token": KEY}, {}),
        (["v2", "enqueue"], {}, {}, {"routing_key": KEY}),
        (["v2", "enqueue", ""], {}, {}, {"service_key": KEY}),
    ],
)
def test_the_key_may_stand_in_many_places(
    path: list[str], query: dict[str, str], headers: dict[str, str], body: dict[str, str]
) -> None:
    assert KEY in candidate_keys(path, query, headers, body)


def test_the_path_wins_over_the_body() -> None:
    assert candidate_keys([KEY], {}, {}, {"routing_key": "another"}) == [KEY, "another"]


def test_a_flood_of_places_is_a_few_lookups() -> None:
    query = {"token": "t", "apiKey": "a", "api_key": "b", "auth_token": "c", "key": "d"}
    segments = [f"{n:020}" for n in range(500)]
    assert len(candidate_keys(segments, query, {"authorization": basic("u", "p")}, {})) == 8


@pytest.mark.parametrize(
    "value", ["Basic !!!", "Basic /////w==", "", "Basic", "Bearer", "Digest username=x", "Bearer é"]
)
def test_a_broken_authorization_is_no_key_and_no_error(value: str) -> None:
    assert all(key.isascii() for key in candidate_keys([], {}, {"authorization": value}, {}))


def test_keys_no_database_should_be_asked_for_are_left_out() -> None:
    assert candidate_keys(["x" * 257, "\0", "ключ" * 9, "a\nb"], {}, {}, {}) == []


def test_the_source_gets_the_path_without_the_key() -> None:
    assert vendor_path([KEY, "v2", "enqueue", ""], KEY) == ("v2", "enqueue")
    assert vendor_path(["v2", "enqueue"], KEY) == ("v2", "enqueue")
    assert vendor_path(["alert", KEY, "db"], KEY) == ("alert", "db")


@pytest.mark.parametrize(
    "body",
    [
        b'{"routing_key":"k1","x":[1,{"routing_key":"no"}]}',
        '{"routing_key":"k1"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"routing_key":"k1"}',
        rb'{"routing_key":"k1","summary":"\u0000"}',
        # Unreadable, but signed: its alert can be paged.
        b'{"routing_key" : "k1","summary":"\xff"}',
        b'{"routing_key":"k1","value":NaN}',
        b'{"routing_key":"k1","value":' + b"[" * 99,
        b'{"routing_key":"k1","summary":"cut sho',
        '{"routing_key":"k1","summary":"cut sho'.encode("utf-16-le")[:-1],
    ],
)
def test_the_key_is_found_in_good_and_bad_bodies(body: bytes) -> None:
    assert body_fields(body) == {"routing_key": "k1"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"routing_key":""}', b'{"a":{"routing_key":"k"}}', b"\xff\xfe"]
)
def test_no_key_in_the_body(body: bytes) -> None:
    assert body_fields(body) == {}


def test_other_names_can_be_asked_for() -> None:
    assert body_fields(b'{"api_key":"k1","routing_key":"k2"}', ("api_key",)) == {"api_key": "k1"}


@settings(deadline=None)
@given(st.binary(max_size=100), st.sampled_from(["routing_key", "other"]))
def test_no_body_is_an_error(body: bytes, name: str) -> None:
    body_fields(body, (name,))
    body_fields(b'{"' + name.encode() + b'":"' + body, (name,))


@pytest.mark.parametrize(
    ("path", "query", "logged"),
    [
        (f"/in/alertmanager/{KEY}", "", "/in/alertmanager/[redacted]"),
        ("/in/alertmanager/short", "", "/in/alertmanager/[redacted]"),
        (f"/in/pagerduty/{KEY}/v2/enqueue", "", "/in/pagerduty/[redacted]/v2/enqueue"),
        ("/in/pagerduty/v2/enqueue", "", "/in/pagerduty/v2/enqueue"),
        ("/v2/enqueue", "", "/v2/enqueue"),
        ("/in/generic", f"token={KEY}&a=b", "/in/generic?token=[redacted]&a=b"),
        ("/in/generic", f"apiKey={KEY}&%74oken={KEY}", "/in/generic?apiKey=[redacted]&%74oken=[redacted]"),
        (f"/other/{KEY}/x", "", "/other/[redacted]/x"),
        ("/in/generic/", "token", "/in/generic/?token"),
    ],
)
def test_logs_never_show_a_key(path: str, query: str, logged: str) -> None:
    assert redacted_target(path, query) == logged


def test_logged_headers_keep_what_helps() -> None:
    headers = {"Authorization": "Bearer x", "x-routing-key": "x", "cookie": "x", "user-agent": "Alertmanager/0.25.0"}
    assert redacted_headers(headers) == {
        "Authorization": "[redacted]",
        "x-routing-key": "[redacted]",
        "cookie": "[redacted]",
        "user-agent": "Alertmanager/0.25.0",
    }
