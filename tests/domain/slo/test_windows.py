"""Rolling and calendar windows: leap days, the 31st, days of 23 and 25 hours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.slo import windows
from firebell.domain.slo.model import Calendar, Length, Span, Unit
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.errors import Invalid

HOUR, DAY = 3600, 86_400


def at(text: str) -> Instant:
    return Instant.parse_iso(text)


def turning(length: str, starts: str, zone: str = "UTC") -> Calendar:
    return windows.calendar(windows.read_length(length, "duration"), starts, zone)


def days(window: Calendar, now: str) -> float:
    found = windows.period_s(window, at(now))
    assert found is not None
    return found / DAY


def test_a_rolling_window_ends_now() -> None:
    window = windows.rolling(Length(4, Unit.WEEK))
    now = at("2026-11-02T10:00:00Z")
    assert windows.current(window, now) == Span(at("2026-10-05T10:00:00Z"), now)
    assert windows.previous(window, now) == Span(at("2026-09-07T10:00:00Z"), at("2026-10-05T10:00:00Z"))


def test_the_31st_clips_to_short_months_and_comes_back() -> None:
    window = turning("1M", "2026-01-31 00:00:00")
    assert [windows.edge(window, k).format_iso()[:10] for k in range(5)] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("length", "starts", "zone", "now", "expected"),
    [
        ("1d", "2026-01-01 00:00:00", "Europe/Berlin", "2026-03-29T12:00:00Z", 23 / 24),
        ("1d", "2026-01-01 00:00:00", "Europe/Berlin", "2026-10-25T12:00:00Z", 25 / 24),
        ("1w", "2026-01-05 00:00:00", "America/New_York", "2026-03-08T15:00:00Z", 7 - 1 / 24),
        ("1M", "2024-01-01 00:00:00", "UTC", "2024-02-10T00:00:00Z", 29),
        ("1M", "2026-01-01 00:00:00", "Europe/Berlin", "2026-03-10T00:00:00Z", 31 - 1 / 24),
        ("1Q", "2026-01-01 00:00:00", "UTC", "2026-02-01T00:00:00Z", 90),
        ("1Q", "2026-01-01 00:00:00", "UTC", "2026-08-01T00:00:00Z", 92),
        ("1Y", "2024-02-29 00:00:00", "UTC", "2024-12-01T00:00:00Z", 365),
        ("1Y", "2024-01-01 00:00:00", "UTC", "2024-12-01T00:00:00Z", 366),
    ],
)
def test_a_calendar_window_is_as_long_as_it_really_is(
    length: str, starts: str, zone: str, now: str, expected: float
) -> None:
    assert days(turning(length, starts, zone), now) == expected


def test_a_local_time_that_is_skipped_moves_on() -> None:
    window = turning("1d", "2026-03-01 02:30:00", "Europe/Berlin")
    found = windows.current(window, at("2026-03-29T06:00:00Z"))
    assert found == Span(at("2026-03-29T01:30:00Z"), at("2026-03-30T00:30:00Z"))


def test_before_its_start_there_is_no_window_and_the_first_has_no_previous() -> None:
    window = turning("1M", "2026-06-01 00:00:00")
    assert windows.current(window, at("2026-05-31T23:59:59Z")) is None
    assert windows.period_s(window, at("2026-05-01T00:00:00Z")) is None
    assert windows.previous(window, at("2026-06-10T00:00:00Z")) is None
    assert windows.previous(window, at("2026-07-01T00:00:00Z")) == Span(
        at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z")
    )


@given(
    st.sampled_from(["1d", "2d", "1w", "1M", "5M", "1Q", "1Y"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.integers(1_600_000_000, 2_000_000_000),
)
def test_windows_follow_one_another_without_gap_and_hold_now(length: str, zone: str, second: int) -> None:
    window = turning(length, "2010-01-31 00:00:00", zone)
    now = from_micros(second * 1_000_000)
    found = windows.current(window, now)
    assert found is not None
    assert found.start <= now < found.end
    before = windows.previous(window, now)
    assert before is not None
    assert before.end == found.start
    assert windows.current(window, found.end) != found
    assert windows.current(window, from_micros(micros(found.end) - 1)) == found


@pytest.mark.parametrize("text", ["", "5", "d", "0d", "-1d", "1.5h", "1y", "99999d", "1d "[:1]])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        windows.read_length(text, "duration")


@pytest.mark.parametrize("text", ["1M", "1Q", "1Y", "367d"])
def test_what_cannot_roll_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        windows.rolling(windows.read_length(text, "duration"))


@pytest.mark.parametrize(
    ("length", "starts", "zone", "field"),
    [
        ("5m", "2026-01-01 00:00:00", "UTC", "calendar"),
        ("1M", "2026-01-01 00:00:30", "UTC", "calendar.startTime"),
        ("1M", "yesterday", "UTC", "calendar.startTime"),
        ("1M", "1969-01-01 00:00:00", "UTC", "calendar.startTime"),
        ("1M", "2026-01-01 00:00:00", "Europe/Atlantis", "calendar.timeZone"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_at_its_field(
    length: str, starts: str, zone: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        turning(length, starts, zone)
    assert refused.value.field == field
