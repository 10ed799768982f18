"""Every fact has one sentence, and reading it aloud gives away no markup from outside."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

import firebell
from firebell.entrypoints.web import sentences
from firebell.entrypoints.web.names import Names
from firebell.kernel.clock import Instant
from firebell.kernel.journal import Entry, Fact

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")


def _facts() -> Iterator[type[Fact]]:
    for module in pkgutil.walk_packages(firebell.__path__, "firebell."):
        if module.name.startswith(("firebell.domain", "firebell.workflows")):
            importlib.import_module(module.name)
    waiting = list(Fact.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("firebell."):
            yield one


FACTS = sorted(_facts(), key=lambda fact: fact.kind)


def _entry(kind: str, data: dict[str, Any]) -> Entry:
    return Entry(1, "admin", 1, "usr_1", NOW, "user:usr_1", kind, data, b"", NOW)


def _example(fact: type[Fact], text: str) -> dict[str, Any]:
    """A value for every field, written as ``text`` wherever text may stand."""
    values: dict[str, Any] = {"str": text, "int": 2, "bool": True, "list": [text], "dict": {text: text}}
    return {
        field.name: next((value for word, value in values.items() if word in str(field.type).lower()), text)
        for field in msgspec.structs.fields(fact)
    }


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.kind)
def test_every_fact_has_a_sentence_whose_fields_it_has(fact: type[Fact]) -> None:
    assert fact.kind in sentences.SENTENCES
    line = sentences.line(_entry(fact.kind, _example(fact, "x")), Names(), "UTC", NOW)
    assert "{" not in str(line.text)
    assert str(line.text).endswith(".")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.kind)
def test_text_from_outside_is_escaped_in_every_sentence(fact: type[Fact]) -> None:
    line = sentences.line(_entry(fact.kind, _example(fact, "<b>{0}")), Names(), "UTC", NOW)
    assert "<b>" not in str(line.text)


def test_no_sentence_is_left_over_from_a_fact_that_is_gone() -> None:
    assert set(sentences.SENTENCES) == {fact.kind for fact in FACTS}


def test_the_actor_is_named_before_what_they_did_and_ids_become_links() -> None:
    user = "usr_" + "0" * 18
    names = Names({user: "Ada Park"})
    acknowledged = Entry(1, "alr", 1, "alr", NOW, f"user:{user}", "alert.acknowledged", {"via": "link"}, b"", NOW)
    line = sentences.line(acknowledged, names, "UTC", NOW)
    assert (line.who, str(line.text)) == ("Ada Park", "acknowledged (link).")
    paged = _entry(
        "page.started", {"page_id": "p", "user_id": user, "why": "on call", "step": 0, "loop": 0, "shadow": False}
    )
    line = sentences.line(paged, names, "UTC", NOW)
    assert (line.who, str(line.text)) == ("", f'Paged <a href="/people/{user}">Ada Park</a>: on call.')


def test_what_came_by_the_api_names_the_token_or_the_person() -> None:
    token, service = "tok_" + "0" * 18, "svc_" + "0" * 18
    names = Names({token: "API token ci", service: "Checkout"})
    data = {"integration_id": f"api:{service}", "severity": "SEV1", "urgency": "high", "previous_alert_id": None}
    opened = Entry(1, "alr", 1, "alr", NOW, f"token:{token}", "alert.opened", data, b"", NOW)
    line = sentences.line(opened, names, "UTC", NOW)
    assert str(line.text) == "Opened as SEV1 (high urgency) by the API (API token ci)."
    assert names.of(f"integration:api:{service}") == "the API"
    by_a_sender = replace(opened, data={**data, "integration_id": "int_" + "0" * 18})
    assert "the API" not in str(sentences.line(by_a_sender, names, "UTC", NOW).text)


def test_the_first_administrator_was_added_by_the_set_up() -> None:
    first = Entry(1, "admin", 1, "usr_1", NOW, "nobody:nobody", "user.created", {"role": "admin"}, b"", NOW)
    line = sentences.line(first, Names(), "UTC", NOW)
    assert (line.who, str(line.text)) == ("Set-up", "added this person as admin.")
