"""``firebell fallback``: who is told when nothing else reaches a human."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call
from firebell.entrypoints.cli.showing import AsJson, as_is, table

app = typer.Typer(name="fallback", help="Who is told when nothing else reaches a human.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """Who is told when nothing else reaches a human."""


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """The installation's last resort, and whether it can be reached. Example: firebell fallback show"""
    _show(call("GET", "/api/v1/fallback"), as_json)


@app.command("set")
def set_people(
    people: Annotated[list[str], typer.Argument(help="Names or ids: all of them, at least one.")],
    as_json: AsJson = False,
) -> None:
    """Name the last resort, all of them at once. Example: firebell fallback set lead carmen"""
    _show(call("PUT", "/api/v1/fallback", {"people": people}), as_json)


def _show(found: Any, as_json: bool) -> None:
    if as_json:
        as_is(found)
        return
    rows = [(one["user"], one["unreachable"] or "can be reached") for one in found["people"]]
    table(("fallback", "now"), rows, empty="Nobody is named: administrators are told.")
