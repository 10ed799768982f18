"""Requests that arrive at the same moment: one of two edits wins, one of two repeats is done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.entrypoints.api.conftest import Api


def together(api: Api, times: int, *call: Any, **more: Any) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _: api.call(*call, **more), range(times)))


def test_of_many_who_edit_the_same_version_one_wins(api: Api) -> None:
    for path, body in (("/escalation-policies/payments", {"repeat": 1}), ("/services/other", {"description": "x"})):
        seen = api.call("root", "GET", path).headers["etag"]
        answers = together(api, 4, "root", "PATCH", path, body, headers={"If-Match": seen})
        assert sorted(one.status_code for one in answers) == [200, 412, 412, 412], path


def test_of_many_repeats_at_once_one_is_done(api: Api) -> None:
    answers = together(api, 4, "root", "POST", "/teams", {"name": "ops"}, headers={"Idempotency-Key": "k1"})
    assert {one.status_code for one in answers} <= {201, 409}
    assert 201 in [one.status_code for one in answers]
    assert [one["name"] for one in api.ok("root", "GET", "/teams")["items"]].count("ops") == 1
    again = api.call("root", "POST", "/teams", {"name": "ops"}, headers={"Idempotency-Key": "k1"})
    assert again.status_code == 201


def test_callers_who_ask_at_once_are_not_taken_for_each_other(api: Api) -> None:
    names = ["root", "ann", "max", "ben", "vic"] * 8
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda who: api.ok(who, "GET", "/users/me")["name"], names))
    assert seen == names
