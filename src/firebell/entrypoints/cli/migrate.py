"""``firebell migrate``: bring the database to this version's schema without starting a server."""

from __future__ import annotations

import typer

from firebell.entrypoints.cli.showing import AsJson, as_is, refusals


def migrate(context: typer.Context, as_json: AsJson = False) -> None:
    """Take the steps the database lacks (a start does so too). Example: firebell migrate"""
    with refusals():
        taken = list(context.obj.migrate())
    if as_json:
        as_is({"taken": taken})
    else:
        typer.echo(f"Taken: {', '.join(taken)}." if taken else "The database is up to date.")
