"""How commands show things: a table for people, or the server's JSON as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from firebell.kernel.errors import Refused

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]
# What is not a terminal (a pipe, a file) is as wide as it needs to be, so that nothing is cut.
_WIDE = 10_000


def as_is(answer: Any) -> None:
    """Print JSON."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under their headings, or ``empty`` when there are none."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        typer.echo(empty)
        return
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(_words(cell)) for cell in row))
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=_WIDE)
    with console.capture() as captured:
        console.print(made)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def facts(pairs: Mapping[str, object]) -> None:
    """Print ``name: value`` lines, aligned; empty values are left out."""
    known = {name: _words(value) for name, value in pairs.items() if _words(value)}
    width = max((len(name) for name in known), default=0)
    for name, value in known.items():
        typer.echo(f"{name + ':':<{width + 1}} {value}")


def when(moment: str | None) -> str:
    """An instant of the API, to the second."""
    return "" if moment is None else moment[:19].replace("T", " ") + " UTC"


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_words(one) for one in value)
    # A summary may hold anything; a terminal must not act on it.
    return "".join(letter if letter.isprintable() else " " for letter in str(value))


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal of this machine's own commands is one line on stderr, and exit code 1."""
    try:
        yield
    except Refused as error:
        typer.echo(f"firebell: {error.message} {error.hint or ''}".rstrip(), err=True)
        raise typer.Exit(1) from None
