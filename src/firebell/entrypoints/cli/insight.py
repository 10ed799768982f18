"""``firebell insight``: what the incidents of a period say together."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, text
from firebell.entrypoints.cli.showing import AsJson, as_is, facts, table

app = typer.Typer(
    name="insight", help="What incidents say together: durations, recurrence, reviews.", no_args_is_help=True
)
Period = Annotated[str, typer.Option("--period", "-p", help="2026-04, 2026-Q2, 2026, 90d or 2026-04-03..2026-04-20.")]
Severity = Annotated[str | None, typer.Option("--severity", help="SEV1 to SEV4, or unset.")]
Service = Annotated[str | None, typer.Option("--service", "-s", help="Name or svc_….")]
Cause = Annotated[str | None, typer.Option("--cause", help="A class of contributing factors, or none.")]
Team = Annotated[str | None, typer.Option("--team", help="Name or team_….")]
_COLUMNS = ("n", "median", "p75", "p90", "not there yet", "not applicable", "invalid")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def length(seconds: int | None) -> str:
    """``1 h 31 min``: the two largest units that say something; nothing of nothing."""
    if seconds is None:
        return "-"
    rest = seconds
    words: list[str] = []
    for size, unit in _UNITS:
        if rest >= size and len(words) < 2:
            words.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(words) or "0 s"


def share(one: dict[str, Any]) -> str:
    """``62 % (8 of 13)``, ``2 of 3``, ``none``."""
    if not one["n"]:
        return "none"
    bare = f"{one['part']} of {one['n']}"
    return bare if one["percent"] is None else f"{one['percent']} % ({bare})"


def _numbers(one: dict[str, Any]) -> tuple[object, ...]:
    return (
        one["n"], length(one["median_s"]), length(one["p75_s"]), length(one["p90_s"]), one["pending"],
        one["not_applicable"], one["invalid"],
    )  # fmt: skip


@app.command("show")
def show(
    period: Period = "90d",
    severity: Severity = None,
    service: Service = None,
    cause: Cause = None,
    team: Team = None,
    by: Annotated[str | None, typer.Option("--by", help="severity, service or cause.")] = None,
    metric: Annotated[str, typer.Option("--metric", help="With --by: which duration.")] = "time_to_resolve",
    as_json: AsJson = False,
) -> None:
    """Durations as median, p75, p90 and n, never a mean. Example: firebell insight show -p 2026-Q2 --by severity"""
    query = {"period": period, "severity": severity, "service": service, "cause": cause, "team": team}
    if by:
        groups = call("GET", "/api/v1/insight/groups", query={**query, "by": by, "metric": metric})
        if as_json:
            as_is(groups)
            return
        typer.echo(f"{metric}, {period}")
        table((by, *_COLUMNS), [(one["name"], *_numbers(one)) for one in groups], empty="No incident in this period.")
        return
    found = call("GET", "/api/v1/insight", query=query)
    if as_json:
        as_is(found)
        return
    typer.echo(f"{found['since'][:10]} until {found['until'][:10]}, UTC: {found['incidents']} incidents")
    rows = [(one["metric"], *_numbers(one)) for one in found["durations"]]
    table(("duration", *_COLUMNS), rows, empty="No incident in this period.")
    typer.echo(found["quantiles"])
    typer.echo("")
    facts(
        {
            **{f"alike to one of {one['days']} days before": share(one["share"]) for one in found["recurrence"]},
            "again after a fix": share(found["repeat_after_fix"]),
            "actions in time": share(found["actions"]["share"]),
            "postmortems in time": share(found["postmortems"]["share"]),
            "page": found["html_url"],
        }
    )


@app.command("review")
def review(
    period: Annotated[str, typer.Argument(help="A month (2026-04) or a quarter (2026-Q2).")],
    team: Team = None,
    as_json: AsJson = False,
) -> None:
    """The review of a month or a quarter. Example: firebell insight review 2026-04 --team payments"""
    one = call("GET", f"/api/v1/insight/reviews/{period}", query={"team": team})
    if as_json:
        as_is(one)
        return
    found = one["insight"]
    facts(
        {
            "period": one["period"] + (" (not over yet)" if one["running"] else ""), "team": one["team"],
            "incidents": f"{found['incidents']}, in the period before {found['incidents_before']}",
            "actions in time": share(found["actions"]["share"]),
            "postmortems in time": share(found["postmortems"]["share"]),
            "again after a fix": share(found["repeat_after_fix"]), "page": one["html_url"],
        }
    )  # fmt: skip
    for title, lines in (
        ("What was learned", [f"{each['lesson'] or '(no line)'} ({each['incident']})" for each in one["lessons"]]),
        ("Themes", [f"{each['class']}: {each['n']}, before {each['n_before']}" for each in one["themes"]]),
        ("Overdue", [f"{each['text']} ({each['incident']})" for each in one["overdue"]]),
        ("Surprises", [f"{each['text']} ({each['incident']})" for each in one["surprises"]]),
        ("Luck", [f"{each['text']} ({each['incident']})" for each in one["luck"]]),
    ):
        if lines:
            typer.echo(f"\n{title}")
            for line in lines:
                typer.echo("- " + "".join(letter if letter.isprintable() else " " for letter in line))


@app.command("csv")
def as_csv(
    name: Annotated[str, typer.Argument(help="durations, summary, groups, past, recurrence, kept or budget.")],
    period: Period = "90d",
) -> None:
    """A chart's numbers as CSV. Example: firebell insight csv durations -p 2026-04 > april.csv"""
    from urllib.parse import quote, urlencode

    typer.echo(text(f"/api/v1/insight/tables/{quote(name, safe='')}?{urlencode({'period': period})}"), nl=False)
