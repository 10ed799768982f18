"""Burn-rate rule sets as documents: ``kind: BurnRateRules``, ``{period, rows: [{stream, share, long, short}]}``."""

from __future__ import annotations

from typing import Any

from firebell.domain.slo import burn_rows, windows
from firebell.domain.slo.exact import decimal_text, exact
from firebell.domain.slo.model import BurnRow, RuleSet, Stream
from firebell.domain.slo.openslo_nodes import Faults, Node, Problem
from firebell.domain.slo.promrules import window_name
from firebell.kernel.errors import Invalid

ROWS_MAX = 12


def read(name: str, spec: object, document: int = 0) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    """The set, or what is wrong with it. ``share`` is 0.02 or 2%; ``short`` is a twelfth of ``long`` when left out."""
    faults = Faults()
    node = Node(spec, "spec", document, faults)
    rows = [row for one in node.nodes("rows") if (row := _row(one)) is not None]
    if not 0 < len(node.nodes("rows")) <= ROWS_MAX:
        node.problem("rows", f"A set has 1 to {ROWS_MAX} rows.")
    if name in burn_rows.BUILT_IN:
        node.problem("", f"“{name}” is built in.", "Choose another name.")
    period_s = _length(node, "period")
    node.close()
    if faults.problems or period_s is None:
        return None, tuple(faults.problems)
    return RuleSet(name, period_s, tuple(rows)), ()


def write(rules: RuleSet) -> dict[str, Any]:
    """The spec that reads as the same."""
    return {
        "period": window_name(rules.period_s),
        "rows": [
            {
                "stream": str(one.stream), "share": decimal_text(one.share), "long": window_name(one.long_s),
                "short": window_name(one.short_s),
            }
            for one in rules.rows
        ],
    }  # fmt: skip


def _length(node: Node, key: str) -> int | None:
    where = node.at(key)
    text = node.text(key)
    if not text:
        return None
    try:
        return windows.seconds(windows.read_length(text, where), where)
    except Invalid as refused:
        node.refused(refused, key)
        return None


def _row(node: Node) -> BurnRow | None:
    stream = Stream(node.choice("stream", [str(one) for one in Stream]))
    typed = node.text("share")
    long_s = _length(node, "long")
    short_s = _length(node, "short") if node.has("short") else (long_s or 0) // burn_rows.SHORT_PART
    node.close()
    if long_s is None or short_s is None or not typed:
        return None
    try:
        share = exact(typed.removesuffix("%"), node.at("share")) / (100 if typed.endswith("%") else 1)
        row = BurnRow(stream, share, long_s, short_s)
        burn_rows.check_row(row, node.path)
    except Invalid as refused:
        node.refused(refused)
        return None
    return row
