"""A review as a letter: what stands in the digest by mail. Short; the page has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from firebell.domain.incidents.metrics import METRICS, Convention
from firebell.domain.insight.distribution import FEW
from firebell.domain.insight.keeping import Keeping
from firebell.domain.insight.recurrence import Rate
from firebell.domain.insight.shares import Share
from firebell.workflows import insight_budget
from firebell.workflows.insight_read import Insight
from firebell.workflows.insight_review import Review

LINES_MAX = 12
_LONG = {
    "time_to_detect": "until it was detected", "time_to_ack": "until it was acknowledged",
    "time_to_mitigate": "until it was mitigated", "time_to_resolve": "until it was resolved",
}  # fmt: skip
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def part(one: Review, url: str) -> dict[str, Any]:
    """One scope's part of the letter. Sections with nothing to say are left out."""
    found = one.found
    sections = [
        ("What was learned", [f"{o.lesson or 'No lesson in a line'} ({o.reference} {o.title})" for o in one.lessons]),
        ("Themes", [f"{t.key.replace('_', ' ')}: {t.n}, {t.before} in the period before" for t in one.themes]),
        ("Again", _again(found)),
        ("Kept", _kept(one)),
        ("Overdue action items", [f"{p.text} ({p.reference}, due {_day(p.due_at)})" for p in one.promises("overdue")]),
        ("How long it took since the impact began (median, p90, n)", _durations(found)),
        ("Budget that is nobody's", _budget(found)),
        ("In spite of the gate", [f"{o.record.override.reason} ({len(o.shipped)} shipped)" for o in one.overridden]),
        ("Surprises", [f"{s.text} ({s.reference})" for s in one.surprises]),
        ("Where we got lucky", [f"{s.text} ({s.reference})" for s in one.luck]),
        ("Runbooks", [f"missing or wrong: {len(one.misses)}"] if one.misses else []),
        ("Years ago", [f"{a.reference} {a.name} ({a.severity}, {_day(a.at)})" for a in one.anniversaries]),
        ("Reach", _reach(one)),
    ]
    return {
        "heading": one.team or "The whole organisation", "url": url,
        "intro": f"Incidents: {len(found.cases)}, in the period before {len(found.before)}. "
        f"New postmortems: {len(one.lessons)}.",
        "sections": [{"title": title, "lines": _few(lines)} for title, lines in sections if lines],
    }  # fmt: skip


def _few(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - LINES_MAX
    return [*lines[:LINES_MAX], *([f"and {rest} more on the page"] if rest > 0 else [])]


def _again(found: Insight) -> list[str]:
    if not found.cases:
        return []
    lines = [f"alike to an earlier one within {each.days} days: {_rate(each)}" for each in found.recurrence.rates]
    return [*lines, f"again after a fix: {found.recurrence.after_fix.words}"]


def _rate(one: Rate) -> str:
    return one.share.words + ("" if one.whole else " (history is shorter than that)")


def _kept(one: Review) -> list[str]:
    found = one.found
    lines = [*_due("action items", found.actions), *_due("postmortems", found.postmortems)]
    if declined := len(one.promises("declined")):
        lines.append(f"action items declined: {declined}")
    said = Share(sum(each.kept for each in found.promises), sum(each.n for each in found.promises))
    return [*lines, f"next updates as promised: {said.words}"] if said.n else lines


def _due(name: str, one: Keeping) -> list[str]:
    if not one.in_time.n:
        return []
    return [f"{name} in time: {one.in_time.words}; late {one.of('late')}, overdue {one.of('overdue')}"]


def _durations(found: Insight) -> list[str]:
    lines = []
    for metric in METRICS:
        if metric.convention is not Convention.CUMULATIVE:
            continue
        one = found.of(metric.name)
        if one.n:
            few = ", too few to compare" if one.n < FEW else ""
            lines.append(f"{_LONG[metric.name]}: {_length(one.median)}, {_length(one.p90)}, n {one.n}{few}")
    return lines


def _length(seconds: int | None) -> str:
    """``2 d 4 h``, ``41 min``: the two largest units that say something."""
    rest = seconds or 0
    words: list[str] = []
    for size, unit in _UNITS:
        if rest >= size and len(words) < 2:
            words.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(words) or "0 s"


def _budget(found: Insight) -> list[str]:
    missing, consumed = insight_budget.unattributed(found.budgets)
    if not missing:
        return []
    lines = [f"{_percent(missing / consumed)} of what is spent has no incident to its name"] if consumed else []
    worst = [one for one in found.budgets if one.unattributed][:3]
    return [*lines, *(f"{one.name}: {_percent(one.unattributed)} of its budget" for one in worst)]


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.3g} %"


def _reach(one: Review) -> list[str]:
    if not one.lessons:
        return []
    said = f"; useful to {one.useful} of {one.useful + one.useless} who said so" if one.useful + one.useless else ""
    return [f"the new postmortems were opened by {one.readers} readers, counted for each{said}"]


def _day(at: Any) -> str:
    return "no day" if at is None else str(at.format_iso()[:10])
