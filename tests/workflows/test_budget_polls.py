"""Sources that fail in every way: words on the objective, never a number, and another try in time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from firebell.domain.slo import queries, targets
from firebell.domain.slo.budget import Knowing
from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.model import Composite, Indicator, Method, Shape, Source
from firebell.kernel.clock import micros
from tests.fakes.prometheus import Fault
from tests.story import Story
from tests.workflows.slo_cast import MEASURED, PER_MINUTE, a_shop, an_slo


def test_every_fault_is_said_and_none_is_a_number(story: Story) -> None:
    with a_shop(story) as shop:
        began = shop.now
        shop.bad = lambda at: 0.5 if at > began else None
        prometheus = shop.prometheus
        prometheus.fault = Fault(503, b'{"status":"error","errorType":"unavailable","error":"starting up"}')
        shop.promise(an_slo())
        shop.promise(an_slo("again"))
        assert "starting up" in shop.clock().error
        assert len(prometheus.asked) == 0
        assert shop.clock("again").error == shop.clock().error, "asked once for both"
        waits = []
        for _ in range(8):
            at = shop.clock().poll_at
            assert at is not None
            waits.append((micros(at) - micros(story.clock.now())) // 1_000_000)
            story.clock.set(at)
            story.settle()
        assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
        assert shop.state().knowing is Knowing.NO_DATA
        assert shop.state().measured is None

        prometheus.fault = Fault(400, b'{"status":"error","errorType":"bad_data","error":"parse error at char 3"}')
        shop.wait(6, step=6)
        assert "parse error at char 3" in shop.clock().error
        prometheus.fault = None
        for value, words in (("NaN", "no finite number"), ("-1", "below 0"), (None, "matches nothing")):
            prometheus.value = lambda query, at, value=value: value
            shop.wait(6, step=6)
            assert words in shop.clock().error, value
            assert shop.state().measured is None
        prometheus.value = lambda query, at: 2 * PER_MINUTE if query.startswith("bad") else PER_MINUTE
        prometheus.warnings = ["some series were dropped"]
        shop.wait(6, step=6)
        clock = shop.clock()
        assert (clock.error, clock.warnings) == ("", ("some series were dropped",))
        assert shop.state().error == 1, "more bad than there was: all of it, and that is said"
        assert Anomaly.GOOD_OVER_TOTAL in {*clock.flags, *clock.anomalies}
        assert prometheus.headers["authorization"] == "Bearer t0ken"
        found = story.house.runner.read(lambda read: queries.source(read, "prometheus"))
        assert found.error == ""

        before = shop.state().measured
        prometheus.value = lambda query, at: None if at % 120 else shop.value(query, at)
        shop.wait(3)
        assert shop.state().coverage < 1, "what is lost is neither good nor bad"
        assert shop.state().measured is not None
        assert before is not None


def test_composites_and_slices_are_judged_by_their_own_numbers(story: Story) -> None:
    with a_shop(story) as shop:
        began = shop.now
        shop.bad = lambda at: None if at <= began else 0.02 if (at - began) // 60 % 2 else 0.0
        slow = Indicator(Source.PROMETHEUS, Shape.RAW_FAILURE, part="late[$window]")
        member = targets.objective(target_percent="99", name="errors")
        late = targets.objective(target_percent="95", name="late", weight=3)
        shop.prometheus.value = lambda query, at: (
            None if at <= began or at > shop.now else "0.1" if query.startswith("late") else shop.value(query, at)
        )
        parts = (replace(member, indicator=MEASURED), replace(late, indicator=slow))
        for method in (Composite.ANY, Composite.WEIGHTED, Composite.SERIAL):
            shop.promise(an_slo(str(method), objectives=parts, indicator=None, composite=method))
        shop.promise(an_slo("slices", method=Method.TIMESLICES, slice_target="0.99", slice_s=120, target="90"))
        shop.wait(21, step=7)
        assert [shop.state("any", number).error for number in (0, 1)] == [Fraction(1, 100), Fraction(1, 10)]
        plain = shop.state("weighted", 1).measured
        assert plain is not None
        assert shop.state("any", 1).measured == 3 * plain, "its burn rate counts by its weight"
        assert shop.state("weighted", -1).error == (Fraction(1, 100) + 3 * Fraction(1, 10)) / 4
        assert shop.state("serial", -1).error == 1 - Fraction(99, 100) * Fraction(9, 10)
        assert shop.state("serial", -1).streams == {}
        assert {key.split("/")[1] for key in shop.alerts()} <= {"any", "weighted"}
        assert shop.state("slices").error == 0, "a slice of two minutes has 99 % good in it, as much as is asked for"
        assert story.breaches() == []
