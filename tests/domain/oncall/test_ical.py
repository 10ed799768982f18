"""The bytes of a calendar feed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from icalendar import Calendar

from firebell.domain.oncall.events import FeedEvent, FeedPage, event_of
from firebell.domain.oncall.ical import Attendee, render
from firebell.domain.oncall.model import Feed, LayerRole, OnCall, Shift
from firebell.kernel.ids import LayerId, OverrideId, ScheduleId, UserId
from tests.domain.oncall.roster import schedule, z

ANN, BEN = UserId("usr_a"), UserId("usr_b")
SCHEDULE = ScheduleId("sch_1")
PEOPLE = {ANN: Attendee("Ann; the, first\nof her name", "ann@example.com"), BEN: Attendee("Ben")}
ON = OnCall(ANN, SCHEDULE, layer_id=LayerId("lay_1"), layer_name="base", turn=4)
SHIFT = Shift(z("2026-10-24 22:00"), z("2026-10-25 09:00"), ON)


def page(shift: Shift = SHIFT, *, cancelled: bool = False, personal: bool = False) -> FeedPage:
    schedule_id, user_id = (None, ANN) if personal else (SCHEDULE, None)
    feed = Feed(id="fed_1", schedule_id=schedule_id, user_id=user_id, created_at=z("2026-01-01 00:00"))
    one = FeedEvent(event_of(shift), "payments-primary", 3, z("2026-06-01 09:00"), cancelled)
    return FeedPage(feed, None if personal else replace(schedule(), zone="Europe/Berlin"), (one,))


def lines(raw: bytes) -> list[str]:
    return raw.decode().replace("\r\n ", "").split("\r\n")


def test_the_frame_names_the_calendar_and_how_often_to_come_back() -> None:
    found = lines(render(page(), PEOPLE))
    assert found[0] == "BEGIN:VCALENDAR"
    for line in (
        "VERSION:2.0",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:On call: payments-primary",
        "X-WR-TIMEZONE:Europe/Berlin",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "END:VCALENDAR",
    ):
        assert found.count(line) == 1, line


def test_an_event_is_explicit_and_in_utc() -> None:
    found = lines(render(page(), PEOPLE))
    for line in (
        "DTSTART:20261024T220000Z",
        "DTEND:20261025T090000Z",
        "DTSTAMP:20260601T090000Z",
        "LAST-MODIFIED:20260601T090000Z",
        "SEQUENCE:3",
        "STATUS:CONFIRMED",
        "SUMMARY:Ann\\; the\\, first\\nof her name",
    ):
        assert found.count(line) == 1, line
    assert not any(line.startswith("RRULE") for line in found)


def test_lines_end_in_crlf_and_are_folded_at_75_octets() -> None:
    people = {ANN: Attendee("Ä" * 200, "ann@example.com")}
    raw = render(page(), people)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert event["SUMMARY"] == "Ä" * 200


def test_who_has_an_address_is_an_attendee_and_a_line_break_in_a_name_breaks_nothing() -> None:
    (event,) = Calendar.from_ical(render(page(), PEOPLE)).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:ann@example.com"
    assert event["ATTENDEE"].params["CN"].startswith("Ann")
    (other,) = Calendar.from_ical(render(page(replace(SHIFT, on=replace(ON, user_id=BEN))), PEOPLE)).walk("VEVENT")
    assert "ATTENDEE" not in other
    assert set(event) - set(other) == {"ATTENDEE"}


@pytest.mark.parametrize(
    ("on", "summary", "description"),
    [
        (replace(ON, user_id=BEN), "Ben", "Schedule payments-primary, layer base"),
        (replace(ON, user_id=BEN, role=LayerRole.SHADOW), "Ben (shadow)", "Schedule payments-primary, layer base"),
        (
            replace(ON, user_id=BEN, override_id=OverrideId("ovr_1"), instead_of=UserId("usr_gone")),
            "Ben",
            "Schedule payments-primary, layer base, covering for somebody who has left",
        ),
    ],
)
def test_an_event_says_why(on: OnCall, summary: str, description: str) -> None:
    (event,) = Calendar.from_ical(render(page(replace(SHIFT, on=on)), PEOPLE)).walk("VEVENT")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (summary, description)


def test_a_vanished_event_is_cancelled_and_reminds_nobody() -> None:
    gone = render(page(cancelled=True), PEOPLE, reminders_s=[3600])
    assert b"STATUS:CANCELLED" in gone
    assert b"VALARM" not in gone
    assert b"TRIGGER:-PT1H" in render(page(), PEOPLE, reminders_s=[3600])


def test_a_persons_feed_is_named_after_them() -> None:
    found = lines(render(page(personal=True), {ANN: Attendee("Ann")}, zone="Asia/Tokyo"))
    assert "X-WR-CALNAME:On call: Ann" in found
    assert "X-WR-TIMEZONE:Asia/Tokyo" in found


def test_a_uid_outlives_an_edit_and_tells_people_starts_and_layers_apart() -> None:
    uid = event_of(SHIFT).uid
    assert event_of(replace(SHIFT, ends_at=z("2026-10-25 08:00"))).uid == uid
    assert event_of(replace(SHIFT, on=replace(ON, layer_id=LayerId("lay_2"), turn=0))).uid == uid
    others = [
        replace(SHIFT, starts_at=z("2026-10-24 23:00")),
        replace(SHIFT, on=replace(ON, user_id=BEN)),
        replace(SHIFT, on=replace(ON, layer_name="x")),
        replace(SHIFT, on=replace(ON, role=LayerRole.SHADOW)),
        replace(SHIFT, on=replace(ON, instead_of=BEN)),
        replace(SHIFT, on=replace(ON, schedule_id=ScheduleId("sch_2"))),
    ]
    assert len({uid, *(event_of(other).uid for other in others)}) == 1 + len(others)
