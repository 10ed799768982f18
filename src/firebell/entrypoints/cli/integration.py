"""``firebell integration``: the doors through which alerts come in."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

app = typer.Typer(name="integration", help="The doors through which alerts come in.", no_args_is_help=True)


@app.command("list")
def list_integrations(
    service: Annotated[str | None, typer.Option("--service", "-s", help="Only this service's.")] = None,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """All integrations. Example: firebell integration list -s checkout"""
    found = items("/api/v1/integrations", {"service": service}, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [
        (
            one["id"],
            one["name"],
            one["source"],
            "off" if one["disabled_at"] else "on",
            when(one["last_signal_at"]),
            one["signal_count"],
        )
        for one in found
    ]
    table(("integration", "name", "source", "state", "last signal", "signals"), rows, empty="No integrations.")


@app.command("show")
def show(
    integration_id: Annotated[str, typer.Argument(help="int_…, from firebell integration list.")],
    as_json: AsJson = False,
) -> None:
    """One integration with its address and what to paste where. Example: firebell integration show int_06e1x0k3v9"""
    found = call("GET", f"/api/v1/integrations/{integration_id}")
    snippets = call("GET", f"/api/v1/integrations/{integration_id}/snippets")
    if as_json:
        as_is({**found, "snippets": snippets})
        return
    facts({"integration": found["name"], "source": found["source"], "url": found["url"], "page": found["html_url"]})
    for one in snippets:
        typer.echo(f"\n# {one['title']}\n{one['text'].rstrip()}")
