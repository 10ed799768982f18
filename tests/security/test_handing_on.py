"""Nobody hands on more than they hold, by whatever way, and what is another's stays another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.entrypoints.api.conftest import Api


def test_a_token_for_teams_makes_nobody_a_manager(api: Api) -> None:
    api.token("teams-only", ["teams.edit", "people.view"])
    members = {"members": [{"user": "vic", "role": "manager"}]}
    answer = api.call("teams-only", "PUT", "/teams/search/members", members)
    assert answer.status_code == 403
    assert answer.json()["field"] == "members"
    assert [one["user"] for one in api.ok("root", "GET", "/teams/search/members")] == ["max"]


def test_whoever_holds_as_much_may_hand_it_on(api: Api) -> None:
    members: dict[str, Any] = {"members": [{"user": "ben"}, {"user": "tia", "role": "manager"}, {"user": "vic"}]}
    assert api.ok("max", "PUT", "/teams/payments/members", members)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/users/ann/contact-methods", None), ("GET", "/users/ann/notification-rules", None),
        ("POST", "/users/ann/contact-methods/ntfy:verify", {"code": "123456"}),
        ("POST", "/users/ann/contact-methods/ntfy:test", None), ("GET", "/users/ann/feeds", None),
        ("POST", "/users/ann/feeds", None), ("DELETE", "/users/ann/contact-methods/ntfy", None),
        ("PUT", "/users/ann/notification-rules", {"high": []}),
        ("PATCH", "/users/ann", {"email": "x@evil.example"}),
    ],
)  # fmt: skip
def test_how_somebody_is_reached_is_theirs(api: Api, method: str, path: str, body: Any) -> None:
    assert api.call("max", method, path, body).status_code == 403


def test_a_rule_cannot_name_somebody_elses_method(api: Api) -> None:
    theirs = api.ok("root", "GET", "/users/ann/contact-methods")[0]["id"]
    body = {"high": [{"method": theirs, "delay_s": 0}]}
    assert api.call("root", "PUT", "/users/vic/notification-rules", body).status_code == 422


def test_a_code_that_was_sent_is_shown_to_nobody(api: Api) -> None:
    api.ok("root", "POST", "/users/vic/contact-methods", {"name": "m", "channel": "email", "values": {"to": "v@x.org"}})
    sent = api.ok("root", "POST", "/users/vic/contact-methods/m:verify")
    api.story.settle()
    code = next(s.message.title for s in api.story.sent if s.message.kind == "verification").rpartition(" ")[2]
    assert len(code) == 6
    for path in ("/users/vic/deliveries", f"/users/vic/deliveries/{sent['delivery_id']}", "/journal?limit=200"):
        assert f'"{code}"' not in api.call("root", "GET", path).text
        assert f"code: {code}" not in api.call("root", "GET", path).text
