"""``firebell token``: keys for programs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, table, when

app = typer.Typer(name="token", help="Keys for programs.", no_args_is_help=True)


@app.command("list")
def list_tokens(limit: Limit = 200, as_json: AsJson = False) -> None:
    """All API tokens, without their secrets. Example: firebell token list"""
    found = items("/api/v1/tokens", limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [
        (
            one["id"],
            one["name"],
            one["scopes"],
            when(one["expires_at"]) or "never",
            when(one["last_used_at"]) or "never",
        )
        for one in found
    ]
    table(("token", "name", "may", "expires", "last used"), rows, empty="No tokens.")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="A permission, alerts.view; may be repeated.")],
    team: Annotated[str | None, typer.Option("--team", help="Only within this team.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="An instant, 2027-01-05T09:00:00Z.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token, shown once. Example: firebell token create deploys --scope signals.send --scope services.view"""
    body: dict[str, Any] = {"name": name, "scopes": scope, "team": team, "expires_at": expires}
    made = call("POST", "/api/v1/tokens", body)
    if as_json:
        as_is(made)
    else:
        typer.echo(made["token"])
        typer.echo("This is shown now and never again.", err=True)


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="tok_…, from firebell token list.")], as_json: AsJson = False
) -> None:
    """End a token now. Example: firebell token revoke tok_06e1x0k3v9q2m7s8t4"""
    call("DELETE", f"/api/v1/tokens/{token_id}")
    if as_json:
        as_is({"id": token_id, "revoked": True})
    else:
        typer.echo("Revoked.")
