"""The list of incidents: active ones first, filters in the address, the same selection as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.incidents import queries
from firebell.domain.incidents.model import ACTIVE, Incident, Phase, Severity
from firebell.domain.services import queries as services
from firebell.entrypoints.web import incident_rows
from firebell.entrypoints.web.alert_export import ROWS_MAX, cell
from firebell.entrypoints.web.alerts import Tab
from firebell.entrypoints.web.drafts import Choices
from firebell.entrypoints.web.incident_rows import IncidentRow
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Here
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read

router = APIRouter()
PER_PAGE = 50
VIEWS: Mapping[str, frozenset[Phase]] = {
    "active": ACTIVE,
    "resolved": frozenset(Phase) - ACTIVE,
    "all": frozenset(Phase),
}
SEVERITIES = (*(str(s) for s in Severity), "unset")
COLUMNS = (
    "reference", "id", "title", "severity", "peak", "phase", "kind", "private", "commander", "services",
    "customer_impact", "impact", "declared_at", "declared_by", "mitigated_at", "resolved_at", "closed_at", "alerts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IncidentsPage:
    """``older`` is the link to the next page, or empty. ``csv`` and ``json`` export this very selection."""

    rows: Sequence[IncidentRow]
    tabs: Sequence[Tab]
    state: str
    q: str
    service: str
    severity: str
    services: Choices
    older: str
    newest: str
    csv: str
    json: str
    here: str
    may_declare: bool


@router.get("/incidents")
def show(
    here: Here, state: str = "active", q: str = Query("", max_length=200), service: str = "", severity: str = "",
    before: str = "",
) -> Response:  # fmt: skip
    state = state if state in VIEWS else "active"
    chosen = {"q": q, "service": service, "severity": severity if severity in SEVERITIES else ""}

    def address(path: str = "/incidents", **more: str) -> str:
        wanted = {k: v for k, v in {"state": state, **chosen, **more}.items() if v and (k, v) != ("state", "active")}
        return path + (f"?{urlencode(wanted)}" if wanted else "")

    def look(read: Read) -> IncidentsPage:
        found = selection(read, state, chosen, before, PER_PAGE + 1)
        active = queries.counts(read).active
        shown = found[:PER_PAGE]
        return IncidentsPage(
            rows=incident_rows.rows(read, shown, here.zone, here.me.id),
            tabs=[
                Tab(key.capitalize(), address(state=key), key, active if key == "active" else None) for key in VIEWS
            ],
            state=state, q=q, service=service, severity=chosen["severity"],
            services=[(s.id, s.display_name) for s in services.services(read)],
            older=address(before=str(shown[-1].number)) if len(found) > PER_PAGE else "",
            newest=address() if before else "",
            csv=address("/incidents.csv"), json=address("/incidents.json"), here=address(before=before),
            may_declare=here.may(Permission.INCIDENTS_DECLARE),
        )  # fmt: skip

    return here.page("incidents/list.html", here.read(look), title="Incidents", nav="incidents", block="list")


def selection(read: Read, state: str, chosen: Mapping[str, str], before: str, limit: int) -> list[Incident]:
    """The incidents a list's address asks for, newest first."""
    return queries.incident_list(
        read, phases=VIEWS.get(state, ACTIVE), severity=chosen["severity"] or None, text=chosen["q"] or None,
        service_id=chosen["service"] or None, before=int(before) if before.isdigit() and len(before) < 10 else None,
        limit=limit,
    )  # fmt: skip


@router.get("/incidents.csv")
def as_csv(here: Here, state: str = "active", q: str = "", service: str = "", severity: str = "") -> Response:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    rows = here.read(lambda read: _export(read, state, {"q": q, "service": service, "severity": severity}))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([cell(row[name]) for name in COLUMNS])
    return _file(out.getvalue(), "text/csv; charset=utf-8", "incidents.csv")


@router.get("/incidents.json")
def as_json(here: Here, state: str = "active", q: str = "", service: str = "", severity: str = "") -> Response:
    rows = here.read(lambda read: _export(read, state, {"q": q, "service": service, "severity": severity}))
    return _file(json.dumps(rows, ensure_ascii=False, indent=1), "application/json", "incidents.json")


def _export(read: Read, state: str, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    # Only members may have a private one, and it leaves the house only by an explicit release.
    found = [i for i in selection(read, state, chosen, "", ROWS_MAX) if not i.private]
    names = look_up(read, {x for i in found for x in (i.commander_id, i.declared_by, *i.service_ids)})
    return [_row(i, names) for i in found]


def _row(i: Incident, names: Names) -> dict[str, Any]:
    said = {name: i.milestone(name) for name in ("mitigated", "resolved")}
    values: dict[str, Any] = {
        "commander": names.of(i.commander_id) or None, "declared_by": names.of(i.declared_by),
        "services": ", ".join(names.of(one) for one in i.service_ids), "alerts": len(i.alerts),
        "declared_at": i.declared_at.format_iso(), "closed_at": i.closed_at.format_iso() if i.closed_at else None,
        **{f"{name}_at": one.at.format_iso() if one and one.at else None for name, one in said.items()},
    }  # fmt: skip
    return {name: values[name] if name in values else getattr(i, name) for name in COLUMNS}


def _file(body: str, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
