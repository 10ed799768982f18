"""Objectives → OpenSLO v1 documents that read as the same. Secrets are never written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from firebell.domain.slo import burn_rows
from firebell.domain.slo.exact import decimal_text, shown
from firebell.domain.slo.model import (
    MINUTE_S,
    PAGE_SEVERITY,
    TICKET_SEVERITY,
    Absent,
    BurnRow,
    Evaluator,
    Indicator,
    Method,
    Objective,
    Rolling,
    Shape,
    Slo,
    Source,
    Window,
)
from firebell.domain.slo.openslo_model import (
    ABSENT,
    API,
    COMPOSITE,
    EVALUATOR,
    MIN_BAD_EVENTS,
    PAGE_SEV,
    POLICY,
    RESOLUTION,
    RULES,
    SEVERITIES,
    SHARE,
    SHORT_WINDOW,
    SOURCE,
    TICKET_SEV,
    DataSource,
)
from firebell.domain.slo.promrules import window_name
from firebell.domain.slo.windows import nominal_s

Document = dict[str, Any]


def write(slo: Slo) -> Document:
    """One SLO with everything inline. Numbers are texts where a float could not hold them."""
    notes = dict(slo.annotations)
    said = (
        (RULES, slo.rules, "default"),
        (POLICY, slo.policy, ""),
        (EVALUATOR, str(slo.evaluator), str(Evaluator.INTERNAL)),
        (COMPOSITE, str(slo.composite or ""), ""),
        (RESOLUTION, window_name(slo.bucket_s), window_name(MINUTE_S)),
        (MIN_BAD_EVENTS, str(slo.bad_events_min), "0"),
        (PAGE_SEV, slo.page_severity, PAGE_SEVERITY),
        (TICKET_SEV, slo.ticket_severity, TICKET_SEVERITY),
        (ABSENT, str(slo.absent), "" if slo.rows else str(Absent.LOW)),
    )
    notes |= {key: value for key, value, usual in said if value != usual}
    metadata: Document = {"name": slo.name}
    if slo.display_name:
        metadata["displayName"] = slo.display_name
    if slo.labels:
        metadata["labels"] = {k: list(v) if isinstance(v, tuple) else v for k, v in slo.labels.items()}
    spec: Document = {"service": slo.service}
    if slo.description:
        spec["description"] = slo.description
    shared = slo.indicator
    if shared is not None and shared.source is Source.INCIDENTS:
        notes[SOURCE] = str(Source.INCIDENTS)
        if shared.severities:
            notes[SEVERITIES] = ",".join(shared.severities)
    elif shared is not None:
        spec["indicator"] = _indicator(shared, slo.name)
    spec["timeWindow"] = [_window(slo.window)]
    spec["budgetingMethod"] = str(slo.method)
    spec["objectives"] = [_objective(one, slo) for one in slo.objectives]
    if slo.rows:
        spec["alertPolicies"] = [_policy(slo, one, index) for index, one in enumerate(slo.rows)]
    if notes:
        metadata["annotations"] = notes
    return {"apiVersion": API, "kind": "SLO", "metadata": metadata, "spec": spec}


def write_source(source: DataSource) -> Document:
    """A data source; of its secret only the file's name."""
    details = dict(source.details)
    if source.secret_file:
        details["secretFile"] = source.secret_file
    return {
        "apiVersion": API, "kind": "DataSource", "metadata": {"name": source.name},
        "spec": {"type": source.type, "connectionDetails": details},
    }  # fmt: skip


def _window(window: Window) -> Document:
    if isinstance(window, Rolling):
        return {"duration": str(window.length), "isRolling": True}
    return {
        "duration": str(window.length), "isRolling": False,
        "calendar": {"startTime": window.starts, "timeZone": window.zone},
    }  # fmt: skip


def _metric(query: str, indicator: Indicator) -> Document:
    source: Document = {}
    if indicator.data_source:
        source["metricSourceRef"] = indicator.data_source
    # The type stands here as well, so that one document can be read without the others.
    pushed = indicator.source is Source.PUSHED
    source["type"] = (indicator.foreign or "push") if pushed else "Prometheus"
    source["spec"] = {} if pushed else {"query": query}
    return {"metricSource": source}


def _indicator(indicator: Indicator, fallback: str) -> Document:
    part, total = _metric(indicator.part, indicator), _metric(indicator.total, indicator)
    match indicator.shape:
        case Shape.THRESHOLD:
            spec: Document = {"thresholdMetric": part}
        case Shape.RAW_SUCCESS | Shape.RAW_FAILURE:
            kind = "success" if indicator.shape is Shape.RAW_SUCCESS else "failure"
            spec = {"ratioMetric": {"counter": indicator.counter, "raw": part, "rawType": kind}}
        case Shape.BAD_TOTAL:
            spec = {"ratioMetric": {"counter": indicator.counter, "bad": part, "total": total}}
        case _:
            spec = {"ratioMetric": {"counter": indicator.counter, "good": part, "total": total}}
    return {"metadata": {"name": indicator.name}, "spec": spec} if indicator.name else {"spec": spec}


def _objective(one: Objective, slo: Slo) -> Document:
    found: Document = {}
    if one.name:
        found["displayName"] = one.name
    found["targetPercent" if one.percent else "target"] = _typed(one.typed)
    if one.slice_target is not None:
        found["timeSliceTarget"] = _exact(one.slice_target)
    if one.slice_s is not None and slo.method is not Method.OCCURRENCES:
        found["timeSliceWindow"] = window_name(one.slice_s)
    if one.weight != 1:
        found["compositeWeight"] = _exact(one.weight)
    if one.indicator is not None:
        found["indicator"] = _indicator(one.indicator, slo.name)
    compared = one.indicator or slo.indicator
    if compared is not None and compared.op is not None and compared.value is not None:
        found["op"] = str(compared.op)
        found["value"] = _exact(compared.value)
    return found


def _typed(text: str) -> float | int | str:
    """As a number where the same text comes back, else as text, which is read just as exactly."""
    if text == str(int(float(text))):
        return int(text)
    return float(text) if text == repr(float(text)) else text


def _exact(value: Fraction) -> float | int | str:
    if value.denominator == 1:
        return value.numerator
    return _typed(decimal_text(value))


def _policy(slo: Slo, row: BurnRow, index: int) -> Document:
    period_s = nominal_s(slo.window)
    factor = burn_rows.rate(row, period_s)
    notes = {} if row.short_s == max(60, row.long_s // burn_rows.SHORT_PART) else {
        SHORT_WINDOW: window_name(row.short_s)
    }  # fmt: skip
    try:
        threshold: float | int | str = _exact(factor)
    except ValueError:
        # It has no finite decimal form, but the share it comes from does.
        threshold = shown(factor, 6)
        notes[SHARE] = decimal_text(row.share)
    name = f"{slo.name[:50]}-{row.stream}-{index}"
    metadata: Document = {"name": name}
    condition: Document = {
        "kind": "AlertCondition", "metadata": {**metadata, **({"annotations": notes} if notes else {})},
        "spec": {
            "severity": str(row.stream),
            "condition": {
                "kind": "burnrate", "op": "gt", "threshold": threshold, "lookbackWindow": window_name(row.long_s),
                "alertAfter": "0m",
            },
        },
    }  # fmt: skip
    return {
        "kind": "AlertPolicy", "metadata": metadata,
        "spec": {
            "alertWhenBreaching": slo.notify_on_open,
            "alertWhenResolved": slo.notify_on_resolve,
            "alertWhenNoData": slo.absent is not Absent.OFF,
            "conditions": [condition],
        },
    }  # fmt: skip
