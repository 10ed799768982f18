"""Runbooks: the list, one with its versions and runs, and the form that writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.incidents import queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.runbooks import commands, parsing, queries, rules
from firebell.domain.runbooks.commands import SEVERITIES, Fields
from firebell.domain.runbooks.model import Parsed, Runbook
from firebell.domain.services import queries as services
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_runbooks import RunRow, row
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Forbidden, Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import runbook_worked

router = APIRouter()
EXAMPLE = """\
What this is for, and how to see that it is needed.

- [ ] Is the queue of {{service}} growing? If it is, go on with [the failover](#failover) {#queue kind=check timeout=5m}
- [ ] Restart the workers {#restart kind=manual timeout=10m}
- [ ] Fail over to the other region {#failover kind=dangerous timeout=30m}
- [ ] Is it well again? {#well kind=check}
"""


@dataclass(frozen=True, slots=True)
class RunbookRow:
    runbook: Runbook
    steps: int
    services: str
    stale: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunbooksPage:
    """``missing`` and ``wrong``: how often somebody looked for one and found none, or a wrong one."""

    rows: Sequence[RunbookRow]
    q: str
    may_edit: bool
    missing: int
    wrong: int


@dataclass(frozen=True, slots=True)
class RunbookPage:
    runbook: Runbook
    parsed: Parsed
    html: str
    applies: Sequence[str]
    stale: Sequence[str]
    owner: str
    versions: Sequence[Any]
    names: Any
    runs: Sequence[RunRow]
    may_edit: bool
    may_run: bool


@dataclass(frozen=True, slots=True)
class RunbookForm:
    """``id`` empty: a new one. ``problems``: what is wrong with its text, which may be saved all the same."""

    id: str
    draft: Draft
    services: Choices
    chosen: Sequence[str]
    severities: Sequence[str]
    people: Choices
    problems: Sequence[str]
    steps: int


@router.get("/runbooks")
def show_list(here: Here, q: str = Query("", max_length=200)) -> Response:
    def look(read: Read) -> RunbooksPage:
        called = {str(one.id): one.display_name for one in services.services(read)}
        rows = []
        for one in queries.runbooks(read, q):
            parsed = queries.parsed(one)
            stale = runbook_worked.stale_reasons(read, one, parsed)
            named = ", ".join(called.get(s, "a deleted service") for s in one.service_ids)
            rows.append(RunbookRow(one, len(parsed.steps), named, stale))
        counted = queries.misses(read)
        return RunbooksPage(
            rows, q, here.may(Permission.RUNBOOKS_EDIT), counted.get("missing", 0), counted.get("wrong", 0)
        )

    return here.page("runbooks/list.html", here.read(look), title="Runbooks", nav="runbooks", block="list")


@router.get("/runbooks/new")
def new(here: Here) -> Response:
    return _form(here, "", {"body": EXAMPLE}, (), ())


@router.post("/runbooks/new")
def create(here: Here, form: FormLists) -> Response:
    return _save(here, "", form)


@router.get("/runbooks/{runbook_id}")
def show(here: Here, runbook_id: str) -> Response:
    def look(read: Read) -> RunbookPage:
        one = queries.runbook(read, runbook_id)
        parsed = queries.parsed(one)
        hidden = incidents.hidden_subjects(read)
        runs = [row(r, read) for r in queries.runs_of(read, runbook_id=one.id) if r.incident_id not in hidden]
        versions = queries.history(read, one.id)
        names = look_up(read, {one.owner_id, *(v.edited_by for v in versions), *one.service_ids})
        applies = [names.of(s) for s in one.service_ids] + list(one.severities) + [str(m) for m in one.matchers]
        if one.title_pattern:
            applies.append(f"title matches {one.title_pattern}")
        return RunbookPage(
            one, parsed, one.body, applies, runbook_worked.stale_reasons(read, one, parsed), names.of(one.owner_id),
            versions, names, runs, here.may(Permission.RUNBOOKS_EDIT, one.team_id),
            here.may(Permission.RUNBOOKS_RUN, one.team_id),
        )  # fmt: skip

    view = here.read(look)
    return here.page("runbooks/runbook.html", view, title=view.runbook.title, nav="runbooks")


@router.get("/runbooks/{runbook_id}/edit")
def edit(here: Here, runbook_id: str) -> Response:
    one = here.read(lambda read: queries.runbook(read, runbook_id))
    values = {
        "name": one.name, "title": one.title, "body": one.body, "owner_id": one.owner_id or "",
        "title_pattern": one.title_pattern, "matchers": "\n".join(str(m) for m in one.matchers),
        "version": str(one.version),
    }  # fmt: skip
    return _form(here, one.id, values, one.service_ids, one.severities)


@router.post("/runbooks/{runbook_id}/edit")
def change(here: Here, runbook_id: str, form: FormLists) -> Response:
    return _save(here, runbook_id, form)


@router.post("/runbooks/{runbook_id}/delete")
def delete(here: Here, runbook_id: str, form: Form) -> Response:
    try:
        here.run(lambda work: commands.delete(work, runbook_id))
    except Conflict as error:
        return here.go(f"/runbooks/{runbook_id}", Flash(f"{error.message} {error.hint or ''}", "attention"))
    return here.go("/runbooks", Flash("Deleted. Its runs stay readable.", "note"))


def _form(
    here: Here, runbook_id: str, values: Mapping[str, str], chosen: Sequence[str], severities: Sequence[str],
    error: Refused | None = None,
) -> Response:  # fmt: skip
    parsed = parsing.parse(values.get("body", ""))
    draft = Draft(values) if error is None else refused(values, error)

    def look(read: Read) -> RunbookForm:
        if not here.may(Permission.RUNBOOKS_EDIT):
            raise Forbidden("You may not write runbooks.", hint="Ask a manager of the team.")
        return RunbookForm(
            runbook_id, draft, [(s.id, s.display_name) for s in services.services(read)], chosen, severities,
            [(u.id, u.display_name) for u in people.users(read) if u.active], parsed.problems, len(parsed.steps),
        )  # fmt: skip

    title = "Edit the runbook" if runbook_id else "New runbook"
    return here.page("runbooks/form.html", here.read(look), title=title, nav="runbooks", status=draft.status)


def _save(here: Here, runbook_id: str, form: FormLists) -> Response:
    typed = {name: values[-1].replace("\r\n", "\n") for name, values in form.items() if values}
    chosen, severities = form.get("service_ids", []), [s for s in form.get("severities", []) if s in SEVERITIES]

    def job(work: Work) -> Runbook:
        lines = [line.strip() for line in typed.get("matchers", "").splitlines() if line.strip()]
        fields: Fields = {
            "name": typed.get("name", "").strip(), "title": typed.get("title", "").strip(),
            "body": typed.get("body", ""), "owner_id": typed.get("owner_id") or None, "service_ids": chosen,
            "severities": severities, "matchers": [rules.read_matcher(line) for line in lines],
            "title_pattern": typed.get("title_pattern", "").strip(),
        }  # fmt: skip
        if runbook_id:
            version = typed.get("version", "")
            return commands.edit(work, runbook_id, int(version) if version.isdigit() else None, **fields)
        return commands.create(work, **fields)

    try:
        made = here.run(job)
    except (Conflict, Invalid) as error:
        return _form(here, runbook_id, typed, chosen, severities, error)
    return here.go(f"/runbooks/{made.id}", Flash(f"Saved as version {made.version}."))
