"""What objectives and their budgets are called on pages: never a colour alone, never a number without what it is of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.exact import decimal_text, percent, shown
from firebell.domain.slo.gate import Change, Decision
from firebell.domain.slo.model import (
    Absent,
    BudgetState,
    Calendar,
    Composite,
    Evaluator,
    Indicator,
    Method,
    Objective,
    Shape,
    Source,
    Unit,
    Window,
)
from firebell.domain.slo.policy import Consequence, Exemption
from firebell.domain.slo.promrules import window_name

STATES: Mapping[str, tuple[str, str, str]] = {
    BudgetState.OK: ("ok", "check", "Within budget"),
    BudgetState.CAUTION: ("caution", "attention", "Caution"),
    BudgetState.EXHAUSTED: ("broken", "broken", "Exhausted"),
    "unknown": ("unknown", "more", "Unknown"),
}
"""State → (look, icon, words)."""
DECISIONS: Mapping[str, tuple[str, str, str]] = {
    Decision.ALLOW: ("ok", "check", "Allow"),
    Decision.WARN: ("caution", "attention", "Warn"),
    Decision.BLOCK: ("broken", "broken", "Block"),
}
SOURCES: Mapping[str, str] = {
    Source.PROMETHEUS: "Prometheus", Source.PUSHED: "Pushed counts", Source.INCIDENTS: "From incidents",
}  # fmt: skip
SHAPES: Mapping[str, str] = {
    Shape.BAD_TOTAL: "errors by all requests",
    Shape.GOOD_TOTAL: "good by all requests",
    Shape.RAW_SUCCESS: "a ratio of success, weighed by time",
    Shape.RAW_FAILURE: "a ratio of failure, weighed by time",
    Shape.THRESHOLD: "a value against a threshold, weighed by time",
}
METHODS: Mapping[str, tuple[str, str]] = {
    Method.OCCURRENCES: ("Occurrences", "good by all, weighed by traffic"),
    Method.TIMESLICES: ("Time slices", "good slices by all: a quiet night counts like the peak"),
    Method.RATIO_TIMESLICES: ("Mean of slices", "the mean of the slices’ ratios, between the two"),
}
COMPOSITES: Mapping[str, str] = {
    Composite.ANY: "any: it burns whenever one of its members burns; the largest burn rate × weight counts",
    Composite.WEIGHTED: "weighted: Σ weight × SLI by Σ weight",
    Composite.SERIAL: "serial: the product of the SLIs, an estimate for independent hard dependencies; never alerts",
}
ABSENCES: Mapping[str, str] = {
    Absent.OFF: "nothing happens", Absent.LOW: "opens a low-urgency alert", Absent.HIGH: "opens a page",
}  # fmt: skip
EVALUATORS: Mapping[str, str] = {Evaluator.INTERNAL: "Firebell", Evaluator.PROMETHEUS: "Prometheus, by exported rules"}
ANOMALIES: Mapping[str, str] = {
    Anomaly.NO_DATA: "No data came for seven days.",
    Anomaly.NO_BURN: "Not one error in seven days: does the query see errors at all?",
    Anomaly.CONSTANT_BURN: "The same ratio for seven days: is a constant measured?",
    Anomaly.GOOD_OVER_TOTAL: "More good than all requests: the good count was cut to the total.",
    Anomaly.COUNTER_RESET: "A counter began anew; nothing was lost, but look at what restarted.",
    Anomaly.REPLACED_HISTORY: "Counts of the past were replaced: numbers before and after differ.",
}
CHANGES: Mapping[str, str] = {
    Change.DEPLOY: "Deploy", Change.CONFIG: "Configuration", Change.FLAG: "Feature flag", Change.SCHEMA: "Schema",
    Change.INFRA: "Infrastructure", Change.FIX: "Fix of an incident", Change.ROLLBACK: "Rollback",
    Change.P0_FIX: "P0 fix", Change.SECURITY: "Security", Change.RELIABILITY: "Reliability work",
}  # fmt: skip
CONSEQUENCES: Mapping[str, str] = {
    Consequence.NOTIFY_TEAM: "the team is told",
    Consequence.NOTIFY_OWNERS: "the owners are told",
    Consequence.GATE_WARN: "the gate warns",
    Consequence.GATE_BLOCK: "the gate blocks",
    Consequence.REQUIRE_POSTMORTEM: "a postmortem is due",
    Consequence.REQUIRE_P0_ACTION: "it needs an action item of priority P0",
    Consequence.P0_NEXT_QUARTER: "a P0 stands on the next quarter’s plan",
    Consequence.MARK_SYSTEMIC: "it counts as systemic",
}
EXEMPTIONS: Mapping[str, str] = {
    Exemption.COMPANY_WIDE_NETWORK: "a fault of the company’s whole network",
    Exemption.OTHER_TEAM_FROZEN: "a fault of another team that is frozen for it already",
    Exemption.OUT_OF_SCOPE_USERS: "users outside the objective’s scope",
    Exemption.MISCATEGORISED: "errors that harmed nobody and were counted wrongly",
}
CATEGORIES: Mapping[str, str] = {
    "scheduled_maintenance": "Scheduled maintenance", "out_of_scope_traffic": "Traffic out of scope",
    "dependency": "A dependency’s fault", "bad_data": "Bad data",
}  # fmt: skip
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")
_UNITS = {
    Unit.MINUTE: "minute", Unit.HOUR: "hour", Unit.DAY: "day", Unit.WEEK: "week", Unit.MONTH: "month",
    Unit.QUARTER: "quarter", Unit.YEAR: "year",
}  # fmt: skip


def share(value: Fraction | None, places: int = 1) -> str:
    """``62.5 %`` and ``−38 %``; nothing is known as a dash."""
    return "–" if value is None else held(percent(value, places).replace("-", "−"))


def minus(text: str) -> str:
    """Negative numbers in a sentence with a real minus sign."""
    return _MINUS.sub("−", text)


def rate(value: Fraction | None) -> str:
    """A burn rate: ``14.4×``."""
    if value is None:
        return "–"
    return f"{shown(value, 2 if value < 10 else 1)}×"


def error(value: Fraction | None) -> str:
    """An error ratio with enough places to be told from a threshold."""
    return "–" if value is None else held(percent(value, 3))


def held(text: str) -> str:
    """A number and its unit are not parted at the end of a line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def target(objective: Objective) -> str:
    """As exactly as it was typed."""
    return held(f"{decimal_text(objective.target * 100)} %")


def window(one: Window) -> str:
    """``the last 28 days`` or ``every month, from 1 Jan 2026 in Europe/Berlin``."""
    count, unit = one.length.count, _UNITS[one.length.unit]
    if isinstance(one, Calendar):
        every = unit if count == 1 else f"{count} {unit}s"
        return f"every {every} of the calendar, {one.zone}"
    return f"the last {count} {unit}s" if count != 1 else f"the last {unit}"


def window_short(one: Window) -> str:
    count, unit = one.length.count, _UNITS[one.length.unit]
    if isinstance(one, Calendar):
        return f"per {unit}" if count == 1 else f"per {count} {unit}s"
    return f"over {count} {unit}{'s' if count != 1 else ''}"


def promise(objective: Objective, over: Window) -> str:
    """What is promised, in one line."""
    return f"{target(objective)} {window_short(over)}"


def length(seconds: Fraction | int | float) -> str:
    """A length of time for reading: two units at most, ``43 min 12 s``, ``2 d 8 h``."""
    whole = int(seconds)
    if 0 < seconds < 60 and whole != seconds:
        return f"{shown(Fraction(seconds), 1)} s"
    found: list[str] = []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if whole >= size or (unit == "s" and not found):
            found.append(f"{whole // size} {unit}")
            whole %= size
            if len(found) == 2 or not whole:
                break
        elif found:
            break
    return " ".join(found)


def window_of(seconds: int) -> str:
    """``5 m``, ``6 h``, ``3 d``."""
    name = window_name(seconds)
    return held(f"{name[:-1]} {name[-1]}")


def indicator(one: Indicator | None) -> str:
    """Where its numbers come from, in words."""
    if one is None:
        return "its members"
    if one.source is Source.PROMETHEUS:
        where = f" ({one.data_source})" if one.data_source else ""
        return f"Prometheus{where}: {SHAPES.get(one.shape, '')}"
    if one.source is Source.PUSHED:
        foreign = f"; described for {one.foreign}" if one.foreign else ""
        return f"counts that your program pushes{foreign}"
    which = f" of {', '.join(one.severities)}" if one.severities else ""
    return f"impact of incidents{which}: declared, not measured"
