"""The main path: an alert arrives, the right person is told, the climb stops when somebody answers."""

from __future__ import annotations

from tests.story import Story


def a_team_of_three(story: Story) -> None:
    for name in ("primary", "secondary", "lead"):
        story.person(name)
    story.schedule(
        "first",
        layers=[
            {
                "name": "base",
                "rotation": {
                    "every": "1w",
                    "handoff": "Mon 09:00",
                    "start": "2026-01-05",
                    "participants": [["primary"]],
                },
            }
        ],
    )
    story.policy("ladder", ("first", 300), ("secondary", 600), ("lead", 600), fallback=("lead",), repeat=1)
    story.service("checkout", policy="ladder")


def test_nobody_answers_so_the_ladder_is_climbed_to_the_end(story: Story) -> None:
    a_team_of_three(story)
    story.receive("disk full", severity="critical")
    assert story.paged() == ["primary"]
    story.run_for(minutes=4, seconds=59)
    assert story.paged() == ["primary"]
    story.run_for(seconds=2)
    assert story.paged() == ["primary", "secondary"]
    story.run_for(minutes=10)
    assert story.paged() == ["primary", "secondary", "lead"]
    story.run_for(hours=2)
    assert story.paged() == ["primary", "secondary", "lead", "primary", "secondary", "lead", "lead"]
    assert "escalation.exhausted" in story.facts()
    assert story.breaches() == []


def test_an_acknowledgement_stops_everything(story: Story) -> None:
    a_team_of_three(story)
    story.receive("disk full", severity="critical")
    story.run_for(minutes=1)
    assert story.acknowledge("primary") == "done"
    story.run_for(minutes=20)
    assert story.paged() == ["primary"]
    assert story.alert().state == "acknowledged"
    story.clear("disk full")
    assert story.alert().state == "resolved"
    assert story.breaches() == []


def test_a_repeat_counts_and_pages_nobody_again(story: Story) -> None:
    a_team_of_three(story)
    first = story.receive("disk full", severity="critical")
    again = story.receive("disk full", severity="critical")
    assert (first.became, again.became) == ("opened", "repeated")
    assert story.alert().count == 2
    assert story.paged() == ["primary"]
