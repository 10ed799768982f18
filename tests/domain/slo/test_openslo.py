"""OpenSLO v1: what is understood, what is refused and where, and that what goes out comes in again unchanged."""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.slo import burn_rows, openslo, openslo_write, targets, windows
from firebell.domain.slo.model import (
    Absent,
    BurnRow,
    Calendar,
    Compare,
    Composite,
    Evaluator,
    Indicator,
    Length,
    Method,
    Rolling,
    Shape,
    Slo,
    Source,
    Stream,
    Unit,
)
from firebell.domain.slo.openslo_model import DataSource, Documents

DAY = 86_400
QUERY = 'sum(increase(http_requests_total{job="x"}[$window]))'
CHECKOUT = yaml.safe_load("""
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-availability
  displayName: Checkout answers
  labels: {team: payments, env: [prod, stage]}
spec:
  description: Requests that are answered without error.
  service: checkout
  indicator:
    metadata: {name: errors}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {metricSourceRef: prom, type: Prometheus, spec: {query: 'sum(increase(bad[$window]))'}}}
        total: {metricSource: {metricSourceRef: prom, type: Prometheus, spec: {query: 'sum(increase(all[$window]))'}}}
  timeWindow:
    - {duration: 28d, isRolling: true}
  budgetingMethod: Occurrences
  objectives:
    - {displayName: most, target: 0.999}
""")
PROM = {
    "apiVersion": "openslo/v1", "kind": "DataSource", "metadata": {"name": "prom"},
    "spec": {"type": "Prometheus", "connectionDetails": {"url": "http://prometheus.example", "secretFile": "prom"}},
}  # fmt: skip


def slo(**changes: Any) -> dict[str, Any]:
    """Checkout's document with parts of its spec replaced (``None``: taken out)."""
    made: dict[str, Any] = deepcopy(CHECKOUT)
    for key, value in changes.items():
        if value is None:
            made["spec"].pop(key, None)
        else:
            made["spec"][key] = value
    return made


def annotated(document: dict[str, Any], **notes: str) -> dict[str, Any]:
    document["metadata"]["annotations"] = {f"firebell/{k.replace('_', '-')}": v for k, v in notes.items()}
    return document


def read(*documents: Any) -> Documents:
    return openslo.read([*documents, PROM])


def only(*documents: Any) -> Slo:
    found = read(*documents)
    assert found.problems == ()
    assert len(found.slos) == 1
    return found.slos[0]


def faults(*documents: Any) -> list[tuple[str, str]]:
    """(path, hint) of what is wrong."""
    return [(one.path, one.hint) for one in read(*documents).problems]


def test_a_whole_document_is_understood() -> None:
    found = only(slo())
    assert found.window == Rolling(Length(28, Unit.DAY), 28 * DAY)
    assert found.objectives[0].target == Fraction(999, 1000)
    assert found.indicator == Indicator(
        Source.PROMETHEUS, Shape.BAD_TOTAL, "sum(increase(bad[$window]))", "sum(increase(all[$window]))",
        data_source="prom", name="errors",
    )  # fmt: skip
    assert found.labels == {"team": "payments", "env": ("prod", "stage")}
    assert (found.rules, found.rows, found.absent) == ("default", (), Absent.LOW)


def test_without_alert_policies_the_default_set_is_used_and_that_is_said() -> None:
    assert "“default” is used" in read(slo()).warnings[0].message


def test_a_query_that_does_not_count_one_bucket_is_warned_of() -> None:
    text = yaml.safe_dump(slo()).replace("bad[$window]", "bad[5m]")
    (warned,) = [one for one in read(yaml.safe_load(text)).warnings if one.path.endswith("ratioMetric.bad")]
    assert "$window" in warned.message


def test_data_sources_keep_no_secret() -> None:
    found = read(slo()).data_sources
    assert found == (DataSource("prom", "Prometheus", {"url": "http://prometheus.example"}, "prom"),)
    assert openslo_write.write_source(found[0])["spec"]["connectionDetails"]["secretFile"] == "prom"
    leaking = deepcopy(PROM)
    leaking["metadata"]["name"] = "leaking"  # type: ignore[index]
    leaking["spec"]["connectionDetails"]["bearerToken"] = "x"  # type: ignore[index]
    assert faults(slo(), leaking) == [
        ("spec.connectionDetails.bearerToken", "Name the file it is in: secretFile."),
    ]  # fmt: skip


BURN = {"kind": "burnrate", "op": "gt", "threshold": 14.4, "lookbackWindow": "1h", "alertAfter": "0m"}


def policy(condition: dict[str, Any], severity: str = "page", notes: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "kind": "AlertPolicy", "metadata": {"name": "p"},
        "spec": {
            "alertWhenBreaching": True, "alertWhenResolved": False, "alertWhenNoData": False,
            "conditions": [{
                "kind": "AlertCondition", "metadata": {"name": "c", "annotations": notes or {}},
                "spec": {"severity": severity, "condition": condition},
            }],
        },
    }  # fmt: skip


def test_conditions_become_rows_of_the_same_burn_rate() -> None:
    slow = {**BURN, "threshold": 1, "lookbackWindow": "3d"}
    found = only(slo(alertPolicies=[policy(BURN), policy(slow, "ticket", {"firebell/short-window": "4h"})]))
    page, ticket = found.rows
    assert (page.stream, page.long_s, page.short_s) == (Stream.PAGE, 3600, 300)
    assert burn_rows.rate(page, 28 * DAY) == Fraction("14.4")
    assert (ticket.stream, ticket.short_s) == (Stream.TICKET, 4 * 3600)
    assert (found.absent, found.notify_on_open, found.notify_on_resolve) == (Absent.OFF, True, False)


def test_a_delay_is_imported_with_a_warning() -> None:
    found = read(slo(alertPolicies=[policy({**BURN, "alertAfter": "5m"})]))
    assert found.problems == ()
    assert [one.path for one in found.warnings] == [
        "spec.alertPolicies[0].spec.conditions[0].spec.condition.alertAfter"
    ]


def test_references_are_followed_in_any_order() -> None:
    indicator = {
        "apiVersion": "openslo/v1", "kind": "SLI", "metadata": {"name": "errors"},
        "spec": CHECKOUT["spec"]["indicator"]["spec"],
    }  # fmt: skip
    alert = {"apiVersion": "openslo/v1", **policy(BURN)}
    alert["spec"]["conditions"] = [{"conditionRef": "c"}]
    alert["spec"]["notificationTargets"] = [{"targetRef": "mail"}]
    condition = {"apiVersion": "openslo/v1", **policy(BURN)["spec"]["conditions"][0]}
    mail = {
        "apiVersion": "openslo/v1", "kind": "AlertNotificationTarget", "metadata": {"name": "mail"},
        "spec": {"target": "email", "description": "the team"},
    }  # fmt: skip
    service = {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "checkout"},
               "spec": {"description": "sells"}}  # fmt: skip
    referring = slo(indicator=None, indicatorRef="errors", alertPolicies=[{"alertPolicyRef": "p"}])
    found = read(referring, alert, condition, mail, service, indicator)
    assert found.problems == ()
    assert found.slos[0].indicator == only(slo()).indicator
    assert len(found.slos[0].rows) == 1
    assert found.services == {"checkout": "sells"}
    assert found.targets == {"mail": ("email", "the team")}


@pytest.mark.parametrize(
    ("changes", "path", "hint"),
    [
        ({"budgetingMethod": "Occurences"}, "spec.budgetingMethod", "Did you mean “Occurrences”?"),
        ({"objektives": []}, "spec.objektives", "Did you mean “objectives”?"),
        ({"service": None}, "spec.service", ""),
        ({"timeWindow": []}, "spec.timeWindow", "- {duration: 28d, isRolling: true}"),
        ({"timeWindow": [{"duration": "28d", "isRolling": True}] * 2}, "spec.timeWindow",
         "- {duration: 28d, isRolling: true}"),
        ({"timeWindow": [{"duration": "1M", "isRolling": True}]}, "spec.timeWindow[0].duration",
         "Use m, h, d or w, or a calendar-aligned window."),
        ({"timeWindow": [{"duration": "28 days", "isRolling": True}]}, "spec.timeWindow[0].duration",
         "A whole number and m, h, d, w, M (month), Q or Y, such as 28d."),
        ({"timeWindow": [{"duration": "1M", "isRolling": False,
                          "calendar": {"startTime": "2026-01-01 00:00:00", "timeZone": "Mars"}}]},
         "spec.timeWindow[0].calendar.timeZone", "Europe/Berlin, or UTC."),
        ({"objectives": []}, "spec.objectives", "- {target: 0.999}"),
        ({"objectives": [{"target": 1}]}, "spec.objectives[0].target",
         "Take what users notice the lack of: 99.9 % is 43 minutes in 30 days."),
        ({"objectives": [{"targetPercent": 100}]}, "spec.objectives[0].targetPercent",
         "Take what users notice the lack of: 99.9 % is 43 minutes in 30 days."),
        ({"objectives": [{"target": 0.9, "targetPercent": 90}]}, "spec.objectives[0].target",
         "target: 0.999, or targetPercent: 99.9"),
        ({"objectives": [{"targt": 0.9, "target": 0.9}]}, "spec.objectives[0].targt", "Did you mean “target”?"),
        ({"budgetingMethod": "Timeslices"}, "spec.objectives[0].timeSliceWindow", "For example 1m."),
        ({"indicatorRef": "errors"}, "spec.indicator", "Keep one of the two."),
        ({"indicator": None, "indicatorRef": "errors"}, "spec.indicatorRef",
         "Describe it in the same set of documents."),
        ({"alertPolicies": [{"alertPolicyRef": "x"}]}, "spec.alertPolicies[0].alertPolicyRef",
         "Describe it in the same set of documents."),
        ({"alertPolicies": [policy({**BURN, "op": "lt"})]},
         "spec.alertPolicies[0].spec.conditions[0].spec.condition.op", "Use gt."),
        ({"alertPolicies": [policy({**BURN, "lookbackWindow": "soon"})]},
         "spec.alertPolicies[0].spec.conditions[0].spec.condition.lookbackWindow",
         "A whole number and m, h, d, w, M (month), Q or Y, such as 28d."),
        ({"objectives": [{"target": 0.9}], "alertPolicies": [policy(BURN)]}, "spec.objectives[0].target",
         "Lower the burn rate or raise the target."),
        ({"objectives": 7}, "spec.objectives", ""),
    ],
)  # fmt: skip
def test_every_fault_has_its_path_and_a_hint(changes: dict[str, Any], path: str, hint: str) -> None:
    found = read(slo(**changes))
    assert found.slos == ()
    assert (path, hint) in [(one.path, one.hint) for one in found.problems]


@pytest.mark.parametrize(
    ("metric", "path"),
    [
        ({"ratioMetric": {"good": {}, "bad": {}, "total": {}}}, "spec.indicator.spec.ratioMetric.total"),
        ({"ratioMetric": {"raw": {}, "total": {}}}, "spec.indicator.spec.ratioMetric.raw"),
        ({"ratioMetric": {}, "thresholdMetric": {}}, "spec.indicator.spec.ratioMetric"),
        ({}, "spec.indicator.spec.ratioMetric"),
        ({"ratioMetric": {"raw": {"metricSource": {"metricSourceRef": "pron"}}, "rawType": "success"}},
         "spec.indicator.spec.ratioMetric.raw.metricSource.metricSourceRef"),
        ({"ratioMetric": {"raw": {"metricSource": {"metricSourceRef": "prom", "spec": {"qery": "x"}}},
                          "rawType": "success"}},
         "spec.indicator.spec.ratioMetric.raw.metricSource.spec.query"),
    ],
)  # fmt: skip
def test_indicators_that_are_none(metric: dict[str, Any], path: str) -> None:
    assert path in [where for where, _ in faults(slo(indicator={"spec": metric}))]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"apiVersion": "openslo/v2alpha"}, "apiVersion", "openslo/v2alpha is another version"),
        ({"apiVersion": "openslo/v1alpha"}, "apiVersion", "openslo/v1alpha is another version"),
        ({"apiVersion": "sloth/v1"}, "apiVersion", "is not OpenSLO"),
        ({"kind": "Slo"}, "kind", "is no kind"),
        ({"metadata": {"name": "Not A Name"}}, "metadata.name", "cannot be a name"),
        ({"metadata": {}}, "metadata.name", "missing"),
        ({"spec": None}, "spec", "missing"),
        ({"sepc": {}}, "sepc", "There is no “sepc” here."),
    ],
)
def test_an_envelope_that_is_wrong_says_so(change: dict[str, Any], path: str, words: str) -> None:
    found = read({**slo(), **change})
    assert any(one.path == path and words in one.message for one in found.problems)
    assert found.slos == ()


def test_no_document_breaks_the_reading() -> None:
    values: list[Any] = [
        None,
        7,
        [],
        "text",
        {},
        {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": 7, "spec": []},
    ]
    for value in values:
        assert read(value).problems != ()
    assert "two SLO" in read(slo(), slo()).problems[0].message


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["indicator", "timeWindow", "objectives", "budgetingMethod", "alertPolicies", "service", "description"]


@given(st.dictionaries(st.sampled_from(KEYS), junk, min_size=1, max_size=3))
def test_anything_at_all_is_a_problem_and_never_a_crash(changes: dict[str, Any]) -> None:
    found = openslo.read([slo(**changes)])
    assert found.slos or found.problems


def test_other_data_sources_are_pushed_and_that_is_said() -> None:
    foreign = {"metricSource": {"type": "Datadog", "spec": {"query": "avg:errors"}}}
    found = read(slo(indicator={"spec": {"ratioMetric": {"good": foreign, "total": foreign}}}))
    assert found.problems == ()
    assert found.slos[0].indicator == Indicator(Source.PUSHED, Shape.GOOD_TOTAL, foreign="Datadog")
    assert "has to be pushed" in found.warnings[0].message or "have to be pushed" in found.warnings[0].message


def test_an_objective_with_an_indicator_of_its_own_makes_a_composite() -> None:
    inner = CHECKOUT["spec"]["indicator"]
    found = only(slo(indicator=None, objectives=[
        {"target": 0.99, "indicator": inner, "compositeWeight": 2}, {"target": 0.9, "indicator": inner},
    ]))  # fmt: skip
    assert found.composite is Composite.ANY
    assert [one.weight for one in found.objectives] == [2, 1]
    half = faults(slo(indicator=None, objectives=[{"target": 0.99, "indicator": inner}, {"target": 0.9}]))
    assert half[0][0] == "spec.objectives[1].indicator"


THRESHOLD = {"spec": {"thresholdMetric": {"metricSource": {"type": "Prometheus", "spec": {"query": "p99"}}}}}


def test_a_threshold_takes_its_comparison_from_its_only_objective() -> None:
    found = only(slo(indicator=THRESHOLD, objectives=[{"target": 0.99, "op": "lte", "value": 0.3}]))
    assert found.indicator is not None
    assert (found.indicator.op, found.indicator.value) == (Compare.LTE, Fraction(3, 10))
    assert faults(slo(indicator=THRESHOLD))[0][0] == "spec.objectives[0].value"
    two = [{"target": 0.99, "op": "lte", "value": 0.3}, {"target": 0.9, "op": "lte", "value": 1}]
    assert "spec.objectives" in [path for path, _ in faults(slo(indicator=THRESHOLD, objectives=two))]


def test_declared_incidents_need_no_queries() -> None:
    found = only(annotated(slo(indicator=None), source="incidents", severities="SEV1, SEV2"))
    assert found.indicator == Indicator(Source.INCIDENTS, severities=("SEV1", "SEV2"))
    assert faults(annotated(slo(), source="incidents"))[0][0] == "spec.indicator"
    assert faults(annotated(slo(), sourze="incidents"))[0] == (
        "metadata.annotations.firebell/sourze", "Did you mean “firebell/source”?",
    )  # fmt: skip


EVERYTHING = [
    slo(),
    slo(objectives=[{"targetPercent": 99.95}, {"target": "0.9990", "displayName": "text"}]),
    slo(timeWindow=[{"duration": "1Q", "isRolling": False,
                     "calendar": {"startTime": "2026-01-31 00:00:00", "timeZone": "Europe/Berlin"}}]),
    slo(budgetingMethod="Timeslices", objectives=[{"target": 0.95, "timeSliceTarget": 0.9, "timeSliceWindow": 5}]),
    slo(budgetingMethod="RatioTimeslices", objectives=[{"target": 0.95, "timeSliceWindow": "1h"}]),
    slo(indicator=THRESHOLD, objectives=[{"target": 0.99, "op": "lt", "value": 0.25}]),
    slo(alertPolicies=[policy(BURN), policy({**BURN, "threshold": 1, "lookbackWindow": "3d"}, "ticket",
                                            {"firebell/short-window": "4h"})]),
    slo(alertPolicies=[policy({**BURN, "threshold": 0.9333, "lookbackWindow": "3d"}, "t", {"firebell/share": "0.1"})]),
    annotated(slo(indicator=None), source="incidents", severities="SEV1"),
    annotated(slo(), rules="seven-day", policy="payments", evaluator="prometheus", absent="high"),
    annotated(slo(indicator=None, objectives=[{"target": 0.9, "indicator": THRESHOLD, "op": "gt", "value": 2}]),
              composite="weighted"),
    slo(indicator={"spec": {"ratioMetric": {"counter": False, "rawType": "failure", "raw":
        {"metricSource": {"type": "Datadog"}}}}}),
    {**slo(), "metadata": {"name": "x", "annotations": {"example.org/owner": "me"}}},
]  # fmt: skip


@pytest.mark.parametrize("document", EVERYTHING, ids=range(len(EVERYTHING)))
def test_what_goes_out_comes_in_again_unchanged(document: dict[str, Any]) -> None:
    found = only(document)
    text = yaml.safe_dump(openslo_write.write(found), sort_keys=False)
    again = only(yaml.safe_load(text))
    assert again == found
    assert openslo_write.write(again) == openslo_write.write(found)


shares = st.fractions(Fraction(1, 1000), Fraction(1, 4), max_denominator=1000).filter(
    lambda share: not 10**6 % share.denominator
)


@given(
    st.lists(st.tuples(st.sampled_from(Stream), shares, st.sampled_from([1, 2, 6, 24, 72])), min_size=1, max_size=4),
    st.integers(0, 99_999),
    st.sampled_from(["7d", "28d", "30d", "90d"]),
)
def test_rows_and_targets_survive_the_way_out_and_in(
    rows: list[tuple[Stream, Fraction, int]], nines: int, period: str
) -> None:
    window = windows.rolling(windows.read_length(period, "x"))
    objective = targets.objective(target=f"0.99999{nines:05d}")
    made = tuple(BurnRow(stream, share, 3600 * hours, 300 * hours) for stream, share, hours in rows)
    one = Slo(
        "a", "b", window, Method.OCCURRENCES, (objective,), only(slo()).indicator, rows=made, absent=Absent.OFF,
        evaluator=Evaluator.PROMETHEUS,
    )  # fmt: skip
    assert only(openslo_write.write(one)) == one


def test_a_calendar_window_survives_too() -> None:
    assert isinstance(only(EVERYTHING[2]).window, Calendar)
