"""Templates that people edit cannot load, loop or grow, and a mistake in one is named."""

from __future__ import annotations

import pytest

from firebell.domain.comms import defaults, liquid
from firebell.domain.comms.model import Template
from firebell.kernel.errors import Invalid


def test_names_are_filled_in_and_spaces_tidied() -> None:
    assert liquid.render("  {{ title }}   is   {{ status }} \n\n", {"title": "T", "status": "up"}) == "T is up"


def test_what_is_not_known_is_empty_so_that_a_condition_can_ask() -> None:
    assert liquid.render('a{% if eta != "" %} by {{ eta }}{% endif %}.', {}) == "a."


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% if title %}",
        "{{ nope }}",
        "{{ title.__class__ }}",
        "{{ title | replace: 'a', 'b' }}",
        "{{ 'now' | date: '%Y' }}",
        "{{ title | unheard_of }}",
        "{% for i in (1..10) %}x{% endfor %}",
        "{{ (1..1000000000) }}",
        "{% if (1..1000000000) contains 'x' %}{% endif %}",
        "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 20 + "{{ a }}",
        "x" * 20_001,
        "{% if title %}" * 40 + "{% endif %}" * 40,
        "{% break %}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_what_cannot_be_used_is_refused_by_name(source: str) -> None:
    with pytest.raises(Invalid) as refused:
        liquid.render(source, {"title": "T"})
    assert refused.value.field == "body"


def test_dots_in_the_text_are_no_range() -> None:
    assert liquid.render('wait... (1..3) {{ "1..3" }}', {}) == "wait... (1..3) 1..3"


def test_what_people_typed_is_never_a_template() -> None:
    assert liquid.render("{{ title }}", {"title": "{{ impact }}{% for %}"}) == "{{ impact }}{% for %}"


@pytest.mark.parametrize("template", list(defaults.DEFAULTS.values()), ids=lambda one: one.name)
def test_the_templates_that_come_with_firebell_can_be_used(template: Template) -> None:
    liquid.check(template.body)


def test_a_template_says_something() -> None:
    with pytest.raises(Invalid):
        liquid.check(" \n")
