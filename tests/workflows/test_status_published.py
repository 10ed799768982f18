"""A public update of an incident reaches the pages it is for, once, and never a private one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from firebell.domain.incidents.model import Incident, Milestone, MilestoneName, Phase
from firebell.domain.statuspage import commands, queries
from firebell.domain.statuspage.model import PublicIncident
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid
from firebell.workflows import status_published
from tests.story import Story

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")
INCIDENT = Incident(
    id="inc_1", number=12, title="Checkout returns errors", phase=Phase.RESPONDING, declared_at=NOW, declared_by="usr_1"
)


@dataclass(frozen=True, slots=True)
class Update:
    """What ``comms`` hands over."""

    id: str = "upd_1"
    title: str = ""
    body: str = "We are aware of the problem."
    status: str = ""
    components: dict[str, str] = field(default_factory=dict)
    next_update_by: Instant | None = None
    page_id: str | None = None
    event_at: Instant = NOW
    automatic: bool = False


@dataclass(slots=True)
class Pages:
    story: Story
    acme: str
    web: str

    def publish(self, incident: Incident = INCIDENT, **update: Any) -> list[PublicIncident]:
        found: list[PublicIncident] = self.story.run(
            lambda work: status_published.publish(work, incident, Update(**update))
        )
        return found

    def add(self, slug: str) -> tuple[str, str]:
        def make(work: Any) -> tuple[str, str]:
            page = commands.create_page(work, slug=slug, name=slug)
            return page, commands.add_component(work, page, name=f"{slug} web")

        page, component = self.story.run(make)
        return page, component


@pytest.fixture
def pages(story: Story) -> Pages:
    found = Pages(story, "", "")
    found.acme, found.web = found.add("acme")
    return found


@pytest.mark.parametrize(
    ("phase", "identified", "status"),
    [
        (Phase.TRIAGE, False, "investigating"), (Phase.RESPONDING, False, "investigating"),
        (Phase.RESPONDING, True, "identified"), (Phase.MITIGATED, True, "monitoring"),
        (Phase.RESOLVED, True, "resolved"),
    ],
)  # fmt: skip
def test_the_phase_gives_the_status_unless_the_update_says_one(
    pages: Pages, phase: Phase, identified: bool, status: str
) -> None:
    stones = (
        Milestone(name=MilestoneName.IDENTIFIED, at=NOW, recorded_at=NOW, source="hand", by="usr_1"),
    )  # fmt: skip
    incident = msgspec.structs.replace(INCIDENT, phase=phase, milestones=stones if identified else ())
    (made,) = pages.publish(incident)
    assert (made.status, made.name, made.incident_id) == (status, "Checkout returns errors", "inc_1")
    (said,) = pages.publish(incident, id="upd_2", status="Monitoring")
    assert said.status == "monitoring"


def test_one_update_is_published_once_and_subscribers_are_told_once(pages: Pages) -> None:
    for _ in range(2):
        pages.publish(components={pages.web: "major_outage"})
    (one,) = pages.story.run(lambda work: queries.of_incident(work, "inc_1"))
    assert len(one.updates) == 1
    assert one.impact == "critical"


def test_an_update_goes_to_the_pages_of_its_components_and_then_always_there(pages: Pages) -> None:
    other, component = pages.add("other")
    (made,) = pages.publish(components={component: "partial_outage"})
    assert made.page_id == other
    (again,) = pages.publish(id="upd_2")
    assert again.id == made.id
    both = pages.publish(id="upd_3", components={component: "operational", pages.web: "partial_outage"})
    assert {one.page_id for one in both} == {other, pages.acme}


def test_where_several_pages_are_possible_one_must_be_named(pages: Pages) -> None:
    pages.add("other")
    with pytest.raises(Invalid) as refused:
        pages.publish()
    assert refused.value.field == "page_id"
    (made,) = pages.publish(page_id=pages.acme)
    assert made.page_id == pages.acme


def test_nothing_of_a_private_incident_is_published(pages: Pages) -> None:
    with pytest.raises(Conflict):
        pages.publish(msgspec.structs.replace(INCIDENT, private=True))
    assert pages.story.run(queries.open_incidents) == []


def test_a_component_that_is_not_there_is_refused(pages: Pages) -> None:
    with pytest.raises(Invalid):
        pages.publish(components={"cmp_nothing": "major_outage"})


def test_bringing_a_public_incident_to_its_end_puts_its_components_right(pages: Pages) -> None:
    (made,) = pages.publish(components={pages.web: "major_outage"})
    pages.story.run(lambda work: status_published.align(work, made.id, "resolved", "It is over."))
    (one,) = pages.story.run(lambda work: queries.components(work, pages.acme))
    assert one.status == "operational"
    assert pages.story.run(queries.open_incidents) == []


def test_a_state_and_its_note_are_one_message(pages: Pages) -> None:
    def fanouts() -> int:
        from firebell.domain.statuspage import subscriber_store

        return int(pages.story.run(lambda work: len(work.all(subscriber_store.fanouts.select()))))

    before = fanouts()
    pages.story.run(lambda work: status_published.set_component(work, pages.web, "partial_outage", "One node is away"))
    assert fanouts() == before + 1
    pages.story.run(lambda work: status_published.set_component(work, pages.web, "partial_outage", "One node is away"))
    assert fanouts() == before + 1
