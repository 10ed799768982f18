"""Support hours, and due times as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.comms import hours
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Invalid

HOUR = 3600
DAY = 86_400


def at(text: str) -> Instant:
    return Instant.parse_iso(text)


@pytest.mark.parametrize(
    ("start", "wait_s", "expected"),
    [
        ("2026-03-02T10:00:00Z", 2 * HOUR, "2026-03-02T12:00:00Z"),  # a Monday
        ("2026-03-02T16:00:00Z", 2 * HOUR, "2026-03-03T10:00:00Z"),
        ("2026-03-02T17:00:00Z", 2 * HOUR, "2026-03-03T11:00:00Z"),
        ("2026-03-02T03:00:00Z", 2 * HOUR, "2026-03-02T11:00:00Z"),
        ("2026-03-06T16:00:00Z", 2 * HOUR, "2026-03-09T10:00:00Z"),  # Friday
        ("2026-03-07T12:00:00Z", 2 * HOUR, "2026-03-09T11:00:00Z"),  # Saturday
        ("2026-03-02T15:00:00Z", 2 * HOUR, "2026-03-02T17:00:00Z"),
        ("2026-03-03T10:00:00Z", DAY, "2026-03-04T10:00:00Z"),
        ("2026-03-06T10:00:00Z", DAY, "2026-03-09T10:00:00Z"),
        ("2026-03-08T10:00:00Z", DAY, "2026-03-10T09:00:00Z"),  # Sunday counts as Monday 9:00
        ("2026-03-02T10:00:00Z", 10 * HOUR, "2026-03-03T12:00:00Z"),
    ],
)
def test_only_support_hours_count(start: str, wait_s: int, expected: str) -> None:
    assert hours.after_business(at(start), wait_s, "UTC") == at(expected)


def test_support_hours_are_those_of_the_zone_on_either_side_of_summer_time() -> None:
    friday = at("2026-03-27T15:30:00Z")  # 16:30 in Berlin, before the clock goes forward
    assert hours.after_business(friday, HOUR, "Europe/Berlin") == at("2026-03-30T07:30:00Z")  # 9:30, two hours off UTC


@given(st.integers(0, 14 * DAY), st.integers(0, 20 * HOUR), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
def test_the_end_lies_in_support_hours_and_never_before_the_wall_clock_says(
    offset: int, wait_s: int, zone: str
) -> None:
    start = plus(at("2026-03-20T00:00:00Z"), offset)
    end = hours.after_business(start, wait_s, zone)
    local = end.to_tz(zone)
    assert micros(end) >= micros(plus(start, wait_s))
    assert local.date().day_of_week().value <= 5
    assert 9 * HOUR <= local.hour * HOUR + local.minute * 60 + local.second <= 17 * HOUR


@given(st.integers(0, 10 * DAY), st.integers(0, 8 * HOUR), st.integers(0, 8 * HOUR))
def test_waiting_longer_never_ends_sooner(offset: int, one: int, more: int) -> None:
    start = plus(at("2026-03-20T00:00:00Z"), offset)
    assert hours.after_business(start, one, "UTC") <= hours.after_business(start, one + more, "UTC")


NOW = at("2026-10-24T10:00:00Z")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("30", "2026-10-24T10:30:00Z"),
        ("in 45 min", "2026-10-24T10:45:00Z"),
        ("2h", "2026-10-24T12:00:00Z"),
        ("14:30", "2026-10-24T12:30:00Z"),
        ("by 14:30", "2026-10-24T12:30:00Z"),
        ("14:30 UTC", "2026-10-24T14:30:00Z"),
        ("14:30Z", "2026-10-24T14:30:00Z"),
        ("14:30 +02:00", "2026-10-24T12:30:00Z"),
        ("09:00", "2026-10-25T08:00:00Z"),
        ("2026-10-24T14:30:00Z", "2026-10-24T14:30:00Z"),
        ("2026-10-24 14:30", "2026-10-24T12:30:00Z"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30:00Z"),
        ("2026-10-25T02:30+02:00", "2026-10-25T00:30:00Z"),
        ("02:30 +0100", "2026-10-25T01:30:00Z"),
    ],
)
def test_a_due_time_as_somebody_types_it(typed: str, expected: str) -> None:
    assert hours.due_time(typed, "Europe/Berlin", NOW) == at(expected)


@pytest.mark.parametrize("typed", ["02:30", "2026-10-25T02:30", "2026-10-25 02:15:00"])
def test_a_time_in_a_repeated_hour_must_name_its_offset(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        hours.due_time(typed, "Europe/Berlin", NOW)
    assert refused.value.field == "next_update_by"
    assert "offset" in str(refused.value.hint)


def test_a_time_that_is_skipped_is_refused() -> None:
    with pytest.raises(Invalid, match="does not exist"):
        hours.due_time("2026-03-29T02:30", "Europe/Berlin", NOW)


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "14:60", "tomorrow", "2026-13-01T10:00"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        hours.due_time(typed, "UTC", NOW)


def test_a_due_time_is_shown_with_its_zone() -> None:
    assert hours.shown(at("2026-03-02T14:30:45Z")) == "14:30 UTC"
    assert hours.shown(at("2026-03-02T14:30:00Z"), "Etc/UTC") == "14:30 UTC"
    assert hours.shown(at("2026-03-02T14:30:00Z"), "Europe/Berlin") == "15:30 CET"


def test_another_day_is_named_too() -> None:
    assert hours.shown(at("2026-03-03T09:00:00Z"), "UTC", at("2026-03-02T23:00:00Z")) == "2026-03-03 09:00 UTC"


def test_a_shown_time_in_a_repeated_hour_names_its_offset() -> None:
    assert hours.shown(at("2026-10-25T00:30:00Z"), "Europe/Berlin") == "02:30 UTC+02:00"
    assert hours.shown(at("2026-10-25T01:30:00Z"), "Europe/Berlin") == "02:30 UTC+01:00"
