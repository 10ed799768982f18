"""The feeds as feedparser reads them, and the calendar as icalendar does."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import feedparser
import pytest
from icalendar import Calendar

from firebell.domain.statuspage import commands, maintenance
from firebell.kernel.clock import plus
from tests.entrypoints.public.conftest import Public

FEEDS = ("history.atom", "history.rss")


def read(public: Public, name: str) -> feedparser.FeedParserDict:
    answer = public.get(name)
    assert answer.status_code == 200
    found = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_has_one_entry_per_incident_with_all_its_updates_inside(public: Public, name: str) -> None:
    found = read(public, name)
    assert found.feed.title == "Acme status: incident history"
    assert [entry.title for entry in found.entries] == ["Card payments fail", "Slow checkout", "Website unreachable"]
    text = found.entries[0].get("content", [{"value": found.entries[0].get("summary", "")}])[0]["value"]
    assert text.index("<strong>Identified</strong>") < text.index("<strong>Investigating</strong>")
    assert "<strong>failing</strong>" in text
    assert "<script>" not in text
    assert "Jan 05, 10:00 CET" in text
    assert "Entered afterwards" in found.entries[1].get("summary", "") + str(found.entries[1].get("content", ""))


@pytest.mark.parametrize("name", FEEDS)
def test_an_entry_keeps_its_id_and_its_updated_moves_with_each_update(public: Public, name: str) -> None:
    before = read(public, name).entries[0]
    public.story.clock.advance(300)
    public.run(
        lambda work: commands.publish(
            work, public.acme.page_id, public_incident_id=public.acme.incident_id, name="Card payments failed",
            status="resolved", body="Over.",
        )
    )  # fmt: skip
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, slug="acme", domain="status.acme.example"))
    after = read(public, name).entries[0]
    assert (after.id, after.title) == (before.id, "Card payments failed")
    assert after.updated > before.updated
    assert after.published == before.published


def test_links_of_entries_lead_to_the_incidents_page(public: Public) -> None:
    link = read(public, "history.atom").entries[0].link
    code = link.rpartition("/")[2]
    assert "Card payments fail" in public.get(f"incidents/{code}").text


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_well_formed_whatever_is_written_into_it(public: Public, name: str) -> None:
    wild = "]]> & <b>\"'\u202e\ufffe 𝕏 &amp; <!--"
    public.run(
        lambda work: commands.publish(work, public.acme.page_id, name=wild, status="investigating", body=wild * 3)
    )
    ET.fromstring(public.get(name).content)
    assert read(public, name).entries[0].title.startswith("]]>")


def test_maintenances_are_in_the_feeds_and_in_the_calendar_under_a_stable_uid(public: Public) -> None:
    def plan() -> str:
        return public.run(
            lambda work: (
                maintenance.schedule(
                    work,
                    public.acme.page_id,
                    plus(work.now, 86_400),
                    plus(work.now, 90_000),
                    name="New disks",
                    body="Swap.",
                ).maintenance.id
            )
        )

    made = plan()
    assert "New disks" in [entry.title for entry in read(public, "history.atom").entries]
    (event,) = Calendar.from_ical(public.get("maintenance.ics").content).walk("VEVENT")
    assert (str(event["summary"]), str(event["status"])) == ("Acme: New disks", "CONFIRMED")
    at = public.story.clock.now()
    public.run(lambda work: maintenance.move_times(work, made, plus(at, 172_800), plus(at, 176_400)))
    (moved,) = Calendar.from_ical(public.get("maintenance.ics").content).walk("VEVENT")
    assert moved["uid"] == event["uid"]
    assert moved["dtstart"].dt > event["dtstart"].dt
