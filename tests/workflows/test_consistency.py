"""C1 to C10: what must hold between an incident and what the public reads of it."""

from __future__ import annotations

from typing import Any

import pytest

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.comms import queries as comms
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Remedy
from firebell.domain.statuspage import commands as pages
from firebell.entrypoints.worker import Line
from firebell.kernel.actor import Role
from firebell.kernel.errors import Conflict, NotFound
from firebell.workflows import consistency, consistency_fixed, maintenance_due, status_published
from tests.story import Story
from tests.workflows.update_cast import Room, begin

PUBLIC = "12 % of payments fail in Europe. No action is needed; workaround: pay by invoice."


def watched(story: Story, severity: str = "SEV1", **other: Any) -> Room:
    """The worker compares every minute; the ladder of reminders is out of the way."""
    story.person("root", role=Role.ADMIN)
    room = begin(story, severity, page=True, **other)
    worker = story.house.worker
    worker.lines = (
        *(line for line in worker.lines if line.name != "updates"),
        Line("status pages", lambda read: worker._compared_at or read.now, worker._compare),
    )
    return room


def alerts(story: Story) -> list[str]:
    """The rules whose alerts stand."""
    found = story.house.runner.read(lambda read: alert_queries.own(read, "agreement:"))
    return sorted(one.dedup_key.split(":")[1] for one in found if one.state != "resolved")


def standing(story: Story) -> list[str]:
    return [one.rule for one in story.house.runner.read(consistency.standing)]


def mend(story: Story, who: str = "ada", rule: str = "") -> str:
    (one,) = [each for each in story.house.runner.read(consistency.standing) if each.rule in (rule, alerts(story)[0])]
    words: str = story.run(lambda work: consistency_fixed.fix(work, one.key), story.actor(who))
    story.settle()
    return words


def say(room: Room, status: str, component: str | None = "partial_outage", **other: Any) -> Any:
    """Something public by the page's own form, past all releases."""
    known: dict[str, Any] = {
        "name": "Payments", "status": status, "body": PUBLIC, "incident_id": room.id,
        "components": {room.component_id: component} if component else {},
    }  # fmt: skip
    made = room.story.run(lambda work: status_published.post(work, room.page_id, **(known | other)))
    room.story.settle()
    return made


def set_component(room: Room, status: str) -> None:
    room.story.run(lambda work: status_published.set_component(work, room.component_id, status))


def test_when_all_agrees_nobody_is_bothered(story: Story) -> None:
    room = watched(story)
    say(room, "investigating")
    story.run_for(minutes=29)
    assert (standing(story), alerts(story)) == ([], [])


def test_c1_nothing_public_after_five_minutes(story: Story) -> None:
    room = watched(story)
    story.run_for(minutes=4.5)
    assert alerts(story) == []
    story.run_for(minutes=1)
    assert alerts(story) == ["C1"]
    assert "bo" in story.paged()
    assert mend(story, "bo") == "Written; it waits for its release."
    (draft,) = room.look(lambda read: comms.updates(read, room.id))
    room.approve(draft)
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_c1_is_not_about_minor_or_drilled_or_harmless_incidents(story: Story) -> None:
    watched(story, "SEV3")
    story.run_for(minutes=10)
    assert alerts(story) == []


def test_the_alert_goes_to_the_comms_lead_and_then_to_the_commander(story: Story) -> None:
    watched(story)
    before = len(story.paged())
    story.run_for(minutes=6)
    assert story.paged()[before:] == ["bo"]
    story.run_for(minutes=6)
    assert "ada" in story.paged()[before:]


def test_c2_open_while_all_components_work(story: Story) -> None:
    room = watched(story)
    say(room, "investigating")
    set_component(room, "operational")
    story.run_for(minutes=4)
    assert alerts(story) == []
    story.run_for(minutes=2)
    assert alerts(story) == ["C2"]
    with pytest.raises(Conflict, match="goes on"):
        mend(story)
    set_component(room, "degraded_performance")
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_c3_a_component_is_down_and_nobody_says_why(story: Story) -> None:
    room = watched(story, "SEV4")
    set_component(room, "major_outage")
    story.run_for(minutes=6)
    assert alerts(story) == ["C3"]
    assert "root" in story.paged()
    assert mend(story) == "A public incident is open."
    story.run_for(minutes=1)
    assert alerts(story) == []


def resolve(room: Room) -> None:
    room.do("ada", verbs.Mitigate(remedy=Remedy.ROLLBACK))
    room.do("ada", verbs.Resolve(all_clear="Payments work again. No data was lost.", skip="rehearsed in this test"))


def test_c4_resolved_inside_and_open_outside(story: Story) -> None:
    room = watched(story)
    say(room, "monitoring")
    resolve(room)
    story.run_for(minutes=9)
    assert alerts(story) == []
    story.run_for(minutes=2)
    assert alerts(story) == ["C4"]


def test_c5_resolved_outside_and_not_mitigated_inside_at_once(story: Story) -> None:
    room = watched(story)
    say(room, "resolved", "operational")
    story.run_for(minutes=1)
    assert alerts(story) == ["C5"]
    say(room, "investigating")
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_c6_investigating_for_half_an_hour(story: Story) -> None:
    room = watched(story)
    say(room, "investigating")
    story.run_for(minutes=31)
    assert alerts(story) == ["C6"]
    say(room, "investigating", body=PUBLIC + " More of it.")
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_c7_a_component_under_maintenance_for_a_day(story: Story) -> None:
    room = watched(story, "SEV4")
    set_component(room, "under_maintenance")
    story.clock.advance(24 * 3600)
    story.settle()
    assert alerts(story) == []
    story.run_for(minutes=2)
    assert alerts(story) == ["C7"]


def test_c7_a_maintenance_past_its_end(story: Story) -> None:
    room = watched(story, "SEV4")
    story.run(
        lambda work: maintenance_due.schedule(
            work, room.page_id, room.in_minutes(5), room.in_minutes(10), name="Upgrade", auto_complete=False,
        )
    )  # fmt: skip
    story.run_for(minutes=12)
    assert alerts(story) == ["C7"]
    assert mend(story, "root") == "Completed."
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_c8_the_page_is_behind_the_phase(story: Story) -> None:
    room = watched(story)
    say(room, "identified")
    room.do("ada", verbs.Mitigate(remedy=Remedy.ROLLBACK))
    story.run_for(minutes=9)
    assert alerts(story) == []
    story.run_for(minutes=2)
    assert alerts(story) == ["C8"]
    say(room, "monitoring")
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_c9_private_and_tied_to_something_public_at_once(story: Story) -> None:
    room = watched(story)
    say(room, "investigating")
    room.do("ada", verbs.MakePrivate())
    story.run_for(minutes=1)
    assert alerts(story) == ["C9"]
    (alert,) = [
        one
        for one in story.house.runner.read(lambda read: alert_queries.own(read, "agreement:"))
        if one.state != "resolved"
    ]
    assert "Payments fail" not in alert.summary
    assert mend(story).startswith("Unlinked.")
    story.run_for(minutes=1)
    assert "C9" not in alerts(story)


def test_c10_degraded_where_nobody_can_see_it(story: Story) -> None:
    room = watched(story, "SEV4")
    set_component(room, "degraded_performance")
    story.run(lambda work: pages.edit_component(work, room.component_id, hidden=True))
    story.run_for(minutes=6)
    assert alerts(story) == ["C10"]
    assert mend(story, "root") == "It is shown."
    story.run(lambda work: pages.edit_page(work, room.page_id, disabled=True))
    story.run_for(minutes=6)
    assert alerts(story) == ["C10"]
    assert mend(story, "root") == "Shop is enabled."
    story.run_for(minutes=1)
    assert alerts(story) == []


def test_what_is_mended_cannot_be_mended_again(story: Story) -> None:
    watched(story, "SEV4")
    with pytest.raises(NotFound):
        story.run(lambda work: consistency_fixed.fix(work, "C1:inc_1"), story.actor("ada"))


def test_a_disagreement_raises_one_alert_and_is_written_down_where_it_belongs(story: Story) -> None:
    room = watched(story)
    story.run_for(minutes=15)
    assert alerts(story) == ["C1"]
    assert room.facts("status.") == ["status.disagrees"]
    say(room, "investigating")
    story.run_for(minutes=1)
    assert room.facts("status.") == ["status.disagrees", "status.agrees"]
