"""``firebell user``: the people."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, table

app = typer.Typer(name="user", help="The people.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """The people."""


@app.command("list")
def list_users(
    team: Annotated[str | None, typer.Option("--team", help="Only this team's.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="admin, manager, responder or viewer.")] = None,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """All people. Example: firebell user list --team payments"""
    found = items("/api/v1/users", {"team": team, "role": role}, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [
        (one["name"], one["display_name"], one["role"], one["time_zone"], "on" if one["active"] else "off")
        for one in found
    ]
    table(("user", "name", "role", "time zone", "state"), rows, empty="No people.")
