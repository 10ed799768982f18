"""Alert policies and conditions of OpenSLO as burn-rate rows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.slo import burn_rows, windows
from firebell.domain.slo.exact import exact
from firebell.domain.slo.model import Absent, BurnRow, Stream
from firebell.domain.slo.openslo_model import SHARE, SHORT_WINDOW, Parsing
from firebell.domain.slo.openslo_nodes import Node
from firebell.kernel.errors import Invalid

PAGES = frozenset({"page", "critical", "high", "sev1", "sev2", "p1"})
"""Severities that wake somebody; every other one is a ticket."""


@dataclass(slots=True)
class Alerting:
    """What all policies of one SLO come to."""

    rows: tuple[BurnRow, ...] = ()
    on_open: bool = True
    on_resolve: bool = True
    absent: Absent = Absent.LOW


def read(spec: Node, period_s: int, parsing: Parsing) -> Alerting:
    """``alertPolicies``, inline or by name. Without any, the built-in set is used, and that is said."""
    policies = spec.nodes("alertPolicies")
    if not policies:
        return Alerting()
    rows: list[BurnRow] = []
    opening = resolving = nodata = False
    for one in policies:
        found = _referred(one, "alertPolicyRef", "AlertPolicy", parsing)
        if found is None:
            continue
        _, policy = found
        opening |= policy.flag("alertWhenBreaching", True)
        resolving |= policy.flag("alertWhenResolved")
        nodata |= policy.flag("alertWhenNoData")
        policy.text("description", "")
        _targets(policy, parsing)
        conditions = policy.nodes("conditions")
        if len(conditions) != 1:
            policy.problem("conditions", "A policy has exactly one condition.", "Write one policy for each.")
        for condition in conditions[:1]:
            row = _condition(condition, period_s, parsing)
            if row is not None:
                rows.append(row)
        policy.close()
    return Alerting(tuple(rows), opening, resolving, Absent.LOW if nodata else Absent.OFF)


def _referred(node: Node, key: str, kind: str, parsing: Parsing) -> tuple[Node, Node] | None:
    """(metadata, spec) of what stands here or is referred to."""
    if node.has(key):
        name = node.text(key)
        node.close()
        return parsing.spec(kind, name, node, key)
    node.choice("kind", [kind], kind)
    node.text("apiVersion", "")
    found = node.node("metadata"), node.node("spec")
    node.close()
    return found


def _targets(policy: Node, parsing: Parsing) -> None:
    for one in policy.nodes("notificationTargets"):
        found = _referred(one, "targetRef", "AlertNotificationTarget", parsing)
        if found is not None:
            found[1].text("target")


def _condition(node: Node, period_s: int, parsing: Parsing) -> BurnRow | None:
    found = _referred(node, "conditionRef", "AlertCondition", parsing)
    if found is None:
        return None
    metadata, spec = found
    notes = metadata.node("annotations")
    severity = spec.text("severity", "page")
    spec.text("description", "")
    inner = spec.node("condition")
    spec.close()
    inner.choice("kind", ["burnrate"], "burnrate")
    op = inner.choice("op", ["gt", "gte", "lt", "lte"], "gt")
    if op in ("lt", "lte"):
        inner.problem("op", "A burn rate is too high, never too low.", "Use gt.")
    elif op == "gte":
        inner.warn("op", "It fires above the threshold, not at it.", "That is gt.")
    after = inner.text("alertAfter", "0m")
    if after not in ("0m", "0", ""):
        inner.warn("alertAfter", "The delay is left out: each minute of it costs budget.", "The short window filters.")
    typed, lookback = inner.raw("threshold"), inner.text("lookbackWindow")
    inner.close()
    try:
        long_s = windows.seconds(windows.read_length(lookback, "lookbackWindow"), "lookbackWindow")
        short = notes.text(SHORT_WINDOW, "")
        short_s = windows.seconds(windows.read_length(short, SHORT_WINDOW), SHORT_WINDOW) if short else None
        stream = Stream.PAGE if severity.lower() in PAGES else Stream.TICKET
        if typed is None:
            raise Invalid("threshold is missing.", field="threshold", hint="A burn rate, such as 14.4.")
        factor = exact(typed, "threshold")
        row = burn_rows.from_rate(stream, factor, long_s, period_s, short_s)
        share = notes.text(SHARE, "")
        if share:
            row = BurnRow(stream, Fraction(exact(share, SHARE)), row.long_s, row.short_s)
        burn_rows.check_row(row, "threshold")
    except Invalid as refused:
        inner.refused(refused, refused.field or "threshold")
        return None
    return row
