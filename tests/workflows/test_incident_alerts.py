"""Incidents and their alerts: the first answer, acknowledgements that last, the response time, what was the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import DeclineReason, MilestoneName, Phase, RoleName
from firebell.kernel.errors import Conflict
from firebell.workflows import incident_moves
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.cast import minutes
from tests.workflows.incident_cast import staffed

BOTH = ("SEV1", "SEV2")


def declared_by_rule(tell: Callable[..., Story], severity: str = "SEV1", **more: int | None) -> tuple[Story, Room]:
    story = tell(auto_declare=BOTH)
    room = staffed(story, severity=severity, **more)  # type: ignore[arg-type]
    story.receive("checkout fails")
    return story, room


def test_whoever_acknowledges_a_linked_alert_is_the_first_answer_and_at_work(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell)
    story.run_for(minutes=2)
    story.acknowledge("oncall")
    incident = room.incident()
    answered = incident.milestone(MilestoneName.ACKNOWLEDGED)
    assert answered is not None
    assert answered.at == story.clock.now()
    assert incident.holders(RoleName.RESPONDER) == (room.id_of("oncall"),)


def test_a_sev1_unanswered_for_5_min_takes_the_next_step_of_its_alert(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell)
    story.run_for(minutes=4)
    assert story.paged() == ["oncall"]
    story.run_for(minutes=1)
    assert sorted(who for who, at in minutes(story) if at == 5.0) == ["chief", "lead"], "and nobody commands either"
    missed = room.fact("incident.response_missed")
    assert missed == {"severity": "SEV1", "seconds": 300, "alert_ids": [story.alert_ids["checkout fails"]]}


def test_a_sev2_has_15_min(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell, "SEV2")
    room.act("chief", verbs.AssignRole(role=RoleName.OBSERVER, user_id=room.id_of("chief")))
    story.run_for(minutes=16)
    assert [pair for pair in minutes(story) if pair[0] == "lead"] == [("lead", 15.0)]
    assert "SEV2: respond within 15 min." in story.messages()[0].message.body


def test_without_an_alert_an_unanswered_incident_looks_for_a_commander(story: Story) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV1", by="ann")
    story.run_for(minutes=5)
    assert room.fact("incident.response_missed")["alert_ids"] == []
    assert story.paged() == ["chief"]


def test_answered_in_time_nothing_is_missed(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell)
    story.run_for(minutes=4)
    story.acknowledge("oncall")
    room.act("chief", verbs.TakeCommand())
    story.run_for(minutes=30)
    assert "incident.response_missed" not in room.facts()
    assert story.paged() == ["oncall"]


def test_response_times_on_the_business_calendar_wake_nobody(story: Story) -> None:
    room = staffed(story)
    room.declare("A report is late", "SEV4", by="ann")
    story.run_for(days=2)
    assert story.paged() == []
    assert "incident.response_missed" not in room.facts()


def test_an_acknowledgement_lasts_while_its_incident_is_commanded(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell)
    story.acknowledge("oncall")
    room.act("chief", verbs.TakeCommand())
    story.run_for(hours=3)
    assert story.alert().state == "acknowledged"
    assert story.paged() == ["oncall"]
    assert story.breaches() == []


def test_and_runs_out_when_nobody_commands_any_more(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell, "SEV2")
    story.acknowledge("oncall")
    room.act("chief", verbs.TakeCommand())
    story.run_for(minutes=40)
    assert story.alert().state == "acknowledged"
    incident_id = room.incident().id
    story.run(lambda work: incident_moves.tell(work, incident_id, verbs.LoseCommander()))
    story.run_for(minutes=30)
    assert story.alert().state == "open"
    assert "escalation.ack_expired" in story.facts()


def test_an_alert_that_fires_again_starts_the_stability_window_anew(tell: Callable[..., Story]) -> None:
    story, room = declared_by_rule(tell)
    room.key = room.incident().id
    room.act("chief", verbs.TakeCommand())
    room.act("chief", verbs.Edit(impact="Nobody can pay."))
    room.act("chief", verbs.AddCriterion(text="error ratio below 0.1 %"))
    (criterion,) = room.incident().criteria
    room.act("chief", verbs.TickCriterion(criterion=criterion.id, value="0.02 %"))
    room.act("chief", verbs.Mitigate())
    story.clear("checkout fails")
    story.run_for(minutes=29)
    story.receive("checkout fails")
    story.clear("checkout fails")
    story.run_for(minutes=29)
    clear = verbs.Resolve(all_clear="Checkout has recovered; no lingering effects, no data loss.")
    with pytest.raises(Conflict):
        room.act("chief", clear)
    story.run_for(minutes=1)
    room.act("chief", clear)
    assert room.incident().phase is Phase.RESOLVED


def test_a_duplicate_hands_over_its_alerts_and_its_people(tell: Callable[..., Story]) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story)
    story.service("search", policy="ladder", severity="SEV1")
    story.receive("checkout fails", service="checkout")
    story.receive("no results", service="search")
    first, second = room.all()
    story.acknowledge("oncall", "no results")
    room.key = second.id
    room.act("chief", verbs.MarkDuplicate(of=first.id))
    kept, gone = room.all()
    assert gone.phase is Phase.DUPLICATE
    assert [one.alert_id for one in kept.alerts] == [story.alert_ids["checkout fails"], story.alert_ids["no results"]]
    assert room.id_of("oncall") in kept.engaged_ids
    assert second.id in kept.related_ids
    story.clear("no results", service="search")
    assert [one.open for one in room.incident(first.id).alerts] == [True, False]


def test_a_sev4_offers_command_to_whoever_acknowledges(story: Story) -> None:
    room = staffed(story, severity="SEV4")
    story.receive("a report is late")
    room.declare("", "SEV4", alerts=["a report is late"], by="ann")
    story.acknowledge("oncall")
    (offer,) = room.incident().offers
    assert (story.names[offer.to_id], offer.giver_id) == ("oncall", "system")
    assert story.paged() == ["oncall"]


def test_people_are_asked_to_come_each_by_a_page_of_their_own(story: Story) -> None:
    room = staffed(story)
    room.declare("Checkout fails", "SEV3", by="ann")
    targets = [story.target("oncall"), story.target("spokes")]
    key = room.incident().id
    story.run(
        lambda work: incident_moves.page_people(work, key, targets, "You know the payment provider"),
        story.actor("ann"),
    )
    story.settle()
    assert sorted(story.paged()) == ["oncall", "spokes"]
    room.come("oncall", room.id_of("oncall"))
    assert room.ringing() == ["asked:spokes"]
    assert room.incident().holders(RoleName.RESPONDER) == (room.id_of("oncall"),)
    assert "You know the payment provider" in story.messages()[0].message.more


def test_more_than_ten_people_are_rung_for_only_when_it_is_confirmed(story: Story) -> None:
    room = staffed(story)
    crowd = tuple(f"p{n}" for n in range(11))
    for name in crowd:
        story.person(name)
    story.team("everybody", members=crowd)
    key = room.declare("Checkout fails", "SEV3", by="ann").id
    targets = [story.target("everybody")]
    with pytest.raises(Conflict, match="11 people"):
        story.run(lambda work: incident_moves.page_people(work, key, targets, "all hands"), story.actor("ann"))
    story.run(
        lambda work: incident_moves.page_people(work, key, targets, "all hands", confirmed=True), story.actor("ann")
    )
    story.settle()
    assert set(story.paged()) == set(crowd)


def test_when_it_is_over_nothing_rings_any_more(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("comms", "spokes")
    room.declare("Checkout fails", "SEV1", by="ann")
    assert room.ringing() == ["role:comms"]
    room.act("ann", verbs.Decline(reason=DeclineReason.FALSE_ALARM))
    assert room.calls() == []
    story.run_for(hours=1)
    assert story.paged() == ["spokes"]


def test_a_private_incident_goes_by_its_codename_wherever_it_is_read(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("comms", "spokes")
    incident = room.declare("Keys of the vault were stolen", "SEV1", by="ann", private=True, summary="By an insider.")
    story.run_for(minutes=6)
    assert incident.codename
    assert set(story.paged()) >= {"spokes", "chief"}
    for one in story.sent:
        words = f"{one.message.title} {one.message.body} {one.message.more}"
        assert "vault" not in words
        assert "insider" not in words
        assert incident.codename in words or one.message.kind != "page"
