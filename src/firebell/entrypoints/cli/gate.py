"""``firebell gate``: may this ship? The answer is the exit code, so that a pipeline can go by it."""

from __future__ import annotations

from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import call
from firebell.entrypoints.cli.showing import AsJson, as_is

EXIT_CODES = {"allow": 0, "warn": 2, "block": 3}
_CHANGES = "deploy, config, flag, schema, infra, fix, rollback, p0_fix, security or reliability."


def gate(
    service: Annotated[str, typer.Argument(help="Name of the service.")],
    change: Annotated[str, typer.Option("--change", help=_CHANGES)] = "deploy",
    sha: Annotated[str, typer.Option("--sha", help="What is to ship: a commit, a tag, a digest.")] = "",
    incident: Annotated[str, typer.Option("--incident", help="What a fix or a rollback mends: INC-12.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask whether a change may ship. Exit code 0 allow, 2 warn, 3 block, 1 no answer (network, token, unknown service,
    wrong usage). Example: firebell gate checkout --sha "$GIT_SHA"
    """
    query = {"service": service, "change": change, "sha": sha, "incident": incident}
    found = call("GET", "/api/v1/gate", query={name: value for name, value in query.items() if value})
    code = EXIT_CODES.get(found.get("decision", ""), 1)
    if as_json:
        as_is(found)
    elif code == 1:
        typer.echo("The server's answer cannot be understood.", err=True)
    else:
        typer.echo(f"{found['decision']}: {found['change']} of {found['service']}")
        for one in found["reasons"]:
            typer.echo(f"  {one['text']}")
    raise typer.Exit(code)
