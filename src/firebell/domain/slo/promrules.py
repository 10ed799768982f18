"""Recording and alerting rules for Prometheus from the same document, for those who alert from there (slo.md 11).

Windows up to 6 h are computed from the raw counters, longer ones from sums of the 5-minute series, good and total
apart. What is weighed by time or by slices is averaged over equal slots, which is what those methods mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import yaml

from firebell.domain.slo import burn_rows
from firebell.domain.slo.exact import decimal_text
from firebell.domain.slo.model import (
    Absent,
    BurnRow,
    Compare,
    Indicator,
    Method,
    Objective,
    RuleSet,
    Shape,
    Slo,
    Source,
    Stream,
    dedup_key,
    nodata_key,
)
from firebell.domain.slo.promanswers import with_window
from firebell.domain.slo.windows import nominal_s
from firebell.kernel.errors import Invalid

RAW_MAX_S = 6 * 3600
BASE_S = 300
INTERVAL = "30s"
_INCREASE = re.compile(r"sum\s*\(\s*increase\s*\(\s*([^()]*)\)\s*\)")
_OPS = {Compare.LTE: "<=", Compare.LT: "<", Compare.GTE: ">=", Compare.GT: ">"}
Rule = dict[str, Any]


def window_name(seconds: int) -> str:
    """``5m``, ``6h``, ``3d``: the largest unit that divides it."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def text(slos: Sequence[Slo], sets: dict[str, RuleSet] | None = None) -> str:
    """A rule file with one group for each. Raises Invalid for what Prometheus cannot evaluate."""
    groups = [group(one, sets) for one in slos]
    return yaml.safe_dump({"groups": groups}, sort_keys=False, allow_unicode=True, width=110)


def group(slo: Slo, sets: dict[str, RuleSet] | None = None) -> dict[str, Any]:
    """The group of one SLO, as it stands in the file."""
    rules: list[Rule] = []
    alerts: list[Rule] = []
    for index, objective in enumerate(slo.objectives):
        indicator = objective.indicator or slo.indicator
        if indicator is None or indicator.source is not Source.PROMETHEUS:
            raise Invalid(
                f"{slo.name} is not measured by Prometheus.", field="indicator",
                hint="Only queries can become rules; pushed counts and declared incidents are evaluated here.",
            )  # fmt: skip
        rows = usable_rows(slo, objective, sets)
        maker = _Series(slo, objective, indicator, index)
        windows = sorted({BASE_S, *(w for one in rows for w in (one.long_s, one.short_s))})
        rules += maker.records(windows)
        alerts += _alerts(slo, objective, index, rows, maker)
    if slo.absent is not Absent.OFF:
        alerts.append(_absent(slo))
    return {"name": f"firebell-slo-{slo.name}", "interval": INTERVAL, "rules": rules + alerts}


def usable_rows(slo: Slo, objective: Objective, sets: dict[str, RuleSet] | None = None) -> tuple[BurnRow, ...]:
    """The rows of the objective that can fire. Raises Invalid for a set that there is not, or a written row that
    never can."""
    known = {**burn_rows.BUILT_IN, **(sets or {})}
    if not slo.rows and slo.rules not in known:
        raise Invalid(f"There is no rule set “{slo.rules}”.", field="rules", hint=f"One of {', '.join(sorted(known))}.")
    rows = slo.rows or known[slo.rules].rows
    return burn_rows.usable(rows, objective.allowed, nominal_s(slo.window), written=bool(slo.rows)).rows


class _Series:
    """Names and expressions of one objective's recorded series."""

    def __init__(self, slo: Slo, objective: Objective, indicator: Indicator, index: int) -> None:
        self.labels = {"slo": slo.name, "objective": str(index)}
        self.select = f'{{slo="{slo.name}", objective="{index}"}}'
        self.objective, self.indicator = objective, indicator
        self.sliced = slo.method is not Method.OCCURRENCES or indicator.by_time
        self.step_s = objective.slice_s or 60
        self.judged = slo.method is Method.TIMESLICES

    def ratio(self, seconds: int) -> str:
        """The recorded error ratio of one window."""
        return f"firebell_slo:error_ratio:rate{window_name(seconds)}{self.select}"

    def records(self, windows: Iterable[int]) -> list[Rule]:
        if self.sliced:
            return self._slots(windows)
        rules = [
            self._rule(f"firebell_slo:bad:rate{window_name(BASE_S)}", self._bad(BASE_S)),
            self._rule(f"firebell_slo:total:rate{window_name(BASE_S)}", self._total(BASE_S)),
        ]
        for seconds in windows:
            name = window_name(seconds)
            if seconds <= RAW_MAX_S:
                expr = f"({self._bad(seconds)}) / (({self._total(seconds)}) > 0)"
            else:
                bad, total = (
                    f"sum_over_time(firebell_slo:{of}:rate5m{self.select}[{name}])" for of in ("bad", "total")
                )
                expr = f"{bad} / ({total} > 0)"
            rules.append(self._rule(f"firebell_slo:error_ratio:rate{name}", expr))
        return rules

    def _slots(self, windows: Iterable[int]) -> list[Rule]:
        """One series of equal slots; every window is its mean. A short window holds at least one slot."""
        step = window_name(self.step_s)
        rules = [self._rule("firebell_slo:slot_error", self._slot())]
        for seconds in windows:
            span = window_name(max(seconds, self.step_s))
            expr = f"avg_over_time(firebell_slo:slot_error{self.select}[{span}:{step}])"
            rules.append(self._rule(f"firebell_slo:error_ratio:rate{window_name(seconds)}", expr))
        return rules

    def _slot(self) -> str:
        if self.indicator.by_time:
            error = self._time_error()
        else:
            total = self._total(self.step_s)
            # A covered slice without traffic is good, one without data is unknown.
            error = f"(({self._bad(self.step_s)}) / (({total}) > 0)) or 0 * ({total})"
        if not self.judged or self.objective.slice_target is None:
            return error
        return f"({error}) > bool {_number(1 - self.objective.slice_target)}"

    def _time_error(self) -> str:
        query = f"({with_window(self.indicator.part, window_name(self.step_s))})"
        match self.indicator.shape:
            case Shape.RAW_FAILURE:
                return query
            case Shape.RAW_SUCCESS:
                return f"1 - {query}"
            case _:
                op = _OPS[self.indicator.op or Compare.LTE]
                return f"1 - ({query} {op} bool {_number(self.indicator.value or Fraction(0))})"

    def _bad(self, seconds: int) -> str:
        part, total = _rate(with_window(self.indicator.part, window_name(seconds))), self._total(seconds)
        if self.indicator.shape is Shape.BAD_TOTAL:
            return f"({part}) or 0 * ({total})"
        return f"({total}) - ({part})"

    def _total(self, seconds: int) -> str:
        return _rate(with_window(self.indicator.total, window_name(seconds)))

    def _rule(self, name: str, expr: str) -> Rule:
        return {"record": name, "labels": dict(self.labels), "expr": expr}


def _rate(query: str) -> str:
    """The plain sum of one increase reads better as a rate; anything else stays as it was written."""
    found = _INCREASE.fullmatch(query.strip())
    return f"sum(rate({found[1].strip()}))" if found else query


def _number(value: Fraction) -> str:
    """An exact decimal where there is one, else a division that Prometheus makes."""
    try:
        return decimal_text(value)
    except ValueError:
        return f"({value.numerator} / {value.denominator})"


def _alerts(slo: Slo, objective: Objective, index: int, rows: Sequence[BurnRow], maker: _Series) -> list[Rule]:
    found: list[Rule] = []
    for stream in Stream:
        parts = []
        for one in rows:
            if one.stream is stream:
                factor = _number(burn_rows.rate(one, nominal_s(slo.window)))
                least = f"({factor} * {_number(objective.allowed)})"
                parts.append(f"({maker.ratio(one.long_s)} > {least} and {maker.ratio(one.short_s)} > {least})")
        if not parts:
            continue
        found.append(
            {
                "alert": f"FirebellSlo{stream.title()}",
                "expr": " or ".join(parts),
                "labels": {
                    "slo": slo.name, "objective": str(index), "service": slo.service, "severity": str(stream),
                    "firebell_dedup": dedup_key(slo.name, index, stream),
                },
                "annotations": {
                    "summary": f"{_literal(slo.display_name or slo.name)} burns its error budget too fast",
                },
            }
        )  # fmt: skip
    return found


def _absent(slo: Slo) -> Rule:
    series = "slot_error" if _Series(slo, slo.objectives[0], _first(slo), 0).sliced else "total:rate5m"
    return {
        "alert": "FirebellSloNoData",
        "expr": f'absent_over_time(firebell_slo:{series}{{slo="{slo.name}", objective="0"}}[15m])',
        "labels": {
            "slo": slo.name, "service": slo.service, "severity": "page" if slo.absent is Absent.HIGH else "ticket",
            "firebell_dedup": nodata_key(slo.name),
        },
        "annotations": {"summary": f"{_literal(slo.display_name or slo.name)} has had no data for 15 minutes"},
    }  # fmt: skip


def _first(slo: Slo) -> Indicator:
    found = slo.objectives[0].indicator or slo.indicator
    assert found is not None
    return found


def _literal(words: str) -> str:
    """Annotations are templates; what people wrote is not."""
    return words.replace("{{", '{{ "{{" }}')
