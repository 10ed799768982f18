"""``firebell oncall``: who is on call."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import call
from firebell.entrypoints.cli.showing import AsJson, as_is, table, when

_WHY = {
    "uncovered": "no layer covers this time", "empty_slot": "the turn is left free",
    "deleted": "the schedule is deleted", "removed": "whoever has the turn was taken out",
}  # fmt: skip
app = typer.Typer(name="oncall", help="Who is on call.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """Who is on call."""


@app.command("who")
def who(
    service: Annotated[str | None, typer.Option("--service", "-s", help="Only for this service.")] = None,
    schedule: Annotated[str | None, typer.Option("--schedule", help="Only in this schedule.")] = None,
    team: Annotated[str | None, typer.Option("--team", help="Only in this team's schedules.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="An instant, 2026-01-05T09:00:00Z; left out: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Who is on call now, or at an instant. Example: firebell oncall who --team payments"""
    found = call("GET", "/api/v1/oncall", query={"service": service, "schedule": schedule, "team": team, "at": at})
    if as_json:
        as_is(found)
        return
    rows = []
    for one in found:
        people = [f"{p['user']} ({p['role']})" if p["role"] != "primary" else p["user"] for p in one["people"]]
        shown = people or ["nobody" + (f": {_WHY.get(one['reason'], one['reason'])}" if one["reason"] else "")]
        rows.append((one["schedule"], shown, [p["user"] for p in one["shadows"]], when(one["until"])))
    table(("schedule", "on call", "learning", "until"), rows, empty="No schedules.")
