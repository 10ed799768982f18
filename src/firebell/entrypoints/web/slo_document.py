"""A form about an objective and its OpenSLO document, both ways. What the form does not show stays as it is.

The document is what is saved, so that a form, a file and the API cannot mean different things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firebell.domain.slo.exact import decimal_text, exact
from firebell.domain.slo.model import Absent, Calendar, Evaluator, Indicator, Method, Rolling, Shape, Slo, Source
from firebell.domain.slo.openslo_model import (
    ABSENT,
    API,
    EVALUATOR,
    MIN_BAD_EVENTS,
    PAGE_SEV,
    RULES,
    SEVERITIES,
    SOURCE,
    TICKET_SEV,
)
from firebell.domain.slo.promrules import window_name
from firebell.entrypoints.web.drafts import Choices
from firebell.kernel.errors import Invalid

Document = dict[str, Any]
SEVERITY_NAMES = ("SEV1", "SEV2", "SEV3", "SEV4")
SHAPES: Choices = (
    (Shape.BAD_TOTAL, "Errors by all requests"),
    (Shape.GOOD_TOTAL, "Good by all requests (also latency from a histogram)"),
    (Shape.RAW_SUCCESS, "A ratio of success, such as up"),
    (Shape.RAW_FAILURE, "A ratio of failure"),
    (Shape.THRESHOLD, "A value against a threshold"),
)
_RAW = {Shape.RAW_SUCCESS: "success", Shape.RAW_FAILURE: "failure"}


@dataclass(frozen=True, slots=True)
class Start:
    """A request class to begin with: what the form is filled with. ``about``: for whom it is."""

    key: str
    name: str
    about: str
    values: Mapping[str, str]


_ERRORS = {
    "shape": str(Shape.BAD_TOTAL),
    "part": 'sum(increase(http_requests_total{job="x",code=~"5.."}[$window]))',
    "total": 'sum(increase(http_requests_total{job="x"}[$window]))',
}
_UP = {"shape": str(Shape.RAW_SUCCESS), "part": 'avg_over_time(up{job="x"}[$window])', "total": ""}


def _latency(below: str) -> Mapping[str, str]:
    return {
        "shape": str(Shape.GOOD_TOTAL),
        "part": f'sum(increase(http_request_duration_seconds_bucket{{job="x",le="{below}"}}[$window]))',
        "total": 'sum(increase(http_request_duration_seconds_count{job="x"}[$window]))',
    }


STARTS: Sequence[Start] = (
    Start("critical", "CRITICAL", "99.99 %: payment, sign-in. 4.3 minutes in 30 days.", {"target": "99.99", **_ERRORS}),
    Start("high-fast", "HIGH_FAST", "99.9 %: what users wait for.", {"target": "99.9", **_ERRORS}),
    Start("high-fast-100", "HIGH_FAST, 90 % < 100 ms", "Most feel instant.", {"target": "90", **_latency("0.1")}),
    Start("high-fast-200", "HIGH_FAST, 99 % < 200 ms", "Nearly all are fast.", {"target": "99", **_latency("0.2")}),
    Start("high-slow", "HIGH_SLOW", "99.9 %: important, may take a moment.", {"target": "99.9", **_ERRORS}),
    Start("high-slow-1", "HIGH_SLOW, 90 % < 1 s", "Most within a second.", {"target": "90", **_latency("1")}),
    Start("high-slow-5", "HIGH_SLOW, 99 % < 5 s", "Nearly all within five.", {"target": "99", **_latency("5")}),
    Start("low", "LOW", "99 %: background work, reports. 7.2 hours in 30 days.", {"target": "99", **_ERRORS}),
    Start("up", "Up or not", "From a gauge, weighed by time.", {"target": "99.9", **_UP}),
)
"""Besides these there is NO_SLO: what nobody would miss needs none."""
BLANK: Mapping[str, str] = {
    "source": str(Source.PROMETHEUS), "shape": str(Shape.BAD_TOTAL), "target": "99.9", "kind": "rolling",
    "duration": "28d", "every": "1M", "zone": "UTC", "method": str(Method.OCCURRENCES), "slice_window": "1m",
    "slice_target": "95", "rules": "default", "absent": str(Absent.LOW), "evaluator": str(Evaluator.INTERNAL),
    "op": "lte", "page_severity": "SEV2", "ticket_severity": "SEV4",
}  # fmt: skip


_NOTES = (
    (RULES, "rules", "default"), (ABSENT, "absent", "low"), (EVALUATOR, "evaluator", "internal"),
    (PAGE_SEV, "page_severity", "SEV2"), (TICKET_SEV, "ticket_severity", "SEV4"),
    (MIN_BAD_EVENTS, "bad_events_min", "0"),
)  # fmt: skip
"""Annotations that the form shows: key, input, and what need not be said."""


def fits_form(slo: Slo) -> bool:
    """Whether the form shows all that matters of it; otherwise its document is edited as text."""
    return len(slo.objectives) == 1 and slo.composite is None and not slo.rows and slo.objectives[0].indicator is None


def values_of(slo: Slo) -> dict[str, str]:
    """What the form shows of an objective."""
    one, indicator = slo.objectives[0], slo.indicator or Indicator(Source.PUSHED)
    values = dict(BLANK) | {
        "name": slo.name, "display_name": slo.display_name, "description": slo.description, "service": slo.service,
        "source": str(indicator.source), "data_source": indicator.data_source, "part": indicator.part,
        "total": indicator.total, "target": _percent(slo), "method": str(slo.method), "rules": slo.rules,
        "absent": str(slo.absent), "evaluator": str(slo.evaluator), "severities": ",".join(indicator.severities),
        "page_severity": slo.page_severity, "ticket_severity": slo.ticket_severity,
        "bad_events_min": str(slo.bad_events_min or ""),
    }  # fmt: skip
    if indicator.shape is not Shape.NONE:
        values["shape"] = str(indicator.shape)
    if indicator.op is not None and indicator.value is not None:
        values |= {"op": str(indicator.op), "value": decimal_text(indicator.value)}
    if one.slice_s is not None:
        values["slice_window"] = window_name(one.slice_s)
    if one.slice_target is not None:
        values["slice_target"] = decimal_text(one.slice_target * 100)
    if isinstance(slo.window, Rolling):
        values["duration"] = str(slo.window.length)
    elif isinstance(slo.window, Calendar):
        values |= {"kind": "calendar", "every": str(slo.window.length), "zone": slo.window.zone,
                   "starts": slo.window.starts[:10]}  # fmt: skip
    return values


def _percent(slo: Slo) -> str:
    one = slo.objectives[0]
    return one.typed if one.percent else decimal_text(one.target * 100)


def document_of(values: Mapping[str, str], base: Document | None = None) -> Document:
    """The document that the form describes. ``base``: the document as it was, of which the rest is kept."""
    document: Document = base or {"apiVersion": API, "kind": "SLO", "metadata": {}, "spec": {}}
    metadata, spec = dict(document.get("metadata", {})), dict(document.get("spec", {}))
    shown = {*(key for key, _, _ in _NOTES), SOURCE, SEVERITIES}
    notes = {key: value for key, value in metadata.pop("annotations", {}).items() if key not in shown}
    metadata["name"] = _said(values, "name")
    metadata.pop("displayName", None)
    if _said(values, "display_name"):
        metadata["displayName"] = _said(values, "display_name")
    source = values.get("source", "")
    for key, name, usual in _NOTES:
        if _said(values, name) not in ("", usual):
            notes[key] = _said(values, name)
    spec["service"] = _said(values, "service")
    spec["description"] = _said(values, "description")
    if not spec["description"]:
        del spec["description"]
    spec.pop("indicator", None)
    spec.pop("indicatorRef", None)
    if source == Source.INCIDENTS:
        notes[SOURCE] = str(Source.INCIDENTS)
        if chosen := _said(values, "severities"):
            notes[SEVERITIES] = chosen
    else:
        spec["indicator"] = {"spec": _indicator(values)}
    spec["timeWindow"] = [_window(values)]
    spec["budgetingMethod"] = _said(values, "method")
    kept = dict((spec.get("objectives") or [{}])[0])
    spec["objectives"] = [_objective(values, kept)]
    if notes:
        metadata["annotations"] = notes
    return {**document, "metadata": metadata, "spec": spec}


def _said(values: Mapping[str, str], name: str) -> str:
    return values.get(name, "").strip()


def _metric(values: Mapping[str, str], name: str) -> Document:
    if values.get("source") == Source.PUSHED:
        return {"metricSource": {"type": "push", "spec": {}}}
    source: Document = {"type": "Prometheus", "spec": {"query": _said(values, name)}}
    if _said(values, "data_source"):
        source["metricSourceRef"] = _said(values, "data_source")
    return {"metricSource": source}


def _indicator(values: Mapping[str, str]) -> Document:
    shape = values.get("shape", "")
    if values.get("source") == Source.PUSHED:
        shape = str(Shape.GOOD_TOTAL)
    if shape == Shape.THRESHOLD:
        return {"thresholdMetric": _metric(values, "part")}
    if shape in (Shape.RAW_SUCCESS, Shape.RAW_FAILURE):
        kind = _RAW[Shape(shape)]
        return {"ratioMetric": {"counter": False, "raw": _metric(values, "part"), "rawType": kind}}
    part = "good" if shape == Shape.GOOD_TOTAL else "bad"
    return {"ratioMetric": {"counter": True, part: _metric(values, "part"), "total": _metric(values, "total")}}


def _window(values: Mapping[str, str]) -> Document:
    if values.get("kind") == "calendar":
        starts = _said(values, "starts")
        return {
            "duration": _said(values, "every"), "isRolling": False,
            "calendar": {"startTime": f"{starts} 00:00:00", "timeZone": _said(values, "zone")},
        }  # fmt: skip
    return {"duration": _said(values, "duration"), "isRolling": True}


def _objective(values: Mapping[str, str], kept: Document) -> Document:
    for key in ("target", "targetPercent", "timeSliceTarget", "timeSliceWindow", "op", "value", "indicator"):
        kept.pop(key, None)
    # As it was typed: 99.9 and 99.90 are the same promise, and no float stands between.
    kept["targetPercent"] = _said(values, "target").removesuffix("%").strip().replace(",", ".")
    method = values.get("method")
    if method != Method.OCCURRENCES:
        kept["timeSliceWindow"] = _said(values, "slice_window")
    if method == Method.TIMESLICES:
        kept["timeSliceTarget"] = _hundredth(_said(values, "slice_target"))
    if values.get("source") == Source.PROMETHEUS and values.get("shape") == Shape.THRESHOLD:
        kept |= {"op": _said(values, "op"), "value": _said(values, "value").replace(",", ".")}
    return kept


def _hundredth(typed: str) -> str:
    """``95`` as ``0.95``, exactly; what is no number stays, and is refused with its reason."""
    text = typed.removesuffix("%").strip().replace(",", ".")
    try:
        return decimal_text(exact(text, "slice_target") / 100)
    except Invalid:
        return text


INPUTS: Sequence[tuple[str, str]] = (
    ("metadata.name", "name"),
    ("metadata.displayName", "display_name"),
    ("metadata.annotations.firebell/rules", "rules"),
    ("metadata.annotations.firebell/min-bad-events", "bad_events_min"),
    ("spec.service", "service"),
    ("spec.description", "description"),
    ("spec.timeWindow[0].calendar.timeZone", "zone"),
    ("spec.timeWindow[0].calendar.startTime", "starts"),
    ("spec.timeWindow", "duration"),
    ("spec.objectives[0].timeSliceTarget", "slice_target"),
    ("spec.objectives[0].timeSliceWindow", "slice_window"),
    ("spec.objectives[0].value", "value"),
    ("spec.objectives[0].op", "op"),
    ("spec.objectives[0].indicator", "part"),
    ("spec.objectives", "target"),
    ("spec.indicator.spec.ratioMetric.total", "total"),
    ("spec.indicator", "part"),
    ("spec.budgetingMethod", "method"),
)
"""Where in a document → which input, the longest path first."""


def input_of(path: str, calendar: bool = False) -> str:
    """The input that a fault at ``path`` of the document is about."""
    found = next((name for start, name in INPUTS if path.startswith(start)), path)
    return "every" if found == "duration" and calendar else found
