"""``firebell plan | apply | export``: configuration files, sent to the server.

Variables and secret files are looked up here, on the sender's machine; the server reads neither its own environment nor
its own disk for them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call
from firebell.workflows.config.variables import names_in, secret_files_in

Paths = Annotated[
    list[str], typer.Option("-f", "--file", help="A file, a folder (its *.yaml and *.yml, deep), or - for stdin.")
]
Prune = Annotated[bool, typer.Option("--prune", help="Also remove what no file describes, of the kinds they speak of.")]
AsJson = Annotated[bool, typer.Option("--json", help="The server's answer as it is.")]

_SIGNS = {"created": "+", "changed": "~", "removed": "-"}


def plan(
    file: Paths,
    prune: Prune = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 2 when there is something to change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what files would change, and what that does to the coming shifts. Example: firebell plan -f examples/"""
    answer = call("POST", "/api/v1/config:plan", request(file, prune=prune))
    _show(answer, done=False, as_json=as_json)
    raise typer.Exit(2 if check and answer["changes"] else 0)


def apply(
    file: Paths,
    prune: Prune = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every change, as firebell plan does.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make it so, in one step or not at all. Example: firebell apply -f examples/"""
    answer = call("POST", "/api/v1/config:apply", request(file, prune=prune))
    _show(answer, done=True, as_json=as_json, changes=verbose)


def export(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A folder to write the files to.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole configuration as files that change nothing when applied. Example: firebell export -o config/"""
    answer = call("GET", "/api/v1/config")
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    elif output is None:
        typer.echo("".join(f"---\n# {file['path']}\n{file['text']}" for file in answer["files"]), nl=False)
    else:
        texts: dict[Path, list[str]] = {}
        for file in answer["files"]:
            texts.setdefault(output / inside(file["path"]), []).append(file["text"])
        for target, parts in texts.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("---\n".join(parts), encoding="utf-8")
            typer.echo(f"{target}")


def request(paths: Sequence[str], *, prune: bool, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The body of a plan or an application: the files, and only those variables and secrets that they refer to."""
    files = [file for path in paths for file in _files(path)]
    if not files:
        typer.echo(f"There is no *.yaml in {', '.join(paths)}.", err=True)
        raise typer.Exit(1)
    wanted = names_in(file["text"] for file in files)
    return {
        "files": files,
        "environment": {name: environment[name] for name in sorted(wanted) if name in environment},
        "prune": prune,
    }


def inside(path: str) -> PurePosixPath:
    """``path`` as it may be written below a folder: one that leads out of it is cut to its last part."""
    asked = PurePosixPath(path)
    if asked.name in ("", ".."):
        return PurePosixPath("config.yaml")
    return PurePosixPath(asked.name) if asked.is_absolute() or ".." in asked.parts else asked


def _files(path: str) -> list[dict[str, Any]]:
    if path == "-":
        return [_file("stdin", sys.stdin.read(), Path())]
    root = Path(path)
    if root.is_dir():
        found = sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
        listed = [p for p in found if not any(part.startswith(".") for part in p.relative_to(root).parts)]
    else:
        listed = [root]
    try:
        return [_file(p.as_posix(), p.read_text(encoding="utf-8"), p.parent) for p in listed]
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{path} cannot be read: {error}", err=True)
        raise typer.Exit(1) from None


def _file(name: str, text: str, folder: Path) -> dict[str, Any]:
    secrets: dict[str, str] = {}
    for asked in sorted(secret_files_in(text)):
        try:
            secrets[asked] = (folder / asked).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # the server says which file is missing, and on which line it is asked for
    return {"path": name, "text": text, "secret_files": secrets}


# ------------------------------------------------------------------ for people to read


def _show(answer: Mapping[str, Any], *, done: bool, as_json: bool, changes: bool = True) -> None:
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    for change in answer["changes"] if changes else ():
        place = f"  ({change['file']}:{change['line']})" if change["file"] else ""
        by_hand = "  (made by hand)" if change["by_hand"] else ""
        typer.echo(f"{_SIGNS[change['verb']]} {change['kind']}/{change['name']}{place}{by_hand}")
        for line in change["lines"] if change["verb"] != "removed" else ():
            typer.echo(f"    {_line(line)}")
    for coming in answer["coming"] if changes else ():
        _coming(coming)
    if answer["left_alone"]:
        names = ", ".join(f"{each['kind']}/{each['name']}" for each in answer["left_alone"])
        typer.echo(f"\nNo longer in any file, and left alone without --prune: {names}")
    for notice in answer.get("warnings", ()):
        hint = f" {notice['hint']}" if notice["hint"] else ""
        typer.echo(f"! {notice['file']}:{notice['line']} {notice['path']}: {notice['message']}{hint}")
    for key in answer["new_keys"]:
        typer.echo(f"\nKey of {key['service']}/{key['integration']}: {key['key']}")
    for made in answer["new_secrets"]:
        typer.echo(f"\nSigning secret of the webhook {made['webhook']}, shown only now: {made['secret']}")
    typer.echo(("\n" if answer["changes"] and changes else "") + summary(answer, done=done))


def summary(answer: Mapping[str, Any], *, done: bool) -> str:
    """One sentence: how many objects are (or would be) created, changed and removed."""
    if not answer["changes"]:
        return "Nothing to change."
    counts = {verb: sum(change["verb"] == verb for change in answer["changes"]) for verb in _SIGNS}
    words = ", ".join(f"{count} {verb}" for verb, count in counts.items() if count)
    return f"{words}." if done else f"To be {words}."


def _line(line: Mapping[str, Any]) -> str:
    if line["before"] is None:
        return f"{line['path']}: {line['after']}"
    if line["after"] is None:
        return f"{line['path']}: {line['before']} → (gone)"
    return f"{line['path']}: {line['before']} → {line['after']}"


def _coming(coming: Mapping[str, Any], shown_max: int = 12) -> None:
    typer.echo(f"\nOn call in {coming['schedule']} until {_day(coming['until'])} (UTC):")
    for stretch in coming["stretches"][:shown_max]:
        before, after = (", ".join(stretch[side]) or "nobody" for side in ("before", "after"))
        typer.echo(f"    {_day(stretch['starts_at'])} – {_day(stretch['ends_at'])}  {before} → {after}")
    if (more := len(coming["stretches"]) - shown_max) > 0:
        typer.echo(f"    … and {more} more")
    hours = ", ".join(f"{name} {seconds / 3600:+.0f} h" for name, seconds in coming["seconds"].items())
    typer.echo(f"    {hours}")
    if coming["uncovered_s"]:
        typer.echo(f"    {coming['uncovered_s'] / 3600:.0f} h without anybody on call!")


def _day(instant: str) -> str:
    return instant[:16].replace("T", " ")
