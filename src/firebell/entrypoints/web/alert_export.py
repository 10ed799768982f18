"""The list of alerts as CSV and JSON: the same selection as the page, up to 10,000 rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts.model import Alert
from firebell.entrypoints.web.alerts import selection
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Here
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read

router = APIRouter()
ROWS_MAX = 10_000
COLUMNS = (
    "id", "severity", "state", "urgency", "service", "summary", "count", "opened_at", "acknowledged_at",
    "acknowledged_by", "resolved_at", "resolved_by", "source", "dedup_key", "labels",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


@router.get("/alerts.csv")
def as_csv(here: Here, state: str = "open", q: str = "", service: str = "", severity: str = "") -> Response:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    rows = here.read(lambda read: _rows(read, state, {"q": q, "service": service, "severity": severity}))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = {**row, "labels": json.dumps(row["labels"], ensure_ascii=False) if row["labels"] else ""}
        writer.writerow([cell(cells[name]) for name in COLUMNS])
    return _file(out.getvalue(), "text/csv; charset=utf-8", "alerts.csv")


@router.get("/alerts.json")
def as_json(here: Here, state: str = "open", q: str = "", service: str = "", severity: str = "") -> Response:
    rows = here.read(lambda read: _rows(read, state, {"q": q, "service": service, "severity": severity}))
    return _file(json.dumps(rows, ensure_ascii=False, indent=1), "application/json", "alerts.json")


def cell(value: object) -> str:
    """One value, harmless in a spreadsheet."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(read: Read, state: str, chosen: dict[str, str]) -> list[dict[str, Any]]:
    found = selection(read, state, chosen, "", ROWS_MAX)
    names = look_up(read, {i for a in found for i in (a.service_id, a.acknowledged_by, a.resolved_by)})
    return [_row(alert, names) for alert in found]


def _row(alert: Alert, names: Names) -> dict[str, Any]:
    values: Mapping[str, Any] = {
        "service": names.of(alert.service_id), "acknowledged_by": names.of(alert.acknowledged_by) or None,
        "resolved_by": names.of(alert.resolved_by) or None,
    }  # fmt: skip
    row = {name: values[name] if name in values else getattr(alert, name) for name in COLUMNS}
    return {name: value.format_iso() if isinstance(value, Instant) else value for name, value in row.items()}


def _file(body: str, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
