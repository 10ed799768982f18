"""Somebody answers: what stops, what goes on, who hears of it, and that two clicks are one."""

from __future__ import annotations

from firebell.workflows import page_answered
from tests.story import Story
from tests.workflows.cast import alone, data, ladder_of_three, minutes, run_of


def told(story: Story) -> list[tuple[str, str]]:
    """(person, words) of every status message."""
    return [(s.to.partition(":")[2], s.message.title) for s in story.messages("status")]


def test_those_who_were_paged_hear_who_has_it_and_that_it_is_over_but_never_the_one_who_acted(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    story.run_for(minutes=6)
    story.acknowledge("secondary")
    assert told(story) == [("primary", "secondary acknowledged: disk full")]
    story.resolve("primary")
    assert told(story)[1:] == [("secondary", "Resolved: disk full")]


def test_a_second_acknowledgement_says_that_it_is_taken_and_tells_nobody(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    story.run_for(minutes=6)
    assert story.acknowledge("primary") == "done"
    before, heard = run_of(story), told(story)
    assert story.acknowledge("secondary") == "already_acknowledged"
    assert (run_of(story), told(story)) == (before, heard)
    assert story.alert().acknowledged_by == f"user:{story.users['primary']}"
    story.resolve("primary")
    assert story.acknowledge("secondary") == "already_resolved"
    assert story.alert().state == "resolved"


def test_two_clicks_on_escalate_climb_one_step(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    seen = run_of(story).movement
    assert story.escalate("primary", as_of=seen) == "done"
    assert story.escalate("primary", as_of=seen) == "already_moved"
    assert story.paged() == ["primary", "secondary"]


def test_escalating_what_is_acknowledged_opens_it_again(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    story.acknowledge("primary")
    assert story.escalate("primary") == "done"
    assert story.alert().state == "open"
    assert story.paged() == ["primary", "secondary"]
    assert data(story, "alert.unacknowledged") == [{"reason": "escalated by test"}]
    story.run_for(minutes=10)
    assert story.paged() == ["primary", "secondary", "lead"]
    assert story.breaches() == []


def test_by_hand_low_urgency_climbs_and_the_end_leads_back_to_the_beginning(story: Story) -> None:
    ladder_of_three(story, repeat=0, severity="SEV4")
    story.receive("slow")
    for _ in range(4):
        story.escalate("primary")
    assert story.paged() == ["primary", "secondary", "lead", "primary", "secondary"]
    assert run_of(story).state == "resting"


def test_an_exhausted_run_begins_anew_when_somebody_asks(story: Story) -> None:
    ladder_of_three(story, repeat=0)
    story.receive("disk full")
    story.run_for(hours=1)
    assert run_of(story).state == "exhausted"
    story.escalate("lead")
    assert story.paged()[-1] == "primary"
    assert story.acknowledge("primary") == "done"
    story.run_for(minutes=20)
    assert story.breaches() == []


def test_giving_an_alert_back_starts_the_ladder_from_the_first_step(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    story.run_for(minutes=6)
    story.acknowledge("secondary")
    alert_id = story.alert().id
    story.run(lambda work: page_answered.unacknowledge(work, alert_id, "not mine"), story.actor("secondary"))
    story.settle()
    story.run_for(minutes=6)
    assert minutes(story) == [("primary", 0), ("secondary", 5), ("primary", 6), ("secondary", 11)]
    assert data(story, "alert.unacknowledged") == [{"reason": "not mine"}]


def test_an_acknowledgement_without_expiry_holds(story: Story) -> None:
    alone(story, ack_timeout_s=None)
    story.receive("disk full")
    story.acknowledge("ann")
    story.run_for(days=3)
    assert story.paged() == ["ann"]
    assert story.breaches() == []
