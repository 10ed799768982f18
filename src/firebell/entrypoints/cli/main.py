"""``firebell``: the commands that work on this machine, and those that talk to a server."""

from __future__ import annotations

import typer

from firebell.entrypoints.cli import config, serve
from firebell.entrypoints.cli.local import Local

app = typer.Typer(
    no_args_is_help=True, add_completion=True, help="Firebell: from alert to postmortem.", rich_markup_mode=None
)
app.command("serve")(serve.serve)
app.command("plan")(config.plan)
app.command("apply")(config.apply)
app.command("export")(config.export)


@app.callback()
def begin() -> None:
    """Firebell: from alert to postmortem."""


def run(local: Local) -> None:
    """Run the command line with ``local`` for the commands of this machine."""
    app(obj=local)
