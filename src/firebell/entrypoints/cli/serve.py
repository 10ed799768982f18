"""``firebell serve``: everything in one process, or one role of several on PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    context: typer.Context,
    roles: Annotated[str, typer.Option(help="web, worker, or both separated by a comma (PostgreSQL).")] = "web,worker",
    listen: Annotated[str | None, typer.Option(help="Address and port, 127.0.0.1:8080.")] = None,
) -> None:
    """Start the server. Example: firebell serve --listen 0.0.0.0:8080"""
    chosen = frozenset(role.strip() for role in roles.split(",") if role.strip())
    unknown = chosen - {"web", "worker"}
    if unknown or not chosen:
        wrong = ", ".join(sorted(unknown)) or "nothing"
        typer.echo(f"--roles: {wrong} is no role; use web, worker or web,worker.", err=True)
        raise typer.Exit(1)
    raise typer.Exit(context.obj.serve(chosen, listen))
