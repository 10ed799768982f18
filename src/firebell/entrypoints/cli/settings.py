"""``firebell config``: what this installation's settings are."""

from __future__ import annotations

import typer

from firebell.entrypoints.cli.showing import AsJson, as_is, refusals, table

app = typer.Typer(name="config", help="What the settings of this machine are.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """What the settings of this machine are."""


@app.command("show")
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Every setting, its value (secrets masked), and where it came from. Example: firebell config show"""
    with refusals():
        lines = context.obj.settings()
    if as_json:
        as_is([{"key": one.key, "variable": one.variable, "value": one.value, "origin": one.origin} for one in lines])
        return
    table(
        ("key", "value", "from", "meaning"), [(one.key, one.value, one.origin, one.meaning) for one in lines], empty=""
    )
