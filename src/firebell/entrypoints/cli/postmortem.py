"""``firebell postmortem``: what an incident taught."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.showing import AsJson, as_is

app = typer.Typer(name="postmortem", help="What an incident taught.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """What an incident taught."""


@app.command("lint")
def lint(
    file: Annotated[Path, typer.Argument(help="Any Markdown file; - is standard input.", allow_dash=True)],
    name: Annotated[list[str] | None, typer.Option("--name", help="A person's name; may be repeated.")] = None,
    names: Annotated[Path | None, typer.Option("--names", help="A file of names, one a line.", exists=True)] = None,
    fail_on: Annotated[str, typer.Option("--fail-on", help="gate (names only), H, M or L.")] = "gate",
    as_json: AsJson = False,
) -> None:
    """Blame in a text, and what could stand there instead; needs no server. Exit code 2 when something is as bad as
    --fail-on. Example: firebell postmortem lint outage.md --name "Ann Miller"
    """
    from firebell.domain.postmortems.blameless.hits import Level
    from firebell.domain.postmortems.blameless.names import read_names
    from firebell.domain.postmortems.blameless.places import at_least, lint_file

    if fail_on not in [*Level]:
        typer.echo(f"--fail-on: {fail_on} is no level; write {', '.join(Level)}.", err=True)
        raise typer.Exit(1)
    every = [*(name or []), *(_text(names).splitlines() if names else [])]
    found = lint_file(_text(file), read_names([one.strip() for one in every if one.strip()]))
    if as_json:
        as_is([_plain(one) for one in found])
    else:
        for one in found:
            hit = one.hit
            typer.echo(
                f"{file}:{one.line}:{one.column}: {hit.family} {hit.level} “{' '.join(hit.quote.split())}”: {hit.why}"
            )
            for words in hit.suggestions:
                typer.echo(f"    instead: {words}")
        if not found:
            typer.echo("Nothing found.")
    raise typer.Exit(2 if at_least(found, Level(fail_on)) else 0)


def _text(path: Path) -> str:
    """The file as text; ends the program with 1 when it cannot be read."""
    try:
        raw = typer.get_binary_stream("stdin").read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    return raw.decode("utf-8-sig", errors="replace")


def _plain(one: Any) -> dict[str, Any]:
    hit = one.hit
    return {
        "line": one.line, "column": one.column, "start": hit.start, "end": hit.end, "family": hit.family,
        "level": hit.level, "quote": hit.quote, "why": hit.why, "suggestions": list(hit.suggestions), "key": hit.key,
    }  # fmt: skip
