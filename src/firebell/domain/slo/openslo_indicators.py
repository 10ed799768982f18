"""Indicators and metric sources of OpenSLO."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firebell.domain.slo.exact import exact
from firebell.domain.slo.model import Compare, Indicator, Shape, Source
from firebell.domain.slo.openslo_model import Parsing
from firebell.domain.slo.openslo_nodes import Node, near
from firebell.domain.slo.promanswers import has_window
from firebell.kernel.errors import Invalid


def given(node: Node, parsing: Parsing) -> Indicator | None:
    """``indicator`` xor ``indicatorRef`` of an SLO or an objective; ``None`` when it has neither."""
    inline, ref = node.has("indicator"), node.has("indicatorRef")
    if inline and ref:
        node.problem("indicator", "There are both an indicator and an indicatorRef.", "Keep one of the two.")
        return None
    if ref:
        name = node.text("indicatorRef")
        found = parsing.spec("SLI", name, node, "indicatorRef")
        return None if found is None else _named(found[1], name, parsing)
    if not inline:
        return None
    inner = node.node("indicator")
    metadata, spec = inner.node("metadata"), inner.node("spec")
    inner.choice("kind", ["SLI"], "SLI")
    inner.text("apiVersion", "")
    inner.close()
    return _named(spec, metadata.text("name", ""), parsing)


def _named(spec: Node, name: str, parsing: Parsing) -> Indicator | None:
    found = read(spec, parsing)
    return None if found is None else replace(found, name=name)


def read(spec: Node, parsing: Parsing) -> Indicator | None:
    """The spec of an SLI."""
    spec.text("description", "")
    threshold, ratio = spec.has("thresholdMetric"), spec.has("ratioMetric")
    spec.close()
    if threshold == ratio:
        spec.problem("ratioMetric", "An indicator has exactly one of ratioMetric and thresholdMetric.")
        return None
    if threshold:
        metric = _metric(spec.node("thresholdMetric"), parsing, outer=True)
        return None if metric is None else replace(metric, shape=Shape.THRESHOLD)
    return _ratio(spec.node("ratioMetric"), parsing)


def _ratio(node: Node, parsing: Parsing) -> Indicator | None:
    counter = node.flag("counter", True)
    parts = [key for key in ("good", "bad") if node.has(key)]
    total, raw = node.has("total"), node.has("raw")
    kind = node.choice("rawType", ["success", "failure"], "success") if raw or node.has("rawType") else ""
    node.close()
    if raw:
        if parts or total:
            node.problem("raw", "A raw ratio stands alone.", "Take out good, bad and total.")
            return None
        metric = _metric(node.node("raw"), parsing)
        shape = Shape.RAW_SUCCESS if kind == "success" else Shape.RAW_FAILURE
        return None if metric is None else replace(metric, shape=shape, counter=counter)
    if len(parts) != 1 or not total:
        node.problem("total", "A ratio has exactly one of good and bad, and total.", "Or raw with rawType.")
        return None
    part, whole = _metric(node.node(parts[0]), parsing), _metric(node.node("total"), parsing)
    if part is None or whole is None:
        return None
    if (part.source, part.data_source) != (whole.source, whole.data_source):
        node.problem("total", "Both counts have to come from the same data source.")
        return None
    for key, one in ((parts[0], part), ("total", whole)):
        if counter and one.source is Source.PROMETHEUS and not has_window(one.part):
            words = "The query does not say $window: unless it counts one bucket, its counts overlap or miss some."
            node.warn(key, words, "sum(increase(http_requests_total[$window]))")
    shape = Shape.GOOD_TOTAL if parts[0] == "good" else Shape.BAD_TOTAL
    return replace(part, shape=shape, total=whole.part, counter=counter)


def _metric(node: Node, parsing: Parsing, *, outer: bool = False) -> Indicator | None:
    """A metric source as an indicator with its query as ``part``."""
    source = node.node("metricSource") if node.has("metricSource") or not outer else node
    if source is not node:
        node.close()
    ref, kind = source.text("metricSourceRef", ""), source.text("type", "")
    spec = source.node("spec")
    source.close()
    if ref:
        known = parsing.sources.get(ref)
        if known is None and not kind:
            hint = near(ref, parsing.sources, "Describe it, or name its type.")
            source.problem("metricSourceRef", f"There is no DataSource “{ref[:60]}”.", hint)
            return None
        kind = kind or (known.type if known is not None else "")
    if kind.lower() != "prometheus":
        if kind.lower() not in ("", "push", "pushed"):
            source.warn("type", f"{kind} cannot be asked from here; its counts have to be pushed.")
        foreign = "" if kind.lower() in ("", "push", "pushed") else kind
        return Indicator(Source.PUSHED, data_source=ref, foreign=foreign)
    query = spec.text("promql") if spec.has("promql") and not spec.has("query") else spec.text("query")
    spec.close()
    return Indicator(Source.PROMETHEUS, part=query.strip(), data_source=ref) if query.strip() else None


def with_threshold(indicator: Indicator, op: str, value: Any, node: Node) -> Indicator | None:
    """A threshold's comparison stands in the objective."""
    if not op or value is None:
        node.problem("value", "A thresholdMetric needs op and value in its objective.", "op: lte, value: 0.3")
        return None
    try:
        return replace(indicator, op=Compare(op), value=exact(value, "value"))
    except Invalid as refused:
        node.refused(refused, "value")
        return None
