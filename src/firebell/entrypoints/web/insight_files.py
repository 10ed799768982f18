"""Every chart and table of insight as CSV: the same selection as the page, without private incidents."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.entrypoints.insight_tables import TABLES, as_csv, groups
from firebell.entrypoints.web.insight import asked_for, chosen, scope_of
from firebell.entrypoints.web.session import Here
from firebell.kernel.errors import NotFound
from firebell.workflows import insight_read

router = APIRouter()


@router.get("/insight/{table}.csv")
def file(here: Here, table: str) -> Response:
    """Raises NotFound for a table there is not."""
    if table not in TABLES and table != "groups":
        raise NotFound("There is no such table.", hint=f"There are {', '.join(TABLES)} and groups.")
    asked = asked_for(here)
    found = here.read(lambda read: insight_read.insight(read, scope_of(asked, read.now, outward=True)))
    rows = groups(found, *chosen(asked)) if table == "groups" else TABLES[table](found)
    headers = {
        "Content-Disposition": f'attachment; filename="insight-{table}-{found.scope.period.name}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
