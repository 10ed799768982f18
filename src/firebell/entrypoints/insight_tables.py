"""Every chart of insight as a table: what the pages and the API hand out as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from firebell.domain.incidents.metrics import METRICS
from firebell.domain.insight.keeping import Keeping, Outcome
from firebell.domain.insight.model import Dimension, Standing
from firebell.entrypoints.web.alert_export import cell
from firebell.workflows.insight_read import Insight

Rows = list[Sequence[object]]


def as_csv(rows: Rows) -> str:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def durations(found: Insight) -> Rows:
    """One line for each incident and metric, those that do not count included, each with the reason."""
    rows: Rows = [
        ("incident", "declared_at", "severity", "services", "causes", "metric", "standing", "seconds", "reason")
    ]
    for one in found.cases:
        services = "; ".join(found.company.services.get(key, key) for key in one.service_ids)
        for metric in METRICS:
            sample = one.samples[metric.name]
            rows.append(
                (
                    one.reference, one.at.format_iso(), one.severity, services, "; ".join(one.classes), metric.name,
                    str(sample.standing), sample.seconds, sample.why,
                )
            )  # fmt: skip
    return rows


_COLUMNS = ("n", "median_s", "p75_s", "p90_s", "pending", "not_applicable", "invalid")


def summary(found: Insight) -> Rows:
    """One line for each metric."""
    rows: Rows = [("metric", *_COLUMNS)]
    for metric in METRICS:
        one = found.of(metric.name)
        beside = (one.others[Standing.PENDING], one.others[Standing.NOT_APPLICABLE], one.others[Standing.INVALID])
        rows.append((metric.name, one.n, one.median, one.p75, one.p90, *beside))
    return rows


def groups(found: Insight, dimension: Dimension, metric: str) -> Rows:
    """One line for each severity, service or cause."""
    rows: Rows = [("metric", str(dimension), *_COLUMNS)]
    for key, one in found.by(dimension, metric).items():
        name = found.company.services.get(key, key) if dimension is Dimension.SERVICE else key
        beside = (one.others[Standing.PENDING], one.others[Standing.NOT_APPLICABLE], one.others[Standing.INVALID])
        rows.append((metric, name or "none", one.n, one.median, one.p75, one.p90, *beside))
    return rows


def past(found: Insight) -> Rows:
    rows: Rows = [("metric", "n", "median_s", "n_before", "median_before_s")]
    for metric in METRICS:
        now, before = found.of(metric.name), found.of_before(metric.name)
        rows.append((metric.name, now.n, now.median, before.n, before.median))
    return rows


def recurrence(found: Insight) -> Rows:
    rows: Rows = [("window_days", "alike", "incidents", "history_reaches_back")]
    rows += [(one.days, one.share.part, one.share.n, "yes" if one.whole else "no") for one in found.recurrence.rates]
    fixed = found.recurrence.after_fix
    return [*rows, ("after a fix", fixed.part, fixed.n, "")]


def kept(found: Insight) -> Rows:
    rows: Rows = [("what", *Outcome)]
    for name, one in (("actions", found.actions), ("postmortems", found.postmortems)):
        rows.append((name, *_counts(one)))
    rows.append(("promises", "kept", "settled", "audience", "severity", "late_p90_s"))
    rows += [("promises", one.kept, one.n, one.audience, one.severity, one.late_p90_s) for one in found.promises]
    return rows


def _counts(one: Keeping) -> list[int]:
    return [one.counts.get(each, 0) for each in Outcome]


def budget(found: Insight) -> Rows:
    rows: Rows = [("objective", "number", "consumed_percent", "unattributed_percent", "missed_incidents", "as_of")]
    rows += [
        (
            one.name, one.objective + 1, f"{float(100 * one.consumed):.6g}", f"{float(100 * one.unattributed):.6g}",
            len(one.missed), one.at.format_iso() if one.at else "",
        )
        for one in found.budgets
    ]  # fmt: skip
    return rows


TABLES: Mapping[str, Callable[[Insight], Rows]] = {
    "durations": durations, "summary": summary, "past": past, "recurrence": recurrence, "kept": kept, "budget": budget,
}  # fmt: skip
"""By the name in the address; ``groups`` needs a dimension and a metric beside."""
