"""``firebell slo``: objectives, what is left of their budgets, and the counts they rest on."""

from __future__ import annotations

import csv
import io
import json
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items, text
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when
from firebell.kernel.clock import SystemClock, from_micros, micros

app = typer.Typer(name="slo", help="Objectives and their error budgets.", no_args_is_help=True)
Slo = Annotated[str, typer.Argument(help="Name or slo_….")]
Objective = Annotated[int, typer.Option("--objective", min=0, help="Which objective of the document, from 0.")]
_POINTS = 10_000


@app.command("list")
def list_slos(
    service: Annotated[str | None, typer.Option("--service", "-s", help="Only this service's.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="ok, caution or exhausted.")] = None,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """Objectives and how they stand. Example: firebell slo list --state exhausted"""
    found = items("/api/v1/slos", {"service": service, "state": state}, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [(one["name"], one["service"], one["source"], one["state"] or "not evaluated yet") for one in found]
    table(("name", "service", "measured by", "state"), rows, empty="No objectives.")


@app.command("budget")
def budget(slo: Slo, as_json: AsJson = False) -> None:
    """What is left of its error budgets. Example: firebell slo budget checkout-availability"""
    found = call("GET", f"/api/v1/slos/{slo}/budget")
    if as_json:
        as_is(found)
        return
    rows = [
        (
            one["name"] or one["objective"], one["target"], one["state"], _percent(one["remaining"]),
            _percent(one["measured"]), _percent(one["sli"], 4), _percent(one["coverage"]),
            ", ".join(name for name, standing in one["alerts"].items() if standing != "quiet"), when(one["at"]),
        )
        for one in found["objectives"]
    ]  # fmt: skip
    names = ("objective", "target", "state", "left", "spent (measured)", "SLI", "known", "alerts", "as of")
    table(names, rows, empty="No objectives.")
    facts({"source says": found["error"], "data": [one.replace("_", " ") for one in found["anomalies"]]})
    for warning in found["warnings"]:
        typer.echo(f"note: {warning}", err=True)


@app.command("rules")
def rules(
    slo: Annotated[str | None, typer.Argument(help="Name or slo_….")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of every objective that Prometheus measures.")] = False,
) -> None:
    """Rules for Prometheus, for promtool check rules. Example: firebell slo rules --all > slo-rules.yml"""
    if (slo is None) == (not everything):
        typer.echo("Name one SLO, or say --all.", err=True)
        raise typer.Exit(1)
    typer.echo(text("/api/v1/slos/rules" if everything else f"/api/v1/slos/{slo}/rules"), nl=False)


@app.command("push")
def push(
    slo: Slo,
    file: Annotated[
        Path | None, typer.Argument(help="JSON or CSV with start, good, total (“-”: standard input).", allow_dash=True)
    ] = None,
    good: Annotated[str | None, typer.Option("--good", help="Good events of one bucket.")] = None,
    total: Annotated[str | None, typer.Option("--total", help="All events of that bucket.")] = None,
    start: Annotated[
        str | None, typer.Option("--start", help="Its start; the minute before this, unless given.")
    ] = None,
    mode: Annotated[str, typer.Option("--mode", help="replace, add, or counter (values that only grow).")] = "replace",
    objective: Objective = 0,
    as_json: AsJson = False,
) -> None:
    """Push counts. Example: firebell slo push checkout-availability --good 993 --total 1000"""
    if (file is None) == (good is None) or (good is None) != (total is None):
        typer.echo("Give either a file, or --good and --total.", err=True)
        raise typer.Exit(1)
    points = [{"start": start or _minute_before(), "good": good, "total": total}] if file is None else _read(file)
    done: dict[str, Any] = {"stored": 0, "replaced": 0, "refused": [], "anomalies": []}
    for at in range(0, len(points), _POINTS):
        body = {"mode": mode, "objective": objective, "points": points[at : at + _POINTS]}
        answer = call("POST", f"/api/v1/slos/{slo}/series", body, once=uuid.uuid4().hex)
        done["stored"] += answer["stored"]
        done["replaced"] += answer["replaced"]
        done["refused"] += [one | {"index": one["index"] + at} for one in answer["refused"]]
        done["anomalies"] = sorted({*done["anomalies"], *answer["anomalies"]})
    if as_json:
        as_is(done)
        return
    typer.echo(f"{done['stored']} stored ({done['replaced']} replaced), {len(done['refused'])} refused.")
    for one in done["refused"]:
        typer.echo(f"point {one['index']}: {one['message']}", err=True)
    for one in done["anomalies"]:
        typer.echo(f"note: {one.replace('_', ' ')}", err=True)


@app.command("series")
def series(
    slo: Slo,
    since: Annotated[str | None, typer.Option("--since", help="An hour ago, unless given.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Now, unless given.")] = None,
    objective: Objective = 0,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, which slo push reads.")] = False,
    as_json: AsJson = False,
) -> None:
    """The counts as they are kept. Example: firebell slo series checkout-availability --csv"""
    query = {"since": since, "until": until, "objective": objective}
    found = call("GET", f"/api/v1/slos/{slo}/series", query=query)
    if as_json:
        as_is(found)
    elif as_csv:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(("start", "good", "total"))
        out.writerows((one["start"], one["good"], one["total"]) for one in found["points"])
    else:
        rows = [
            (when(one["start"]), f"{one['good']:g}", f"{one['total']:g}",
             _percent(one["good"] / one["total"] if one["total"] else None, 4))
            for one in found["points"]
        ]  # fmt: skip
        table(("start", "good", "total", "SLI"), rows, empty="No counts are known of that time.")


def _percent(share: float | None, places: int = 1) -> str:
    return "unknown" if share is None else f"{share * 100:.{places}f} %"


def _minute_before() -> str:
    now = micros(SystemClock().now()) // 1_000_000
    return from_micros((now - now % 60 - 60) * 1_000_000).format_iso()


def _read(file: Path) -> list[dict[str, Any]]:
    """Points out of JSON (a list, or an object with ``points``) or CSV."""
    try:
        content = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        if content.lstrip()[:1] in ("[", "{"):
            found = json.loads(content)
            points = found["points"] if isinstance(found, dict) else found
        else:
            points = list(csv.DictReader(io.StringIO(content)))
        return [{name: one[name] for name in ("start", "good", "total")} for one in points]
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        typer.echo(f"{file} cannot be read as points with start, good and total: {error}", err=True)
        raise typer.Exit(1) from None
