"""A status page from a terminal: what it says, a component's state, a message to the public."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.entrypoints.cli.test_remote import TOKEN, Terminal
from tests.entrypoints.public.acme import acme
from tests.entrypoints.web.house import served


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with served(tmp_path_factory.mktemp("house"), bootstrap_token=TOKEN) as house:
        house.house.runner.run(acme)
        yield Terminal(house.origin, tmp_path_factory.mktemp("home"))


def test_pages_are_listed_with_what_they_say(terminal: Terminal) -> None:
    assert "Partial System Outage" in terminal("status-page", "list").stdout
    shown = terminal("status-page", "show", "acme").stdout
    for words in ("Visa", "partial outage", "Card payments fail", "identified"):
        assert words in shown


def test_a_component_is_set_by_its_name(terminal: Terminal) -> None:
    done = terminal("status-page", "set", "acme", "Bank transfer", "degraded", "--note", "Slow", "--quiet")
    assert done.stdout == "The public now reads: Bank transfer, degraded performance.\n"
    missing = terminal("status-page", "set", "acme", "Gas", "degraded")
    assert missing.exit_code == 1
    assert "Website" in missing.stderr


def test_the_public_is_told_and_told_more(terminal: Terminal) -> None:
    made = terminal.json(
        "status-page", "post", "acme", "We know.", "--title", "Slow search", "-c", "Website=degraded", "--quiet"
    )
    assert (made["name"], made["impact"]) == ("Slow search", "minor")
    more = terminal.json(
        "status-page", "post", "acme", "It is over.", "--incident", made["id"], "--status", "resolved", "-c",
        "Website=operational",
    )  # fmt: skip
    assert [each["status"] for each in more["updates"]] == ["resolved", "investigating"]
