"""Rules for Prometheus: checked by promtool where it is installed, and read by eye where it is not."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from firebell.domain.slo import promrules, targets, windows
from firebell.domain.slo.burn_rows import SEVEN_DAY
from firebell.domain.slo.model import Absent, Compare, Indicator, Method, Objective, Shape, Slo, Source
from firebell.kernel.errors import Invalid

PROMTOOL = shutil.which("promtool")
TOTAL = 'sum(increase(http_requests_total{job="x"}[$window]))'
BAD = Indicator(
    Source.PROMETHEUS, Shape.BAD_TOTAL, 'sum(increase(http_requests_total{job="x",code=~"5.."}[$window]))', TOTAL
)
GOOD = Indicator(Source.PROMETHEUS, Shape.GOOD_TOTAL, 'sum(increase(h_bucket{le="0.3"}[{{.window}}]))', TOTAL)
UP = Indicator(Source.PROMETHEUS, Shape.RAW_SUCCESS, 'avg(avg_over_time(up{job="x"}[$window]))')
FAILURE = Indicator(Source.PROMETHEUS, Shape.RAW_FAILURE, "errors_total / requests_total")
SLOW = Indicator(Source.PROMETHEUS, Shape.THRESHOLD, "max(latency)", op=Compare.LTE, value=Fraction("0.3"))


def make(
    indicator: Indicator = BAD, *, period: str = "30d", method: Method = Method.OCCURRENCES, target: str = "0.999",
    rules: str = "default", name: str = "checkout-availability", absent: Absent = Absent.LOW, title: str = "",
) -> Slo:  # fmt: skip
    sliced = method is not Method.OCCURRENCES
    objective: Objective = targets.objective(
        target=target, method=method, slice_target="0.95" if sliced else None, slice_s=300 if sliced else None
    )
    window = windows.rolling(windows.read_length(period, "duration"))
    return Slo(name, "checkout", window, method, (objective,), indicator, title, rules=rules, absent=absent)


EACH = {
    "errors": make(),
    "latency": make(GOOD),
    "28d": make(period="28d"),
    "week": make(period="7d", rules="seven-day"),
    "raw": make(UP),
    "failure": make(FAILURE),
    "threshold": make(SLOW),
    "timeslices": make(method=Method.TIMESLICES),
    "ratio-timeslices": make(method=Method.RATIO_TIMESLICES),
    "raw-timeslices": make(UP, method=Method.TIMESLICES),
    "low": make(target="0.9"),
    "braces": make(title="{{ $labels.x }} and {{", absent=Absent.HIGH),
}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_takes_all_of_them(tmp_path: Path) -> None:
    named = [
        Slo(**{**{f: getattr(one, f) for f in Slo.__dataclass_fields__}, "name": name}) for name, one in EACH.items()
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(promrules.text(named), encoding="utf-8")
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout
    assert "duplicate" not in done.stdout


FIRE = """
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {series: 'http_requests_total{job="x",code="200"}', values: '0+99x240 23760+50x60'}
  - {series: 'http_requests_total{job="x",code="500"}', values: '0+0x240 0+50x60'}
  alert_rule_test:
  - {eval_time: 3h, alertname: FirebellSloPage, exp_alerts: []}
  - eval_time: 4h30m
    alertname: FirebellSloPage
    exp_alerts:
    - exp_labels: {slo: checkout-availability, objective: '0', service: checkout, severity: page,
                   firebell_dedup: slo/checkout-availability/0/page}
      exp_annotations: {summary: checkout-availability burns its error budget too fast}
  - {eval_time: 3h, alertname: FirebellSloNoData, exp_alerts: []}
  - eval_time: 6h
    alertname: FirebellSloNoData
    exp_alerts:
    - exp_labels: {slo: checkout-availability, objective: '0', service: checkout, severity: ticket,
                   firebell_dedup: slo/checkout-availability/nodata}
      exp_annotations: {summary: checkout-availability has had no data for 15 minutes}
"""


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_pages_in_an_outage_and_says_when_data_stop(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(promrules.text([make()]), encoding="utf-8")
    (tmp_path / "test.yaml").write_text(FIRE, encoding="utf-8")
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, "test", "rules", "test.yaml"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr


def rules(slo: Slo) -> dict[str, str]:
    """Expression by record or alert."""
    found = yaml.safe_load(promrules.text([slo]))["groups"][0]
    assert found["name"] == f"firebell-slo-{slo.name}"
    return {one.get("record") or one["alert"]: one["expr"] for one in found["rules"]}


def test_thresholds_are_exact_decimals() -> None:
    found = rules(make())["FirebellSloPage"]
    assert found.count("> (14.4 * 0.001)") == 2
    assert found.count("> (6 * 0.001)") == 2
    assert "> ((14 / 15) * 0.001)" in rules(make(period="28d"))["FirebellSloTicket"]


def test_long_windows_are_sums_of_good_and_total_apart_and_short_ones_are_raw() -> None:
    found = rules(make())
    select = '{slo="checkout-availability", objective="0"}'
    assert found["firebell_slo:error_ratio:rate3d"] == (
        f"sum_over_time(firebell_slo:bad:rate5m{select}[3d])"
        f" / (sum_over_time(firebell_slo:total:rate5m{select}[3d]) > 0)"
    )
    assert "http_requests_total" in found["firebell_slo:error_ratio:rate6h"]
    assert found["firebell_slo:bad:rate5m"] == (
        '(sum(rate(http_requests_total{job="x",code=~"5.."}[5m]))) or 0 * (sum(rate(http_requests_total{job="x"}[5m])))'
    )
    assert not any("avg" in expr for expr in found.values())


def test_what_weighs_by_time_is_a_mean_of_equal_slots() -> None:
    assert "avg_over_time(firebell_slo:slot_error" in rules(make(UP))["firebell_slo:error_ratio:rate1h"]
    assert rules(make(SLOW))["firebell_slo:slot_error"] == "1 - ((max(latency)) <= bool 0.3)"
    assert rules(make(method=Method.TIMESLICES))["firebell_slo:slot_error"].endswith("> bool 0.05")


def test_no_alert_waits_and_the_absent_rule_can_be_off() -> None:
    group = yaml.safe_load(promrules.text([make(absent=Absent.OFF)]))["groups"][0]
    assert all("for" not in one for one in group["rules"])
    assert "FirebellSloNoData" not in [one.get("alert") for one in group["rules"]]


def test_a_row_that_can_never_fire_is_left_out() -> None:
    assert "14.4" not in rules(make(target="0.9"))["FirebellSloPage"]


def test_own_rule_sets_are_found_and_unknown_ones_refused() -> None:
    own = {"mine": SEVEN_DAY}
    assert promrules.group(make(period="7d", rules="mine"), own)["rules"]
    with pytest.raises(Invalid, match="no rule set “mine”"):
        promrules.group(make(rules="mine"))


@pytest.mark.parametrize("source", [Source.PUSHED, Source.INCIDENTS])
def test_what_prometheus_does_not_measure_cannot_become_rules(source: Source) -> None:
    with pytest.raises(Invalid, match="not measured by Prometheus"):
        promrules.text([make(Indicator(source, Shape.GOOD_TOTAL))])
