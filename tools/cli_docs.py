"""Writes ``docs/cli.md`` from what the commands say about themselves; ``--check`` says whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from firebell.entrypoints.cli.main import app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
HEAD = """# The command line

<!-- Written by `python tools/cli_docs.py`; do not edit. -->

`firebell serve | demo | doctor | migrate | backup | restore | config | admin | audit` work on the machine itself: they
read the settings (environment over `firebell.toml` over defaults) and open the database; `postmortem lint` needs
nothing but a file. All others talk to a server:
`FIREBELL_URL` and `FIREBELL_TOKEN` name it, or `firebell login` remembers it for this user.

**Exit codes.** 0: done. 1: refused, wrong usage, no connection, or the answer is no (`doctor`, `audit verify`,
`rehearse`, `page test`). `plan --check` ends with 2 when there is something to change, `postmortem lint` when a name
stands in the text.

**Output.** Tables are for people and may change; `--json` is for programs. Errors go to stderr.
A shell learns the commands with `firebell --install-completion`.
"""


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, command


def page() -> str:
    """The whole page."""
    return HEAD + "".join(section(path, command) for path, command in leaves(typer.main.get_command(app)))


def section(path: tuple[str, ...], command: Any) -> str:
    text, _, example = " ".join((command.help or "").split()).partition(" Example: ")
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
    usage = " ".join(["firebell", *path, *(_metavar(a) for a in arguments)])
    lines = [f"\n## firebell {' '.join(path)}\n", f"{text}\n", f"    {usage}\n", f"Example: `{example}`\n"]
    for one in [*arguments, *options]:
        name = ", ".join(f"`{opt}`" for opt in one.opts) if one in options else f"`{one.name.upper()}`"
        said = getattr(one, "help", None) or ""
        lines.append(f"- {name}{' (needed)' if one.required else ''}: {said}")
    return "\n".join(lines) + "\n"


def _metavar(argument: Any) -> str:
    name = argument.name.upper()
    return name if argument.required else f"[{name}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if PAGE.read_text(encoding="utf-8") != page():
            sys.exit("docs/cli.md is not what the commands say: python tools/cli_docs.py")
    else:
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
