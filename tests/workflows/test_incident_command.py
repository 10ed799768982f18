"""Command through time: nobody has it, somebody is found, it is handed over, it is lost."""

from __future__ import annotations

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import MilestoneName, OfferState, Phase, RoleName, Severity
from firebell.domain.paging import queries as paging_queries
from firebell.kernel.errors import Conflict
from firebell.workflows import link_answered, person_left
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.cast import minutes
from tests.workflows.incident_cast import staffed


def commanded(story: Story, severity: str = "SEV1") -> Room:
    """An incident with ``chief`` in command and ``ann`` at work."""
    room = staffed(story)
    room.declare("Checkout fails", severity, by="ann")
    room.act("chief", verbs.TakeCommand())
    room.act("ann", verbs.AssignRole(role=RoleName.RESPONDER, user_id=room.id_of("ann")))
    return room


def test_nobody_commands_a_sev1_those_at_work_are_nudged_after_2_min_and_the_policy_pages_after_5(
    story: Story,
) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV1", by="ann")
    room.act("ann", verbs.AssignRole(role=RoleName.RESPONDER, user_id=room.id_of("ann")))
    story.run_for(seconds=119)
    assert room.notices("ann") == []
    story.run_for(seconds=1)
    assert room.notices("ann") == ["INC-1 has had no commander for 2 minutes: take command."]
    assert story.paged() == []
    story.run_for(minutes=3)
    assert minutes(story) == [("chief", 5.0)]
    assert room.ringing() == ["command"]
    story.run_for(minutes=10)
    assert story.paged() == ["chief", "boss"], "the commander's policy climbs like any other"
    assert story.breaches() == []


def test_a_sev3_waits_half_an_hour_and_wakes_nobody(story: Story) -> None:
    room = staffed(story)
    room.declare("One replica is lost", "SEV3", by="ann")
    room.act("ann", verbs.AssignRole(role=RoleName.RESPONDER, user_id=room.id_of("ann")))
    story.run_for(hours=5)
    assert story.paged() == []
    assert [kind for kind in room.facts() if kind == "command.missed"] == ["command.missed"]


def test_whoever_acknowledges_the_call_for_a_commander_commands(story: Story) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV1", by="ann")
    story.run_for(minutes=6)
    assert room.come("chief") == "done"
    incident = room.incident()
    assert (room.commander(), incident.phase, room.ringing()) == ("chief", Phase.RESPONDING, [])
    assert incident.milestone(MilestoneName.COMMANDER_ASSIGNED) is not None
    story.run_for(minutes=30)
    assert story.paged() == ["chief"]


def test_command_can_be_taken_by_the_link_in_the_page(story: Story) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV1", by="ann", private=True)
    story.run_for(minutes=6)
    plain = (story.messages()[-1].message.ack_url or "").rpartition("/")[2]
    token = story.house.runner.read(lambda read: paging_queries.link(read, plain))
    story.run(lambda work: link_answered.acknowledge(work, plain), link_answered.actor(token))
    story.settle()
    assert (room.commander(), room.ringing()) == ("chief", [])


def test_once_somebody_commands_the_call_ends_and_those_it_rang_for_hear_it(story: Story) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV1", by="ann")
    story.run_for(minutes=6)
    call = room.calls()[0]
    room.act("ann", verbs.TakeCommand())
    assert room.calls() == [], "nobody is called for what somebody has"
    assert room.commander() == "ann"
    told = [one.message.body for one in story.messages("status") if one.message.alert_id == call.id]
    assert told == ["INC-1: somebody commands."]


def test_command_that_is_offered_moves_only_when_it_is_accepted(story: Story) -> None:
    room = commanded(story)
    room.act("chief", verbs.OfferCommand(to=room.id_of("lead"), note="I have to sleep"))
    assert "chief offers you command of INC-1. “I have to sleep”" in room.notices("lead")[-1]
    story.run_for(minutes=10)
    incident = room.incident()
    assert (incident.offers[0].state, room.commander()) == (OfferState.EXPIRED, "chief")
    offered = room.act("chief", verbs.OfferCommand(to=room.id_of("lead")))
    room.act("lead", verbs.AcceptCommand(offer=offered.made, brief_read=True))
    assert room.commander() == "lead"
    assert "lead has taken over command of INC-1 from chief." in room.notices("chief")


def test_of_two_who_take_command_at_once_the_second_is_told_who_has_it(story: Story) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV1", by="ann")
    room.act("chief", verbs.TakeCommand())
    with pytest.raises(Conflict, match="chief commands INC-1"):
        room.act("lead", verbs.TakeCommand())
    assert room.commander() == "chief"


def test_a_commander_whose_account_is_switched_off_commands_no_longer_from_that_instant(story: Story) -> None:
    room = commanded(story)
    story.run_for(minutes=7)
    story.run(lambda work: person_left.deactivate(work, room.id_of("chief")), story.actor("boss"))
    story.settle()
    incident = room.incident()
    assert (incident.commander_id, incident.commandless_since) == (None, story.clock.now())
    assert "Nobody commands INC-1 now: chief has no active account any more." in room.notices("ann")
    story.run_for(minutes=5)
    assert story.paged()[-1] == "boss", "chief is gone, so the policy falls back"


def test_a_comms_lead_who_is_deleted_leaves_a_vacancy_that_is_paged(story: Story) -> None:
    room = commanded(story)
    room.stands_behind("comms", "lead")
    room.act("chief", verbs.AssignRole(role=RoleName.COMMS, user_id=room.id_of("spokes")))
    story.run(lambda work: person_left.delete(work, room.id_of("spokes")), story.actor("boss"))
    story.settle()
    assert room.ringing() == ["role:comms"]
    assert story.paged() == ["lead"]
    room.come("lead")
    assert room.holder("comms") == "lead"


def test_raised_into_a_conflict_the_role_is_vacated_after_15_min_and_paged(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("comms", "spokes")
    room.declare("Checkout is slow", "SEV3", by="chief")
    room.act("chief", verbs.TakeCommand())
    room.act("chief", verbs.AssignRole(role=RoleName.COMMS, user_id=room.id_of("chief")))
    room.act("ann", verbs.SetSeverity(to=Severity.SEV2))
    story.run_for(minutes=14)
    assert (room.holder("comms"), story.paged()) == ("chief", [])
    story.run_for(minutes=1)
    assert (room.holder("comms"), room.commander(), story.paged()) == (None, "chief", ["spokes"])


def test_a_command_check_rings_and_its_acknowledgement_answers_it(story: Story) -> None:
    room = commanded(story)
    room.act("ann", verbs.AskCommandCheck())
    assert story.paged() == ["chief"]
    assert "Are you still in command of INC-1?" in story.messages()[-1].message.title
    room.come("chief")
    check = room.incident().check
    assert check is not None
    assert check.answered_at is not None


def test_a_commander_who_is_silent_for_ten_minutes_can_be_relieved(story: Story) -> None:
    room = commanded(story)
    room.act("ann", verbs.AskCommandCheck())
    story.run_for(minutes=9)
    with pytest.raises(Conflict):
        room.act("lead", verbs.SeizeCommand(reason="chief does not answer"))
    story.run_for(minutes=1)
    room.act("lead", verbs.SeizeCommand(reason="chief does not answer"))
    assert room.commander() == "lead"
