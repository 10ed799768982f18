"""A webhook's signing secret that Firebell makes: on the page after saving, and on no page afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from firebell.domain.people import signin
from firebell.kernel.actor import SYSTEM
from tests.entrypoints.api.conftest import Api, opened
from tests.story import Story

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")


@pytest.fixture
def house(story: Story) -> Iterator[Api]:
    return (yield from opened(story))


@pytest.mark.parametrize(
    ("form", "after"), [("/me/methods/new", "/me/methods/{id}"), ("/setup/method", "/setup/method")]
)
def test_a_made_secret_is_shown_once(house: Api, form: str, after: str) -> None:
    entered = house.story.run(lambda work: signin.enter(work, house.story.users["ann"], "127.0.0.1"), SYSTEM)
    house.client.cookies.set("fb", entered.session_token)
    csrf = signin.csrf(entered.session_token)
    sent = {"channel": "webhook", "to": "https://hook.example.com/ann", "csrf_token": csrf}
    saved = house.client.post(form, data=sent, follow_redirects=False)
    assert saved.status_code == 200
    secret = SECRET.findall(saved.text)
    assert len(secret) == 1
    assert "shown only once" in saved.text
    [made] = [m for m in house.ok("root", "GET", "/users/ann/contact-methods") if m["channel"] == "webhook"]
    for page in (after.format(id=made["id"]), "/me"):
        again = house.client.get(page)
        assert again.status_code == 200
        assert secret[0] not in again.text


def test_a_secret_that_was_typed_is_not_shown_back(house: Api) -> None:
    entered = house.story.run(lambda work: signin.enter(work, house.story.users["ann"], "127.0.0.1"), SYSTEM)
    house.client.cookies.set("fb", entered.session_token)
    given = "whsec_" + "A" * 43 + "="
    sent = {
        "channel": "webhook", "to": "https://hook.example.com/ann", "secret": given,
        "csrf_token": signin.csrf(entered.session_token),
    }  # fmt: skip
    saved = house.client.post("/me/methods/new", data=sent)
    assert saved.status_code == 200
    assert "whsec_A" not in saved.text
