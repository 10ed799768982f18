"""Sums that slide are what adding up anew would give: late samples, gaps, corrections and long stops included."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.slo import targets
from firebell.domain.slo.model import Bucket, Method
from firebell.domain.slo.running import KEPT_MAX_S, Running
from firebell.domain.slo.tally import Slot, Tally, slots, tally, within

MIN, HOUR, DAY = 60, 3600, 86_400
WINDOWS = (5 * MIN, HOUR, 3 * DAY, 5 * DAY)


class Store:
    """What is stored, and what may be read of it."""

    def __init__(self) -> None:
        self.slots: dict[int, Slot] = {}
        self.reads = 0

    def between(self, start: int, end: int) -> list[Slot]:
        self.reads += 1
        return [slot for slot in self.slots.values() if start <= slot.start < end]

    def tally(self, start: int, end: int) -> Tally:
        return tally(self.between(start, end))


def same(running: Running, store: Store) -> None:
    if running.since is not None:
        assert running.grown == store.tally(running.since, running.end)
    for window in running.windows:
        assert running.tally(window) == store.tally(running.end - window, running.end), window


step = st.tuples(
    st.sampled_from([1, 1, 1, 1, 2, 7, 61, 600, KEPT_MAX_S // MIN, 8000, 12_000]),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9)), max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(step, min_size=1, max_size=12), st.integers(0, 20_000))
def test_sliding_equals_adding_up_anew(steps: list[tuple[int, list[tuple[int, int, int]]]], past: int) -> None:
    store = Store()
    end = 2_000_000 * MIN
    for i in range(0, past, 37):
        start = end - (i + 1) * MIN
        store.slots[start] = Slot(start, i % 3, i % 3 + i % 5)
    running = Running.begin(
        WINDOWS, MIN, end, store.between(end - KEPT_MAX_S, end), {5 * DAY: store.tally(end - 5 * DAY, end)},
        min(store.slots, default=None),
    )  # fmt: skip
    running.grow_from(end - 30 * MIN, store.tally(end - 30 * MIN, end))
    same(running, store)
    for minutes, written in steps:
        end += minutes * MIN
        arriving = {}
        for ago, bad, more in written:
            start = end - (ago + 1) * MIN
            arriving[start] = store.slots[start] = Slot(start, bad, bad + more)
        new = [slot for slot in arriving.values() if slot.start >= end - KEPT_MAX_S]
        running.advance(end, new, store.between)
        same(running, store)
        assert running.newest_end is None or running.newest_end <= end


def test_history_that_is_replaced_moves_the_sums_by_the_difference() -> None:
    store = Store()
    for i in range(5 * 1440):
        store.slots[i * MIN] = Slot(i * MIN, 1, 10)
    end = 5 * DAY
    running = Running.begin(
        WINDOWS, MIN, end, store.between(end - KEPT_MAX_S, end), {5 * DAY: store.tally(0, end)}, 0
    )  # fmt: skip
    running.grow_from(1000, store.tally(1000, end))
    for start, after in ((600, Slot(600, 7, 70)), (1200, None), (4 * DAY, Slot(4 * DAY, 3, 3)), (end - MIN, None)):
        running.correct(start, store.slots.get(start), after)
        if after is None:
            del store.slots[start]
        else:
            store.slots[start] = after
        same(running, store)
    running.advance(end + 30 * MIN, [], store.between)
    same(running, store)
    running.correct(40 * MIN, store.slots[40 * MIN], Slot(40 * MIN, 10, 10))
    store.slots[40 * MIN] = Slot(40 * MIN, 10, 10)
    running.advance(end + 90 * MIN, [], store.between)
    same(running, store)


def test_what_leaves_the_period_is_read_back_an_hour_at_a_time() -> None:
    store = Store()
    running = Running(WINDOWS, MIN, 10 * DAY)
    for i in range(180):
        start = 10 * DAY + i * MIN
        store.slots[start] = Slot(start, 0, 1)
        running.advance(start + MIN, [store.slots[start]], store.between)
    assert store.reads == 3


def test_a_young_window_says_how_much_of_it_there_is() -> None:
    running = Running(WINDOWS, MIN, 10 * DAY)
    assert running.reading(HOUR).error is None
    running.advance(10 * DAY + 6 * MIN, [Slot(10 * DAY + i * MIN, 1, 1) for i in range(6)], Store().between)
    found = running.reading(HOUR)
    assert found.elapsed_s == 6 * MIN
    assert found.coverage == 1
    assert found.error == Fraction(1, 10)


def test_windows_never_move_back_and_never_begin_without_their_past() -> None:
    running = Running(WINDOWS, MIN, 10 * DAY)
    with pytest.raises(ValueError, match="forward"):
        running.advance(10 * DAY - MIN, [], Store().between)
    with pytest.raises(ValueError, match="sums of the longer windows"):
        Running.begin(WINDOWS, MIN, DAY, [], {}, None)


buckets = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=60).map(
    lambda pairs: [Bucket(i * MIN, good, good + bad) for i, (good, bad) in enumerate(pairs)]
)
METHODS = [
    (Method.OCCURRENCES, targets.objective(target="0.99")),
    (Method.TIMESLICES, targets.objective(target="0.99", method=Method.TIMESLICES, slice_target="0.9", slice_s=300)),
    (Method.RATIO_TIMESLICES, targets.objective(target="0.99", method=Method.RATIO_TIMESLICES, slice_s=300)),
]


@given(buckets, st.sampled_from(METHODS), st.integers(0, 12), st.randoms())
def test_a_window_is_the_sum_of_its_parts_in_any_order(found, how, cut, random) -> None:  # type: ignore[no-untyped-def]
    method, objective = how
    made = list(slots(method, objective, found))
    whole = tally(made)
    length = MIN if method is Method.OCCURRENCES else 300
    edge = cut * 300
    left, right = tally(within(made, -1, edge, length)), tally(within(made, edge, 10**6, length))
    assert left + right == whole
    assert whole - left == right
    random.shuffle(made)
    assert tally(made) == whole


def test_a_slice_without_data_stays_out_and_one_without_traffic_is_good() -> None:
    method, objective = METHODS[1]
    found = list(slots(method, objective, [Bucket(0, 0, 0), Bucket(60, 0, 0), Bucket(600, 8, 10), Bucket(660, 10, 10)]))
    assert found == [Slot(0, 0, 1), Slot(600, 0, 1)]


def test_slices_lie_on_the_calendars_start() -> None:
    method, objective = METHODS[1]
    found = list(slots(method, objective, [Bucket(60, 1, 1), Bucket(360, 0, 1)], origin=60))
    assert found == [Slot(60, 0, 1), Slot(360, 1, 1)]


def test_the_three_methods_differ_on_the_same_data() -> None:
    found = [Bucket(0, 90, 100), Bucket(300, 1, 2)]
    errors = [tally(slots(method, objective, found)).error for method, objective in METHODS]
    assert errors == [Fraction(11, 102), Fraction(1, 2), Fraction(3, 10)]


def test_slots_that_are_not_over_wait_and_those_no_longer_kept_are_not_taken_in_silence() -> None:
    store = Store()
    running = Running(WINDOWS, MIN, 10 * DAY)
    ahead = Slot(10 * DAY + MIN, 1, 1)
    running.advance(10 * DAY + MIN, [ahead, Slot(10 * DAY, 1, 2)], store.between)
    assert running.tally(HOUR) == Tally(1, 2, 1)
    running.correct(ahead.start, None, ahead)
    assert running.tally(HOUR) == Tally(1, 2, 1)
    running.advance(10 * DAY + 2 * MIN, [ahead], store.between)
    assert running.tally(HOUR) == Tally(2, 3, 2)
    oldest = Slot(running.end - KEPT_MAX_S, 1, 1)
    running.advance(running.end, [oldest], store.between)
    assert running.tally(3 * DAY) == Tally(3, 4, 3)
    assert running.first == oldest.start
    with pytest.raises(ValueError, match="no longer kept"):
        running.advance(running.end, [Slot(oldest.start - MIN, 1, 1)], store.between)
    running.correct(oldest.start - MIN, None, Slot(oldest.start - MIN, 1, 1))
    assert running.first == oldest.start - MIN
    assert running.tally(5 * DAY) == Tally(4, 5, 4)


@pytest.mark.parametrize(("windows", "end"), [((90,), 600), ((0,), 600), ((300,), 601)])
def test_windows_are_whole_slots(windows: tuple[int, ...], end: int) -> None:
    with pytest.raises(ValueError, match="whole slots"):
        Running(windows, MIN, end)
