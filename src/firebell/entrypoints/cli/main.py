"""``firebell``: the commands that work on this machine, and those that talk to a server.

Exit codes: 0 done, 1 refused, wrong usage or no connection. Commands with more of them say so in their help.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

from firebell.entrypoints.cli import (
    action,
    admin,
    alert,
    audit,
    backup,
    config,
    demo,
    doctor,
    fallback,
    gate,
    incident,
    insight,
    integration,
    login,
    migrate,
    oncall,
    page,
    policy,
    postmortem,
    rehearse,
    runbook,
    schedule,
    serve,
    service,
    settings,
    signal,
    slo,
    status_page,
    team,
    token,
    user,
)
from firebell.entrypoints.cli.local import Local

app = typer.Typer(
    no_args_is_help=True, add_completion=True, help="Firebell: from alert to postmortem.", rich_markup_mode=None
)
_HERE: tuple[tuple[str, Callable[..., None]], ...] = (
    ("serve", serve.serve), ("demo", demo.demo), ("doctor", doctor.doctor), ("migrate", migrate.migrate),
    ("backup", backup.backup), ("restore", backup.restore),
)  # fmt: skip
_THERE: tuple[tuple[str, Callable[..., None]], ...] = (
    ("login", login.login), ("logout", login.logout), ("plan", config.plan), ("apply", config.apply),
    ("export", config.export), ("rehearse", rehearse.rehearse), ("gate", gate.gate),
)  # fmt: skip
for _name, _command in (*_HERE, *_THERE):
    app.command(_name)(_command)
for _noun in (
    settings, admin, audit, alert, incident, postmortem, insight, action, runbook, oncall, schedule, policy, fallback,
    service, integration, user, team, token, signal, page, status_page, slo,
):  # fmt: skip
    app.add_typer(_noun.app)


@app.callback()
def begin() -> None:
    """Firebell: from alert to postmortem."""


def run(local: Local, arguments: Sequence[str] | None = None) -> None:
    """Run the command line with ``local`` for the commands of this machine, and end the process with its exit code."""
    command = typer.main.get_command(app)
    try:
        code: Any = command.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="firebell",
            standalone_mode=False,
            obj=local,
        )
    except typer.TyperException as error:
        # Wrong usage is 1 here, not the library's 2, which some commands use for an answer.
        show = getattr(error, "show", None)
        if show is not None:
            show()
        sys.exit(1)
    except typer.Abort:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
