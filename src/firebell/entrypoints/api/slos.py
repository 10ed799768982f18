"""``/api/v1/slos``: objectives as OpenSLO documents, what is left of their budgets, and the counts they rest on."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field

from firebell.domain.incidents import service_queries as incidents
from firebell.domain.slo import commands, counting, openslo_write, promrules, queries
from firebell.domain.slo.coverage import Presence
from firebell.domain.slo.model import BudgetState, Source
from firebell.domain.slo.records import ObjectiveState, SloRecord
from firebell.domain.slo.series import POINTS_MAX, Mode
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import (
    Body,
    Cursor,
    IfMatch,
    Limit,
    Page,
    Shown,
    expected,
    iso,
    moment,
    pages_of,
    tag,
)
from firebell.entrypoints.api.requests import KEY_HEADER, ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Permission
from firebell.kernel.clock import from_micros, micros
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import budget_unseen, slo_written
from firebell.workflows.slo_written import Written

router = APIRouter(prefix="/slos", tags=["slos"], route_class=ApiRoute)

SPAN_MAX_S = 31 * 86_400
Slo = Annotated[str, Field(max_length=100)]
Document = Annotated[dict[str, Any], Field(description="An OpenSLO document of kind SLO, apiVersion openslo/v1.")]
Index = Annotated[int, Query(ge=0, le=100, description="Which objective of the document, from 0.")]
_ORDER = {BudgetState.EXHAUSTED: 2, BudgetState.CAUTION: 1, BudgetState.OK: 0}


class SloShown(Shown):
    """``state``: the worst of its objectives, null before it was ever evaluated. ``document`` is OpenSLO."""

    id: str
    name: str
    display_name: str
    service: str
    service_id: str | None
    team_id: str | None
    source: str | None
    state: str | None
    document: dict[str, Any]
    managed_by: str | None
    created_at: str
    updated_at: str
    version: int
    html_url: str


class WarningShown(Shown):
    """What was understood, but should be said aloud."""

    path: str
    message: str
    hint: str


class SloWritten(SloShown):
    warnings: list[WarningShown]


class NewSlo(Body):
    document: Document


class ObjectiveShown(Shown):
    """Shares are of the period's budget and may be below 0 or above 1; null when nothing is known.

    ``measured`` and ``charged``: what is spent, without and with adjustments and exemptions. ``remaining`` is what is
    left of what is charged. ``coverage``: how much of the window is known. ``unattributed``: what no incident claims.
    ``burn_rates``: by window in seconds. ``alerts``: how each stream stands.
    """

    objective: int
    name: str
    target: str
    state: str
    state_since: str | None
    at: str | None
    window_start: str | None
    window_end: str | None
    period_s: int
    elapsed_s: int
    knowing: str
    sli: float | None
    measured: float | None
    charged: float | None
    remaining: float | None
    unattributed: float | None
    coverage: float
    burn_rates: dict[str, float]
    alerts: dict[str, str]


class BudgetShown(Shown):
    """``anomalies``: what looks wrong in the data. ``error``: what its source last answered, if it failed."""

    slo: str
    objectives: list[ObjectiveShown]
    presence: str
    anomalies: list[str]
    error: str
    warnings: list[str]


class PointShown(Shown):
    """Counts of one bucket. Fractions are kept: Prometheus extrapolates."""

    start: str
    good: float
    total: float


class SeriesShown(Shown):
    """A bucket that is not listed is unknown; one with ``total`` 0 had no traffic."""

    slo: str
    objective: int
    bucket_s: int
    first: str | None
    newest: str | None
    points: list[PointShown]


class Point(Body):
    """``start`` is the start of a bucket, with its zone. ``good`` and ``total`` are numbers or their text."""

    start: Annotated[str, Field(max_length=50)]
    good: float | Annotated[str, Field(max_length=40)]
    total: float | Annotated[str, Field(max_length=40)]


class Push(Body):
    """``replace``: the bucket is this. ``add``: this comes on top; needs an ``Idempotency-Key``. ``counter``: the
    counter stands at this, and what it grew by counts."""

    mode: Mode = Mode.REPLACE
    objective: Annotated[int, Field(ge=0, le=100)] = 0
    points: Annotated[list[Point], Field(min_length=1, max_length=POINTS_MAX)]


class RefusedPoint(Shown):
    index: int
    message: str


class PushShown(Shown):
    """``stored`` are new or other than before, ``replaced`` those of them that were there."""

    stored: int
    replaced: int
    refused: list[RefusedPoint]
    anomalies: list[str]


class ShareShown(Shown):
    """An incident's share of the period's budget. ``basis``: measured or declared. ``net`` is above what was usual just
    before, ``gross`` all of it. ``charged``: what policies see. ``provisional``: the incident is open."""

    incident_id: str
    incident: str
    title: str
    basis: str
    share: float
    net: float
    gross: float
    declared: float
    charged: float
    weight: float
    exempt: str
    provisional: bool
    version: int


class AttributionShown(Shown):
    """The measured shares (``net``) and what is ``unattributed`` add up to what is ``consumed``."""

    slo: str
    objective: int
    consumed: float | None
    unattributed: float | None
    shares: list[ShareShown]


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 9)


def _sure(value: Fraction) -> float:
    return round(float(value), 9)


def _shown(request: Request, r: Read, found: list[SloRecord]) -> list[SloShown]:
    states = queries.states(r, [one.id for one in found])
    worst: dict[str, BudgetState] = {}
    for (slo_id, _), one in states.items():
        worst[slo_id] = max(worst.get(slo_id, one.state), one.state, key=_ORDER.__getitem__)
    return [
        SloShown(
            id=one.id, name=one.name, display_name=one.slo.display_name, service=one.slo.service,
            service_id=one.service_id, team_id=one.team_id, source=one.source, state=worst.get(one.id),
            document=openslo_write.write(one.slo), managed_by=one.managed_by,
            created_at=one.created_at.format_iso(), updated_at=one.updated_at.format_iso(), version=one.version,
            html_url=f"{site_of(request).base_url}/slos/{one.id}",
        )
        for one in found
    ]  # fmt: skip


def _written(request: Request, response: Response, w: Work, done: Written) -> SloWritten:
    tag(response, done.record.version)
    warnings = [WarningShown(path=one.path, message=one.message, hint=one.hint) for one in done.warnings]
    return SloWritten(**_shown(request, w, [done.record])[0].model_dump(), warnings=warnings)


@router.get("")
def list_slos(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    service: Annotated[str | None, Query(max_length=100, description="Name or id.")] = None,
    team: Annotated[str | None, Query(max_length=100, description="Name or id.")] = None,
    state: Annotated[BudgetState | None, Query(description="Any of its objectives is in it.")] = None,
    source: Source | None = None,
    q: Annotated[str, Query(max_length=100, description="Words in its names.")] = "",
) -> Page[SloShown]:  # fmt: skip
    """The objectives you may see, oldest first."""

    def look(r: Read) -> Page[SloShown]:
        found = queries.slos(
            r, service_id=references.service(r, service).id if service else None, team_id=references.team_id(r, team),
            state=state, source=source, words=q,
        )  # fmt: skip
        kept, following = pages_of(found, limit, cursor, lambda one: one.id)
        return Page(items=_shown(request, r, kept), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_slo(request: Request, response: Response, caller: Caller, body: NewSlo) -> SloWritten:
    """A new objective. Its service has to be there: its alerts and its gate are the service's."""
    return run(request, lambda w: _written(request, response, w, slo_written.create(w, body.document)), caller)


@router.get("/rules", response_class=PlainTextResponse)
def all_rules(request: Request, caller: Caller) -> PlainTextResponse:
    """Prometheus rules of every objective that is measured by queries, as one YAML file."""

    def look(r: Read) -> str:
        asked = [
            one.slo for one in queries.slos(r)
            if one.parts and all(part.indicator.source is Source.PROMETHEUS for part in one.parts)
        ]  # fmt: skip
        return promrules.text(asked, queries.rule_sets(r))

    return PlainTextResponse(read(request, look, caller), media_type="application/yaml")


@router.get("/{slo}")
def get_slo(request: Request, response: Response, slo: Slo, caller: Caller) -> SloShown:
    """One objective, by id or name."""

    def look(r: Read) -> SloShown:
        found = queries.slo(r, slo)
        tag(response, found.version)
        return _shown(request, r, [found])[0]

    return read(request, look, caller)


@router.patch("/{slo}")
def edit_slo(
    request: Request, response: Response, slo: Slo, caller: Caller, body: NewSlo, if_match: IfMatch = None
) -> SloWritten:
    """Write its document anew. Its counts stay as long as they count the same."""

    def change(w: Work) -> SloWritten:
        found = queries.slo(w, slo)
        return _written(request, response, w, slo_written.edit(w, found.id, body.document, expected(if_match)))

    return run(request, change, caller)


@router.delete("/{slo}", status_code=204)
def delete_slo(request: Request, slo: Slo, caller: Caller, if_match: IfMatch = None) -> None:
    """It is evaluated no more."""
    run(request, lambda w: commands.delete(w, queries.slo(w, slo).id, expected(if_match)), caller)


@router.post("/{slo}:detach")
def detach_slo(request: Request, response: Response, slo: Slo, caller: Caller) -> SloShown:
    """Take it out of a configuration file's hands."""

    def change(w: Work) -> SloShown:
        found = commands.detach(w, queries.slo(w, slo).id)
        tag(response, found.version)
        return _shown(request, w, [found])[0]

    return run(request, change, caller)


@router.get("/{slo}/budget")
def show_budget(request: Request, slo: Slo, caller: Caller) -> BudgetShown:
    """What is left of each of its budgets, as of the last evaluation."""

    def look(r: Read) -> BudgetShown:
        found = queries.slo(r, slo)
        states, clock = queries.states(r, [found.id]), queries.clock(r, found.id)
        unseen = budget_unseen.spent(r)
        return BudgetShown(
            slo=found.name,
            objectives=[
                _objective(
                    found,
                    index,
                    states.get((found.id, index), ObjectiveState(found.id, index)),
                    unseen.get((found.id, index), Fraction(0)),
                )
                for index in range(len(found.slo.objectives))
            ],
            presence=str(clock.presence or Presence.WAITING),
            anomalies=sorted(clock.suspicious(r.now)),
            error=clock.error,
            warnings=list(clock.warnings),
        )

    return read(request, look, caller)


def _objective(found: SloRecord, index: int, state: ObjectiveState, unseen: Fraction) -> ObjectiveShown:
    """``unseen``: what incidents hidden from the reader have spent; to them no incident claims it."""
    one = found.slo.objectives[index]
    unattributed = None if state.unattributed is None else state.unattributed + unseen
    return ObjectiveShown(
        objective=index, name=one.name, target=one.typed + ("%" if one.percent else ""), state=state.state,
        state_since=iso(state.state_since), at=iso(state.at),
        window_start=iso(state.window.start) if state.window else None,
        window_end=iso(state.window.end) if state.window else None, period_s=state.period_s,
        elapsed_s=state.elapsed_s, knowing=state.knowing, sli=_number(state.sli), measured=_number(state.measured),
        charged=_number(state.charged), remaining=_number(state.remaining), unattributed=_number(unattributed),
        coverage=_sure(state.coverage),
        burn_rates={str(window): _sure(rate) for window, rate in sorted(state.rates.items())},
        alerts={str(stream): str(is_.standing) for stream, is_ in state.streams.items()},
    )  # fmt: skip


@router.get("/{slo}/series")
def show_series(
    request: Request, slo: Slo, caller: Caller, objective: Index = 0,
    since: Annotated[str | None, Query(max_length=50, description="An hour ago, unless given.")] = None,
    until: Annotated[str | None, Query(max_length=50, description="Now, unless given; at most 31 days.")] = None,
) -> SeriesShown:  # fmt: skip
    """The counts as they are kept, one for each bucket that is known."""

    def look(r: Read) -> SeriesShown:
        found = queries.slo(r, slo)
        _there(found, objective)
        end = micros(r.now if until is None else moment(until, "until")) // 1_000_000
        start = end - 3600 if since is None else micros(moment(since, "since")) // 1_000_000
        if not 0 <= end - start <= SPAN_MAX_S or start < 0:
            raise Invalid("Ask for at most 31 days, from before to after.", field="since", hint="Ask in parts.")
        part = found.part_of(objective)
        info = queries.series(r, found.id).get(part)
        atoms = found.indicator(part).atoms
        return SeriesShown(
            slo=found.name, objective=objective, bucket_s=found.slo.bucket_s,
            first=_second(info.first_start) if info else None, newest=_second(info.newest_end) if info else None,
            points=[
                PointShown(start=_second(one.start) or "", good=one.good / atoms, total=one.total / atoms)
                for one in queries.buckets(r, found, part, start, end)
            ],
        )  # fmt: skip

    return read(request, look, caller)


@router.post("/{slo}/series")
def push_series(request: Request, slo: Slo, caller: Caller, body: Push) -> PushShown:
    """Push counts. The same again changes nothing (unless added). One faulty point refuses all, one from the future
    only itself."""
    if body.mode is Mode.ADD and not request.headers.get(KEY_HEADER):
        raise Invalid(
            "Adding needs an Idempotency-Key: a repeated request would count twice.", field="Idempotency-Key",
            hint="Send one, or push whole buckets with mode replace.",
        )  # fmt: skip

    def job(w: Work) -> PushShown:
        found = queries.slo(w, slo)
        points = [one.model_dump() for one in body.points]
        done = counting.push(w, found.id, points, mode=body.mode, objective=body.objective)
        return PushShown(
            stored=done.stored, replaced=done.replaced, anomalies=sorted(done.anomalies),
            refused=[RefusedPoint(index=one.index, message=one.words) for one in done.refused],
        )  # fmt: skip

    return run(request, job, caller)


@router.get("/{slo}/attribution")
def show_attribution(request: Request, slo: Slo, caller: Caller, objective: Index = 0) -> AttributionShown:
    """Whose burn it was. Of incidents that you may not see nothing is said: their burn counts as unattributed."""

    def look(r: Read) -> AttributionShown:
        found = queries.slo(r, slo)
        _there(found, objective)
        records = queries.attributions(r, found.id, objective)
        seen = incidents.those(r, [one.incident_id for one in records]) if _may_see(r, found) else {}
        shares = [one for one in records if one.incident_id in seen]
        state = queries.state(r, found.id, objective)
        consumed = None if state is None else state.measured
        rest = None if consumed is None else consumed - sum((one.share.net for one in shares), Fraction(0))
        return AttributionShown(
            slo=found.name, objective=objective, consumed=_number(consumed), unattributed=_number(rest),
            shares=[
                ShareShown(
                    incident_id=one.incident_id, incident=seen[one.incident_id].reference,
                    title=seen[one.incident_id].title, basis=one.share.basis,
                    share=_sure(one.share.used), net=_sure(one.share.net), gross=_sure(one.share.gross),
                    declared=_sure(one.share.declared), charged=_sure(one.share.charged), weight=_sure(one.weight),
                    exempt=one.exempt, provisional=one.share.provisional, version=one.version,
                )
                for one in shares
            ],
        )  # fmt: skip

    return read(request, look, caller)


@router.get("/{slo}/rules", response_class=PlainTextResponse)
def show_rules(request: Request, slo: Slo, caller: Caller) -> PlainTextResponse:
    """Its recording and alerting rules for Prometheus, as YAML."""

    def look(r: Read) -> str:
        return promrules.text([queries.slo(r, slo).slo], queries.rule_sets(r))

    return PlainTextResponse(read(request, look, caller), media_type="application/yaml")


def _may_see(r: Read, found: SloRecord) -> bool:
    """Whether incidents are this caller's business at all."""
    return r.actor.may(Permission.INCIDENTS_VIEW, found.team_id)


def _there(found: SloRecord, objective: int) -> None:
    if objective >= len(found.slo.objectives):
        raise NotFound("There is no such objective.", field="objective")


def _second(at: int | None) -> str | None:
    return None if at is None else from_micros(at * 1_000_000).format_iso()
