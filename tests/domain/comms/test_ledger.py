"""What becomes of a promise, and how promises are counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.comms import ledger
from firebell.domain.comms.model import Kept, Promise
from firebell.kernel.clock import Instant, plus

DUE = Instant.parse_iso("2026-03-02T10:30:00Z")


def promise(**other: object) -> Promise:
    given_ = {
        "id": "pro_1", "incident_id": "inc_1", "audience": "public", "severity": "SEV2", "update_id": "upd_1",
        "promised_at": plus(DUE, -1800), "due_at": DUE,
    }  # fmt: skip
    return Promise(**(given_ | other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "outcome", "late_s"),
    [
        ("2026-03-02T10:29:59Z", Kept.KEPT, 0),
        ("2026-03-02T10:30:00Z", Kept.KEPT, 0),
        ("2026-03-02T10:35:00Z", Kept.KEPT, 300),
        ("2026-03-02T10:35:01Z", Kept.LATE, 301),
    ],
)
def test_the_next_update_fulfils_it(at: str, outcome: Kept, late_s: int) -> None:
    after = ledger.fulfil(promise(), Instant.parse_iso(at), "upd_2")
    assert (after.outcome, after.late_s, after.fulfilled_by) == (outcome, late_s, "upd_2")


def test_resolved_silently_and_closed_at_noon_is_missed() -> None:
    after = ledger.miss(promise(), Instant.parse_iso("2026-03-02T12:00:00Z"))
    assert (after.outcome, after.late_s, after.fulfilled_by) == (Kept.MISSED, 5400, None)


def test_declining_or_merging_releases() -> None:
    assert ledger.release(promise(), plus(DUE, 9)).outcome == Kept.RELEASED


@pytest.mark.parametrize("outcome", [Kept.KEPT, Kept.LATE, Kept.MISSED, Kept.RELEASED])
def test_what_is_settled_stays_settled(outcome: Kept) -> None:
    one = promise(outcome=outcome)
    assert ledger.fulfil(one, DUE, "upd_9") is one
    assert ledger.miss(one, DUE) is one
    assert ledger.release(one, DUE) is one


def test_the_report_counts_kept_late_and_missed_by_audience_and_severity() -> None:
    told = [
        ledger.fulfil(promise(id="1"), DUE, "u"),
        ledger.fulfil(promise(id="2"), plus(DUE, 120), "u"),
        ledger.fulfil(promise(id="3"), plus(DUE, 900), "u"),
        ledger.miss(promise(id="4"), plus(DUE, 3600)),
        ledger.release(promise(id="5"), DUE),
        promise(id="6"),
        ledger.fulfil(promise(id="7", counted=False), DUE, "u"),
        ledger.fulfil(promise(id="8", audience="internal", severity="SEV1"), DUE, "u"),
    ]
    internal, public = ledger.records(told)
    assert (internal.audience, internal.severity, internal.n, internal.kept_pct) == ("internal", "SEV1", 1, 100.0)
    assert (public.n, public.kept, public.kept_pct, public.late_p50_s, public.late_p90_s) == (4, 2, 50.0, 120, 900)


def test_nothing_settled_is_no_record() -> None:
    assert ledger.records([promise()]) == []


def test_a_group_with_only_missed_ones_has_no_lateness() -> None:
    (one,) = ledger.records([ledger.miss(promise(), plus(DUE, 5))])
    assert (one.n, one.kept_pct, one.late_p50_s) == (1, 0.0, None)


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40))
def test_percentiles_are_values_that_occurred_and_in_order(values: list[int]) -> None:
    p50, p90 = ledger.percentile(values, 0.5), ledger.percentile(values, 0.9)
    assert p50 in values
    assert p90 in values
    assert p50 is not None
    assert p90 is not None
    assert p50 <= p90
    assert sum(value <= p50 for value in values) * 2 >= len(values)


@given(st.integers(-3600, 7200))
def test_kept_is_up_to_five_minutes_late_and_not_a_second_more(seconds: int) -> None:
    after = ledger.fulfil(promise(), plus(DUE, seconds), "u")
    assert (after.outcome == Kept.KEPT) == (seconds <= 300)
    assert after.late_s == max(0, seconds)
