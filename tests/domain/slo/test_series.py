"""Pushed counts: what is taken, what is refused, and counters that restart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.model import EVENT, Bucket
from firebell.domain.slo.series import Mode, Pushed, read_points
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.errors import Invalid

NOW = Instant.parse_iso("2026-11-02T10:30:00Z")
TEN = micros(Instant.parse_iso("2026-11-02T10:00:00Z")) // 1_000_000


def point(minute: int, good: Any, total: Any) -> dict[str, Any]:
    return {"start": from_micros((TEN + 60 * minute) * 1_000_000).format_iso(), "good": good, "total": total}


def push(*points: Any, mode: Mode = Mode.REPLACE, last: Bucket | None = None, atoms: int = EVENT) -> Pushed:
    return read_points(points, mode=mode, bucket_s=60, atoms=atoms, now=NOW, last=last)


def test_points_become_buckets_in_order_of_time() -> None:
    found = push(point(1, 5, 5), point(0, 993, 1000))
    assert found.buckets == (Bucket(TEN, 993 * EVENT, 1000 * EVENT), Bucket(TEN + 60, 5 * EVENT, 5 * EVENT))


def test_no_traffic_is_a_bucket_of_its_own() -> None:
    assert push(point(0, 0, 0)).buckets == (Bucket(TEN, 0, 0),)


def test_fractions_are_kept() -> None:
    assert push(point(0, 0.1, "0.3")).buckets == (Bucket(TEN, 100_000, 300_000),)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (point(0, 2, 1), "points[1].good"),
        (point(0, -1, 1), "points[1].good"),
        (point(0, 1, "NaN"), "points[1].total"),
        (point(0, 1, True), "points[1].total"),
        (point(0, 1, "1e29"), "points[1].total"),
        (point(0, 1, 10**14), "points[1].total"),
        (point(0, "0.0000001", 1), "points[1].good"),
        ({"start": "2026-11-02T10:00:00Z", "good": 1}, "points[1].total"),
        ({"start": "2026-11-02T10:00:30Z", "good": 1, "total": 1}, "points[1].start"),
        ({"start": "1969-12-31T23:59:00Z", "good": 1, "total": 1}, "points[1].start"),
        ({"start": "2026-11-02 10:00", "good": 1, "total": 1}, "points[1].start"),
        ({"good": 1, "total": 1}, "points[1].start"),
        (point(5, 1, 1), "points[1].start"),
        (7, "points[1]"),
    ],
)
def test_what_cannot_be_names_its_index(bad: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        push(point(5, 1, 1), bad)
    assert refused.value.field == field


def test_the_future_is_refused_one_by_one_and_the_others_stay() -> None:
    found = push(point(0, 1, 1), point(33, 1, 1), point(32, 1, 1))
    assert [one.index for one in found.refused] == [1]
    assert len(found.buckets) == 2


@pytest.mark.parametrize("points", [(), tuple(point(i, 1, 1) for i in range(10_001))])
def test_none_and_too_many_are_refused(points: tuple[Any, ...]) -> None:
    with pytest.raises(Invalid):
        push(*points)


def test_the_first_reading_of_a_counter_gives_nothing() -> None:
    found = push(point(0, 100, 110), mode=Mode.COUNTER)
    assert found.buckets == ()
    assert found.last == Bucket(TEN, 100 * EVENT, 110 * EVENT)


def test_a_counter_gives_differences_and_goes_on_with_the_next_push() -> None:
    first = push(point(0, 100, 110), point(1, 150, 170), mode=Mode.COUNTER)
    then = push(point(2, 150, 180), mode=Mode.COUNTER, last=first.last)
    assert [*first.buckets, *then.buckets] == [
        Bucket(TEN + 60, 50 * EVENT, 60 * EVENT), Bucket(TEN + 120, 0, 10 * EVENT),
    ]  # fmt: skip
    assert first.anomalies == frozenset()


@pytest.mark.parametrize(("good", "total"), [(3, 4), (120, 130), (90, 200)])
def test_a_counter_that_goes_backwards_has_restarted_and_is_flagged(good: int, total: int) -> None:
    found = push(point(0, 100, 140), point(1, good, total), mode=Mode.COUNTER)
    assert found.anomalies == {Anomaly.COUNTER_RESET}
    assert found.buckets == (Bucket(TEN + 60, good * EVENT, total * EVENT),)


def test_a_late_reading_and_good_growing_faster_than_total_are_refused() -> None:
    last = Bucket(TEN, 100 * EVENT, 200 * EVENT)
    found = push(point(1, 190, 210), point(0, 1, 1), mode=Mode.COUNTER, last=last)
    assert [one.index for one in found.refused] == [1, 0]
    assert found.buckets == ()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=25), st.integers(1, 24))
def test_a_counter_read_in_two_pushes_gives_the_same_as_in_one(steps: list[tuple[int, int]], cut: int) -> None:
    points, good, total = [], 0, 0
    for i, (more, bad) in enumerate(steps):
        if more == 13:
            good = total = 0
        good, total = good + more, total + more + bad
        points.append(point(i, good, total))
    cut = min(cut, len(points) - 1)
    whole = push(*points, mode=Mode.COUNTER)
    left = push(*points[:cut], mode=Mode.COUNTER)
    right = push(*points[cut:], mode=Mode.COUNTER, last=left.last)
    assert left.buckets + right.buckets == whole.buckets
