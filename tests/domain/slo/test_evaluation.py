"""An objective through time, a minute at a time: what is known, what burns, what a new window forgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest

from firebell.domain.slo import burn_rows, evaluation, targets, windows
from firebell.domain.slo.budget import Knowing
from firebell.domain.slo.burn import Verdict
from firebell.domain.slo.coverage import Presence
from firebell.domain.slo.evaluation import Evaluated
from firebell.domain.slo.model import Indicator, Method, Shape, Slo, Source, Stream
from firebell.domain.slo.running import Running
from firebell.domain.slo.tally import Slot, slot_s
from firebell.kernel.clock import Instant, from_micros, micros

MIN, HOUR, DAY = 60, 3600, 86_400
ROWS = burn_rows.DEFAULT.rows
PUSHED = Indicator(Source.PUSHED, Shape.GOOD_TOTAL)


def second(text: str) -> int:
    return micros(Instant.parse_iso(text)) // 1_000_000


class Life:
    """An SLO, its store, and the minutes that pass."""

    def __init__(self, slo: Slo, began: int) -> None:
        self.slo, self.began = slo, began
        self.objective = slo.objectives[0]
        length = slot_s(slo.method, self.objective, MIN)
        kept = evaluation.lengths(slo, self.objective, ROWS, MIN)
        self.running = Running(kept, length, began, origin=evaluation.origin(slo))
        self.slots: dict[int, Slot] = {}
        self.total = 1 if slo.method is Method.TIMESLICES else 100

    def stored(self, start: int, end: int) -> Iterable[Slot]:
        return [one for one in self.slots.values() if start <= one.start < end]

    def pass_(self, slots: int, bad: Callable[[int], int | None], *, at_least: int = 0) -> Evaluated:
        """``bad(i)`` of 100 events, or of one slice, in each slot; ``None``: no data."""
        for i in range(slots):
            start = self.running.end
            count = bad(i)
            new = [] if count is None else [Slot(start, count, self.total)]
            self.slots.update({one.start: one for one in new})
            self.running.advance(start + self.running.slot_s, new, self.stored)
            evaluation.turn_over(self.running, self.slo, self.stored)
        return evaluation.evaluate(
            self.slo, self.objective, self.running, ROWS, from_micros((self.running.end + 60) * 1_000_000),
            expected_since=from_micros(self.began * 1_000_000), bad_events_min=at_least,
        )  # fmt: skip


def rolling(period: str = "30d", method: Method = Method.OCCURRENCES, slice_s: int | None = None) -> Slo:
    objective = targets.objective(target="0.999", method=method, slice_target="0.95" if slice_s else None,
                                  slice_s=slice_s)  # fmt: skip
    return Slo("a", "s", windows.rolling(windows.read_length(period, "x")), method, (objective,), PUSHED)


def true(found: Evaluated) -> list[tuple[Stream, int]]:
    return [(one.row.stream, one.row.long_s // HOUR) for one in found.rows if one.verdict is Verdict.TRUE]


def test_row_24_as_it_happens() -> None:
    life = Life(rolling(), 20_000 * DAY)
    assert true(life.pass_(2, lambda i: 100))[0] == (Stream.PAGE, 1)
    life.pass_(4, lambda i: 100)
    found = life.pass_(54, lambda i: 0)
    assert found.budget.consumed == Fraction(5, 36)
    assert found.budget.coverage == 1
    assert [one.long for one in found.rows] == [Fraction(1, 10), Fraction(6, 360), Fraction(6, 4320)]


def test_without_data_nothing_is_a_number_and_rows_are_frozen() -> None:
    life = Life(rolling(), 20_000 * DAY)
    found = life.pass_(16, lambda i: None)
    assert (found.budget.knowing, found.budget.consumed, found.budget.remaining) == (Knowing.NO_DATA, None, None)
    assert {one.verdict for one in found.rows} == {Verdict.FROZEN}
    assert found.absence.presence is Presence.ABSENT


def test_lost_minutes_are_neither_good_nor_bad() -> None:
    life = Life(rolling(), 20_000 * DAY)
    found = life.pass_(100, lambda i: None if 20 <= i < 40 else 1)
    assert found.budget.error == Fraction(1, 100)
    assert (found.budget.knowing, found.budget.coverage) == (Knowing.PARTLY, Fraction(4, 5))


def test_data_that_stop_freeze_after_five_minutes() -> None:
    life = Life(rolling(), 20_000 * DAY)
    life.pass_(200, lambda i: 50)
    assert not life.pass_(5, lambda i: None).stale
    assert life.pass_(1, lambda i: None).stale


def test_a_rolling_window_gives_back_what_leaves_it() -> None:
    life = Life(rolling("2d"), 20_000 * DAY)
    life.pass_(60, lambda i: 10)
    assert life.pass_(2 * 1440 - 60, lambda i: 0).budget.error == Fraction(600, 288_000)
    assert life.pass_(60, lambda i: 0).budget.consumed == 0


def calendar() -> Slo:
    window = windows.calendar(windows.read_length("1d", "x"), "2026-03-28 00:00:00", "Europe/Berlin")
    return Slo("a", "s", window, Method.OCCURRENCES, (targets.objective(target="0.9"),), PUSHED)


def test_a_calendar_window_begins_anew_at_its_edge_and_is_as_long_as_it_is() -> None:
    life = Life(calendar(), second("2026-03-28T22:00:00Z"))
    found = life.pass_(60, lambda i: 100)
    assert found.period_s == 23 * HOUR
    assert found.budget.consumed is None
    found = life.pass_(60, lambda i: 50)
    assert (found.period_s, found.budget.tally.bad) == (23 * HOUR, 50 * 60)
    assert found.budget.consumed == Fraction(5) / 23


def test_before_its_start_a_calendar_window_has_no_numbers() -> None:
    life = Life(calendar(), second("2026-03-20T00:00:00Z"))
    found = life.pass_(5, lambda i: 100)
    assert (found.window, found.budget.knowing, found.rows) == (None, Knowing.NOT_BEGUN, ())


@pytest.mark.parametrize("slice_s", [300, HOUR])
def test_windows_shorter_than_a_slice_are_one_slice(slice_s: int) -> None:
    slo = rolling(method=Method.TIMESLICES, slice_s=slice_s)
    assert min(evaluation.lengths(slo, slo.objectives[0], ROWS, MIN)) == slice_s
    life = Life(slo, 20_000 * DAY)
    assert true(life.pass_(12, lambda i: 1))[0] == (Stream.PAGE, 1)


def test_slices_of_a_calendar_lie_on_its_start() -> None:
    window = windows.calendar(windows.read_length("1w", "x"), "2026-03-02 00:02:00", "UTC")
    objective = targets.objective(target="0.9", method=Method.TIMESLICES, slice_target=1, slice_s=300)
    life = Life(Slo("a", "s", window, Method.TIMESLICES, (objective,), PUSHED), second("2026-03-02T00:02:00Z"))
    assert life.pass_(3, lambda i: 0).budget.tally.covered == 3


def test_at_low_traffic_a_single_bad_slice_need_not_page() -> None:
    life = Life(rolling(method=Method.TIMESLICES, slice_s=300), 20_000 * DAY)
    life.pass_(11, lambda i: 0)
    found = life.pass_(1, lambda i: 1, at_least=2)
    assert true(found) == []
    assert true(life.pass_(1, lambda i: 1, at_least=2)) == [(Stream.PAGE, 1), (Stream.PAGE, 6), (Stream.TICKET, 72)]


def test_less_than_one_bad_event_is_none() -> None:
    life = Life(rolling(), 20_000 * DAY)
    life.pass_(11, lambda i: 0)
    assert true(life.pass_(1, lambda i: 99, at_least=1)) == []
