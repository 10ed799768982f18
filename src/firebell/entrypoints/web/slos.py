"""Objectives: the list by service, one with its budget, and what leaves as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import yaml
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from firebell.domain.incidents import service_queries as incidents
from firebell.domain.incidents.visibility import missing
from firebell.domain.services import queries as services
from firebell.domain.slo import adjusting, attributing, commands, openslo_write, promrules, queries
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.exact import exact, shown
from firebell.domain.slo.policy import Exemption
from firebell.entrypoints.web import incident_forms, slo_lookup, slo_page, slo_rows
from firebell.entrypoints.web.alert_export import cell
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.slo_rows import SloRow, ref
from firebell.kernel.actor import Permission
from firebell.kernel.clock import from_micros
from firebell.kernel.errors import Invalid, NotFound, Refused
from firebell.kernel.work import Read, Work

router = APIRouter()
_EDIT = Permission.SLOS_EDIT
STATES: Choices = (
    ("", "Any state"), ("exhausted", "Exhausted"), ("caution", "Caution"), ("ok", "Within budget"),
    ("unknown", "Unknown"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SlosPage:
    """``groups``: (service, where it is, its objectives), the worst first within each. ``any``: there are some."""

    groups: Sequence[tuple[str, str, Sequence[SloRow]]]
    any: bool
    q: str
    state: str
    states: Choices
    service: str
    services: Choices
    query: str
    may_edit: bool


@router.get("/slos")
def show_list(here: Here, q: str = "", state: str = "", service: str = "") -> Response:
    def look(read: Read) -> SlosPage:
        records = queries.slos(read, words=q)
        ids = [one.id for one in records]
        rows = slo_rows.rows(records, queries.states(read, ids), queries.clocks(read, ids), read.now, here.zone)
        chosen = [row for row in rows if state in ("", row.key) and service in ("", row.service_id)]
        there = bool(records) or bool(queries.slos(read))
        names = services.display_names(read, {one.service_id for one in records if one.service_id})
        query = urlencode({k: v for k, v in (("q", q), ("state", state), ("service", service)) if v})
        return SlosPage(
            _groups(chosen, names), there, q, state, STATES, service,
            [("", "Any service"), *sorted(names.items(), key=lambda one: one[1].lower())], query, may_make(here),
        )  # fmt: skip

    return here.page("slos/list.html", here.read(look), title="SLOs", nav="slos", block="list")


def _groups(rows: Sequence[SloRow], names: dict[str, str]) -> list[tuple[str, str, Sequence[SloRow]]]:
    """Services in the order of their worst objective."""
    found: dict[str, list[SloRow]] = {}
    for row in slo_rows.worst_first(rows):
        found.setdefault(row.service_id or "", []).append(row)
    return [
        (names.get(id_, "No service"), f"/services/{id_}" if id_ in names else "", group)
        for id_, group in found.items()
    ]


def may_make(here: Here) -> bool:
    """Whether this person may make objectives somewhere."""
    return here.may(_EDIT) or any(_EDIT in granted for granted in here.actor.teams.values())


@router.get("/slos/{name}")
def show(here: Here, name: str, objective: int = 0) -> Response:
    return page(here, name, objective)


def page(here: Here, name: str, objective: int = 0, draft: Draft | None = None) -> Response:
    def look(read: Read) -> slo_page.SloPage:
        record = queries.slo(read, name)
        return slo_page.assemble(slo_lookup.found(here, read, record, objective, draft), read.now, here.zone)

    view = here.read(look)
    status = 422 if draft is not None and draft.error else 200
    return here.page("slos/slo.html", view, title=view.row.name, nav="slos", block="slo", status=status)


@router.post("/slos/{name}/delete")
def delete(here: Here, name: str) -> Response:
    record = here.read(lambda read: queries.slo(read, name))
    here.run(lambda work: commands.delete(work, record.id))
    return here.go("/slos", Flash(f"{slo_rows.title(record)} is deleted."))


# ------------------------------------------------------------------ adjustments


@router.post("/slos/{name}/adjustments")
def propose(here: Here, name: str, form: Form) -> Response:
    record = here.read(lambda read: queries.slo(read, name))

    def write(work: Work) -> None:
        category = form.get("category", "")
        if category not in set(Category):
            raise Invalid("Say why it should not be charged.", field="category")
        adjusting.propose(
            work, slo_ids=[record.id], category=Category(category), reason=form.get("reason", ""),
            start=incident_forms.instant(form.get("start", ""), here.zone, work.now, "start"),
            end=incident_forms.instant(form.get("end", ""), here.zone, work.now, "end"),
            rrule=form.get("rrule", "").strip(),
        )  # fmt: skip

    try:
        here.run(write)
    except Refused as error:
        return page(here, name, 0, refused(form, error))
    return here.go(f"/slos/{ref(record)}#adjustments", Flash("Proposed. It counts once somebody else has approved it."))


@router.post("/slos/adjustments/{adjustment_id}/approve")
def approve(here: Here, adjustment_id: str) -> Response:
    here.run(lambda work: adjusting.approve(work, adjustment_id))
    return here.back("/slos", Flash("Approved: it is not charged any more. What is measured stays as it is."))


@router.post("/slos/adjustments/{adjustment_id}/remove")
def remove(here: Here, adjustment_id: str) -> Response:
    here.run(lambda work: adjusting.delete(work, adjustment_id))
    return here.back("/slos", Flash("Removed: it is charged again."))


# ------------------------------------------------------------------ what people say about shares


@router.post("/slos/{name}/claims/{incident_id}")
def claim(here: Here, name: str, incident_id: str, form: Form) -> Response:
    """Exempt an incident from being charged (or charge it again), and say how it weighs where incidents overlap."""
    exemption, reason = form.get("exemption", ""), form.get("reason", "")

    def write(work: Work) -> None:
        record = queries.slo(work, name)
        if incident_id not in incidents.those(work, [incident_id]):
            raise missing()
        said = queries.claim_words(work, record.id).get(incident_id)
        weight = exact(form.get("weight", "1").replace(",", ".") or "1", "weight")
        if weight != (said.weight if said else 1):
            attributing.weigh(work, record.id, incident_id, weight, reason)
        before = str(said.exempt) if said and said.exempt else ""
        if exemption and exemption != before:
            if exemption not in set(Exemption):
                raise Invalid("Choose why it is not charged.", field="exemption")
            attributing.exempt(work, record.id, incident_id, Exemption(exemption), reason)
        elif before and not exemption:
            attributing.unexempt(work, record.id, incident_id, reason)

    here.run(write)
    return here.back(f"/slos/{name}#whose", Flash("Noted. The shares follow with the next reckoning, within the hour."))


# ------------------------------------------------------------------ files


@router.get("/slos/{name}/openslo.yaml")
def as_openslo(here: Here, name: str) -> Response:
    """The document, and the data sources it refers to, without their secrets."""

    def look(read: Read) -> tuple[str, str]:
        record = queries.slo(read, name)
        wanted = {part.indicator.data_source for part in record.parts if part.indicator.data_source}
        documents = [openslo_write.write_source(one.document) for one in queries.sources(read) if one.name in wanted]
        return record.name, as_yaml([*documents, openslo_write.write(record.slo)])

    called, text = here.read(look)
    return _file(text, f"{called}.yaml")


def as_yaml(documents: Sequence[object]) -> str:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=110)


@router.get("/slos/{name}/rules.yaml")
def as_rules(here: Here, name: str) -> Response:
    """Recording and alerting rules for Prometheus."""

    def look(read: Read) -> tuple[str, str]:
        record = queries.slo(read, name)
        return record.name, promrules.text([record.slo], queries.rule_sets(read))

    called, text = here.read(look)
    return _file(text, f"firebell-{called}.rules.yaml")


@router.get("/slos/{name}/burn-down.csv")
def burn_down_csv(here: Here, name: str, objective: int = 0) -> Response:
    """What was left, as drawn: shares of the budget, times in UTC."""

    def look(read: Read) -> tuple[str, str]:
        record = queries.slo(read, name)
        if not 0 <= objective < len(record.slo.objectives):
            raise NotFound("It has no such objective.", field="objective")
        state = queries.state(read, record.id, objective)
        rows = ["at,left_measured"]
        if state is not None and state.window is not None and state.at is not None:
            points, _ = slo_lookup.spent(read, record, objective, state.window.start, state.at, state)
            rows += [
                f"{from_micros(at * 1_000_000).format_iso()},{'' if left is None else shown(left, 9)}"
                for at, left in points
            ]
        return record.name, "\r\n".join(rows) + "\r\n"

    called, text = here.read(look)
    return _file(text, f"{called}-burn-down.csv", "text/csv; charset=utf-8")


@router.get("/slos/{name}/shares.csv")
def shares_csv(here: Here, name: str, objective: int = 0) -> Response:
    """Whose burn it was: shares of the budget. What cannot be seen stays in the last row."""

    def look(read: Read) -> tuple[str, str]:
        record = queries.slo(read, name)
        state = queries.state(read, record.id, objective)
        rows = ["incident,title,basis,net,gross,declared,charged,exempt,provisional"]
        rest = None if state is None else state.measured
        for one in slo_lookup.claimed(read, record, objective):
            share = one.record.share
            cells = (
                one.reference, '"' + cell(one.title).replace('"', '""') + '"', str(share.basis), shown(share.net, 9),
                shown(share.gross, 9), shown(share.declared, 9), shown(share.charged, 9), one.record.exempt,
                str(share.provisional).lower(),
            )  # fmt: skip
            rows.append(",".join(cells))
            rest = None if rest is None else rest - share.net
        rows.append(f"unattributed,,,{'' if rest is None else shown(rest, 9)},,,,,")
        return record.name, "\r\n".join(rows) + "\r\n"

    called, text = here.read(look)
    return _file(text, f"{called}-shares.csv", "text/csv; charset=utf-8")


def _file(text: str, name: str, kind: str = "application/yaml; charset=utf-8") -> Response:
    return PlainTextResponse(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


__all__ = ["as_yaml", "may_make", "page", "router"]
