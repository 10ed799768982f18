"""``firebell audit``: whether the journal is what was written."""

from __future__ import annotations

import typer

from firebell.entrypoints.cli.showing import AsJson, as_is, refusals

app = typer.Typer(name="audit", help="Whether the journal is what was written.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """Whether the journal is what was written."""


@app.command("verify")
def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Walk every chain of the journal; exit code 1 at a fault. Example: firebell audit verify"""
    with refusals():
        found = context.obj.verify_audit()
    broken = [{"chain": chain, "n": n, "reason": reason} for chain, n, reason in found.broken]
    if as_json:
        as_is({"rows": found.rows, "chains": found.chains, "broken": broken})
    else:
        for one in broken:
            typer.echo(f"{one['chain']}: row {one['n']}: {one['reason']}", err=True)
        state = f"{len(broken)} broken" if broken else "all whole"
        typer.echo(f"{found.rows:,} rows in {found.chains:,} chains: {state}.")
    raise typer.Exit(1 if broken else 0)
