"""OpenSLO documents for tests, as people write them."""

from __future__ import annotations

from typing import Any

from firebell.domain.slo import openslo
from firebell.domain.slo.model import Slo


def document(
    name: str = "checkout-availability", *, service: str = "checkout", target: str | float = 0.999,
    method: str = "Occurrences", window: str = "30d", source: str = "push", annotations: dict[str, str] | None = None,
    objectives: list[dict[str, Any]] | None = None, prometheus: str = "",
) -> dict[str, Any]:  # fmt: skip
    """``source``: push, incidents or prometheus (then asked of the data source ``prometheus``)."""
    notes = dict(annotations or {})
    spec: dict[str, Any] = {
        "service": service,
        "timeWindow": [{"duration": window, "isRolling": True}],
        "budgetingMethod": method,
        "objectives": objectives or [{"target": target}],
    }
    if source == "incidents":
        notes["firebell/source"] = "incidents"
    else:
        spec["indicator"] = {"spec": {"ratioMetric": {"counter": True, **_ratio(source, prometheus)}}}
    metadata: dict[str, Any] = {"name": name}
    if notes:
        metadata["annotations"] = notes
    return {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": metadata, "spec": spec}


def _ratio(source: str, prometheus: str) -> dict[str, Any]:
    if source == "push":
        pushed = {"metricSource": {"type": "push", "spec": {}}}
        return {"good": pushed, "total": pushed}
    ref = {"metricSourceRef": prometheus} if prometheus else {}
    return {
        part: {"metricSource": {**ref, "type": "Prometheus", "spec": {"query": query}}}
        for part, query in (
            ("bad", 'sum(increase(http_requests_total{job="x",code=~"5.."}[$window]))'),
            ("total", 'sum(increase(http_requests_total{job="x"}[$window]))'),
        )
    }


def parsed(**given: Any) -> Slo:
    """The same, read. A fault in it fails the test."""
    found = openslo.read([document(**given)])
    assert not found.problems, found.problems
    return found.slos[0]
