"""Where shifts lie in a calendar, what is said about them, and the days on which the clocks change."""

from __future__ import annotations

from dataclasses import replace

from whenever import Date

from firebell.domain.oncall.model import EmptyReason, Gap, OnCall, Shift
from firebell.entrypoints.web import lanes
from firebell.entrypoints.web.lanes import Drawing, Range
from firebell.kernel.clock import Instant
from firebell.kernel.ids import ScheduleId, UserId

WEEK = Range(Date(2026, 10, 19), 14, "Europe/Berlin")
DRAWING = Drawing(WEEK, {"usr_a": "Ada Park", "usr_b": "Ben Ito"}, "usr_a")


def at(text: str) -> Instant:
    return Instant.parse_iso(text)


def shift(user: str, begin: str, end: str) -> Shift:
    return Shift(at(begin), at(end), OnCall(UserId(user), ScheduleId("sch_1")))


def test_a_range_is_whole_days_of_its_zone_also_when_one_has_25_hours() -> None:
    assert WEEK.starts_at == at("2026-10-18T22:00:00Z")
    assert WEEK.ends_at == at("2026-11-01T23:00:00Z")
    marks = DRAWING.marks(at("2026-10-20T00:00:00Z"))
    days = [mark for mark in marks if mark.kind == "day"]
    assert (len(days), days[0].label, days[0].short) == (14, "Mon 19 Oct", "Mon 19")
    assert [(mark.kind, mark.note) for mark in marks if mark.kind != "day"] == [("dst", "clocks go back"), ("now", "")]


def test_clocks_change_at_the_instant_they_do() -> None:
    assert lanes.clock_changes(WEEK) == [(at("2026-10-25T01:00:00Z"), "clocks go back")]
    spring = Range(Date(2026, 3, 29), 1, "Europe/Berlin")
    assert lanes.clock_changes(spring) == [(at("2026-03-29T01:00:00Z"), "clocks go forward")]
    assert lanes.clock_changes(replace(WEEK, zone="Asia/Tokyo")) == []


def test_a_shift_says_who_when_and_in_which_zone() -> None:
    span = DRAWING.shifts([shift("usr_a", "2026-10-24T07:00:00Z", "2026-10-26T08:00:00Z")])[0]
    assert span.title == "Ada Park: Sat 24 Oct 09:00 – Mon 26 Oct 09:00 CET"
    assert span.brief == "Ada Park: Sat 09:00 – Mon 09:00"
    assert span.is_mine
    assert 0 < span.start_pct < span.end_pct < 100


def test_what_lies_outside_ends_at_the_edge() -> None:
    span = DRAWING.shifts([shift("usr_b", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")])[0]
    assert (span.start_pct, span.end_pct, span.is_mine) == (0, 100, False)


def test_people_on_call_at_the_same_time_get_rows_of_their_own() -> None:
    both = [
        shift("usr_a", "2026-10-20T00:00:00Z", "2026-10-22T00:00:00Z"),
        shift("usr_b", "2026-10-21T00:00:00Z", "2026-10-23T00:00:00Z"),
        shift("usr_a", "2026-10-23T00:00:00Z", "2026-10-24T00:00:00Z"),
    ]
    found = DRAWING.lanes("On call", "what counts", DRAWING.shifts(both), final=True)
    assert [[span.label for span in lane.spans] for lane in found] == [["Ada Park", "Ada Park"], ["Ben Ito"]]
    assert [(lane.label, lane.is_final) for lane in found] == [("On call", True), ("", True)]


def test_a_gap_is_nobodys_and_says_why() -> None:
    hole = Gap(at("2026-10-20T00:00:00Z"), at("2026-10-20T06:00:00Z"), EmptyReason.UNCOVERED)
    span = DRAWING.shifts([], [hole])[0]
    assert span.is_gap
    assert span.title == "Nobody on call: Tue 20 Oct 02:00 – 08:00 CEST (no layer covers this)"
    assert lanes.length([hole, hole]) == "12 h"
