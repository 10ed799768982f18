"""Answers of Prometheus: a clear state for each that is not a number, and never a number made of it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firebell.domain.slo import promanswers
from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.model import EVENT, TIME, Bucket, Compare, Indicator, Shape, Source
from firebell.domain.slo.promanswers import Answer, State, read
from firebell.domain.slo.prombuckets import Built, Gap, Outcome, build
from firebell.kernel.clock import from_micros

START = 1_800_000_000
NOW = from_micros((START + 600) * 1_000_000)
BAD = Indicator(Source.PROMETHEUS, Shape.BAD_TOTAL, "bad", "total")
GOOD = Indicator(Source.PROMETHEUS, Shape.GOOD_TOTAL, "good", "total")


def success(result: Any, kind: str = "matrix", **more: Any) -> bytes:
    return msgspec.json.encode({"status": "success", "data": {"resultType": kind, "result": result}, **more})


def matrix(*values: str, **labels: str) -> Answer:
    """One series, one value a minute from the end of the first bucket; an empty text leaves its step out."""
    pairs = [[START + 60 * (i + 1), value] for i, value in enumerate(values) if value]
    return read(200, success([{"metric": labels, "values": pairs}]))


NOTHING = read(200, success([]))


def made(indicator: Indicator, part: Answer, total: Answer | None, steps: int = 3) -> Built:
    return build(indicator, part, total, start=START, end=START + 60 * steps, step=60, now=NOW)


def counts(built: Built) -> list[tuple[Any, ...]]:
    """(minute, good, total) of each bucket."""
    return [((b.start - START) // 60, Fraction(b.good, EVENT), Fraction(b.total, EVENT)) for b in built.buckets]


# ------------------------------------------------------------------ reading


def test_vector_scalar_and_matrix_are_read() -> None:
    vector = read(200, success([{"metric": {"a": "b"}, "value": [START + 0.1, "1.5"]}], "vector"))
    assert vector.series[0].samples == {START: Fraction(3, 2)}
    assert vector.series[0].labels == {"a": "b"}
    assert read(200, success([START, "2"], "scalar")).series[0].samples == {START: 2}
    assert matrix("1", "1e3").series[0].samples == {START + 60: 1, START + 120: 1000}


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "Inf"])
def test_what_is_not_finite_is_unknown(text: str) -> None:
    assert matrix(text).series[0].samples == {START + 60: None}


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, b"", State.UNREADABLE), (200, b"<html>", State.UNREADABLE), (200, b"[]", State.UNREADABLE),
        (200, b'{"status":"success"}', State.UNREADABLE), (200, b'{"status":"other","data":{}}', State.UNREADABLE),
        (200, success([], "matrix"), State.EMPTY), (200, success([{"metric": {}, "values": []}]), State.EMPTY),
        (200, success({}, "streams"), State.UNREADABLE), (200, success([7]), State.UNREADABLE),
        (200, success([{"metric": {}, "values": [[1, "x"]]}]), State.UNREADABLE),
        (200, success([{"metric": {}, "values": [["1", "1"]]}]), State.UNREADABLE),
        (200, success([{"metric": {}, "values": [[1, 1]]}]), State.UNREADABLE),
        (200, success([{"metric": {}, "histograms": []}]), State.UNREADABLE),
        (200, b"\xff\xfe", State.UNREADABLE),
        (400, b'{"status":"error","errorType":"bad_data","error":"parse error"}', State.REFUSED),
        (200, b'{"status":"error","errorType":"execution","error":"many-to-many"}', State.REFUSED),
        (422, b"{}", State.REFUSED), (404, b"nothing", State.REFUSED), (401, b"", State.REFUSED),
        (429, b"", State.BACK_OFF), (503, b'{"error":"timeout"}', State.BACK_OFF), (500, b"", State.BACK_OFF),
        (0, b"", State.BACK_OFF),
    ],
)  # fmt: skip
def test_every_answer_has_a_state_and_words(status: int, body: bytes, state: State) -> None:
    found = read(status, body)
    assert found.state is state
    assert found.words
    assert found.series == () or state is State.EMPTY


@pytest.mark.parametrize("text", ["1e99999999", "-1e99999999", "1e-99999999", "9" * 5_000])
def test_a_number_that_would_fill_the_memory_is_none(text: str) -> None:
    assert matrix(text).state is State.UNREADABLE
    assert matrix("1.7976931348623157e308", "5e-324").state is State.READ


@pytest.mark.parametrize("at", ["1e300", "-1e300", "1e999"])
def test_a_time_that_is_none_is_no_time(at: str) -> None:
    body = f'{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[[{at},"1"]]}}]}}}}'
    assert read(200, body.encode()).state is State.UNREADABLE


def test_what_prometheus_says_is_passed_on() -> None:
    found = read(400, b'{"status":"error","errorType":"bad_data","error":"parse error at 3","warnings":["w"]}')
    assert found.words == "bad_data: parse error at 3"
    assert found.warnings == ("w",)
    assert read(200, success([], warnings=["partial"], infos=["slow"])).warnings == ("partial", "slow")


def test_the_window_is_put_into_the_query_in_both_spellings() -> None:
    query = "sum(rate(a[$window])) / sum(rate(b[{{ .window }}])) + c[{{.window}}] + $windows"
    assert promanswers.with_window(query, "5m") == "sum(rate(a[5m])) / sum(rate(b[5m])) + c[5m] + $windows"
    assert promanswers.has_window("x[$window]")
    assert not promanswers.has_window("x[5m]")


def test_long_reads_are_paged_and_nothing_is_read_twice() -> None:
    found = list(promanswers.pages(0, 25_000 * 60, 60))
    assert [(until - since) // 60 + 1 for since, until in found] == [11_000, 11_000, 3001]
    assert all(later[0] == earlier[1] + 60 for earlier, later in pairwise(found))


# ------------------------------------------------------------------ buckets


def test_the_value_at_a_time_belongs_to_the_bucket_before_it() -> None:
    found = made(BAD, matrix("1", "0", "2.5"), matrix("10", "10", "10"))
    assert counts(found) == [(0, 9, 10), (1, 10, 10), (2, Fraction("7.5"), 10)]
    assert found.outcome is Outcome.WHOLE


def test_a_missing_error_series_is_0_only_where_the_total_is() -> None:
    found = made(BAD, NOTHING, matrix("10", "", "10"))
    assert counts(found) == [(0, 10, 10), (2, 10, 10)]
    assert (found.outcome, found.gaps) == (Outcome.PARTIAL, {Gap.MISSING: 1})


def test_a_missing_good_series_is_unknown_and_no_outage() -> None:
    found = made(GOOD, NOTHING, matrix("10", "0", "10"))
    assert counts(found) == [(1, 0, 0)]
    assert found.gaps == {Gap.NO_GOOD: 2}


def test_what_is_not_a_number_has_no_bucket() -> None:
    found = made(GOOD, matrix("9", "NaN", "9"), matrix("+Inf", "10", "10"))
    assert counts(found) == [(2, 9, 10)]
    assert found.gaps == {Gap.NOT_A_NUMBER: 2}


def test_without_any_number_the_outcome_is_empty() -> None:
    assert made(BAD, NOTHING, NOTHING).outcome is Outcome.EMPTY
    assert made(GOOD, matrix("NaN", "NaN", "NaN"), matrix("1", "1", "1")).outcome is Outcome.EMPTY


def test_counts_below_0_and_beyond_measure_are_no_counts() -> None:
    found = made(BAD, matrix("-1", "0", "0"), matrix("10", "-5", "1e30"))
    assert found.buckets == ()
    assert found.gaps == {Gap.NEGATIVE: 2, Gap.TOO_LARGE: 1}


@pytest.mark.parametrize(("indicator", "good"), [(GOOD, 10), (BAD, 0)])
def test_more_than_the_total_is_cut_and_said(indicator: Indicator, good: int) -> None:
    found = made(indicator, matrix("10.4"), matrix("10"), steps=1)
    assert counts(found) == [(0, good, 10)]
    assert found.anomalies == {Anomaly.GOOD_OVER_TOTAL}


def test_samples_of_the_future_and_off_the_grid_are_refused() -> None:
    late = build(BAD, matrix("0", "0", "0"), matrix("1", "1", "1"), start=START, end=START + 180, step=60,
                 now=from_micros((START - 30) * 1_000_000))  # fmt: skip
    assert [one.start for one in late.buckets] == [START]
    assert late.gaps == {Gap.FUTURE: 2}
    skewed = read(200, success([{"metric": {}, "values": [[START + 61, "1"]]}]))
    assert made(BAD, skewed, skewed, steps=2).gaps == {Gap.NOT_ALIGNED: 1, Gap.MISSING: 2}
    before = build(BAD, NOTHING, NOTHING, start=-60, end=0, step=60, now=NOW)
    assert before.gaps == {Gap.BEFORE_EPOCH: 1}


def test_grouped_counts_are_added_and_grouped_ratios_are_not() -> None:
    two = read(200, success([
        {"metric": {"pod": "a"}, "values": [[START + 60, "1"]]},
        {"metric": {"pod": "b"}, "values": [[START + 60, "2"]]},
    ]))  # fmt: skip
    assert counts(made(BAD, two, matrix("10"), steps=1)) == [(0, 7, 10)]
    raw = Indicator(Source.PROMETHEUS, Shape.RAW_SUCCESS, "raw")
    assert made(raw, two, None).outcome is Outcome.MANY


@pytest.mark.parametrize(
    ("shape", "value", "good"),
    [(Shape.RAW_SUCCESS, "0.9999993", "0.9999993"), (Shape.RAW_FAILURE, "0.25", "0.75"), (Shape.RAW_SUCCESS, "1", "1")],
)
def test_a_raw_ratio_weighs_every_bucket_the_same(shape: Shape, value: str, good: str) -> None:
    found = made(Indicator(Source.PROMETHEUS, shape, "raw"), matrix(value), None, steps=1)
    assert found.buckets == (Bucket(START, int(Fraction(good) * TIME), TIME),)


def test_a_raw_ratio_beyond_1_is_none() -> None:
    found = made(Indicator(Source.PROMETHEUS, Shape.RAW_SUCCESS, "raw"), matrix("1.01", "-0.1", "99.9"), None)
    assert found.gaps == {Gap.NOT_A_SHARE: 3}


@pytest.mark.parametrize(
    ("op", "goods"),
    [(Compare.LTE, [1, 1, 0]), (Compare.LT, [1, 0, 0]), (Compare.GTE, [0, 1, 1]), (Compare.GT, [0, 0, 1])],
)
def test_a_threshold_makes_each_bucket_good_or_bad(op: Compare, goods: list[int]) -> None:
    indicator = Indicator(Source.PROMETHEUS, Shape.THRESHOLD, "p99", op=op, value=Fraction("0.3"))
    found = made(indicator, matrix("0.2", "0.3", "0.4"), None)
    assert [one.good // TIME for one in found.buckets] == goods


@pytest.mark.parametrize(("status", "retry"), [(400, False), (503, True)])
def test_a_failed_query_writes_nothing(status: int, retry: bool) -> None:
    found = made(BAD, matrix("1"), read(status, b'{"error":"no"}'))
    assert (found.outcome, found.buckets, found.retry) == (Outcome.FAILED, (), retry)
    assert found.words == "error: no"


# ------------------------------------------------------------------ what a real Prometheus 2.42 answered

CAPTURES = Path(__file__).parents[2] / "captures" / "prometheus-2.42.0-api"
AT = 1_795_548_955


def captured(name: str, status: int = 200) -> Answer:
    return read(status, (CAPTURES / f"{name}.json").read_bytes())


@pytest.mark.parametrize(
    ("name", "status", "state"),
    [
        ("vector", 200, State.READ), ("scalar", 200, State.READ), ("nan", 200, State.READ), ("inf", 200, State.READ),
        ("partial", 200, State.READ), ("empty", 200, State.EMPTY), ("string", 200, State.UNREADABLE),
        ("bad_query", 400, State.REFUSED), ("too_many", 400, State.REFUSED),
    ],
)  # fmt: skip
def test_real_answers_have_their_state(name: str, status: int, state: State) -> None:
    assert captured(name, status).state is state


def test_a_real_answer_that_begins_late_gives_only_the_buckets_it_has() -> None:
    total = captured("partial")
    found = build(BAD, captured("empty"), total, start=AT - 60, end=AT, step=5, now=from_micros(AT * 1_000_000))
    assert [one.start for one in found.buckets] == [AT - 20, AT - 15, AT - 10, AT - 5]
    assert found.buckets[0].total == found.buckets[0].good == 3_348_000
    assert (found.outcome, found.gaps) == (Outcome.PARTIAL, {Gap.MISSING: 8})


@pytest.mark.parametrize("name", ["nan", "inf"])
def test_real_answers_that_are_no_numbers_give_no_buckets(name: str) -> None:
    raw = Indicator(Source.PROMETHEUS, Shape.RAW_SUCCESS, "raw")
    found = build(raw, captured(name), None, start=AT - 25, end=AT, step=5, now=from_micros(AT * 1_000_000))
    assert (found.outcome, found.buckets) == (Outcome.EMPTY, ())
    assert found.gaps is not None
    assert found.gaps[Gap.NOT_A_NUMBER] >= 1
