"""``firebell team``: who works together."""

from __future__ import annotations

import typer

from firebell.entrypoints.cli.calling import items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, table

app = typer.Typer(name="team", help="Who works together.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """Who works together."""


@app.command("list")
def list_teams(limit: Limit = 200, as_json: AsJson = False) -> None:
    """All teams and their members. Example: firebell team list"""
    found = items("/api/v1/teams", limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [(one["name"], one["display_name"], [_member(m) for m in one["members"]]) for one in found]
    table(("team", "name", "members"), rows, empty="No teams.")


def _member(member: dict[str, str]) -> str:
    return member["user"] if member["role"] == "responder" else f"{member['user']} ({member['role']})"
