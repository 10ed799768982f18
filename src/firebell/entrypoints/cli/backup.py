"""``firebell backup`` and ``firebell restore``: one file, whole or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import download
from firebell.entrypoints.cli.showing import AsJson, as_is, refusals
from firebell.kernel.errors import Refused


def backup(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(help="File or folder to write to; left out: backups/ in the data folder (from a server: here)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a SQLite installation, whole; a running server is asked for it. Example: firebell backup /mnt/backup"""
    with refusals():
        try:
            kept = context.obj.backup(target)
        except Refused as error:
            if error.slug != "in-use":
                raise
            _ask(target, as_json)
            return
    _say("Written", kept, as_json)


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A file made by firebell backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of a database that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup, then put it in place; a damaged one is refused. Example: firebell restore b.fbbackup --replace"""
    with refusals():
        kept = context.obj.restore(source, replace=replace)
    _say("Restored", kept, as_json)


def _ask(target: Path | None, as_json: bool) -> None:
    """A running server has the file: only it may read it."""
    written = download("/api/v1/backup", target or Path())
    size = written.stat().st_size
    if as_json:
        as_is({"path": str(written), "size": size, "about": {"from": "server"}})
    else:
        typer.echo(f"Written by the running server: {written} ({size:,} bytes).")


def _say(done: str, kept: Any, as_json: bool) -> None:
    if as_json:
        as_is({"path": str(kept.path), "size": kept.size, "about": kept.about})
        return
    made_at = str(kept.about.get("made_at", ""))[:19].replace("T", " ")
    typer.echo(f"{done}: {kept.path} ({kept.size:,} bytes, of {made_at} UTC, secret key {kept.about.get('key')}).")
    typer.echo("The secret key is not in it: keep a copy of it apart.")
