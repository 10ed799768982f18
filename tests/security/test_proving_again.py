"""A stolen session reads, but after ten minutes it cannot stay, take an account over, or turn pages elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from firebell.domain.people import passwords, signin
from firebell.domain.people.store import set_password_hash
from firebell.kernel.actor import SYSTEM
from tests.entrypoints.api.conftest import Api

PASSWORD = "correct horse battery staple"
HASH = passwords.rehash(PASSWORD)


class Stolen:
    """Ann's session, in other hands; ``age_s`` since she last proved who she is."""

    def __init__(self, api: Api, age_s: float) -> None:
        api.story.run(lambda work: set_password_hash(work, api.story.users["ann"], HASH))
        entered = api.story.run(lambda work: signin.enter(work, api.story.users["ann"], "127.0.0.1"), SYSTEM)
        api.story.clock.advance(age_s)
        self.client, self.ann, self.vic = api.client, api.story.users["ann"], api.story.users["vic"]
        self.cookies = {"fb": entered.session_token}
        self.csrf = signin.csrf(entered.session_token)

    def post(self, path: str, **fields: str) -> Any:
        self.client.cookies.update(self.cookies)
        return self.client.post(path, data={**fields, "csrf_token": self.csrf}, follow_redirects=False)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        self.client.cookies.update(self.cookies)
        return self.client.request(method, f"/api/v1{path}", json=body, headers={"X-CSRF-Token": self.csrf})


FORMS: list[tuple[str, dict[str, str]]] = [
    ("/me/methods/new", {"channel": "email", "to": "x@evil.example"}),
    ("/setup/method", {"channel": "email", "to": "x@evil.example"}),
    ("/setup/mail", {"host": "evil.example", "test_to": "x@evil.example"}),
    ("/settings/channels/email", {"host": "evil.example"}),
    ("/me/profile", {"display_name": "Ann", "email": "x@evil.example", "time_zone": "UTC"}),
    ("/me/tokens", {"name": "mine", "scopes": "alerts.view"}),
    ("/settings/tokens", {"name": "ours", "scopes": "alerts.view"}),
    ("/people/invite", {"name": "eve", "role": "admin", "time_zone": "UTC"}),
    ("/people/{vic}/edit", {"name": "vic", "role": "admin", "email": "x@evil.example", "version": "1"}),
    ("/people/{vic}/reset-link", {}),
    ("/people/{ann}/reset-link", {}),
    ("/people/{vic}/invite-link", {}),
]


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_forms_that_reach_further_ask_for_the_password(api: Api, path: str, fields: dict[str, str]) -> None:
    stolen = Stolen(api, 601)
    answer = stolen.post(path.format(ann=stolen.ann, vic=stolen.vic), **fields)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/me/prove?next=/")


def test_the_rest_of_the_profile_needs_no_password(api: Api) -> None:
    stolen = Stolen(api, 601)
    answer = stolen.post("/me/profile", display_name="Ann P.", email="ann@example.com", time_zone="UTC")
    assert answer.headers["location"] == "/me#profile"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/users/ann/contact-methods", {"name": "x", "channel": "email", "values": {"to": "x@evil.example"}}),
        ("POST", "/tokens", {"name": "x", "scopes": ["alerts.view"], "personal": True}),
        ("PATCH", "/users/ann", {"email": "x@evil.example"}), ("GET", "/backup", None),
    ],
)  # fmt: skip
def test_the_api_is_no_way_around_it(api: Api, method: str, path: str, body: Any) -> None:
    answer = Stolen(api, 601).call(method, path, body)
    assert answer.status_code == 403
    assert "ten minutes" in answer.json()["title"]


def test_a_session_that_has_just_proved_itself_may_use_the_api(api: Api) -> None:
    fresh = Stolen(api, 599)
    assert fresh.call("POST", "/tokens", {"name": "x", "scopes": ["alerts.view"], "personal": True}).status_code == 201


def test_reading_the_api_needs_no_password(api: Api) -> None:
    assert Stolen(api, 601).call("GET", "/users").status_code == 200
