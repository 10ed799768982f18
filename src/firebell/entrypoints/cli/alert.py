"""``firebell alert``: what is wrong, and the answers to it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items, names
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

app = typer.Typer(name="alert", help="What is wrong, and the answers to it.", no_args_is_help=True)
AlertId = Annotated[str, typer.Argument(help="alr_…, from firebell alert list.")]
STATES = ("open", "acknowledged", "resolved")


@app.command("send")
def send(
    summary: Annotated[str, typer.Argument(help="What is wrong, in one line.")],
    service: Annotated[str, typer.Option("--service", "-s", help="Name of the service.")],
    severity: Annotated[str | None, typer.Option("--severity", help="critical, high, warning or info.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="The same key again is the same alert.")] = None,
    details: Annotated[str, typer.Option("--details", help="More, as Markdown.")] = "",
    resolved: Annotated[bool, typer.Option("--resolved", help="It is over.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a signal to a service. Example: firebell alert send "Disk full" -s database --severity high"""
    body: dict[str, Any] = {"summary": summary, "service": service, "details": details}
    body["status"] = "resolved" if resolved else "firing"
    body |= {name: value for name, value in (("severity", severity), ("dedup_key", key)) if value is not None}
    answer = call("POST", "/api/v1/signals", body)
    if as_json:
        as_is(answer)
    else:
        typer.echo(
            f"{answer['became']}: {answer.get('alert_id') or 'no alert'}  {answer.get('alert_url') or ''}".rstrip()
        )


@app.command("list")
def list_alerts(
    state: Annotated[
        list[str] | None, typer.Option("--state", help="open, acknowledged or resolved; may be repeated.")
    ] = None,
    severity: Annotated[str | None, typer.Option("--severity", help="SEV1 to SEV4.")] = None,
    service: Annotated[str | None, typer.Option("--service", "-s", help="Name of the service.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Words in the summary.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Alerts, newest first; without --state the unresolved ones. Example: firebell alert list --state open"""
    if wrong := [one for one in state or () if one not in STATES]:
        typer.echo(f"--state: {wrong[0]} is none of {', '.join(STATES)}.", err=True)
        raise typer.Exit(1)
    query: dict[str, Any] = {"state": state, "severity": severity, "q": text}
    if service is not None:
        query["service_id"] = call("GET", f"/api/v1/services/{service}")["id"]
    found = items("/api/v1/alerts", query, limit=limit)
    if as_json:
        as_is(found)
        return
    services = names("/api/v1/services") if found else {}
    rows = [
        (
            one["id"],
            one["severity"],
            one["state"],
            services.get(one["service_id"]) or one["service_id"] or "Firebell itself",
            one["summary"],
            when(one["opened_at"]),
        )
        for one in found
    ]
    table(("alert", "severity", "state", "service", "summary", "opened"), rows, empty="No alerts.")


@app.command("show")
def show(alert_id: AlertId, as_json: AsJson = False) -> None:
    """One alert, and who was told about it. Example: firebell alert show alr_06e1x0k3v9q2m7s8t4"""
    alert = call("GET", f"/api/v1/alerts/{alert_id}")
    pages = call("GET", f"/api/v1/alerts/{alert_id}/pages")
    if as_json:
        as_is({**alert, "pages": pages})
        return
    facts(
        {
            "summary": alert["summary"], "state": alert["state"], "severity": alert["severity"],
            "opened": when(alert["opened_at"]), "acknowledged": when(alert["acknowledged_at"]),
            "resolved": when(alert["resolved_at"]), "count": alert["count"], "details": alert["details"],
            "page": alert["html_url"],
        }
    )  # fmt: skip
    people = names("/api/v1/users") if pages else {}
    typer.echo("")
    rows = [
        (
            when(one["started_at"]),
            people.get(one["user_id"], one["user_id"]),
            one["why"],
            f"{d['channel']}: {d['state']}",
        )
        for one in pages
        for d in one["deliveries"] or [{"channel": "nothing sent", "state": one["state"]}]
    ]
    table(("paged", "who", "why", "by"), rows, empty="Nobody was paged.")


def _answer(alert_id: str, verb: str, body: dict[str, Any] | None, as_json: bool) -> None:
    answer = call("POST", f"/api/v1/alerts/{alert_id}:{verb}", body)
    if as_json:
        as_is(answer)
    else:
        typer.echo(f"{answer['outcome']}: {answer['alert']['state']}  {answer['alert']['summary']}")


@app.command("ack")
def acknowledge(alert_id: AlertId, as_json: AsJson = False) -> None:
    """Somebody has it: nobody else is paged. Example: firebell alert ack alr_06e1x0k3v9q2m7s8t4"""
    _answer(alert_id, "acknowledge", None, as_json)


@app.command("unack")
def unacknowledge(
    alert_id: AlertId,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Stands in the timeline.")] = "",
    as_json: AsJson = False,
) -> None:
    """Nobody has it after all: the ladder is climbed from its first step.

    Example: firebell alert unack alr_06e1x0k3v9q2m7s8t4 --reason "not mine"
    """
    _answer(alert_id, "unacknowledge", {"reason": reason} if reason else None, as_json)


@app.command("resolve")
def resolve(alert_id: AlertId, as_json: AsJson = False) -> None:
    """It is over. Example: firebell alert resolve alr_06e1x0k3v9q2m7s8t4"""
    _answer(alert_id, "resolve", None, as_json)


@app.command("escalate")
def escalate(alert_id: AlertId, as_json: AsJson = False) -> None:
    """Page the next step now. Example: firebell alert escalate alr_06e1x0k3v9q2m7s8t4"""
    run = call("GET", f"/api/v1/alerts/{alert_id}/run")
    # The movement seen, so that two people who escalate at once do it once.
    _answer(alert_id, "escalate", {"as_of": run["as_of"]} if "as_of" in run else None, as_json)
