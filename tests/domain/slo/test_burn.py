"""Streams of burn-rate rows through time: opening, joining, clearing, and what missing data do not do."""

from __future__ import annotations

from fractions import Fraction

from firebell.domain.slo import burn, burn_rows, coverage
from firebell.domain.slo.burn import Happens, Standing, StreamState, Verdict
from firebell.domain.slo.coverage import Anomaly, Presence
from firebell.domain.slo.model import Absent, Bucket, Stream
from firebell.domain.slo.tally import Tally
from firebell.kernel.clock import from_micros

MIN, HOUR, DAY = 60, 3600, 86_400
B, P = Fraction(1, 1000), 30 * DAY
LENGTHS = (5 * MIN, 30 * MIN, HOUR, 6 * HOUR, 3 * DAY)


def judged(errors: dict[int, str], unknown: tuple[int, ...] = ()) -> tuple[burn.Judged, ...]:
    readings = {
        length: burn.Reading(
            length, Tally(int(Fraction(errors.get(length, "0")) * 10**6), 10**6, 1), length,
            Fraction(1, 2) if length in unknown else Fraction(1),
        )
        for length in LENGTHS
    }  # fmt: skip
    return burn.judge(burn_rows.DEFAULT.rows, readings, allowed=B, period_s=P)


ALL_BAD = dict.fromkeys(LENGTHS, "0.5")
TICKET_ONLY = {3 * DAY: "0.002", 6 * HOUR: "0.002"}


def told(changes: tuple[burn.Change, ...]) -> list[tuple[Stream, Happens, bool]]:
    return [(one.stream, one.happens, one.notify) for one in changes]


def test_a_page_notifies_although_a_ticket_is_open_already() -> None:
    streams, first = burn.turn({}, judged(TICKET_ONLY))
    assert told(first) == [(Stream.TICKET, Happens.OPENS, True)]
    _, then = burn.turn(streams, judged(ALL_BAD))
    assert told(then) == [(Stream.PAGE, Happens.OPENS, True)]


def test_several_true_rows_are_one_change_with_the_fastest_row_in_front() -> None:
    _, changes = burn.turn({}, judged(ALL_BAD))
    assert told(changes) == [(Stream.PAGE, Happens.OPENS, True), (Stream.TICKET, Happens.JOINS, False)]
    assert changes[0].worst is not None
    assert changes[0].worst.factor == Fraction("14.4")
    assert len(changes[0].rows) == 2


def test_a_ticket_that_joined_opens_by_itself_when_the_page_clears() -> None:
    streams, _ = burn.turn({}, judged(ALL_BAD))
    streams, changes = burn.turn(streams, judged(TICKET_ONLY))
    assert told(changes) == [(Stream.PAGE, Happens.CLEARS, True), (Stream.TICKET, Happens.OPENS, True)]


def test_the_same_again_changes_nothing() -> None:
    streams, _ = burn.turn({}, judged(ALL_BAD))
    again, changes = burn.turn(streams, judged(ALL_BAD))
    assert (again, changes) == (streams, ())


def test_a_ticket_that_joined_clears_silently() -> None:
    streams, _ = burn.turn({}, judged(ALL_BAD))
    _, changes = burn.turn(streams, judged({}))
    assert told(changes) == [(Stream.PAGE, Happens.CLEARS, True), (Stream.TICKET, Happens.CLEARS, False)]


def test_a_frozen_row_opens_nothing_and_resolves_nothing_and_thaws() -> None:
    quiet, changes = burn.turn({}, judged(ALL_BAD, unknown=LENGTHS))
    assert changes == ()
    assert all(one.standing is Standing.QUIET for one in quiet.values())
    streams, _ = burn.turn({}, judged(ALL_BAD))
    streams, changes = burn.turn(streams, judged({}, unknown=(5 * MIN,)))
    assert (Stream.PAGE, Happens.FREEZES, False) in told(changes)
    assert streams[Stream.PAGE] == StreamState(Standing.OPEN, frozen=True)
    streams, changes = burn.turn(streams, judged({}))
    assert told(changes)[0] == (Stream.PAGE, Happens.CLEARS, True)


def test_nine_tenths_are_enough() -> None:
    assert not coverage.frozen(Fraction(9, 10), Fraction(1), is_stale=False)
    assert coverage.frozen(Fraction(899, 1000), Fraction(1), is_stale=False)
    assert coverage.frozen(Fraction(1), Fraction(1), is_stale=True)


def test_windows_that_nobody_read_are_unknown_and_no_traffic_is_no_error() -> None:
    assert {one.verdict for one in burn.judge(burn_rows.DEFAULT.rows, {}, allowed=B, period_s=P)} == {Verdict.FROZEN}
    idle = {length: burn.Reading(length, Tally(0, 0, length // MIN), length, Fraction(1)) for length in LENGTHS}
    assert {one.verdict for one in burn.judge(burn_rows.DEFAULT.rows, idle, allowed=B, period_s=P)} == {Verdict.FALSE}


def test_low_traffic_may_ask_for_several_bad_events() -> None:
    single = {length: burn.Reading(length, Tally(10**6, 10**7, 1), length, Fraction(1)) for length in LENGTHS}
    rows = burn_rows.DEFAULT.rows
    one = burn.judge(rows, single, allowed=B, period_s=P, bad_events_min=2, atoms=10**6)
    assert {row.verdict for row in one} == {Verdict.FALSE}
    assert Verdict.TRUE in {row.verdict for row in burn.judge(rows, single, allowed=B, period_s=P)}


def test_the_alert_carries_the_numbers_of_its_worst_row() -> None:
    _, changes = burn.turn({}, judged({HOUR: "0.0288", 5 * MIN: "0.03"}))
    found = burn.shown(changes[0], allowed=B, period_s=P, remaining=Fraction(1, 2))
    assert found is not None
    assert (found.burn, found.spent, found.exhausts_s) == (
        Fraction("28.8"),
        Fraction("0.04"),
        Fraction(15 * DAY) / Fraction("28.8"),
    )
    assert (
        burn.shown(burn.Change(Stream.PAGE, Happens.CLEARS, True), allowed=B, period_s=P, remaining=Fraction(1)) is None
    )


# ------------------------------------------------------------------ no data


def test_the_newest_bucket_is_judged_only_when_late_samples_have_come() -> None:
    now = from_micros(10_000_030 * 1_000_000)
    assert coverage.settled_end(now, 60) == 9_999_960
    assert coverage.settled_end(from_micros(0), 60) == 0


def test_after_a_quarter_of_an_hour_of_silence_the_absent_rule_speaks() -> None:
    began = from_micros(0)
    for after, presence, opens in (
        (200, Presence.PRESENT, None), (400, Presence.LATE, None), (900, Presence.ABSENT, Absent.HIGH),
    ):  # fmt: skip
        found = coverage.absence(1000, from_micros((1000 + after) * 1_000_000), Absent.HIGH, expected_since=began)
        assert (found.presence, found.opens) == (presence, opens)
    off = coverage.absence(0, from_micros(10**10), Absent.OFF, expected_since=began)
    assert (off.presence, off.opens) == (Presence.ABSENT, None)
    never = coverage.absence(None, from_micros(100 * 1_000_000), Absent.LOW, expected_since=began)
    assert (never.presence, never.opens) == (Presence.WAITING, None)


def week(good: int, total: int) -> list[Bucket]:
    return [Bucket(i * HOUR, good, total) for i in range(7 * 24)]


def test_a_week_that_looks_too_even_is_flagged() -> None:
    assert coverage.anomalies([]) == {Anomaly.NO_DATA}
    assert coverage.anomalies(week(10, 10)) == {Anomaly.NO_BURN}
    assert coverage.anomalies(week(9, 10)) == {Anomaly.CONSTANT_BURN}
    assert coverage.anomalies([*week(9, 10)[:-1], Bucket(167 * HOUR, 10, 10)]) == frozenset()
    assert coverage.anomalies(week(10, 10)[:20]) == frozenset()


def test_gaps_are_named() -> None:
    assert coverage.gaps([0, 60, 240], 0, 360, 60) == [(120, 240), (300, 360)]
    assert coverage.gaps([], 0, 60, 60) == [(0, 60)]


def test_edges_of_coverage_and_silence() -> None:
    assert coverage.coverage(0, 0) == 0
    assert coverage.coverage(7, 5) == 1
    assert coverage.coverage(1, 2) == Fraction(1, 2)
    assert not coverage.stale(1000, 1300)
    assert coverage.stale(1000, 1301)
    assert coverage.stale(None, 0)
    on_time = coverage.absence(1000, from_micros(1300 * 1_000_000), Absent.LOW, expected_since=from_micros(0))
    assert on_time.presence is Presence.PRESENT
    assert coverage.gaps([0, 60], 0, 60, 60) == []
    assert coverage.gaps([0, 120], 0, 120, 60) == [(60, 120)]


def test_as_many_bad_events_as_asked_for_are_enough() -> None:
    pair = {length: burn.Reading(length, Tally(2 * 10**6, 10**7, 1), length, Fraction(1)) for length in LENGTHS}
    rows = burn.judge(burn_rows.DEFAULT.rows, pair, allowed=B, period_s=P, bad_events_min=2, atoms=10**6)
    assert {row.verdict for row in rows} == {Verdict.TRUE}
