"""Markdown becomes steps: items and headings, attributes, branches, variables, and every mistake named by its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.runbooks import parsing
from firebell.domain.runbooks.model import StepKind

LATENCY = """\
Checkout is slow. If it is **down**, go to the other page.

## First look
- [ ] Is the queue of {{service}} growing? If it is, go to [fail over](#failover) {#queue kind=check timeout=5m}
  The panel is called *Queue depth*.
- [ ] Drop the cache

## Fail over to the other region {#failover kind=dangerous timeout=1h}
Say it in the channel first.
- [ ] Ask the health page {#health kind=http url=https://{{service}}.example.com/health expect=204}
```
- [ ] this is code and no step
```
"""


def test_items_and_marked_headings_are_steps_in_their_order() -> None:
    parsed = parsing.parse(LATENCY)
    assert [(s.id, s.kind, s.timeout_s) for s in parsed.steps] == [
        ("queue", StepKind.CHECK, 300),
        ("step-2", StepKind.MANUAL, None),
        ("failover", StepKind.DANGEROUS, 3600),
        ("health", StepKind.HTTP, None),
    ]
    assert parsed.intro.startswith("Checkout is slow.")
    assert "## First look" in parsed.intro, "a heading without attributes only divides the text"


def test_what_stands_below_a_step_belongs_to_it() -> None:
    queue, cache, failover, _ = parsing.parse(LATENCY).steps
    assert queue.detail == "The panel is called *Queue depth*."
    assert (cache.text, cache.detail) == ("Drop the cache", "")
    assert failover.detail == "Say it in the channel first."


def test_a_link_to_a_step_is_a_branch() -> None:
    assert parsing.parse(LATENCY).steps[0].branches == (("fail over", "failover"),)


def test_variables_are_found_filled_and_what_is_missing_stays_to_be_seen() -> None:
    parsed = parsing.parse("{{service}} of {{ team }} and {{service}}\n- [ ] ask {{team}}")
    assert parsed.variables == ("service", "team")
    assert parsing.missing(parsed, {"service": "checkout"}) == ("team",)
    assert parsing.fill("{{service}} of {{team}}", {"service": "checkout"}) == "checkout of {{team}}"


def test_a_call_names_its_address_and_the_status_it_expects() -> None:
    (step,) = parsing.parse("- [ ] Ask {#a kind=http url=https://x.example/health method=post expect=204}").steps
    assert (step.kind, step.url, step.method, step.expect) == (StepKind.HTTP, "https://x.example/health", "POST", 204)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("- [ ] a {#x kind=magic}", "Line 1: kind=magic is unknown. Use check, manual, http, dangerous."),
        ("\n- [ ] a {#x timeout=soon}", "Line 2: timeout=soon is no duration. Write 30s, 5m or 1h."),
        ("- [ ] a {#x kind=http}", "Line 1: a step of kind http needs url=…."),
        ("- [ ] a {#x}\n- [ ] b {#x}", "Line 2: the id #x stands twice."),
        ("- [ ] a {#ü}", "Line 1: #ü is no id. Use letters, digits, - and _."),
        ("- [ ] a {#x colour=red}", "Line 1: the attribute colour is unknown."),
        ("- [ ] a {#x expect=9}", "Line 1: expect=9 is no HTTP status."),
        ("- [ ] a {#x wrong}", "Line 1: “wrong” is no attribute. Write #id, kind=…, timeout=…, url=…."),
        ("- [ ] go [on](#nowhere)", "“on” leads to #nowhere, and there is no such step."),
    ],
)
def test_every_mistake_is_named(body: str, problem: str) -> None:
    assert parsing.parse(body).problems == (problem,)


def test_a_runbook_of_too_many_steps_is_cut_and_says_so() -> None:
    parsed = parsing.parse("- [ ] again\n" * 201)
    assert len(parsed.steps) == parsing.STEPS_MAX
    assert parsed.problems == ("A runbook has at most 200 steps; this one has 201. Split it.",)


@given(st.text(alphabet=st.sampled_from("- []x#{}=()kidmany\n`~{{}}\t*"), max_size=300))
def test_any_text_parses_and_its_ids_are_unique(body: str) -> None:
    steps = parsing.parse(body).steps
    assert len({step.id for step in steps}) == len(steps)
