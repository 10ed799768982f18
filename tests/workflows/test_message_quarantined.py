"""A message that kills whoever sends it is given up after three times, and somebody is told all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from firebell.domain.alerts.model import Arrival, Raw, Signal, Status
from firebell.domain.paging.model import Message, Outcome
from firebell.workflows import alert_arrives
from tests.story import Story

LEASE_AND_A_BIT_S = 9


class Died(BaseException):
    """The process ends here: nothing is recorded."""


def dying(times: int) -> Callable[[Message], Outcome | None]:
    """A provider that ends the process ``times`` times."""
    left: Iterator[int] = iter(range(times))

    def send(message: Message) -> Outcome | None:
        if next(left, None) is not None:
            raise Died
        return None

    return send


def a_service(story: Story) -> None:
    story.person("primary")
    story.person("lead")
    story.policy("ladder", ("primary", 3600), fallback=("lead",), repeat=0)
    story.service("checkout", policy="ladder")


def die(story: Story, times: int) -> None:
    story.carriers["ntfy"].script = dying(times)
    with pytest.raises(Died):
        story.receive("disk full", severity="critical")
    for _ in range(times - 1):
        story.clock.advance(LEASE_AND_A_BIT_S)
        with pytest.raises(Died):
            story.settle()


def test_after_three_deaths_the_fallback_is_told(story: Story) -> None:
    a_service(story)
    die(story, 3)
    story.clock.advance(LEASE_AND_A_BIT_S)
    story.settle()
    assert story.paged() == ["lead"]
    assert story.facts().count("delivery.quarantined") == 1
    assert story.breaches() == []


def test_after_two_deaths_the_same_message_goes_and_says_that_it_may_be_a_copy(story: Story) -> None:
    a_service(story)
    die(story, 2)
    story.clock.advance(LEASE_AND_A_BIT_S)
    story.settle()
    assert story.paged() == ["primary"]
    assert story.messages()[0].message.copies_possible
    assert "Possible duplicate" in story.messages()[0].message.body


def test_a_fallback_who_is_the_person_given_up_on_is_told_by_a_message_of_its_own(story: Story) -> None:
    story.person("only")
    story.policy("ladder", ("only", 3600), fallback=("only",), repeat=0)
    story.service("checkout", policy="ladder")
    die(story, 3)
    story.clock.advance(LEASE_AND_A_BIT_S)
    story.settle()
    assert story.paged() == ["only"]


def test_what_a_given_up_message_was_to_speak_for_goes_on_its_own(story: Story) -> None:
    a_service(story)
    story.carriers["ntfy"].script = dying(3)
    together(story, "one", "another")
    for _ in range(3):
        with pytest.raises(Died):
            story.settle()
        story.clock.advance(LEASE_AND_A_BIT_S)
    story.settle()
    told = {(sent.to, sent.message.title.rpartition(": ")[2]) for sent in story.messages()}
    assert told == {("ntfy:lead", "one"), ("ntfy:primary", "another")}


def together(story: Story, *summaries: str) -> None:
    """Alerts of one moment, so that one message speaks for all of them."""
    arrivals = [
        Arrival(
            story.origins["checkout"],
            [Signal(status=Status.FIRING, summary=summary, severity="critical", dedup_key=summary)],
            Raw("generic", "POST", "/", "application/json", b"{}", 2),
        )
        for summary in summaries
    ]
    story.run(lambda work: alert_arrives.arrive(work, arrivals))


def test_a_new_process_takes_over_at_once_where_there_can_be_only_one(tell: Callable[..., Story]) -> None:
    before = tell()
    a_service(before)
    die(before, 1)
    before.house.close()
    after = tell(clock=before.clock, sent=before.sent)
    after.settle()
    at_once = after.paged()
    after.run_for(seconds=LEASE_AND_A_BIT_S)
    assert at_once == (["primary"] if after.house.database.is_sqlite else [])
    assert after.paged() == ["primary"]
