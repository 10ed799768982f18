"""How long a component was in which state, and what that makes in percent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.statuspage import uptime
from firebell.domain.statuspage.model import WEIGHTS, ComponentStatus, Span
from firebell.kernel.clock import Instant, plus
from firebell.kernel.ids import ComponentId

START = Instant.parse_iso("2026-03-01T00:00:00Z")
END = Instant.parse_iso("2026-03-31T00:00:00Z")
MINUTE = 60


def span(status: str, from_min: float, until_min: float | None) -> Span:
    until = None if until_min is None else plus(START, until_min * MINUTE)
    return Span(ComponentId("c"), ComponentStatus(status), plus(START, from_min * MINUTE), until)


def test_an_hour_of_major_and_100_minutes_of_partial_outage_in_30_days_are_99_7917_percent() -> None:
    spans = [span("major_outage", 100, 160), span("partial_outage", 5000, 5100), span("degraded_performance", 0, 90)]
    share = uptime.share(spans, START, END, WEIGHTS, born_at=START)
    assert share is not None
    assert round(share, 4) == 99.7917


def test_weights_can_be_set() -> None:
    spans = [span("degraded_performance", 0, 432)]
    assert uptime.share(spans, START, END, {"degraded_performance": 0.5}, born_at=START) == pytest.approx(99.5)


def test_maintenance_is_not_down() -> None:
    assert uptime.share([span("under_maintenance", 0, 9999)], START, END, WEIGHTS, born_at=START) == 100


def test_where_spans_overlap_the_worst_counts_once() -> None:
    spans = [span("partial_outage", 0, 60), span("major_outage", 30, 90), span("operational", 0, None)]
    assert uptime.lasting(spans, START, END) == {
        "partial_outage": 1800.0, "major_outage": 3600.0, "operational": 43_200 * 60 - 5400.0,
    }  # fmt: skip


def test_what_was_before_it_existed_does_not_count() -> None:
    born = plus(END, -600)
    assert uptime.share([span("major_outage", 43_195, None)], START, END, WEIGHTS, born_at=born) == pytest.approx(50)
    assert uptime.share([], START, END, WEIGHTS, born_at=END) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [(100.0, "100 %"), (99.999_99, "99.99 %"), (99.7917, "99.79 %"), (99.79, "99.79 %"), (0.0, "0.00 %"),
     (None, "no data")],
)  # fmt: skip
def test_a_percentage_is_cut_and_never_rounded_up(value: float | None, words: str) -> None:
    assert uptime.percent(value) == words


def test_a_day_shows_its_worst_state_and_how_long_each_lasted() -> None:
    spans = [span("operational", 0, 60), span("partial_outage", 60, 70), span("major_outage", 70, 75),
             span("operational", 75, None)]  # fmt: skip
    days = uptime.days(spans, plus(START, 3 * 86_400 - 1), "UTC", born_at=START, count=4)
    assert [(str(day.date), day.status) for day in days] == [
        ("2026-02-28", None), ("2026-03-01", "major_outage"), ("2026-03-02", "operational"),
        ("2026-03-03", "operational"),
    ]  # fmt: skip
    assert days[1].seconds == {"major_outage": 300, "partial_outage": 600}


def test_days_are_those_of_the_pages_zone() -> None:
    """23:30 UTC is the next day in Berlin already."""
    spans = [span("major_outage", 23.5 * 60, 23.75 * 60)]
    now = plus(START, 2 * 86_400)
    utc = uptime.days(spans, now, "UTC", born_at=START, count=3)
    berlin = uptime.days(spans, now, "Europe/Berlin", born_at=START, count=3)
    assert [str(day.date) for day in utc if day.seconds] == ["2026-03-01"]
    assert [str(day.date) for day in berlin if day.seconds] == ["2026-03-02"]


def test_the_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    down = [Span(ComponentId("c"), ComponentStatus.MAJOR, Instant.parse_iso("2026-01-01T00:00:00Z"))]
    born = Instant.parse_iso("2026-01-01T00:00:00Z")
    for now, date, hours in (("2026-03-30T12:00:00Z", "2026-03-29", 23), ("2026-10-26T12:00:00Z", "2026-10-25", 25)):
        days = uptime.days(down, Instant.parse_iso(now), "Europe/Berlin", born_at=born, count=3)
        assert [day.seconds["major_outage"] for day in days if str(day.date) == date] == [hours * 3600]


@given(
    st.lists(
        st.tuples(st.sampled_from(list(ComponentStatus)), st.integers(0, 43_000), st.integers(1, 500)), max_size=12
    )
)
def test_every_second_is_counted_once(rows: list[tuple[str, int, int]]) -> None:
    spans = [span(status, at, at + long) for status, at, long in rows]
    lasted = uptime.lasting(spans, START, END)
    assert sum(lasted.values()) == pytest.approx(30 * 86_400)
    share = uptime.share(spans, START, END, WEIGHTS, born_at=START)
    assert share is not None
    assert 0 <= share <= 100
