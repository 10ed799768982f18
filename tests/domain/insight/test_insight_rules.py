"""Distributions, shares, periods, recurrence and promises: vectors, and what must hold for any numbers."""

from __future__ import annotations

from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.insight import distribution as stats
from firebell.domain.insight import periods
from firebell.domain.insight.keeping import Due, Outcome, keeping, outcome
from firebell.domain.insight.model import Case, Sample, Standing
from firebell.domain.insight.recurrence import Echo, recurrence
from firebell.domain.insight.shares import Share
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid

NOW = Instant.parse_iso("2026-05-04T10:00:00Z")
DAY = 86_400


def recorded(*seconds: int) -> list[Sample]:
    return [Sample(f"inc_{n}", Standing.RECORDED, value) for n, value in enumerate(seconds)]


def case(name: str, *, kind: str = "normal", **samples: Sample) -> Case:
    return Case(id=name, reference=name.upper(), name=name, at=NOW, kind=kind, samples=samples)


# ---- distributions


@pytest.mark.parametrize(
    ("values", "median", "p75", "p90"),
    [
        ((), None, None, None),
        ((60,), 60, 60, 60),
        ((60, 120), 90, 105, 114),
        ((1, 2), 2, 2, 2),
        ((60, 60, 60, 60_000), 60, 15_045, 42_018),
        ((0, 10, 20, 30, 40, 50, 60, 70, 80, 90), 45, 68, 81),
    ],
)
def test_quantiles_are_interpolated_between_the_closest_ranks(
    values: tuple[int, ...], median: int | None, p75: int | None, p90: int | None
) -> None:
    found = stats.distribution(recorded(*values))
    assert (found.n, found.median, found.p75, found.p90) == (len(values), median, p75, p90)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=60))
def test_quantiles_are_those_of_the_standard_library(values: list[int]) -> None:
    found = stats.distribution(recorded(*values))
    cuts = quantiles(values, n=100, method="inclusive")
    for mine, theirs in ((found.median, cuts[49]), (found.p75, cuts[74]), (found.p90, cuts[89])):
        assert mine == pytest.approx(theirs, abs=0.51)


_ANY = st.builds(
    Sample,
    case_id=st.sampled_from(["a", "b", "c"]),
    standing=st.sampled_from(Standing),
    seconds=st.one_of(st.none(), st.integers(-100, 10**7)),
)


@given(st.lists(_ANY, max_size=40).flatmap(lambda every: st.tuples(st.just(every), st.permutations(every))))
def test_the_order_of_incidents_makes_no_difference_and_every_one_is_somewhere(
    both: tuple[list[Sample], list[Sample]],
) -> None:
    one, other = both
    found = stats.distribution(one)
    assert found == stats.distribution(other)
    assert found.n + sum(found.others.values()) == len(one)
    assert all(value >= 0 for value, _ in found.values)
    if found.values:
        seconds = [value for value, _ in found.values]
        assert min(seconds) <= (found.median or 0) <= (found.p75 or 0) <= (found.p90 or 0) <= max(seconds)


@given(st.lists(st.integers(0, 10**5), max_size=20), st.lists(st.sampled_from(["drill", "test"]), max_size=10))
def test_drills_and_tests_change_nothing(values: list[int], kinds: list[str]) -> None:
    real = [case(f"inc_{n}", time_to_ack=one) for n, one in enumerate(recorded(*values))]
    exercises = [
        case(f"drl_{n}", kind=kind, time_to_ack=Sample(f"drl_{n}", Standing.RECORDED, 1))
        for n, kind in enumerate(kinds)
    ]
    assert stats.of_metric(real + exercises, "time_to_ack") == stats.of_metric(real, "time_to_ack")
    assert stats.counted(real + exercises, backfilled=True) == real
    assert stats.not_counted(exercises, Standing.RECORDED) == []


def test_what_is_not_recorded_stands_beside_the_numbers_and_a_negative_duration_is_invalid() -> None:
    found = stats.distribution([*recorded(60, -5), Sample("p", Standing.PENDING), Sample("n", Standing.NOT_APPLICABLE)])
    assert (found.n, found.median) == (1, 60)
    assert found.others == {Standing.PENDING: 1, Standing.NOT_APPLICABLE: 1, Standing.INVALID: 1}
    assert found.too_few


def test_what_was_entered_afterwards_counts_only_when_asked_for() -> None:
    every = [case("inc_1"), case("inc_2", kind="backfilled"), case("inc_3", kind="drill")]
    assert [one.id for one in stats.counted(every)] == ["inc_1"]
    assert [one.id for one in stats.counted(every, backfilled=True)] == ["inc_1", "inc_2"]


def test_an_incident_with_two_causes_stands_with_both_and_one_with_none_comes_last() -> None:
    both = Case(id="a", reference="A", name="a", at=NOW, classes=("code", "config"), samples={"m": recorded(5)[0]})
    none = Case(id="b", reference="B", name="b", at=NOW, samples={"m": recorded(7)[0]})
    found = stats.by([none, both], "m", lambda one: one.classes)
    assert list(found) == ["code", "config", ""]
    assert [one.median for one in found.values()] == [5, 5, 7]


def test_what_is_invalid_says_why() -> None:
    wrong = Sample("inc_1", Standing.INVALID, why="impact started is blank")
    found = stats.not_counted([case("inc_1", time_to_ack=wrong), case("inc_2", time_to_ack=recorded(1)[0])])
    assert [(one.case.id, one.metric, one.sample.why) for one in found] == [
        ("inc_1", "time_to_ack", "impact started is blank")
    ]


# ---- shares


@pytest.mark.parametrize(
    ("part", "n", "words"),
    [
        (0, 0, "none"), (2, 3, "2 of 3"), (4, 4, "4 of 4"), (3, 5, "60 % (3 of 5)"), (8, 13, "62 % (8 of 13)"),
        (0, 300, "0 % (0 of 300)"), (1, 300, "1 % (1 of 300)"), (299, 300, "99 % (299 of 300)"),
        (9, 9, "100 % (9 of 9)"),
    ],
)  # fmt: skip
def test_few_are_a_number_and_no_percentage(part: int, n: int, words: str) -> None:
    assert Share(part, n).words == words


# ---- periods


@pytest.mark.parametrize(
    ("text", "dates", "before"),
    [
        ("2026-04", "2026-04-01 to 2026-04-30", "2026-03"),
        ("2026-01", "2026-01-01 to 2026-01-31", "2025-12"),
        ("2026-q1", "2026-01-01 to 2026-03-31", "2025-Q4"),
        ("2024", "2024-01-01 to 2024-12-31", "2023"),
        ("7d", "2026-04-28 to 2026-05-04", "2026-04-21..2026-04-27"),
        ("2026-04-03..2026-04-03", "2026-04-03 to 2026-04-03", "2026-04-02..2026-04-02"),
    ],
)
def test_a_period_is_whole_days_and_has_one_before(text: str, dates: str, before: str) -> None:
    found = periods.parse(text, NOW)
    assert found.dates == dates
    earlier = periods.before(found)
    assert (earlier.name, earlier.until) == (before, found.since)
    if (later := periods.after(earlier)) is not None:
        assert later == found


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13", "2026-Q5", "0d", "99999d", "1969", "2026-04-05..2026-04-03",
             "2026-02-30..2026-03-01", "9999", "٢٠٢٦-04"]
)  # fmt: skip
def test_what_is_no_period_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        periods.parse(text, NOW)
    assert refused.value.field == "period"
    assert refused.value.hint


def test_months_and_quarters_have_a_review_and_touch_each_other() -> None:
    assert periods.is_review(periods.month_of(NOW))
    assert periods.is_review(periods.quarter_of(NOW))
    assert not periods.is_review(periods.parse("90d", NOW))
    edge = Instant.parse_iso("2026-05-01T00:00:00Z")
    assert periods.month_of(edge).name == "2026-05"
    assert not periods.parse("2026-04", NOW).holds(edge)


# ---- recurrence


def test_the_rate_counts_incidents_and_not_how_often_each_was_alike() -> None:
    cases = [case(f"inc_{n}") for n in range(5)]
    echoes = [
        Echo("inc_0", "old_1", 10 * DAY), Echo("inc_0", "old_2", 200 * DAY, fixed=True),
        Echo("inc_1", "old_1", 60 * DAY), Echo("inc_2", "old_3", 400 * DAY, fixed=True),
        Echo("inc_9", "old_1", DAY), Echo("inc_3", "inc_3", 0),
    ]  # fmt: skip
    found = recurrence(cases, echoes, known_since=plus(NOW, -100 * DAY), begins=NOW)
    assert [one.share.part for one in found.rates] == [1, 2, 2, 2]
    assert [one.whole for one in found.rates] == [True, True, False, False]
    assert (found.after_fix.words, found.after_fix_ids) == ("20 % (1 of 5)", ("inc_0",))
    assert found.at(30).share.n == 5


@given(st.permutations([Echo("inc_0", "a", DAY), Echo("inc_0", "b", 2 * DAY), Echo("inc_1", "a", 40 * DAY)]))
def test_recurrence_does_not_depend_on_the_order(echoes: list[Echo]) -> None:
    cases = [case("inc_0"), case("inc_1"), case("drl_1", kind="drill")]
    found = recurrence(cases, echoes, known_since=None, begins=NOW)
    assert [(one.share.part, one.share.n, one.whole) for one in found.rates] == [
        (1, 2, False), (2, 2, False), (2, 2, False), (2, 2, False),
    ]  # fmt: skip


# ---- what was to be done by a day


def test_done_in_time_late_overdue_open_or_dropped() -> None:
    month = periods.parse("2026-05", NOW)
    due = Instant.parse_iso("2026-05-03T00:00:00Z")
    late = Instant.parse_iso("2026-05-03T00:00:01Z")
    found = {
        Outcome.IN_TIME: Due("a", due, done_at=due), Outcome.LATE: Due("b", due, done_at=late),
        Outcome.OVERDUE: Due("c", due), Outcome.OPEN: Due("d", plus(NOW, DAY)),
        Outcome.DROPPED: Due("e", due, dropped=True),
    }  # fmt: skip
    assert {expected: outcome(one, NOW) for expected, one in found.items()} == {each: each for each in found}
    kept = keeping([*found.values(), Due("other month", Instant.parse_iso("2026-04-30T23:59:59Z"))], month, NOW)
    assert kept.in_time == Share(1, 3)
    assert (kept.of("open"), kept.of("dropped"), kept.overdue_ids) == (1, 1, ("c",))
