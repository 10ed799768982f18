"""``firebell postmortem``: what an incident taught."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items, names, received
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

Key = Annotated[str, typer.Argument(help="INC-12, 12 or pmt_….")]
FORMATS = ("md", "html", "pdf", "slides", "slides-pdf", "json")
app = typer.Typer(name="postmortem", help="What an incident taught.", no_args_is_help=True)


@app.callback()
def begin() -> None:
    """What an incident taught."""


@app.command("list")
def list_postmortems(
    state: Annotated[
        list[str] | None, typer.Option("--state", help="draft, in_review, reviewed, published, closed.")
    ] = None,
    team: Annotated[str | None, typer.Option("--team")] = None,
    service: Annotated[str | None, typer.Option("--service", "-s")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="A person.")] = None,
    words: Annotated[str | None, typer.Option("--text", help="Every word of it stands in the text.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Postmortems, the newest incident first. Example: firebell postmortem list --state draft"""
    query = {"state": state, "team": team, "service": service, "owner": owner, "q": words}
    found = items("/api/v1/postmortems", {name: value for name, value in query.items() if value}, limit=limit)
    if as_json:
        as_is(found)
        return
    people = names("/api/v1/users") if found else {}
    rows = [
        (one["reference"], one["peak"], one["state"].replace("_", " "),
         people.get(one["owner_id"], one["owner_id"] or "nobody"), one["title"], when(one["due_at"]))
        for one in found
    ]  # fmt: skip
    table(("incident", "peak", "state", "owner", "title", "due"), rows, empty="No postmortems.")


@app.command("show")
def show(postmortem: Key, as_json: AsJson = False) -> None:
    """One postmortem: how far it is, what is missing, what it promises. Example: firebell postmortem show INC-12"""
    one = call("GET", f"/api/v1/postmortems/{postmortem}")
    if as_json:
        as_is(one)
        return
    people = names("/api/v1/users")
    facts(
        {
            "postmortem": one["title"], "incident": one["reference"], "state": one["state"].replace("_", " "),
            "peak": one["peak"], "owner": people.get(one["owner_id"], one["owner_id"] or "nobody"),
            "complete": f"{one['score']} of 100", "review": when(one["review_at"]), "due": when(one["due_at"]),
            "revision": one["revision"], "required because of": [why.replace("_", " ") for why in one["required"]],
            "can be done": ", ".join(one["possible"]), "page": one["html_url"],
        }
    )  # fmt: skip
    missing = [check for check in one["checks"] if not check["holds"]]
    if missing:
        typer.echo("")
        rows = [("must" if check["hard"] else "", check["weight"], check["message"]) for check in missing]
        table(("", "points", "missing"), rows, empty="")
    if one["actions"]:
        typer.echo("")
        told = [
            (item["id"], item["state"], item["text"], people.get(item["owner_id"], "nobody"), when(item["due_at"]))
            for item in one["actions"]
        ]
        table(("action", "state", "what", "owner", "due"), told, empty="")


@app.command("export")
def export(
    postmortem: Key,
    form: Annotated[str, typer.Option("--format", "-f", help="md, html, pdf, slides, slides-pdf or json.")] = "md",
    to: Annotated[Path | None, typer.Option("--to", "-o", help="A file; left out: standard output.")] = None,
    revision: Annotated[int | None, typer.Option("--revision", min=1, help="As it was then.")] = None,
    as_json: AsJson = False,
) -> None:
    """A postmortem as Markdown, HTML, PDF, JSON or six slides, without a name of anybody.

    Example: firebell postmortem export INC-12 -f pdf -o inc-12.pdf
    """
    if form not in FORMATS:
        typer.echo(f"--format: {form} is none; write {', '.join(FORMATS)}.", err=True)
        raise typer.Exit(1)
    form = "json" if as_json else form
    body = received(f"/api/v1/postmortems/{postmortem}/export", {"format": form, "revision": revision})
    if to is None:
        typer.get_binary_stream("stdout").write(body)
        return
    try:
        to.write_bytes(body)
    except OSError as error:
        typer.echo(f"{to}: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{to} written.")


@app.command("import")
def import_file(
    postmortem: Annotated[str, typer.Argument(help="The incident it is about: INC-12, 12 or inc_….")],
    file: Annotated[Path, typer.Argument(help="Anybody's Markdown; - is standard input.", allow_dash=True)],
    replace: Annotated[bool, typer.Option("--replace", help="What people have written may go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Markdown becomes a postmortem; what it lacks is said. Example: firebell postmortem import INC-12 outage.md"""
    markdown = _text(file)
    made = call("POST", "/api/v1/postmortems", {"incident": postmortem})
    body = {"markdown": markdown, "replace": replace}
    done = call("POST", f"/api/v1/postmortems/{made['id']}:import", body)
    if as_json:
        as_is(done)
        return
    for note in [*done["notes"], *(one for one in done["warnings"] if one not in done["notes"])]:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{done['postmortem']['reference']} has it as revision {done['postmortem']['revision']}.")


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
