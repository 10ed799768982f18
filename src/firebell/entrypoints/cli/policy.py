"""``firebell policy``: who is told next when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table

app = typer.Typer(name="policy", help="Who is told next when nobody answers.", no_args_is_help=True)


@app.command("list")
def list_policies(limit: Limit = 200, as_json: AsJson = False) -> None:
    """All escalation policies. Example: firebell policy list"""
    found = items("/api/v1/escalation-policies", limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [(one["name"], one["display_name"], one["team"], len(one["steps"]), one["version"]) for one in found]
    table(("policy", "name", "team", "steps", "version"), rows, empty="No escalation policies.")


@app.command("show")
def show(policy: Annotated[str, typer.Argument(help="Name or id.")], as_json: AsJson = False) -> None:
    """One policy, step by step. Example: firebell policy show payments"""
    found = call("GET", f"/api/v1/escalation-policies/{policy}")
    if as_json:
        as_is(found)
        return
    facts({"policy": found["name"], "team": found["team"], "repeat": found["repeat"], "page": found["html_url"]})
    typer.echo("")
    rows = [(str(n), _targets(step), _wait(step.get("wait"))) for n, step in enumerate(found["steps"], 1)]
    rows.append(("fallback", _targets({"notify": found["fallback"]}), ""))
    table(("step", "tells", "then waits"), rows, empty="")


def _targets(step: Mapping[str, Any]) -> str:
    targets = step.get("notify") or []
    return ", ".join(" ".join(f"{kind} {name}" for kind, name in target.items()) for target in targets)


def _wait(wait: Any) -> str:
    if isinstance(wait, Mapping):
        return ", ".join(f"{name} {value}" for name, value in wait.items())
    return "" if wait is None else str(wait)
