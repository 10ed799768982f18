"""Updates on time: the ladder, the automatic update, snoozing and slowing down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firebell.domain.comms import queries as comms
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import CustomerImpact, DeclineReason, Severity
from firebell.domain.statuspage import commands as pages
from firebell.kernel.errors import Conflict, Forbidden
from firebell.workflows import update_clocks
from tests.story import Story
from tests.workflows.update_cast import begin


def test_the_ladder_ends_in_an_automatic_update_with_what_the_journal_knows(story: Story) -> None:
    room = begin(story)
    room.post(minutes=15)
    sent = len(story.sent)
    story.run_for(minutes=25)
    mine = [rung for audience, rung in room.reminded() if audience == "internal"]
    assert mine == ["comms", "commander", "deputy", "automatic"]
    told = [who for who, title in room.notices(sent) if "internal update" in title]
    assert told[0] == "bo"
    assert [sorted(told[1:3]), sorted(told[3:5])] == [["ada", "bo"], ["cy", "dee"]]
    last = room.updates("internal")[-1]
    assert last.automatic
    assert "written automatically from the timeline" in last.body
    assert "Incident Commander: ada" in last.body
    assert room.due_in_minutes() == 15


def test_the_automatic_update_fulfils_the_promise_late_and_promises_the_next(story: Story) -> None:
    room = begin(story)
    room.post(minutes=15)
    story.run_for(minutes=26)
    assert room.promises() == [("late", 600), ("open", 0)]


def test_an_update_in_time_keeps_everybody_in_peace(story: Story) -> None:
    room = begin(story, "SEV2")
    for _ in range(2):
        room.post(minutes=30)
        story.run_for(minutes=24)
    assert [rung for audience, rung in room.reminded() if audience == "internal"] == []
    assert [outcome for outcome, _ in room.promises()] == ["kept", "open"]


def test_the_public_clock_starts_with_the_response_and_stops_when_customers_feel_nothing(story: Story) -> None:
    room = begin(story, page=True, roles=False)
    assert room.clock("public") is None
    room.do("ada", verbs.TakeCommand())
    assert room.due_in_minutes("public") == 5
    room.do("ada", verbs.Edit(customer_impact=CustomerImpact.NO))
    assert room.due_in_minutes("public") is None
    room.do("ada", verbs.Edit(customer_impact=CustomerImpact.YES))
    assert room.due_in_minutes("public") == 5


def test_without_a_status_page_there_is_no_public_clock(story: Story) -> None:
    assert begin(story).clock("public") is None


def test_a_public_post_that_is_missing_is_said_inside_and_posted_only_where_the_page_allows_it(story: Story) -> None:
    room = begin(story, page=True)
    story.run_for(minutes=16)
    assert [rung for audience, rung in room.reminded() if audience == "public"] == [
        "comms", "commander", "deputy", "automatic",
    ]  # fmt: skip
    assert room.public() == []
    assert [one.automatic for one in room.updates("internal")] == [True]


def test_where_the_page_allows_it_the_template_is_posted_and_marked(story: Story) -> None:
    room = begin(story, page=True)
    story.run(lambda work: pages.edit_page(work, room.page_id, auto_posts=True))
    story.run_for(minutes=16)
    (public,) = room.public()
    assert public.status == "investigating"
    assert public.updates[0].automatic
    assert "We are investigating." in public.updates[0].body
    assert "automatically" in public.updates[0].body
    assert "ada" not in public.updates[0].body
    assert (room.due_in_minutes("public") or 0) > 0


def test_nobody_in_the_role_means_the_commander_hears_it(story: Story) -> None:
    room = begin(story, roles=False)
    room.do("ada", verbs.TakeCommand())
    sent = len(story.sent)
    story.run_for(minutes=12)
    assert [who for who, title in room.notices(sent) if "internal update" in title] == ["ada"]


def test_a_snooze_is_a_fact_and_rests_the_reminder_only(story: Story) -> None:
    room = begin(story)
    story.run_for(minutes=9)
    story.run(lambda work: update_clocks.snooze(work, room.id, "internal", 10, "writing it"), story.actor("bo"))
    story.run_for(minutes=9)
    assert [rung for audience, rung in room.reminded() if audience == "internal"] == []
    story.run_for(minutes=1.5)
    assert [rung for audience, rung in room.reminded() if audience == "internal"] == ["commander"]
    assert room.facts("update.snoozed") == ["update.snoozed"]


def test_the_commander_slows_the_updates_down_after_two_hours_and_nobody_else(story: Story) -> None:
    room = begin(story)

    def slow(who: str) -> None:
        story.run(lambda work: update_clocks.slow_down(work, room.id, "internal", 3600, "stable"), story.actor(who))

    with pytest.raises(Conflict):
        slow("ada")
    for _ in range(12):
        story.run_for(minutes=10)
        room.post(minutes=15)
    with pytest.raises(Forbidden):
        slow("bo")
    slow("ada")
    story.run_for(minutes=10)
    room.post(minutes=60)
    assert room.due_in_minutes() == 60
    assert room.facts("update.slowed") == ["update.slowed"]


def test_a_worse_severity_brings_the_next_update_nearer(story: Story) -> None:
    room = begin(story, "SEV2")
    assert room.due_in_minutes() == 30
    room.do("eve", verbs.SetSeverity(to=Severity.SEV1))
    assert room.due_in_minutes() == 15


def test_minor_incidents_wait_for_support_hours(tell: Callable[..., Story]) -> None:
    story = tell(start="2026-01-10T12:00:00Z")  # a Saturday
    room = begin(story, "SEV3")
    clock = room.clock()
    assert clock is not None
    assert clock.due_at is not None
    assert clock.due_at.format_iso() == "2026-01-12T11:00:00Z"


def test_executives_have_a_clock_as_soon_as_there_is_a_liaison(story: Story) -> None:
    room = begin(story, roles=False)
    assert room.clock("executive") is None
    room.do("ada", verbs.TakeCommand())
    room.assign("dee", "liaison")
    assert room.due_in_minutes("executive") == 30


@pytest.mark.parametrize("declared", [{"kind": "test"}, {"kind": "backfilled"}])
def test_what_is_only_tried_or_entered_afterwards_runs_no_clock(story: Story, declared: dict[str, str]) -> None:
    room = begin(story, page=True, roles=False, **declared)
    story.run_for(hours=2)
    assert room.look(lambda read: comms.clocks(read, room.id)) == {}
    assert room.reminded() == []


def test_nothing_rings_after_the_incident_is_over(story: Story) -> None:
    room = begin(story, roles=False)
    room.do("eve", verbs.Decline(reason=DeclineReason.FALSE_ALARM))
    story.run_for(hours=2)
    assert room.due_in_minutes() is None
    assert [rung for audience, rung in room.reminded()] == []


def test_a_reminder_that_cannot_be_given_is_tried_again_in_a_minute(story: Story) -> None:
    from firebell.workflows import update_due

    room = begin(story)
    story.run_for(minutes=9)
    story.run(lambda work: update_due.failed(work, f"{room.id}:internal", room.id))
    clock = room.clock()
    assert clock is not None
    assert clock.ring_at == room.in_minutes(1)
