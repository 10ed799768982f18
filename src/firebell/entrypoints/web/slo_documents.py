"""OpenSLO as text: one objective's whole document, and many pasted at once, shown before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.slo import openslo, openslo_write, queries, sources
from firebell.domain.slo.openslo_model import DataSource, Documents
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.slo_forms import some_team
from firebell.entrypoints.web.slo_rows import ref, title
from firebell.entrypoints.web.slos import as_yaml
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import slo_written

router = APIRouter()
DOCUMENTS_MAX = 200
EXAMPLE = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-availability
  displayName: Checkout succeeds
spec:
  service: checkout
  indicator:
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: Prometheus
            spec: {query: 'sum(increase(http_requests_total{job="x",code=~"5.."}[$window]))'}
        total:
          metricSource:
            type: Prometheus
            spec: {query: 'sum(increase(http_requests_total{job="x"}[$window]))'}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
"""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """``ref`` is empty for pasting. ``plan``: (what happens, to what)."""

    ref: str
    name: str
    managed_by: str | None
    draft: Draft
    problems: Sequence[str]
    warnings: Sequence[str]
    plan: Sequence[tuple[str, str]]
    example: str


# ------------------------------------------------------------------ one


@router.get("/slos/{name}/document")
def show(here: Here, name: str) -> Response:
    record = here.read(lambda read: queries.slo(read, name))
    text = as_yaml([openslo_write.write(record.slo)])
    values = {"text": text, "version": str(record.version)}
    return _page(here, DocumentPage(ref(record), title(record), record.managed_by, Draft(values), (), (), (), EXAMPLE))


@router.post("/slos/{name}/document")
def save(here: Here, name: str, form: Form) -> Response:
    record = here.read(lambda read: queries.slo(read, name))

    def again(draft: Draft, problems: Sequence[str] = (), warnings: Sequence[str] = ()) -> Response:
        view = DocumentPage(ref(record), title(record), record.managed_by, draft, problems, warnings, (), EXAMPLE)
        return _page(here, view)

    problems: list[str] = []
    try:
        document = _only(documents_of(form.get("text", "")))
        checked = here.read(lambda read: slo_written.check(read, document))
        problems += map(str, checked.problems)
        if problems:
            raise Invalid("It cannot be saved like that.", field="text")
        if form.get("action") == "check":
            return again(Draft(form), (), [str(one) for one in checked.warnings] or ["Nothing is wrong with it."])
        expected = int(form["version"]) if form.get("version", "").isdigit() else None
        written = here.run(lambda work: slo_written.edit(work, record.id, document, expected)).record
    except Refused as error:
        return again(Draft(form, "text", error.message, error.hint or ""), problems)
    return here.go(f"/slos/{ref(written)}", Flash("Saved."))


def _only(documents: Sequence[object]) -> Mapping[str, Any]:
    found = documents[0]
    if len(documents) != 1 or not isinstance(found, Mapping):
        raise Invalid("One document belongs here.", field="text", hint="Paste several under “Paste OpenSLO”.")
    return found


# ------------------------------------------------------------------ many


@router.get("/slos/import")
def ask(here: Here) -> Response:
    here.read(lambda read: read.needs(Permission.SLOS_EDIT, some_team(here)))
    return _page(here, DocumentPage("", "", None, Draft(), (), (), (), EXAMPLE))


@router.post("/slos/import")
def paste(here: Here, form: Form) -> Response:
    """Say what the documents would do, or (``action=apply``) do it: all of them or none."""

    problems: list[str] = []
    try:
        documents = documents_of(form.get("text", ""))
        found, faults, plan = here.read(lambda read: _plan(read, documents))
        problems += faults
        if problems:
            raise Invalid("Some of it cannot be read.", field="text")
        if form.get("action") != "apply":
            warnings = [str(one) for one in found.warnings]
            return _page(here, DocumentPage("", "", None, Draft(form), (), warnings, plan, EXAMPLE))
        made = here.run(lambda work: _apply(work, here, found, documents))
    except Refused as error:
        draft = Draft(form, "text", error.message, error.hint or "")
        return _page(here, DocumentPage("", "", None, draft, problems, (), (), EXAMPLE))
    return here.go("/slos", Flash(f"{made} {'documents are' if made != 1 else 'document is'} applied."))


def documents_of(text: str) -> list[object]:
    """YAML as documents. Raises Invalid with the line at fault."""
    try:
        found = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise Invalid(
            f"This is no YAML{where}: {getattr(error, 'problem', '') or 'unreadable'}.", field="text"
        ) from None
    except RecursionError:
        raise Invalid("This is nested too deeply.", field="text") from None
    except ValueError:  # a date of no calendar, a number of 5,000 digits
        raise Invalid("A value of it is no date, or no number.", field="text", hint="Put it in quotes.") from None
    if not found:
        raise Invalid("There is no document.", field="text", hint="Paste OpenSLO YAML.")
    if len(found) > DOCUMENTS_MAX:
        raise Invalid(f"At most {DOCUMENTS_MAX} documents at once.", field="text")
    return found


def _plan(read: Read, documents: Sequence[object]) -> tuple[Documents, list[str], list[tuple[str, str]]]:
    known = {one.name: one.document for one in queries.sources(read)}
    found = openslo.read(documents, known_sources=known, known_rules=list(queries.rule_sets(read)))
    problems = [str(one) for one in found.problems]
    there = {one.name for one in queries.slos(read)}
    plan = [("change" if one.name in known else "make", f"data source {one.name}") for one in _given(found, documents)]
    for slo in found.slos:
        checked = slo_written.check(read, openslo_write.write(slo))
        problems += [str(problem) for problem in checked.problems if str(problem) not in problems]
        plan.append(("change" if slo.name in there else "make", f"SLO {slo.name}"))
    if not plan and not problems:
        problems.append("There is no SLO and no DataSource among these documents.")
    return found, problems, plan


def _kind(one: object) -> object:
    return one.get("kind") if isinstance(one, Mapping) else None


def _name(one: object) -> object:
    metadata = one.get("metadata") if isinstance(one, Mapping) else None
    return metadata.get("name") if isinstance(metadata, Mapping) else None


def _given(found: Documents, documents: Sequence[object]) -> list[DataSource]:
    pasted = {_name(one) for one in documents if _kind(one) == "DataSource"}
    return [one for one in found.data_sources if one.name in pasted]


def _apply(work: Work, here: Here, found: Documents, documents: Sequence[object]) -> int:
    known = {one.name: one for one in queries.sources(work)}
    made = 0
    for one in _given(found, documents):
        details = dict(one.details)
        url, username = details.pop("url", ""), details.pop("username", "")
        fields: sources.SourceFields = {"type": one.type, "url": url, "username": username, "details": details}
        if one.name in known:
            sources.edit(work, known[one.name].id, here.site.keyring, **fields)
        else:
            fields["name"] = one.name
            sources.create(work, here.site.keyring, **fields)
        made += 1
    there = {one.name: one for one in queries.slos(work)}
    for slo in found.slos:
        document = openslo_write.write(slo)
        if slo.name in there:
            slo_written.edit(work, there[slo.name].id, document)
        else:
            slo_written.create(work, document)
        made += 1
    return made


def _page(here: Here, view: DocumentPage) -> Response:
    called = f"{view.name} as OpenSLO" if view.ref else "Paste OpenSLO"
    return here.page("slos/document.html", view, title=called, nav="slos", status=view.draft.status)
