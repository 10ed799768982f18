"""The page of one objective, put together from what ``slos`` has looked up. Pure, so that it is tried by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import quote

from firebell.domain.slo.attribution import Basis
from firebell.domain.slo.coverage import SETTLE_S
from firebell.domain.slo.exact import shown
from firebell.domain.slo.model import Calendar, Indicator, Shape, Source
from firebell.domain.slo.records import Review, SloRecord
from firebell.entrypoints.web import moments, slo_rows, slo_view, slo_words
from firebell.entrypoints.web import slo_burn_lines as burn_lines
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.slo_charts import Chart
from firebell.entrypoints.web.slo_found import Forgiven, Found
from firebell.entrypoints.web.slo_rows import SloRow, ref
from firebell.entrypoints.web.slo_view import (
    TICK_S,
    Amount,
    Expected,
    Forecast,
    Missed,
    RowLine,
    ShareLine,
    Shares,
)
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.workflows.budget_composites import WHOLE


@dataclass(frozen=True, slots=True)
class SloPage:
    record: SloRecord
    index: int
    href: str
    row: SloRow
    whole: SloRow | None
    tabs: Sequence[object]
    service: tuple[str, str] | None
    team: str
    method: tuple[str, str]
    composite: str
    source: str
    queries: Sequence[tuple[str, str]]
    evaluator: str
    absent: str
    target: str
    window_words: str
    state_since: Instant | None
    at: Instant | None
    amount: Amount | None
    sli: str
    charged: str
    measured: str
    coverage: str
    chart: Chart | None
    previous: Chart | None
    previous_words: str
    forecast: Forecast
    rules: str
    alerts: Sequence[str]
    alerts_href: str
    lines: Sequence[RowLine]
    dropped: Sequence[str]
    expected: Sequence[Expected]
    delay: str
    shares: Shares | None
    missed: Sequence[Missed]
    declare_href: str
    adjustments: Sequence[Forgiven]
    categories: Choices
    exemptions: Choices
    ref: str
    draft: Draft
    gate: tuple[str, str, str] | None
    gate_words: str
    policy: tuple[str, str, bool] | None
    warnings: Sequence[str]
    anomalies: Sequence[str]
    data: Sequence[tuple[str, str]]
    review: Review | None
    waiting: str
    push: str
    rules_possible: bool
    timeline: Sequence[Line]
    may_edit: bool
    may_declare: bool


def assemble(found: Found, now: Instant, zone: str) -> SloPage:
    record, state, slo = found.record, found.state, found.record.slo
    objective = slo.objectives[found.index]
    row = slo_rows.row(record, found.index, state, found.clock, now, zone)
    indicator = objective.indicator or slo.indicator
    at = now if state is None or state.at is None else state.at
    refunds = burn_lines.refunds(found.points, at)
    ahead = Forecast((), "", (), ())
    if state is not None:
        ahead = slo_view.forecast_of(slo, state, refunds, found.daily, at, zone)
    period_s = state.period_s if state is not None and state.period_s else slo_view.nominal_s(slo.window)
    known = state is not None and state.remaining is not None
    return SloPage(
        record=record,
        index=found.index,
        href=f"/slos/{ref(record)}" + (f"?objective={found.index}" if found.index else ""),
        row=row,
        whole=_whole(found, now, zone),
        tabs=_tabs(record),
        service=found.service,
        team=found.team,
        method=slo_words.METHODS[slo.method],
        composite="" if slo.composite is None else slo_words.COMPOSITES[slo.composite],
        source=slo_words.indicator(indicator),
        queries=_queries(indicator),
        evaluator=slo_words.EVALUATORS[slo.evaluator],
        absent=slo_words.ABSENCES[slo.absent],
        target=slo_words.target(objective),
        window_words=slo_words.window(slo.window),
        state_since=state.state_since if known and state else None,
        at=state.at if known and state else None,
        amount=None
        if state is None or indicator is None
        else slo_view.amount(record, objective, state, found.tally, indicator.atoms),
        sli="–" if state is None or state.sli is None else slo_words.error(state.sli),
        charged=slo_words.share(None if state is None else state.charged),
        measured=slo_words.share(None if state is None else state.measured),
        coverage=slo_words.share(None if state is None else state.coverage),
        chart=burn_lines.chart(found, state, ahead, at, zone) if known and state else None,
        previous=burn_lines.previous(found, at, zone),
        previous_words=burn_lines.days_of(found.before, slo.window.zone if isinstance(slo.window, Calendar) else zone),
        forecast=ahead,
        rules="its own" if slo.rows else slo.rules,
        alerts=row.alerts,
        alerts_href=f"/alerts?state=all&q={quote('slo/' + slo.name)}",
        lines=() if state is None else slo_view.row_lines(state, objective.allowed),
        dropped=found.usable.warnings,
        expected=slo_view.expected(found.usable.rows, objective.allowed, period_s),
        delay=slo_words.length(TICK_S + SETTLE_S),
        shares=None if state is None else slo_view.shares_of(state, _lines(found)),
        missed=slo_view.missed_of(found.missed),
        declare_href=_declare(found),
        adjustments=found.adjustments,
        categories=tuple(slo_words.CATEGORIES.items()),
        exemptions=[(key, _capital(words)) for key, words in slo_words.EXEMPTIONS.items()],
        ref=ref(record),
        draft=found.draft,
        gate=None if found.answer is None else slo_words.DECISIONS[found.answer.decision],
        gate_words=_gate_words(found),
        policy=found.policy,
        warnings=() if found.clock is None else found.clock.warnings,
        anomalies=_anomalies(found, now),
        data=_data(found, now, zone),
        review=found.review,
        waiting=_waiting(found),
        push=push_snippet(found.base_url, record, found.index, now)
        if indicator and indicator.source is Source.PUSHED
        else "",
        rules_possible=all(part.indicator.source is Source.PROMETHEUS for part in record.parts) and bool(record.parts),
        timeline=found.timeline,
        may_edit=found.may_edit,
        may_declare=found.may_declare,
    )


def _whole(found: Found, now: Instant, zone: str) -> SloRow | None:
    if found.whole is None:
        return None
    return slo_rows.row(found.record, WHOLE, found.whole, None, now, zone)


def _anomalies(found: Found, now: Instant) -> list[str]:
    if found.clock is None:
        return []
    return [slo_words.ANOMALIES[one] for one in sorted(found.clock.suspicious(now))]


def _gate_words(found: Found) -> str:
    reasons = () if found.answer is None else found.answer.reasons
    return slo_words.minus(reasons[0].words) if reasons else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _tabs(record: SloRecord) -> list[object]:
    several = record.slo.objectives
    return [
        SimpleNamespace(
            key=index, count=None, label=one.name or slo_words.target(one),
            href=f"/slos/{ref(record)}?objective={index}",
        )
        for index, one in enumerate(several)
        if len(several) > 1
    ]  # fmt: skip


def _queries(indicator: Indicator | None) -> list[tuple[str, str]]:
    if indicator is None or indicator.source is not Source.PROMETHEUS:
        return []
    first = {Shape.GOOD_TOTAL: "Good", Shape.BAD_TOTAL: "Errors", Shape.THRESHOLD: "Value"}.get(
        indicator.shape, "Ratio"
    )
    compared = f" {indicator.op} {indicator.value}" if indicator.op is not None else ""
    return [(first, indicator.part + compared), *([("All", indicator.total)] if indicator.total else [])]


# ------------------------------------------------------------------ the rest


def _lines(found: Found) -> list[ShareLine]:
    lines = []
    for index, one in enumerate(found.claimed):
        share = one.record.share
        measured = share.basis is Basis.MEASURED
        lines.append(
            ShareLine(
                mark=slo_view.mark(index), incident_id=one.record.incident_id, reference=one.reference,
                title=one.title, net=slo_words.share(share.net, 2) if measured else "–",
                gross=slo_words.share(share.gross, 2) if measured else "–",
                declared=slo_words.share(share.declared, 2),
                difference=slo_words.share(share.difference, 2) if measured else "–",
                charged=slo_words.share(share.charged, 2),
                basis="Declared, not measured" if share.basis is Basis.DECLARED else "",
                usual=slo_words.error(share.usual), provisional=share.provisional,
                exempt=slo_words.EXEMPTIONS.get(one.record.exempt, one.record.exempt), worth=share.net,
                exemption=one.record.exempt, weight=shown(one.record.weight),
            )
        )  # fmt: skip
    return lines


def _declare(found: Found) -> str:
    title = quote(f"{slo_rows.title(found.record)} burned its error budget")
    service = f"&service={found.record.service_id}" if found.record.service_id else ""
    return f"/incidents/new?title={title}{service}"


def _data(found: Found, now: Instant, zone: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if found.series is not None and found.series.newest_end is not None:
        rows.append(("Newest", moments.local(from_micros(found.series.newest_end * 1_000_000), zone, now)))
    if found.series is not None and found.series.first_start is not None:
        rows.append(("Since", moments.local(from_micros(found.series.first_start * 1_000_000), zone, now)))
        rows.append(("Resolution", slo_words.length(found.series.bucket_s)))
    return rows


def _waiting(found: Found) -> str:
    if found.series is not None and found.series.newest_end is not None:
        return ""
    match found.record.source:
        case Source.PUSHED:
            return "Its program has to push them."
        case Source.PROMETHEUS:
            return "Prometheus is asked once a minute. “Test query” in the form shows what it says."
        case Source.INCIDENTS:
            return "They come with the next evaluation, within a minute."
        case _:
            return ""


def push_snippet(base_url: str, record: SloRecord, index: int, now: Instant) -> str:
    """How counts are pushed, with the real address."""
    minute = from_micros(micros(now) // 60_000_000 * 60_000_000).format_iso()
    which = f', "objective": {index}' if record.slo.objectives[index].indicator is not None else ""
    return (
        f"curl {base_url}/api/v1/slos/{record.id}/series \\\n"
        '  -H "Authorization: Bearer $FIREBELL_TOKEN" -H "Content-Type: application/json" \\\n'
        f"""  -d '{{"mode": "replace"{which}, "points": [{{"start": "{minute}", "good": 993, "total": 1000}}]}}'"""
    )
