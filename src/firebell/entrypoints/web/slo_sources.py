"""Where counts are asked for: the list, and the form of one, which can be tried before it is saved."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.slo import queries, sources
from firebell.domain.slo.promanswers import State
from firebell.domain.slo.records import SourceRecord
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.slo_forms import some_team
from firebell.kernel.actor import Permission
from firebell.kernel.clock import micros
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read
from firebell.workflows import budget_polls, prometheus_read
from firebell.workflows.prometheus_read import Metrics

router = APIRouter()


@dataclass(frozen=True, slots=True)
class SourceRow:
    name: str
    type: str
    url: str
    state: tuple[str, str, str]
    words: str
    used: int


@dataclass(frozen=True, slots=True)
class SourcesPage:
    rows: Sequence[SourceRow]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class SourceForm:
    """``name`` is empty for a new one. ``tried``: (fine, what it is, words)."""

    name: str
    managed_by: str | None
    draft: Draft
    has_secret: bool
    error: str
    warnings: Sequence[str]
    tried: tuple[bool, str, str] | None
    may_edit: bool


@router.get("/slos/sources")
def show_list(here: Here) -> Response:
    def look(read: Read) -> SourcesPage:
        used: dict[str, int] = {}
        for record in queries.slos(read):
            for name in {part.indicator.data_source for part in record.parts}:
                used[name] = used.get(name, 0) + 1
        rows = [
            SourceRow(one.name, one.type, one.url, _state(one), one.error, used.get(one.name, 0))
            for one in queries.sources(read)
        ]
        return SourcesPage(rows, here.may(Permission.SLOS_EDIT))

    return here.page("slos/sources.html", here.read(look), title="Data sources", nav="slos")


def _state(one: SourceRecord) -> tuple[str, str, str]:
    if one.error:
        return ("broken", "attention", "Does not answer")
    if one.type.lower() != "prometheus":
        return ("quiet", "send", "Pushes by itself")
    return ("ok", "check", "Answers") if one.checked_at else ("unknown", "clock", "Not asked yet")


@router.get("/slos/sources/new")
def new(here: Here) -> Response:
    return _form(here, None, Draft())


@router.post("/slos/sources/new")
def create(here: Here, form: Form) -> Response:
    if form.get("action") == "test":
        return _form(here, None, Draft(form), _try(here, None, form))
    try:
        fields = _fields(form)
        fields["name"] = form.get("name", "").strip()
        made = here.run(lambda work: sources.create(work, here.site.keyring, **fields))
    except Refused as error:
        return _form(here, None, refused(form, error))
    return here.go("/slos/sources", Flash(f"{made.name} is added. Objectives can ask it now."))


@router.get("/slos/sources/{name}")
def edit(here: Here, name: str) -> Response:
    one = here.read(lambda read: queries.source(read, name))
    values = {"url": one.url, "username": one.username, "version": str(one.version)}
    return _form(here, one, Draft(values))


@router.post("/slos/sources/{name}")
def save(here: Here, name: str, form: Form) -> Response:
    one = here.read(lambda read: queries.source(read, name))
    if form.get("action") == "test":
        return _form(here, one, Draft(form), _try(here, one, form))
    expected = int(form["version"]) if form.get("version", "").isdigit() else None
    try:
        here.run(lambda work: sources.edit(work, one.id, here.site.keyring, expected, **_fields(form)))
    except Refused as error:
        return _form(here, one, refused(form, error))
    return here.go("/slos/sources", Flash("Saved."))


@router.post("/slos/sources/{name}/delete")
def delete(here: Here, name: str) -> Response:
    one = here.read(lambda read: queries.source(read, name))
    here.run(lambda work: sources.delete(work, one.id))
    return here.go("/slos/sources", Flash(f"{one.name} is deleted. Objectives that ask it get no more counts."))


def _fields(form: Mapping[str, str]) -> sources.SourceFields:
    fields: sources.SourceFields = {"url": form.get("url", "").strip(), "username": form.get("username", "").strip()}
    if form.get("secret"):
        fields["secret"] = form["secret"]
    return fields


def _try(here: Here, one: SourceRecord | None, form: Mapping[str, str]) -> tuple[bool, str, str]:
    """Ask for the last minutes of ``vector(1)``: whether it answers at all. No unit of work is open meanwhile."""

    def look(read: Read) -> Metrics:
        read.needs(Permission.SLOS_EDIT, some_team(here))
        headers: Mapping[str, str] = {}
        url, username = form.get("url", "").strip(), form.get("username", "").strip()
        if form.get("secret"):
            headers = {"Authorization": _authorization(username, form["secret"])}
        elif one is not None and one.has_secret and url == one.url:
            headers = budget_polls.metrics_of(read, one, here.site.keyring).headers
        return Metrics(url, headers)

    metrics = here.read(look)
    end = micros(here.site.runner.clock.now()) // 60_000_000 * 60
    answer = prometheus_read.ask(here.site.fetch, metrics, "vector(1)", end - 300, end, 60)
    if answer.state is State.READ:
        return True, "It answers", "Queries can be asked there."
    return False, "It does not answer as it should", answer.words or str(answer.state)


def _authorization(username: str, secret: str) -> str:
    if not username:
        return f"Bearer {secret}"
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def _form(here: Here, one: SourceRecord | None, draft: Draft, tried: tuple[bool, str, str] | None = None) -> Response:
    here.read(lambda read: read.needs(Permission.SLOS_EDIT))
    view = SourceForm(
        "" if one is None else one.name, None if one is None else one.managed_by, draft,
        one is not None and one.has_secret, "" if one is None else one.error, () if one is None else one.warnings,
        tried, here.may(Permission.SLOS_EDIT),
    )  # fmt: skip
    return here.page("slos/source_form.html", view, title=view.name or "New data source", nav="slos",
                     status=draft.status)  # fmt: skip
