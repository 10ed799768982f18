"""What holds for every operation: versions, repeats, pages of lists, and refusals that say what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.entrypoints.api.conftest import Api

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ("/users/vic", {"display_name": "Victor"}, {"display_name": "Vicky"}),
        ("/teams/search", {"display_name": "Search!"}, {"display_name": "Seek"}),
        ("/services/other", {"description": "one"}, {"description": "two"}),
        ("/schedules/primary", {"description": "one"}, {"description": "two"}),
        ("/escalation-policies/payments", {"repeat": 1}, {"repeat": 3}),
        ("/escalation-policies/payments", {"display_name": "One"}, {"display_name": "Two"}),
    ],
)
def test_of_two_who_edit_the_same_version_the_second_hears_412(api: Api, path: str, first: Any, second: Any) -> None:
    seen = api.call("root", "GET", path).headers["etag"]
    edited = api.call("root", "PATCH", path, first, headers={"If-Match": seen})
    assert edited.status_code == 200
    assert edited.headers["etag"] != seen
    late = api.call("root", "PATCH", path, second, headers={"If-Match": seen})
    assert (late.status_code, late.json()["type"]) == (412, "urn:firebell:problem:changed")
    again = api.call("root", "PATCH", path, second, headers={"If-Match": edited.headers["etag"]})
    assert again.status_code == 200
    assert api.call("root", "GET", path).headers["etag"] == again.headers["etag"]


def test_an_integration_and_a_removal_keep_to_the_version_too(api: Api) -> None:
    path = f"/integrations/{api.story.origins['other'].integration_id}"
    seen = api.call("root", "GET", path).headers["etag"]
    api.ok("root", "PATCH", path, {"settings": {"ignore_labels": ["pod"]}})
    for verb, body in (("PATCH", {"settings": {}}), ("DELETE", None)):
        assert api.call("root", verb, path, body, headers={"If-Match": seen}).status_code == 412
    assert api.call("root", "PATCH", path, {"settings": {}}, headers={"If-Match": "yesterday"}).status_code == 422


def test_a_post_with_the_same_key_is_done_once(api: Api) -> None:
    body = {"name": "ci", "scopes": ["alerts.view"]}
    first = api.call("root", "POST", "/tokens", body, headers={"Idempotency-Key": "k1"})
    again = api.call("root", "POST", "/tokens", body, headers={"Idempotency-Key": "k1"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert [one["name"] for one in api.ok("root", "GET", "/tokens")["items"]].count("ci") == 1


def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    api.ok("root", "POST", "/teams", {"name": "one"}, headers={"Idempotency-Key": "k1"})
    other = api.call("root", "POST", "/teams", {"name": "two"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert api.call("root", "GET", "/teams/two").status_code == 404


def test_the_key_belongs_to_its_caller_and_address_and_lives_a_day(api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    api.ok("root", "POST", "/teams", {"name": "one"}, headers=key)
    assert api.call("max", "POST", "/teams", {"name": "one"}, headers=key).status_code == 409
    assert api.call("root", "POST", "/services", {"name": "one"}, headers=key).status_code == 201
    api.story.clock.advance(86_401)
    assert api.call("root", "POST", "/teams", {"name": "one"}, headers=key).status_code == 409


def test_a_refused_request_frees_its_key(api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    body = {"name": "refunds", "depends_on": ["ledger"]}
    assert api.call("root", "POST", "/services", body, headers=key).status_code == 422
    api.ok("root", "POST", "/services", {"name": "ledger"})
    assert api.call("root", "POST", "/services", body, headers=key).status_code == 201


def test_what_a_repeat_is_answered_lies_sealed_in_the_database(api: Api) -> None:
    made = api.ok(
        "root", "POST", "/tokens", {"name": "ci", "scopes": ["alerts.view"]}, headers={"Idempotency-Key": "k1"}
    )
    from sqlalchemy import text

    stored = api.story.house.runner.read(lambda read: read.all(text("SELECT * FROM idempotency_keys")))
    assert len(stored) == 1
    assert made["token"].split("_")[2] not in str(stored)


@pytest.mark.parametrize(
    "path", ["/users", "/teams", "/services", "/tokens", "/escalation-policies", "/schedules", "/integrations"]
)
def test_a_list_is_walked_by_its_cursor(api: Api, path: str) -> None:
    whole = [one["id"] for one in api.ok("root", "GET", path)["items"]]
    walked: list[str] = []
    cursor = ""
    while True:
        part = api.ok("root", "GET", f"{path}?limit=1{cursor}")
        walked += [one["id"] for one in part["items"]]
        assert len(part["items"]) <= 1
        if part["next"] is None:
            break
        cursor = f"&cursor={part['next']}"
    assert walked == whole
    assert all(one["html_url"].startswith("http") for one in api.ok("root", "GET", path)["items"])


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "field"),
    [
        ("POST", "/users", {"name": "zoe", "rol": "admin"}, 422, "rol"),
        ("POST", "/users", {}, 422, "name"),
        ("POST", "/users", {"name": "zoe", "role": "boss"}, 422, "role"),
        ("POST", "/users", {"name": "zoe", "time_zone": "Mars/Base"}, 422, "time_zone"),
        ("POST", "/users", {"name": "ann"}, 409, "name"),
        ("PATCH", "/services/checkout", {"depends_on": ["checkout"]}, 422, "depends_on"),
        ("POST", "/integrations", {"service": "checkout", "name": "x", "source": "fax"}, 422, "source"),
        ("GET", "/users?limit=1000", None, 422, "limit"),
        ("GET", "/schedules/primary/shifts?from=yesterday", None, 422, "from"),
        ("GET", "/nothing", None, 404, None),
        ("GET", "/users/nobody", None, 404, None),
        ("PUT", "/users", None, 405, None),
    ],
)
def test_every_refusal_is_a_problem_that_names_the_field(
    api: Api, verb: str, path: str, body: Any, status: int, field: str | None
) -> None:
    answer = api.call("root", verb, path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    assert answer.json()["status"] == status
    assert answer.json().get("field") == field
    assert answer.headers["x-request-id"]
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"name": "one", "name": "two"}', b'{"name": ', b"\xff\xfe", b'{"name": NaN}', b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}', b"[" * 100_000, b'{"name": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_a_body_that_means_two_things_or_nothing_is_refused(api: Api, raw: bytes) -> None:
    answer = api.call("root", "POST", "/teams", content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM), answer.text


def test_a_body_is_at_most_eight_mebibytes(api: Api) -> None:
    answer = api.call(
        "root", "POST", "/teams", content=b" " * (8 * 1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_request_id_that_was_sent_comes_back_and_a_strange_one_does_not(api: Api) -> None:
    assert (
        api.call("root", "GET", "/users", headers={"X-Request-Id": "deploy-4711"}).headers["x-request-id"]
        == "deploy-4711"
    )
    assert (
        "<"
        not in api.call("root", "GET", "/users", headers={"X-Request-Id": "<script>alert(1)"}).headers["x-request-id"]
    )


def test_what_fails_unexpectedly_says_only_where_to_look(api: Api) -> None:
    def broken() -> None:
        raise RuntimeError("secret words")

    app: Any = api.client.app
    app._app.add_api_route("/api/broken", broken)
    answer = api.client.get("/api/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "secret words" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["hint"]


def test_what_a_file_manages_is_changed_after_it_was_detached(api: Api) -> None:
    files = {
        "files": [
            {
                "path": "acme.yaml",
                "text": "apiVersion: firebell/v1\nkind: Schedule\nmetadata: {name: night}\n"
                "spec: {timeZone: UTC, layers: []}\n"
                "---\napiVersion: firebell/v1\nkind: EscalationPolicy\nmetadata: {name: night}\n"
                "spec: {steps: [{notify: [{schedule: night}]}], fallback: [{user: ann}]}\n",
            }
        ]
    }
    api.ok("root", "POST", "/config:apply", files)
    for path in ("/schedules/night", "/escalation-policies/night"):
        assert api.ok("root", "GET", path)["managed_by"] == "acme.yaml"
        assert api.call("root", "PATCH", path, {"name": "day"}).status_code == 409
        assert api.call("root", "DELETE", path).status_code == 409
        assert api.ok("root", "POST", f"{path}:detach")["managed_by"] is None
        assert api.ok("root", "PATCH", path, {"name": "day"})["name"] == "day"
