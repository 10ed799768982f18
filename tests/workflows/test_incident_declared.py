"""How incidents begin: from alerts by hand, by rule, one for each service; and whom that calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firebell.domain.alerts.model import AlertKind
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Detection, Kind, MilestoneName, Phase, Severity
from firebell.kernel.clock import plus, seconds_between
from firebell.kernel.errors import Conflict
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.incident_cast import staffed

BOTH = ("SEV1", "SEV2")


def test_declared_from_an_alert_it_was_detected_when_the_alert_came(story: Story) -> None:
    room = staffed(story)
    story.receive("checkout fails")
    story.run_for(minutes=4)
    incident = room.declare(alerts=["checkout fails"], by="ann")
    detected = incident.milestone(MilestoneName.DETECTED)
    assert (incident.title, incident.severity, incident.detection) == ("checkout fails", None, Detection.ALERT)
    assert detected is not None
    assert detected.at is not None
    assert seconds_between(detected.at, incident.declared_at) == 240
    assert incident.service_ids == (story.services["checkout"],)
    assert [one.alert_id for one in incident.alerts] == [story.alert_ids["checkout fails"]]


def test_an_alert_belongs_to_one_incident_at_a_time(story: Story) -> None:
    room = staffed(story)
    story.receive("checkout fails")
    room.declare(alerts=["checkout fails"], by="ann")
    with pytest.raises(Conflict, match="INC-1"):
        room.declare(alerts=["checkout fails"], by="ann")


def test_grave_alerts_declare_by_rule_one_incident_for_each_service(tell: Callable[..., Story]) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story, severity="SEV2")
    story.service("search", policy="ladder", severity="SEV2")
    story.receive("checkout fails", service="checkout")
    story.receive("payments time out", service="checkout")
    story.receive("no results", service="search")
    story.receive("a report is late", service="search", severity="info")
    assert [(one.title, one.severity, len(one.alerts), one.declared_by) for one in room.all()] == [
        ("checkout fails", "SEV2", 2, "system"),
        ("no results", "SEV2", 1, "system"),
    ]
    assert set(story.paged()) == {"oncall"}


def test_a_private_incident_takes_in_no_alert_by_rule(tell: Callable[..., Story]) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story, severity="SEV2")
    room.declare("Somebody is inside", "SEV1", private=True, service_ids=(story.services["checkout"],))
    story.receive("checkout fails", service="checkout")
    assert [(one.private, one.title, len(one.alerts)) for one in room.all()] == [
        (True, "Somebody is inside", 0), (False, "checkout fails", 1),
    ]  # fmt: skip


def test_a_graver_alert_of_the_same_service_raises_its_incident(tell: Callable[..., Story]) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story, severity="SEV2")
    story.receive("slow")
    story.receive("down", severity="critical")
    assert room.incident().severity is Severity.SEV1
    assert len(room.all()) == 1


def test_what_is_over_or_was_never_a_problem_of_a_service_declares_nothing(tell: Callable[..., Story]) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story)
    story.receive("could not be read", kind=AlertKind.UNREADABLE)
    assert room.all() == []


def test_once_impact_has_stopped_a_new_problem_is_a_new_incident_and_the_same_one_goes_back(
    tell: Callable[..., Story],
) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story)
    story.receive("checkout fails")
    first = room.incident()
    room.key = first.id
    room.act("chief", verbs.TakeCommand())
    room.act("chief", verbs.Edit(impact="Nobody can pay."))
    room.act("chief", verbs.Mitigate())
    story.clear("checkout fails")
    assert room.incident().alerts[0].open is False
    story.run_for(minutes=10)
    story.receive("checkout fails")
    again = room.incident()
    assert [one.open for one in again.alerts] == [False, True]
    assert again.stable_since == story.clock.now()
    story.receive("something else")
    assert [one.phase for one in room.all()] == [Phase.MITIGATED, Phase.TRIAGE]


def test_a_storm_is_one_incident_that_stays_small(tell: Callable[..., Story]) -> None:
    story = tell(auto_declare=BOTH)
    room = staffed(story, severity="SEV2")
    for n in range(12):
        story.receive(f"host {n} is down")
    (one,) = room.all()
    assert len(one.alerts) == 12
    assert len([kind for kind in room.facts() if kind == "incident.declared"]) == 1


def test_the_roles_of_the_level_are_paged_at_once_and_whoever_acknowledges_has_the_role(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("comms", "spokes")
    room.declare("Checkout fails", "SEV1", by="ann")
    assert story.paged() == ["spokes"]
    assert room.fact("incident.nobody_to_page")["role"] == "commander"
    (page,) = story.messages()
    assert page.message.title.startswith("SEV1 INC-1: Checkout fails: Comms Lead wanted")
    assert "SEV1: respond within 5 min." in page.message.body
    assert (page.message.view_url or "").endswith(f"/incidents/{room.incident().id}")
    assert room.come("spokes") == "done"
    assert room.holder("comms") == "spokes"
    assert room.ringing() == []
    assert any("Comms Lead of INC-1" in words for words in room.notices("spokes"))


def test_command_is_offered_to_the_commander_on_call_where_it_is_so_set(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("commander", "chief")
    room.configure(auto_offer=True)
    incident = room.declare("Search is slow", "SEV2", by="ann")
    (offer,) = incident.offers
    assert (story.names[offer.to_id], incident.commander_id) == ("chief", None)
    room.act("chief", verbs.AcceptCommand(offer=offer.id, brief_read=True))
    assert room.commander() == "chief"


def test_what_was_entered_afterwards_rings_for_nobody(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("comms", "spokes")
    at = plus(story.clock.now(), -86_400)
    room.declare("Yesterday's outage", "SEV1", by="ann", kind=Kind.BACKFILLED, event_at=at)
    story.run_for(minutes=30)
    assert story.sent == []


def test_an_incident_that_tests_the_tool_wakes_nobody_who_was_not_let_into_it(story: Story) -> None:
    room = staffed(story)
    room.declare("Trying the button", "SEV1", by="ann", kind=Kind.TEST)
    story.run_for(minutes=30)
    assert story.paged() == []
    assert room.fact("incident.nobody_to_page")["why"] == "not_enrolled"


def test_a_drill_rings_only_for_those_who_take_part(story: Story) -> None:
    room = staffed(story)
    room.stands_behind("comms", "spokes")
    room.declare("Region lost", "SEV1", by="ann", drill=True)
    story.run_for(minutes=30)
    assert story.paged() == []
    assert room.fact("incident.nobody_to_page")["why"] == "not_enrolled"
    room.act("ann", verbs.AssignRole(role="responder", user_id=room.id_of("chief")))
    room.configure(commander_ids=(room.id_of("chief"),), commander_policy_id=None)
    other = room.declare("Region lost again", "SEV1", by="chief", drill=True)
    story.run_for(minutes=30)
    assert set(story.paged()) == {"chief"}
    assert {one.message.title.split(":")[0] for one in story.messages()} == {f"SEV1 DRILL {other.reference}"}
    assert Room(story, other.id).incident().commander_id is None
