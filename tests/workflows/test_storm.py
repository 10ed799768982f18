"""Very many alerts of one service: one run for those above the cap, nothing is dropped, nobody is drowned."""

from __future__ import annotations

import pytest

from firebell.domain.alerts.model import Arrival, Raw, Signal, Status
from firebell.domain.escalation.model import RunKind
from firebell.workflows import alert_arrives
from tests.story import Story
from tests.workflows.cast import data, ladder_of_three, run_of


def pour(story: Story, names: list[str], *, severity: str = "high", status: Status = Status.FIRING) -> None:
    """Many signals in one request."""
    origin = story.origins["checkout"]
    signals = [Signal(status=status, summary=name, severity=severity, dedup_key=name) for name in names]
    raw = Raw("generic", "POST", "/", "application/json", b"{}", 2)
    (answers,) = story.run(lambda work: alert_arrives.arrive(work, [Arrival(origin, signals, raw)]))
    story.alert_ids.update({n: a.alert.id for n, a in zip(names, answers, strict=True) if a.alert})
    story.settle()


def names(begin: int, end: int) -> list[str]:
    return [f"n{n}" for n in range(begin, end)]


def states(story: Story, which: list[str]) -> set[str]:
    return {story.alert(name).state for name in which}


@pytest.fixture
def storm(story: Story) -> Story:
    """205 alerts: 200 with a run of their own, 5 that share one."""
    ladder_of_three(story)
    pour(story, names(0, 205))
    return story


def test_above_two_hundred_alerts_share_one_run_and_sev1_keeps_its_own(storm: Story) -> None:
    shared = {run_of(storm, name).id for name in names(200, 205)}
    assert len(shared) == 1
    assert run_of(storm, "n200").kind == RunKind.STORM
    assert run_of(storm, "n199").kind == RunKind.ALERT
    pour(storm, ["grave"], severity="critical")
    assert run_of(storm, "grave").kind == RunKind.ALERT
    storm.run_for(seconds=30)
    assert {s.message.thread for s in storm.messages()}
    assert len(storm.messages()) <= 10
    assert storm.breaches() == []


def test_acknowledging_one_acknowledges_the_members_and_one_that_joins_later_pages_again(storm: Story) -> None:
    storm.acknowledge("primary", "n203")
    assert states(storm, names(200, 205)) == {"acknowledged"}
    assert storm.alert("n199").state == "open"
    pour(storm, ["late"])
    run = run_of(storm, "late")
    assert run.kind == RunKind.STORM
    assert storm.breaches() == []
    storm.run_for(minutes=5, seconds=1)
    told = [p for p in data(storm, "page.started", "late") if p["user_id"] == storm.users["primary"]]
    assert len(told) == 1
    assert storm.alert("n203").state == "acknowledged"


def test_a_graver_member_makes_the_storm_graver_and_a_milder_one_does_not_make_it_milder(storm: Story) -> None:
    assert run_of(storm, "n200").severity == "SEV2"
    pour(storm, ["mild"], severity="info")
    pour(storm, ["mild"], severity="warning")
    run = run_of(storm, "n200")
    assert (run.severity, run.urgency, run.state) == ("SEV2", "high", "climbing")


def test_a_storm_that_began_mild_wakes_people_when_something_urgent_joins(story: Story) -> None:
    ladder_of_three(story, severity="SEV4")
    pour(story, names(0, 203), severity="info")
    story.run_for(seconds=30)
    assert run_of(story, "n202").state == "resting"
    pour(story, ["urgent"], severity="high")
    story.run_for(minutes=6)
    assert run_of(story, "urgent").id == run_of(story, "n202").id
    assert "secondary" in story.paged()


def test_when_the_leader_is_over_its_pages_go_on_about_the_next(storm: Story) -> None:
    lead = run_of(storm, "n200").alert_id
    assert lead == storm.alert_ids["n200"]
    pour(storm, ["n200"], status=Status.RESOLVED)
    assert run_of(storm, "n201").alert_id == storm.alert_ids["n201"]
    storm.run_for(minutes=6)
    assert data(storm, "page.started", "n201")
    pour(storm, names(201, 205), status=Status.RESOLVED)
    assert run_of(storm, "n204").state == "ended"
    assert storm.breaches() == []


def test_a_leader_that_is_over_before_its_message_went_leaves_the_message_to_the_next(story: Story) -> None:
    ladder_of_three(story, severity="SEV4")
    worker = story.house.worker
    every = worker.lines
    worker.lines = tuple(line for line in every if line.name != "deliveries")
    pour(story, names(0, 203), severity="info")
    pour(story, names(0, 201), severity="info", status=Status.RESOLVED)
    worker.lines = every
    story.run_for(minutes=10)
    assert {s.message.alert_id for s in story.messages()} == {story.alert_ids["n201"]}


def test_the_acknowledgement_of_a_storm_expires_for_every_member(storm: Story) -> None:
    storm.acknowledge("primary", "n200")
    storm.run_for(minutes=31)
    assert states(storm, names(200, 205)) == {"open"}
    storm.run_for(hours=3)
    assert storm.breaches() == []
