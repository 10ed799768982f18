"""``firebell runbook``: what to do if, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

app = typer.Typer(name="runbook", help="What to do if, step by step.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name or rbk_….")]


@app.command("list")
def list_runbooks(
    alert: Annotated[str | None, typer.Option("--alert", help="Those that apply to this alert.")] = None,
    incident: Annotated[str | None, typer.Option("--incident", help="Those that apply to this incident.")] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Runbooks by name, or the best first for an alert or incident. Example: firebell runbook list --incident INC-12"""
    query = {name: value for name, value in (("alert", alert), ("incident", incident)) if value}
    found = items("/api/v1/runbooks", query, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [
        (r["name"], r["title"], len(r["steps"]), r["runs"], when(r["last_run_at"]), "; ".join(r["stale"]))
        for r in found
    ]
    table(("name", "title", "steps", "runs", "last run", "look at it"), rows, empty="No runbooks.")


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """A runbook's text. Example: firebell runbook show checkout-latency"""
    one = call("GET", f"/api/v1/runbooks/{name}")
    if as_json:
        as_is(one)
        return
    facts({"title": one["title"], "edited": when(one["edited_at"]), "page": one["html_url"], "look at": one["stale"]})
    typer.echo("")
    typer.echo(one["body"])
    for problem in one["problems"]:
        typer.echo(f"note: {problem}", err=True)


@app.command("save")
def save(
    name: Name,
    file: Annotated[Path, typer.Argument(help="Markdown with steps “- [ ] what to do”.", exists=True, dir_okay=False)],
    title: Annotated[str | None, typer.Option("--title")] = None,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="May be repeated.")] = None,
    match: Annotated[list[str] | None, typer.Option("--match", help='label="value", !=, =~ or !~; repeatable.')] = None,
    as_json: AsJson = False,
) -> None:
    """Write a runbook, or its next version. Example: firebell runbook save checkout-latency latency.md -s checkout"""
    body: dict[str, Any] = {"body": file.read_text(encoding="utf-8")}
    body |= {
        key: value for key, value in (("title", title), ("services", service), ("matchers", match)) if value is not None
    }
    known = {one["name"] for one in items("/api/v1/runbooks", {"q": name}, limit=200)}
    if name in known:
        one = call("PATCH", f"/api/v1/runbooks/{name}", body)
    else:
        one = call("POST", "/api/v1/runbooks", {"name": name, **body})
    if as_json:
        as_is(one)
        return
    typer.echo(f"{one['name']}, version {one['version']}  {one['html_url']}")
    for problem in one["problems"]:
        typer.echo(f"note: {problem}", err=True)
