"""``firebell demo``: a sample company to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firebell.entrypoints.cli.showing import refusals


def demo(
    context: typer.Context,
    data: Annotated[Path, typer.Option("--data", help="The demo's own folder.")] = Path("var/demo"),
    listen: Annotated[str, typer.Option("--listen", help="Address and port.")] = "127.0.0.1:8080",
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the demo's folder away and begin again.")] = False,
    build_only: Annotated[bool, typer.Option("--build-only", help="Make it and do not serve it.")] = False,
) -> None:
    """A sample company with a month of history; nothing is sent to anybody. Example: firebell demo --fresh"""
    with refusals():
        raise typer.Exit(context.obj.demo(data, listen, fresh=fresh, build_only=build_only))
