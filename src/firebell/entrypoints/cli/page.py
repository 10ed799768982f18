"""``firebell page``: try whether you can be paged."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import call
from firebell.entrypoints.cli.showing import AsJson, as_is, table

app = typer.Typer(name="page", help="Try whether somebody can be paged.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """Try whether somebody can be paged."""


@app.command("test")
def send_test(
    user: Annotated[str, typer.Option("--user", help="Whom; left out: the person this token belongs to.")] = "",
    method: Annotated[str | None, typer.Option("--method", help="Only this contact method (its name).")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test message by every contact method. Example: firebell page test --user ada --method phone"""
    who = user or _me()
    answer = call("GET", f"/api/v1/users/{who}/contact-methods")
    methods = answer["items"] if isinstance(answer, dict) else answer
    chosen = [one for one in methods if method is None or method in (one["name"], one["id"])]
    sent = [{**one, "proof": call("POST", f"/api/v1/users/{who}/contact-methods/{one['id']}:test")} for one in chosen]
    if as_json:
        as_is(sent)
    else:
        rows = [(one["name"], one["channel"], one["proof"]["outcome"], one["proof"].get("delivery_id")) for one in sent]
        table(("method", "channel", "outcome", "delivery"), rows, empty="No contact method to try.")
    raise typer.Exit(0 if sent else 1)


def _me() -> str:
    found = call("GET", "/api/v1/users/me")
    if found.get("kind") != "user":
        typer.echo("This token is nobody's in particular: name somebody with --user.", err=True)
        raise typer.Exit(1)
    return str(found["id"])
