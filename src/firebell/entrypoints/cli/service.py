"""``firebell service``: what can break, and who owns it."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

app = typer.Typer(name="service", help="What can break, and who owns it.", no_args_is_help=True)


@app.command("list")
def list_services(
    team: Annotated[str | None, typer.Option("--team", help="Only this team's.")] = None,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """All services. Example: firebell service list --team payments"""
    found = items("/api/v1/services", {"team": team}, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [(one["name"], one["display_name"], one["team"], one["policy"], one["depends_on"]) for one in found]
    table(("service", "name", "team", "policy", "depends on"), rows, empty="No services.")


@app.command("show")
def show(service: Annotated[str, typer.Argument(help="Name or id.")], as_json: AsJson = False) -> None:
    """One service and its integrations. Example: firebell service show checkout"""
    found = call("GET", f"/api/v1/services/{service}")
    doors = items("/api/v1/integrations", {"service": found["id"]})
    if as_json:
        as_is({**found, "integrations": doors})
        return
    facts(
        {
            "service": found["name"], "name": found["display_name"], "description": found["description"],
            "team": found["team"], "policy": found["policy"], "severity": found["default_severity"],
            "urgency": found["urgency"], "depends on": found["depends_on"], "page": found["html_url"],
        }
    )  # fmt: skip
    typer.echo("")
    rows = [(one["id"], one["name"], one["source"], when(one["last_signal_at"]), one["signal_count"]) for one in doors]
    table(("integration", "name", "source", "last signal", "signals"), rows, empty="No integrations.")
