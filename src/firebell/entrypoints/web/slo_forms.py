"""The form that makes and edits an objective. It writes the OpenSLO document that a file would, and tries its query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.services import queries as services
from firebell.domain.slo import burn_rows, openslo_write, prombuckets, queries, windows
from firebell.domain.slo.exact import percent
from firebell.domain.slo.model import Absent, Compare, Evaluator, Method, Slo, Source
from firebell.domain.slo.openslo_nodes import Problem
from firebell.domain.slo.records import SloRecord
from firebell.entrypoints.web import slo_document, slo_words
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import FormLists, Here
from firebell.entrypoints.web.slo_document import SEVERITY_NAMES, STARTS, Start
from firebell.entrypoints.web.slo_rows import ref, title
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read
from firebell.workflows import budget_polls, prometheus_read, slo_written
from firebell.workflows.prometheus_read import Tried

router = APIRouter()
SOURCES = (
    (Source.PROMETHEUS, "Prometheus", "Two queries; also Mimir, Thanos, VictoriaMetrics."),
    (Source.PUSHED, "Pushed counts", "Your program posts good and total."),
    (Source.INCIDENTS, "From incidents", "Declared impact counts as downtime."),
)
METHODS: Choices = (
    (Method.OCCURRENCES, "Requests: weighed by traffic"),
    (Method.TIMESLICES, "Time slices: good ones by all"),
    (Method.RATIO_TIMESLICES, "Mean of the slices’ ratios"),
)
ABSENCES: Choices = ((Absent.LOW, "A low-urgency alert"), (Absent.HIGH, "A page"), (Absent.OFF, "Nothing"))
EVALUATORS: Choices = ((Evaluator.INTERNAL, "Firebell"), (Evaluator.PROMETHEUS, "Prometheus, by exported rules"))
COMPARISONS: Choices = (
    (Compare.LTE, "at most"), (Compare.LT, "below"), (Compare.GTE, "at least"), (Compare.GT, "above"),
)  # fmt: skip
LENGTHS: Choices = (("1d", "A day"), ("1w", "A week"), ("1M", "A month"), ("1Q", "A quarter"), ("1Y", "A year"))
SPARK_POINTS = 60


@dataclass(frozen=True, slots=True)
class Trial:
    """What the query says of the last hour. ``spark``: the error ratio of each bucket in per cent."""

    title: str
    lines: Sequence[str]
    warnings: Sequence[str]
    spark: Sequence[float]
    fine: bool


@dataclass(frozen=True, slots=True)
class SloForm:
    """``ref`` is empty for a new one. ``remarks``: what to know before saving."""

    ref: str
    name: str
    managed_by: str | None
    draft: Draft
    start: str
    open_starts: bool
    starts: Sequence[Start]
    services: Choices
    sources: Sequence[tuple[str, str, str]]
    data_sources: Choices
    shapes: Choices
    comparisons: Choices
    severities: Sequence[str]
    ticked: Sequence[str]
    lengths: Choices
    zones: Sequence[str]
    methods: Choices
    rules: Choices
    absences: Choices
    evaluators: Choices
    levels: Choices
    tried: Trial | None
    remarks: Sequence[str]
    problems: Sequence[str]


@router.get("/slos/new")
def new(here: Here, start: str = "", source: str = "", service: str = "") -> Response:
    given = next((one.values for one in STARTS if one.key == start), STARTS[1].values)
    values = {**slo_document.BLANK, "zone": here.zone, **given, "service": service}
    if source in set(Source):
        values["source"] = source
    if not here.read(queries.sources) and not source and not start:
        values["source"] = str(Source.PUSHED)
    return _form(here, None, Draft(values), start=start)


@router.post("/slos/new")
def create(here: Here, form: FormLists) -> Response:
    return _save(here, None, _values(form))


@router.get("/slos/{name}/edit")
def edit(here: Here, name: str) -> Response:
    record = here.read(lambda read: queries.slo(read, name))
    if not slo_document.fits_form(record.slo):
        said = Flash("It has several objectives or rows of its own, so it is edited as its document.", "note")
        return here.go(f"/slos/{ref(record)}/document", said)
    return _form(here, record, Draft(slo_document.values_of(record.slo) | {"version": str(record.version)}))


@router.post("/slos/{name}/edit")
def save(here: Here, name: str, form: FormLists) -> Response:
    record = here.read(lambda read: queries.slo(read, name))
    return _save(here, record, _values(form))


def _values(form: Mapping[str, list[str]]) -> dict[str, str]:
    """The last of each field; chosen severities together."""
    values = {name: several[-1] for name, several in form.items()}
    return values | {"severities": ",".join(form.get("severities", ()))}


def _save(here: Here, record: SloRecord | None, values: dict[str, str]) -> Response:
    document = slo_document.document_of(values, None if record is None else openslo_write.write(record.slo))
    action = values.get("action", "save")
    checked = here.read(lambda read: slo_written.check(read, document))
    tried = _try(here, checked.slo) if action == "test" else None
    if action in ("test", "check") or checked.problems:
        quiet = action == "test" and tried is not None
        draft = Draft(values) if quiet else _wrong(values, checked.problems)
        remarks = _remarks(checked.slo, tried) if checked.slo is not None else ()
        return _form(here, record, draft, tried=tried, remarks=remarks, problems=() if quiet else checked.problems)
    try:
        if record is None:
            made = here.run(lambda work: slo_written.create(work, document)).record
            return here.go(f"/slos/{ref(made)}", Flash(f"{title(made)} is made. {_next(made)}"))
        expected = int(values["version"]) if values.get("version", "").isdigit() else None
        made = here.run(lambda work: slo_written.edit(work, record.id, document, expected)).record
    except Refused as error:
        at = slo_document.input_of(error.field or "", values.get("kind") == "calendar")
        return _form(here, record, Draft(values, at, error.message, error.hint or ""))
    return here.go(f"/slos/{ref(made)}", Flash("Saved."))


def _next(record: SloRecord) -> str:
    match record.source:
        case Source.PUSHED:
            return "Push its first counts: the address is below."
        case Source.INCIDENTS:
            return "Its numbers come within a minute."
        case _:
            return "Prometheus is asked for its history now."


def _wrong(values: Mapping[str, str], problems: Sequence[Problem]) -> Draft:
    """The first problem stands at its input; the others are listed."""
    if not problems:
        return Draft(values)
    first = problems[0]
    at = slo_document.input_of(first.path, values.get("kind") == "calendar")
    return Draft(values, at, first.message, first.hint)


def _form(
    here: Here, record: SloRecord | None, draft: Draft, *, start: str = "", tried: Tried | None = None,
    remarks: Sequence[str] = (), problems: Sequence[Problem] = (),
) -> Response:  # fmt: skip
    def look(read: Read) -> SloForm:
        read.needs(Permission.SLOS_EDIT, record.team_id if record else some_team(here))
        return SloForm(
            ref="" if record is None else ref(record), name="" if record is None else title(record),
            managed_by=None if record is None else record.managed_by, draft=draft, start=start,
            open_starts=not draft.error and tried is None and not start, starts=STARTS,
            services=[(one.name, one.display_name) for one in services.services(read)], sources=SOURCES,
            data_sources=[(one.name, one.name) for one in queries.sources(read)], shapes=slo_document.SHAPES,
            comparisons=COMPARISONS, severities=SEVERITY_NAMES, ticked=draft.of("severities").split(","),
            lengths=LENGTHS, zones=sorted(available_timezones()), methods=METHODS,
            rules=[(name, name) for name in queries.rule_sets(read)], absences=ABSENCES, evaluators=EVALUATORS,
            levels=[(one, one) for one in SEVERITY_NAMES], tried=None if tried is None else _trial(tried),
            remarks=remarks, problems=[f"{one.message} {one.hint}".strip() for one in problems[1:]],
        )  # fmt: skip

    view = here.read(look)
    called = f"Edit {view.name}" if record else "New SLO"
    return here.page("slos/form.html", view, title=called, nav="slos", status=draft.status)


def some_team(here: Here) -> str | None:
    return next((team for team, granted in here.actor.teams.items() if Permission.SLOS_EDIT in granted), None)


# ------------------------------------------------------------------ trying the query


def _try(here: Here, slo: Slo | None) -> Tried | None:
    """Ask for the last hour; ``None`` when there is nothing to ask. No unit of work is open meanwhile."""
    if slo is None or slo.indicator is None or slo.indicator.source is not Source.PROMETHEUS:
        return None
    indicator = slo.indicator

    def look(read: Read) -> prometheus_read.Metrics:
        read.needs(Permission.SLOS_EDIT, some_team(here))
        known = [one for one in queries.sources(read) if one.type.lower() == "prometheus"]
        named = [one for one in known if one.name == indicator.data_source] if indicator.data_source else known
        if not named:
            raise Invalid("There is no data source to ask.", field="data_source", hint="Add one first.")
        return budget_polls.metrics_of(read, named[0], here.site.keyring)

    try:
        metrics = here.read(look)
    except Invalid as error:
        return Tried(prombuckets.Outcome.FAILED, (), Fraction(0), Fraction(0), None, 0, error.message, ())
    now = here.site.runner.clock.now()
    return prometheus_read.try_query(here.site.fetch, metrics, indicator, now, step=slo.bucket_s)


def _trial(tried: Tried) -> Trial:
    fine = tried.outcome in (prombuckets.Outcome.WHOLE, prombuckets.Outcome.PARTIAL)
    lines = [tried.words] if tried.words else []
    if tried.error is not None:
        good, total = (f"{float(one):,.0f}".replace(",", " ") for one in (tried.good, tried.total))
        lines.insert(0, f"{good} good of {total}: {percent(1 - tried.error, 4)} over {len(tried.buckets)} buckets.")
    ratios = [(1 - one.good / one.total) * 100 if one.total else 0.0 for one in tried.buckets[-SPARK_POINTS:]]
    spark = [round(one, 4) for one in ratios] if len(ratios) > 1 and any(ratios) else []
    heading = "The last hour" if fine else "The query gives nothing to count"
    return Trial(heading, lines, tried.warnings, spark, fine)


def _remarks(slo: Slo, tried: Tried | None) -> list[str]:
    """What this target means, rows that can never fire, and whether one failure alone would page."""
    one = slo.objectives[0]
    period_s = windows.nominal_s(slo.window)
    outage = slo_words.length(one.allowed * period_s)
    promise = slo_words.promise(one, slo.window)
    said = [f"{promise} leaves {outage} of full outage, or {percent(one.allowed, 4)} of all requests."]
    rules = burn_rows.BUILT_IN.get(slo.rules, burn_rows.DEFAULT)
    found = burn_rows.usable(slo.rows or rules.rows, one.allowed, period_s, written=False)
    said += found.warnings
    if tried is not None and tried.total > 0 and slo.indicator is not None and not slo.indicator.by_time:
        for low in burn_rows.low_traffic(found.rows, one.allowed, period_s, tried.total)[:1]:
            said.append(
                f"Low traffic: one failure alone is {percent(low.failure, 2)} of {slo_words.window_of(low.row.long_s)} "
                f"and fires (it spends {percent(low.spends, 1)} of the budget). Ask for at least {low.bad_events} bad "
                "events, take a longer window, merge services, or send synthetic probes."
            )
    return said
