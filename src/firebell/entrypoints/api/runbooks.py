"""``/api/v1/runbooks`` and their runs: what to do if, and what came of it each time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.incidents import queries as incidents
from firebell.domain.runbooks import commands, queries, rules
from firebell.domain.runbooks.commands import Fields
from firebell.domain.runbooks.model import Helped, Run, Runbook, StepState
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.incidents import plain
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read, Work
from firebell.workflows import runbook_worked

router = APIRouter(tags=["runbooks"], route_class=ApiRoute)

Reference = Annotated[str, Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(max_length=64)]
Note = Annotated[str, Field(max_length=2000)]


class RunbookShown(Shown):
    """A runbook. ``matchers`` as ``label="value"``; ``stale``: reasons not to trust it; ``problems`` of its text."""

    id: str
    name: str
    title: str
    body: str
    team_id: str | None
    owner_id: str | None
    service_ids: list[str]
    severities: list[str]
    matchers: list[str]
    title_pattern: str
    managed_by: str | None
    edited_at: str
    edited_by: str
    last_run_at: str | None
    last_success_at: str | None
    runs: int
    steps: list[dict[str, Any]]
    variables: list[str]
    problems: list[str]
    stale: list[str]
    version: int
    html_url: str


class RunbookEdit(Body):
    """What to change. It applies where everything that is given holds."""

    name: Name | None = None
    title: Annotated[str, Field(max_length=200)] | None = None
    body: Annotated[str, Field(max_length=65_536)] | None = None
    team: Reference | None = None
    owner: Reference | None = None
    services: list[Reference] | None = Field(None, max_length=50)
    severities: list[Annotated[str, Field(max_length=4)]] | None = Field(None, max_length=4)
    matchers: list[Annotated[str, Field(max_length=400)]] | None = Field(None, max_length=20)
    title_pattern: Annotated[str, Field(max_length=300)] | None = None


class NewRunbook(RunbookEdit):
    name: Name
    body: Annotated[str, Field(max_length=65_536)]


class RunShown(Shown):
    """A run: the frozen steps, and what became of each."""

    id: str
    runbook_id: str
    runbook_version: int
    title: str
    incident_id: str | None
    alert_id: str | None
    started_at: str
    started_by: str
    ended_at: str | None
    helped: str | None
    helped_note: str
    variables: dict[str, str]
    steps: list[dict[str, Any]]
    progress: list[dict[str, Any]]
    html_url: str


class NewRun(Body):
    """For an incident, an alert, or neither (a rehearsal)."""

    incident: Reference | None = None
    alert: Reference | None = None
    variables: dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict, max_length=50
    )


class StepEnd(Body):
    """``ok``, ``failed``, or ``skipped`` with a note that says why."""

    state: Annotated[str, Field(pattern="^(ok|failed|skipped)$")]
    note: Note = ""


class RunEnd(Body):
    helped: Helped
    note: Note = ""


def _shown(request: Request, r: Read, one: Runbook) -> RunbookShown:
    parsed = queries.parsed(one)
    values = {name: getattr(one, name) for name in RunbookShown.model_fields if hasattr(one, name)}
    for name in ("edited_at", "last_run_at", "last_success_at"):
        values[name] = iso(values[name])
    return RunbookShown(
        **values
        | {
            "service_ids": list(one.service_ids), "severities": list(one.severities),
            "matchers": [str(m) for m in one.matchers], "steps": plain(parsed.steps),
            "variables": list(parsed.variables), "problems": list(parsed.problems),
            "stale": runbook_worked.stale_reasons(r, one, parsed),
            "html_url": f"{site_of(request).base_url}/runbooks/{one.id}",
        }
    )  # fmt: skip


def _run_shown(request: Request, one: Run) -> RunShown:
    values = {name: getattr(one, name) for name in RunShown.model_fields if hasattr(one, name)}
    for name in ("started_at", "ended_at"):
        values[name] = iso(values[name])
    values |= {"steps": plain(one.steps), "progress": plain(one.progress)}
    return RunShown(**values, html_url=f"{site_of(request).base_url}/runbook-runs/{one.id}")


def _fields(r: Read, body: RunbookEdit) -> Fields:
    given = body.model_fields_set
    fields: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("name", "title", "body", "severities", "title_pattern")
        if name in given and getattr(body, name) is not None
    }
    if "team" in given:
        fields["team_id"] = references.team_id(r, body.team)
    if "owner" in given:
        fields["owner_id"] = references.user_id(r, body.owner, "owner") if body.owner else None
    if body.services is not None:
        fields["service_ids"] = [references.service(r, name).id for name in body.services]
    if body.matchers is not None:
        fields["matchers"] = [rules.read_matcher(text) for text in body.matchers]
    return fields  # type: ignore[return-value]


@router.get("/runbooks")
def list_runbooks(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    q: Annotated[str, Query(max_length=200)] = "",
    alert: Annotated[str | None, Query(max_length=40, description="Those that apply, the best first.")] = None,
    incident: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[RunbookShown]:  # fmt: skip
    """Runbooks by name; or those that apply to an alert or an incident, the best first."""

    def look(r: Read) -> Page[RunbookShown]:
        if alert is not None or incident is not None:
            found = (
                runbook_worked.matching_alert(r, alert)
                if alert is not None
                else runbook_worked.matching_incident(r, incident or "")
            )
            return Page(items=[_shown(request, r, one.runbook) for one in found[:limit]], next=None)
        kept, following = pages_of(queries.runbooks(r, q), limit, cursor, lambda one: one.name)
        return Page(items=[_shown(request, r, one) for one in kept], next=following)

    return read(request, look, caller)


@router.post("/runbooks", status_code=201)
def create_runbook(request: Request, response: Response, caller: Caller, body: NewRunbook) -> RunbookShown:
    """A new runbook: Markdown with steps ``- [ ] what to do {#id kind=check timeout=5m}``."""

    def make(w: Work) -> RunbookShown:
        made = commands.create(w, **_fields(w, body))
        tag(response, made.version)
        return _shown(request, w, made)

    return run(request, make, caller)


@router.get("/runbooks/{runbook}")
def get_runbook(request: Request, response: Response, runbook: str, caller: Caller) -> RunbookShown:
    """One runbook, by id or name."""

    def look(r: Read) -> RunbookShown:
        one = queries.runbook(r, runbook)
        tag(response, one.version)
        return _shown(request, r, one)

    return read(request, look, caller)


@router.patch("/runbooks/{runbook}")
def edit_runbook(
    request: Request, response: Response, runbook: str, caller: Caller, body: RunbookEdit, if_match: IfMatch = None
) -> RunbookShown:
    """Change what is given; every change is a version."""

    def change(w: Work) -> RunbookShown:
        after = commands.edit(w, queries.runbook(w, runbook).id, expected(if_match), **_fields(w, body))
        tag(response, after.version)
        return _shown(request, w, after)

    return run(request, change, caller)


@router.delete("/runbooks/{runbook}", status_code=204)
def delete_runbook(request: Request, runbook: str, caller: Caller) -> None:
    """Take it out of use; its runs stay readable."""
    run(request, lambda w: commands.delete(w, queries.runbook(w, runbook).id), caller)


@router.post("/runbooks/{runbook}:detach")
def detach_runbook(request: Request, response: Response, runbook: str, caller: Caller) -> RunbookShown:
    """Take it out of a configuration file's hands."""

    def change(w: Work) -> RunbookShown:
        after = commands.edit(w, queries.runbook(w, runbook).id, managed_by=None)
        tag(response, after.version)
        return _shown(request, w, after)

    return run(request, change, caller)


@router.post("/runbooks/{runbook}:run", status_code=201)
def start_run(request: Request, runbook: str, caller: Caller, body: NewRun | None = None) -> RunShown:
    """Start working through it: a frozen copy with its variables filled in."""
    given = body or NewRun()
    if given.incident is not None and given.alert is not None:
        raise Invalid("A run is for an incident or for an alert.", field="alert", hint="Send one of the two.")

    def start(w: Work) -> RunShown:
        made = runbook_worked.start(
            w, runbook, incident_id=given.incident, alert_id=given.alert, variables=given.variables
        )
        return _run_shown(request, made)

    return run(request, start, caller)


@router.get("/runbooks/{runbook}/runs")
def list_runs(request: Request, runbook: str, caller: Caller) -> list[RunShown]:
    """Its runs, newest first; those of incidents the caller may not see are left out."""

    def look(r: Read) -> list[RunShown]:
        hidden = incidents.hidden_subjects(r)
        found = queries.runs_of(r, runbook_id=queries.runbook(r, runbook).id)
        return [_run_shown(request, one) for one in found if one.incident_id not in hidden]

    return read(request, look, caller)


@router.get("/runbook-runs/{run_id}")
def get_run(request: Request, run_id: str, caller: Caller) -> RunShown:
    """One run."""
    return read(request, lambda r: _run_shown(request, runbook_worked.visible(r, run_id)), caller)


@router.post("/runbook-runs/{run_id}/steps/{step}:end")
def end_step(request: Request, run_id: str, step: str, caller: Caller, body: StepEnd) -> RunShown:
    """Tick one step."""
    return run(
        request,
        lambda w: _run_shown(request, runbook_worked.tick(w, run_id, step, StepState(body.state), body.note)),
        caller,
    )


@router.post("/runbook-runs/{run_id}/steps/{step}:call")
def call_step(request: Request, run_id: str, step: str, caller: Caller) -> RunShown:
    """Make the call of an ``http`` step and tick it by the answer."""
    site = site_of(request)
    return _run_shown(request, runbook_worked.call(site.runner, site.fetch, caller, run_id, step))


@router.post("/runbook-runs/{run_id}:end")
def end_run(request: Request, run_id: str, caller: Caller, body: RunEnd) -> RunShown:
    """It is over: did it help?"""

    def do(w: Work) -> RunShown:
        runbook_worked.visible(w, run_id)
        return _run_shown(request, commands.end(w, run_id, body.helped, body.note))

    return run(request, do, caller)
