"""``firebell signal``: what arrived, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

app = typer.Typer(name="signal", help="What arrived, and what became of it.", no_args_is_help=True)


@app.command("list")
def list_signals(
    integration: Annotated[str | None, typer.Option("--integration", help="int_…, only through this one.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What arrived, newest first. Example: firebell signal list --limit 20"""
    found = items("/api/v1/signals", {"integration_id": integration}, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [
        (one["id"], when(one["received_at"]), one["source"], one["size"], [o["became"] for o in one["outcomes"]])
        for one in found
    ]
    table(("signal", "received", "source", "bytes", "became"), rows, empty="Nothing arrived yet.")


@app.command("show")
def show(
    signal_id: Annotated[str, typer.Argument(help="sig_…, from firebell signal list.")], as_json: AsJson = False
) -> None:
    """One signal with its body as it came. Example: firebell signal show sig_06e1x0k3v9q2m7s8t4"""
    found = call("GET", f"/api/v1/signals/{signal_id}")
    if as_json:
        as_is(found)
        return
    became = [f"{one['became']} {one['alert_id'] or ''}".rstrip() for one in found["outcomes"]]
    facts({"received": when(found["received_at"]), "source": found["source"], "bytes": found["size"], "became": became})
    typer.echo("")
    typer.echo("".join(c if c.isprintable() or c in "\n\t" else "�" for c in found["body"] or "(no longer kept)"))
