"""No text a person can type keeps the installation busy: what reads it takes time in proportion to its length.

Each is compared with one a quarter as long, so that the verdict does not depend on how fast the machine is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from firebell.domain.comms import duplicates, liquid, wording
from firebell.domain.postmortems.blameless import Names, Person, lint
from firebell.domain.runbooks import parsing
from firebell.domain.slo import openslo
from firebell.entrypoints.web.slo_documents import documents_of
from firebell.kernel.errors import Invalid

SHORT, LONG = 2_000, 8_000
SEEDS = ("a.", "1.", "a-", "a", "a@", " ", "\n", "if ", "we take ", "next ", "data is ", "expected ", "::", "within ")
PEOPLE = Names(people=(Person(id="usr_1", display_name="Ann Bell", handles=("ann",), role="responder 1"),))
PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (wording, duplicates)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}


def steps(read: Callable[[str], object], text: str) -> float:
    """Seconds of this process' own time; the best of two, since others share the machine."""
    from time import process_time

    found = []
    for _ in range(2):
        before = process_time()
        read(text)
        found.append(process_time() - before)
    return min(found)


def grows_like_a_square(read: Callable[[str], object], of_length: Callable[[int], str]) -> bool:
    """Sixteen times the time for four times the length; what takes under 50 ms is quick whatever its curve."""
    long = steps(read, of_length(LONG))
    return long > 0.05 and long > 9 * steps(read, of_length(SHORT))


def repeated(seed: str) -> Callable[[int], str]:
    """Texts of any length that almost match at every place."""
    return lambda n: (seed * n)[:n] + "b"


@pytest.mark.parametrize("name", PATTERNS)
def test_an_update_is_judged_in_time_that_grows_with_its_length(name: str) -> None:
    pattern = PATTERNS[name]
    slow = [seed for seed in SEEDS if grows_like_a_square(lambda text: list(pattern.finditer(text)), repeated(seed))]
    assert slow == []


@pytest.mark.parametrize("begin", ["- [ ] a", "## a"])
@pytest.mark.parametrize("seed", [" ", "#", "# ", "[", "{", "{{", "[a"])
def test_a_runbook_is_taken_apart_in_time_that_grows_with_its_length(begin: str, seed: str) -> None:
    assert not grows_like_a_square(parsing.parse, lambda n: begin + (seed * n)[:n] + "b")


@pytest.mark.parametrize("seed", ["they should have known if only we ", "human error ", "12 h ", "Ann Bell ", "> [a]("])
def test_a_postmortem_is_read_for_blame_in_time_that_grows_with_its_length(seed: str) -> None:
    assert not grows_like_a_square(lambda text: lint(text, PEOPLE), lambda n: repeated(seed)(n * 5))


@pytest.mark.parametrize(
    "text", ["start: 2026-99-99", "target: " + "9" * 5_000, "[" * 3_000, "a: 2026-01-01T99:00:00Z"]
)
def test_a_document_that_cannot_be_read_is_a_refusal(text: str) -> None:
    with pytest.raises(Invalid):
        documents_of(text)


def test_a_document_that_repeats_itself_stays_small() -> None:
    """Ten times ten times ten …: a thousand million values behind some names."""
    parts = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    parts += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    text = "kind: SLO\nmetadata: {name: *a8, labels: *a8}\nspec: {service: *a8, objectives: *a8}\n"
    problems = openslo.read(documents_of("\n".join(parts) + "\n" + text)).problems
    assert problems
    assert all(len(str(one)) < 1_000 for one in problems)


def doubled(verb: str, start: str, times: int) -> str:
    return f"{{% assign x = {start} %}}" + f"{{% assign x = x | {verb}: x %}}" * times


@pytest.mark.parametrize(
    "template",
    [
        doubled("times", "9", 17) + "{% assign y = x" + " | times: x" * 400 + " %}",
        doubled("append", "'aaaaaaaaaaaaaaaaaaaa'", 11) + "{{ x" + "|append:x" * 1900 + " }}",
        "{% assign x = 'a' %}" + "{% assign x = x | append: 'aaaaaaaa' | upcase %}" * 400,
    ],
    ids=["numbers", "texts", "sum of texts"],
)
def test_a_chain_of_filters_ends_where_the_limits_are(template: str) -> None:
    with pytest.raises(Invalid):
        liquid.render(template, {})


def test_ordinary_arithmetic_and_long_words_pass() -> None:
    assert liquid.render(
        "{{ minutes | times: 60 | plus: 1 }} {{ title | upcase }}", {"minutes": 15, "title": "a" * 300}
    )
