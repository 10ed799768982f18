"""An incident's timeline as CSV and JSON: the same selection as the page, all of it."""

from __future__ import annotations

import csv
import io
import json

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents import queries
from firebell.entrypoints.web.alert_export import cell
from firebell.entrypoints.web.session import Here
from firebell.entrypoints.web.timeline_entries import SHOWS, entries, plain
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Read

router = APIRouter()
ROWS_MAX = 20_000
COLUMNS = ("n", "event_at", "recorded_at", "who", "text", "kind", "starred", "superseded_by", "redacted")
Rows = list[dict[str, str | int | bool | None]]


@router.get("/incidents/{incident_id}/timeline.csv")
def as_csv(here: Here, incident_id: str, show: str = "all") -> Response:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    name, rows = _selection(here, incident_id, show)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(row[column]) for column in COLUMNS] for row in rows)
    return _file(out.getvalue(), "text/csv; charset=utf-8", f"{name}-timeline.csv")


@router.get("/incidents/{incident_id}/timeline.json")
def as_json(here: Here, incident_id: str, show: str = "all") -> Response:
    name, rows = _selection(here, incident_id, show)
    return _file(json.dumps(rows, ensure_ascii=False, indent=1), "application/json", f"{name}-timeline.json")


def _selection(here: Here, incident_id: str, show: str) -> tuple[str, Rows]:
    """Raises NotFound, Conflict (a private incident is not taken out of the house)."""

    def look(read: Read) -> tuple[str, Rows]:
        i = queries.incident(read, incident_id)
        if i.private:
            raise Conflict("A private incident is not exported.", hint="Make it public first, or read it here.")
        found = entries(read, i, show if show in SHOWS else "all", None, ROWS_MAX, here.zone)
        return i.reference, plain(found)

    return here.read(look)


def _file(body: str, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=kind, headers=headers)
