"""``firebell admin``: let somebody in from this machine when nobody can sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from firebell.entrypoints.cli.showing import AsJson, as_is, refusals

app = typer.Typer(
    name="admin", help="Let somebody in when nobody can sign in (stop the server first).", no_args_is_help=True
)
ROLES = ("admin", "manager", "responder", "viewer")
Name = Annotated[str, typer.Argument(help="The person's name, as in URLs.")]


@app.command("create-user")
def create_user(
    context: typer.Context,
    name: Name,
    email: Annotated[str, typer.Option("--email", help="Their address.")] = "",
    role: Annotated[str, typer.Option("--role", help=f"One of {', '.join(ROLES)}.")] = "responder",
    as_json: AsJson = False,
) -> None:
    """Make a person; prints where they choose a password. Example: firebell admin create-user ada --role admin"""
    if role not in ROLES:
        typer.echo(f"--role: {role} is none of {', '.join(ROLES)}.", err=True)
        raise typer.Exit(1)
    _link(lambda: context.obj.create_user(name, email, role), as_json)


@app.command("reset-password")
def reset_password(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Print where a person chooses a new password (30 min). Example: firebell admin reset-password ada"""
    _link(lambda: context.obj.reset_password(name), as_json)


@app.command("setup-link")
def setup_link(context: typer.Context, as_json: AsJson = False) -> None:
    """Print where the first administrator is made (1 h). Example: firebell admin setup-link"""
    _link(context.obj.setup_link, as_json)


def _link(make: Callable[[], str], as_json: bool) -> None:
    with refusals():
        address = make()
    if as_json:
        as_is({"url": address})
    else:
        typer.echo(f"Open this once, in a browser, with the server running:\n  {address}")
