"""Names, keys and circles."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.services import rules
from firebell.kernel.errors import Invalid


@pytest.mark.parametrize("name", ["checkout", "a", "eu-1.db_2", "x" * 63])
def test_a_slug_can_be_a_name(name: str) -> None:
    assert rules.slug(name, "name") == name


@pytest.mark.parametrize("name", ["", "Checkout", "-a", "a-", "a b", "x" * 64, "ä", "a/b", "a\n"])
def test_anything_else_cannot(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.slug(name, "name")
    assert refused.value.field == "name"


def test_a_generated_key_has_the_length_that_pagerduty_senders_insist_on() -> None:
    key = rules.generated_key(random.Random(1).choice)
    assert len(key) == 32
    assert key.isascii()
    assert key.isalnum()
    assert rules.key(key) == key


@pytest.mark.parametrize("key", ["x" * 15, "x" * 129, "x" * 20 + "/", "x" * 20 + "\n", "schlüssel-schlüssel"])
def test_a_key_that_is_short_or_needs_escaping_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.key(key)
    assert refused.value.field == "key"


def test_sixteen_characters_make_a_key() -> None:
    assert rules.key("0123456789abcdef") == "0123456789abcdef"


def test_control_characters_are_kept_out_of_texts() -> None:
    assert rules.description("one\n\ttwo\u00a0three") == "one\n\ttwo\u00a0three"
    assert rules.component("  ") is None
    for wrong in ("a\x00b", "a\x1b[31mb", "a\x7fb"):
        for check in (rules.description, rules.component, lambda value: rules.label(value, "display_name")):
            with pytest.raises(Invalid):
                check(wrong)
    with pytest.raises(Invalid):
        rules.label("two\nlines", "display_name")


def test_ignored_labels_must_be_a_list_of_names() -> None:
    assert rules.settings({"ignore_labels": ("pod",)}) == {"ignore_labels": ["pod"]}
    assert rules.settings({}) == {}
    for wrong in ("pod", [""], [1], {"pod": 1}):
        with pytest.raises(Invalid):
            rules.settings({"ignore_labels": wrong})


def test_the_way_round_a_circle_is_named() -> None:
    others = {"b": ("c",), "c": ("a",), "d": ()}
    assert rules.cycle("a", ("d", "b"), others) == ("a", "b", "c", "a")
    assert rules.cycle("a", ("a",), {}) == ("a", "a")
    assert rules.cycle("a", ("d",), others) is None


@given(st.dictionaries(st.sampled_from("bcdef"), st.lists(st.sampled_from("abcdef"), max_size=4).map(tuple)))
def test_a_way_found_follows_the_dependencies_back_to_its_start(others: dict[str, tuple[str, ...]]) -> None:
    graph = {**others, "a": ("b", "c")}
    reached, frontier = set(), ["b", "c"]
    while frontier:
        if (name := frontier.pop()) not in reached:
            reached.add(name)
            frontier += graph.get(name, ())
    way = rules.cycle("a", ("b", "c"), others)
    assert (way is not None) == ("a" in reached)
    for one, following in zip(way or (), (way or ())[1:], strict=False):
        assert following in graph[one]


def test_only_what_differs_is_a_difference() -> None:
    assert rules.differences({"name": "a", "urgency": "low"}, {"name": "b", "urgency": "low"}) == {"name": ["a", "b"]}
