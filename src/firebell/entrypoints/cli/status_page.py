"""``firebell status-page``: what customers read, changed from a terminal, and written as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, as_is, facts, refusals, table, when

app = typer.Typer(name="status-page", help="What customers read: see it, change it.", no_args_is_help=True)
Page = Annotated[str, typer.Argument(help="Its address (slug) or id.")]
_WORDS = {"operational": "operational", "maintenance": "under_maintenance", "degraded": "degraded_performance",
          "partial": "partial_outage", "major": "major_outage"}  # fmt: skip


@app.command("list")
def list_pages(as_json: AsJson = False) -> None:
    """All status pages and what they say. Example: firebell status-page list"""
    found = items("/api/v1/status-pages")
    if as_json:
        as_is(found)
        return
    rows = [(one["slug"], one["name"], one["status"], one["access"], one["address"]) for one in found]
    table(("page", "name", "says", "for whom", "address"), rows, empty="No status pages.")


@app.command("show")
def show(page: Page, as_json: AsJson = False) -> None:
    """One page: its components and what is open. Example: firebell status-page show acme"""
    found = call("GET", f"/api/v1/status-pages/{page}")
    components = call("GET", f"/api/v1/status-pages/{page}/components")
    incidents = items(f"/api/v1/status-pages/{page}/incidents", limit=20)
    if as_json:
        as_is({**found, "components": components, "incidents": incidents})
        return
    facts({"page": found["slug"], "name": found["name"], "says": found["status"], "address": found["address"]})
    typer.echo("")
    rows = [(one["name"], one["status"].replace("_", " "), one["note"], one["id"]) for one in components]
    table(("component", "state", "note", "id"), rows, empty="No components.")
    typer.echo("")
    told = [(one["id"], one["status"], one["impact"], one["name"], when(one["updated_at"])) for one in incidents]
    table(("incident", "status", "impact", "title", "last said"), told, empty="No incidents.")


@app.command("set")
def set_state(
    page: Page,
    component: Annotated[str, typer.Argument(help="Its name or id.")],
    state: Annotated[str, typer.Argument(help="operational, maintenance, degraded, partial or major.")],
    note: Annotated[str, typer.Option("--note", "-n", help="Goes with the state.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not tell subscribers.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which state a component is in. Example: firebell status-page set acme Payments partial -n "One node down" """
    wanted = _component(page, component)
    body = {"status": _WORDS.get(state, state), "note": note, "notify": not quiet}
    done = call("POST", f"/api/v1/status-pages/{page}/components/{wanted}:set-status", body)
    if as_json:
        as_is(done)
    else:
        typer.echo(f"The public now reads: {done['name']}, {done['status'].replace('_', ' ')}.")


@app.command("post")
def post(
    page: Page,
    body: Annotated[str, typer.Argument(help="The message, in Markdown.")],
    title: Annotated[str | None, typer.Option("--title", help="Of a new incident, or from now on.")] = None,
    incident: Annotated[str | None, typer.Option("--incident", help="sin_…: the next update of this one.")] = None,
    status: Annotated[str, typer.Option("--status", help="investigating, identified, monitoring, resolved.")] = (
        "investigating"
    ),
    component: Annotated[
        list[str] | None, typer.Option("--component", "-c", help="NAME=STATE; may be repeated.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not tell subscribers.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell the public. Example: firebell status-page post acme "We know." --title "Slow search" -c Search=degraded"""
    states = {}
    for each in component or ():
        name, _, state = each.rpartition("=")
        states[_component(page, name)] = _WORDS.get(state, state)
    said: dict[str, Any] = {"status": status, "body": body, "components": states, "notify": not quiet}
    if title is not None:
        said["name"] = title
    path = f"/api/v1/status-pages/{page}/incidents"
    done = call("POST", f"{path}/{incident}/updates" if incident else path, said)
    if as_json:
        as_is(done)
    else:
        typer.echo(f"{done['name']}: {done['status']}, {done['impact']} impact  {done['id']}")


@app.command("export")
def export(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; left out: public/ in the data folder of this machine.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the public pages of this installation as files. Example: firebell status-page export /srv/status"""
    with refusals():
        written = context.obj.export_pages(folder)
    if as_json:
        as_is([str(path) for path in written])
        return
    for path in written:
        typer.echo(f"Written: {path}")
    if not written:
        typer.echo("There is no public status page.")


def _component(page: str, reference: str) -> str:
    found = call("GET", f"/api/v1/status-pages/{page}/components")
    for one in found:
        if reference in (one["id"], one["name"]) and not one["group"]:
            return str(one["id"])
    typer.echo(f"There is no component “{reference}” on {page}: {', '.join(o['name'] for o in found)}.", err=True)
    raise typer.Exit(1)
