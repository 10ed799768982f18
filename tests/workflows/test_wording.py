"""The words of a page, for whoever reads them at night."""

from __future__ import annotations

import pytest

from firebell.kernel.clock import Instant
from firebell.workflows.wording import clock


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "03:12 CET (02:12 UTC)"), ("Asia/Kolkata", "07:42 IST (02:12 UTC)"),
        ("America/Sao_Paulo", "23:12 UTC-03 (02:12 UTC)"), ("UTC", "02:12 UTC"), ("Europe/London", "02:12 UTC"),
    ],
)  # fmt: skip
def test_a_page_tells_the_time_on_the_readers_clock_and_utc_where_they_differ(zone: str, said: str) -> None:
    assert clock(Instant.parse_iso("2026-01-05T02:12:00Z"), zone) == said
