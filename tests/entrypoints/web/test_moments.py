"""Instants as a reader sees them: relative, local with its zone, and UTC."""

from __future__ import annotations

import pytest

from firebell.entrypoints.web import moments
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-11-24T03:00:00Z")


@pytest.mark.parametrize(
    ("gap_s", "said"),
    [(0, "now"), (-4, "now"), (-5, "5 s ago"), (-59, "59 s ago"), (-60, "1 min ago"), (-7199, "1 h ago"),
     (-86_400, "1 d ago"), (4, "now"), (240, "in 4 min"), (90_000, "in 1 d")],
)  # fmt: skip
def test_a_distance_is_said_in_its_largest_whole_unit(gap_s: int, said: str) -> None:
    assert moments.words(plus(NOW, gap_s), NOW) == said


def test_an_instant_is_shown_in_the_readers_zone_and_in_utc() -> None:
    seen = moments.moment(Instant.parse_iso("2026-11-24T02:12:00.5Z"), NOW, "Europe/Berlin")
    assert seen == moments.Moment(
        "2026-11-24T02:12:00Z", "47 min ago", "Tue 24 Nov, 03:12 CET", "24 Nov 2026 02:12:00 UTC"
    )
    assert moments.moment(None, NOW, "UTC") is None


def test_the_repeated_hour_is_told_apart_by_the_zones_name() -> None:
    first, second = Instant.parse_iso("2026-10-25T00:30:00Z"), Instant.parse_iso("2026-10-25T01:30:00Z")
    assert moments.local(first, "Europe/Berlin") == "Sun 25 Oct, 02:30 CEST"
    assert moments.local(second, "Europe/Berlin") == "Sun 25 Oct, 02:30 CET"


def test_a_near_time_is_a_clock_and_a_far_one_has_its_day() -> None:
    assert moments.clock(plus(NOW, 3600), "UTC", NOW) == "04:00"
    assert moments.clock(plus(NOW, 3 * 86_400), "UTC", NOW) == "Fri 27 Nov, 03:00 UTC"
    assert moments.clock(plus(NOW, 400 * 86_400), "UTC", NOW) == "Wed 29 Dec 2027, 03:00 UTC"
