"""A tracker by plain forms: connected, tried, changed and disconnected, and by the API alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from firebell.kernel.clock import SystemClock
from tests.entrypoints.web.visitors import Village, Visitor, village
from tests.fakes.trackers import FakeGitHub

TOKEN = "token-0123456789"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("trackers")) as made:
        yield made


@pytest.fixture(scope="module")
def ann(town: Village) -> Visitor:
    return town.visitor("ann")


def test_a_tracker_is_connected_tried_changed_and_disconnected(ann: Visitor) -> None:
    with FakeGitHub("acme/shop", TOKEN, SystemClock().now) as github:
        assert "No tracker connected" in ann.see("/settings/trackers").text
        assert "owner/repository" in ann.see("/settings/trackers/new/github").html
        made = ann.send("/settings/trackers/new/github", name="shop", url=github.url, project="acme/shop", token=TOKEN)
        assert "Connected. Test it" in made.text
        path = re.findall(r"/settings/trackers/trk_\w+", made.html)[0]
        assert TOKEN not in made.html
        assert "It answers, and the project is there." in ann.send(f"{path}/test").text
        assert "Saved" in ann.send(path, name="the shop", url=github.url, project="acme/shop", token="").text
        seen = ann.send(path, name="the shop", url="https://elsewhere.example", project="acme/shop", token="")
        assert seen.status == 422
        assert "Another address needs the token again" in seen.text
        wrong = ann.send(path, name="the shop", url=github.url, project="acme/shop", token="another-token")
        assert "Saved" in wrong.text
        answer = ann.send(f"{path}/test").text
        assert "the token is wrong or has expired" in answer
        assert "the shop" in ann.see("/settings/trackers").text
        twice = ann.send("/settings/trackers/new/github", name="two", url=github.url, project="acme/web", token=TOKEN)
        assert "already takes these action items" in twice.text
        assert "No tracker connected" in ann.send(f"{path}/disconnect").text


@pytest.mark.parametrize(
    ("vendor", "field", "value", "words"),
    [
        ("github", "project", "shop", "That is no repository"),
        ("jira", "project", "shop", "no key of a project"),
        ("jira", "url", "ftp://jira.example", "cannot be used"),
        ("github", "token", "x", "8 to 500"),
        ("gitlab", "name", "x", "is no tracker"),
    ],
)
def test_wrong_values_are_refused_with_what_was_typed(
    ann: Visitor, vendor: str, field: str, value: str, words: str
) -> None:
    form = {"name": "mine", "url": "https://t.example", "project": "a/b" if vendor == "github" else "PAY",
            "token": TOKEN} | {field: value}  # fmt: skip
    seen = ann.send(f"/settings/trackers/new/{vendor}", **form)
    assert seen.status == 422
    assert words in seen.text
    assert TOKEN not in seen.html


def test_only_administrators_see_trackers(town: Village) -> None:
    bob = town.visitor("bob")
    for path in ("/settings/trackers", "/settings/trackers/new/github"):
        assert bob.see(path).status == 403
