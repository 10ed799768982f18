"""What Prometheus answers, and what it does not: always a state with words, never a number out of nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from firebell.domain.slo.model import EVENT, Indicator, Shape, Source
from firebell.domain.slo.promanswers import Answer as PromAnswer
from firebell.domain.slo.promanswers import Series, State
from firebell.domain.slo.prombuckets import Outcome, worst_of
from firebell.kernel.clock import Instant, from_micros
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.workflows import prometheus_read
from firebell.workflows.prometheus_read import Metrics
from tests.fakes.http_sink import Answer, HttpSink, Raw, Reset
from tests.fakes.prometheus import FakePrometheus, Fault, Value

AT = 1_780_000_200 // 60 * 60
NOW: Instant = from_micros((AT + 30) * 1_000_000)
SHOP = Indicator(Source.PROMETHEUS, Shape.BAD_TOTAL, part="bad[$window]", total="total[$window]")
OPEN = FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",))


def shop(query: str, at: int) -> Value:
    return {"bad[60s]": 0.5, "total[60s]": 10}[query]


def test_long_ranges_are_read_in_pages_and_say_who_asks() -> None:
    with FakePrometheus(shop) as prometheus, Fetch(OPEN) as fetch:
        prometheus.warnings = ["a store was away"]
        metrics = Metrics(f"{prometheus.url}/", {"Authorization": "Bearer t"})
        found = prometheus_read.ask(fetch, metrics, "total[60s]", AT, AT + 240, 60, points_max=2)
        assert [(start - AT, end - AT, step) for _, start, end, step in prometheus.asked] == [
            (0, 60, 60), (120, 180, 60), (240, 240, 60),
        ]  # fmt: skip
        assert prometheus.headers["authorization"] == "Bearer t"
        assert "t" not in repr(metrics).split("url=")[1].partition(")")[2]
        assert found.warnings == ("a store was away",)
        assert [series.samples for series in found.series] == [{AT + n * 60: Fraction(10) for n in range(5)}]


def test_counts_are_buckets_and_a_trial_shows_the_last_hour() -> None:
    with FakePrometheus(shop) as prometheus, Fetch(OPEN) as fetch:
        metrics = Metrics(prometheus.url)
        built = prometheus_read.counts(fetch, metrics, SHOP, AT - 120, AT, 60, NOW)
        assert [(one.start - AT, one.good, one.total) for one in built.buckets] == [
            (-120, EVENT * 19 // 2, 10 * EVENT), (-60, EVENT * 19 // 2, 10 * EVENT),
        ]  # fmt: skip
        tried = prometheus_read.try_query(fetch, metrics, SHOP, NOW)
        assert (tried.outcome, tried.total, tried.error, tried.words) == (Outcome.WHOLE, 600, Fraction(1, 20), "")
        prometheus.value = lambda query, at: None if at % 120 else shop(query, at)
        assert prometheus_read.try_query(fetch, metrics, SHOP, NOW).words == "30 of 60 steps say nothing."
        prometheus.value = lambda query, at: 0
        tried = prometheus_read.try_query(fetch, metrics, SHOP, NOW)
        assert (tried.error, tried.words) == (0, "There was no traffic in the last hour.")


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        (Fault(400, b'{"status":"error","errorType":"bad_data","error":"parse error"}'), State.REFUSED, "parse error"),
        (Fault(401, b"who are you"), State.REFUSED, "401"),
        (Fault(302, b""), State.REFUSED, "another address"),
        (Fault(429, b""), State.BACK_OFF, "429"),
        (Fault(503, b'{"status":"error","errorType":"unavailable","error":"starting"}'), State.BACK_OFF, "starting"),
        (Fault(200, b"<html>"), State.UNREADABLE, "no JSON"),
        (Fault(200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}'), State.EMPTY, "nothing"),
    ],
)
def test_every_fault_has_a_state_and_words_and_gives_no_bucket(fault: Fault, state: State, words: str) -> None:
    with FakePrometheus(shop) as prometheus, Fetch(OPEN) as fetch:
        prometheus.fault = fault
        found = prometheus_read.ask(fetch, Metrics(prometheus.url), "total[60s]", AT, AT + 60, 60)
        assert found.state is state
        assert words in found.words
        built = prometheus_read.counts(fetch, Metrics(prometheus.url), SHOP, AT - 60, AT, 60, NOW)
        assert built.buckets == ()
        assert built.retry == (state is State.BACK_OFF)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("NaN", Outcome.EMPTY), ("+Inf", Outcome.EMPTY), (None, Outcome.EMPTY), (-1, Outcome.EMPTY)],
)
def test_what_is_no_count_is_unknown(value: Value, outcome: Outcome) -> None:
    with FakePrometheus(lambda query, at: value) as prometheus, Fetch(OPEN) as fetch:
        built = prometheus_read.counts(fetch, Metrics(prometheus.url), SHOP, AT - 120, AT, 60, NOW)
        assert (built.outcome, built.buckets) == (outcome, ())


def test_samples_of_the_future_are_a_wrong_clock() -> None:
    with FakePrometheus(shop) as prometheus, Fetch(OPEN) as fetch:
        built = prometheus_read.counts(fetch, Metrics(prometheus.url), SHOP, AT, AT + 600, 60, NOW)
        assert [one.start - AT for one in built.buckets] == [0, 60]
        assert built.outcome is Outcome.PARTIAL


def test_a_connection_that_breaks_is_tried_again_and_an_address_that_is_refused_is_not() -> None:
    with HttpSink([Reset(), Raw(b"nonsense\r\n\r\n")]) as sink, Fetch(OPEN) as fetch:
        for _ in range(2):
            found = prometheus_read.ask(fetch, Metrics(sink.url("")), "up", AT, AT, 60)
            assert found.state is State.BACK_OFF
    with Fetch(FetchPolicy()) as strict:
        assert prometheus_read.ask(strict, Metrics("https://127.0.0.1"), "up", AT, AT, 60).state is State.REFUSED


def test_a_late_page_spoils_the_whole() -> None:
    page = b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[%d,"1"]]}]}}' % AT
    with HttpSink([Answer(200, page), Answer(503, b"")]) as sink, Fetch(OPEN) as fetch:
        found = prometheus_read.ask(fetch, Metrics(sink.url("")), "up", AT, AT + 60, 60, points_max=1)
        assert (found.state, found.series) == (State.BACK_OFF, ())


def test_waiting_doubles_from_five_seconds_to_five_minutes() -> None:
    assert [prometheus_read.back_off_s(n) for n in (1, 2, 3, 7, 8, 99)] == [5, 10, 20, 300, 300, 300]


@pytest.mark.parametrize("shape", [Shape.BAD_TOTAL, Shape.GOOD_TOTAL])
def test_a_query_that_groups_names_the_series_with_the_most_errors(shape: Shape) -> None:
    def grouped(*counts: int) -> PromAnswer:
        return PromAnswer(State.READ, tuple(Series({"region": name}, {AT: Fraction(count)})
                                            for name, count in zip(("eu", "us"), counts, strict=True)))  # fmt: skip

    indicator = Indicator(Source.PROMETHEUS, shape, part="p", total="t")
    part = grouped(1, 7) if shape is Shape.BAD_TOTAL else grouped(9, 3)
    assert worst_of(indicator, part, grouped(10, 10)) == "region=us"
    assert worst_of(indicator, PromAnswer(State.READ, part.series[:1]), grouped(10, 10)) == ""
