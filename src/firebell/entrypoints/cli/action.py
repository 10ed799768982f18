"""``firebell action``: what was promised after incidents, and keeping it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items, names
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, table, when

app = typer.Typer(name="action", help="What was promised after incidents.", no_args_is_help=True)
Action = Annotated[str, typer.Argument(help="act_….")]
As = Annotated[str | None, typer.Option("--as", help="For an installation's token: the person it speaks for.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="At least ten characters; it stays readable.")]


@app.command("list")
def list_actions(
    state: Annotated[list[str] | None, typer.Option("--state", help="proposed, committed, declined or done.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Those I answer for.")] = False,
    team: Annotated[str | None, typer.Option("--team")] = None,
    service: Annotated[str | None, typer.Option("--service", "-s")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is past its day.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What is promised and not done, the earliest due first. Example: firebell action list --mine"""
    query: dict[str, Any] = {"state": state, "team": team, "service": service}
    query |= {"owner": "me" if mine else None, "overdue": "true" if overdue else None}
    found = items("/api/v1/actions", {name: value for name, value in query.items() if value}, limit=limit)
    if as_json:
        as_is(found)
        return
    people = names("/api/v1/users") if found else {}
    rows = [
        (one["id"], one["reference"], one["state"], one["type"] or "", one["text"],
         people.get(one["owner_id"], one["owner_id"] or "nobody"), when(one["due_at"]),
         "overdue" if one["overdue"] else "")
        for one in found
    ]  # fmt: skip
    table(("action", "incident", "state", "type", "what", "owner", "due", ""), rows, empty="No action items.")


@app.command("commit")
def commit(action: Action, as_person: As = None, as_json: AsJson = False) -> None:
    """Make a proposal a promise. Example: firebell action commit act_…"""
    _said("commit", action, None, as_person, as_json)


@app.command("done")
def done(
    action: Action,
    proof: Annotated[str, typer.Argument(help="A link to what shows it: a change, a test, an alert or a drill.")],
    kind: Annotated[str, typer.Option("--kind", help="change, test, alert or drill.")] = "change",
    note: Annotated[str, typer.Option("--note")] = "",
    as_person: As = None,
    as_json: AsJson = False,
) -> None:
    """A promise is kept. Example: firebell action done act_… https://git.example.com/shop/pull/7"""
    _said("close", action, {"kind": kind, "ref": proof, "note": note}, as_person, as_json)


@app.command("decline")
def decline(action: Action, reason: Reason, as_person: As = None, as_json: AsJson = False) -> None:
    """It will not be done. Example: firebell action decline act_… -r "The service is retired in May." """
    _said("decline", action, {"reason": reason}, as_person, as_json)


@app.command("waive")
def waive(action: Action, reason: Reason, as_person: As = None, as_json: AsJson = False) -> None:
    """It stays open while its incident closes. Example: firebell action waive act_… -r "The vendor moves in June." """
    _said("waive", action, {"reason": reason}, as_person, as_json)


@app.command("reopen")
def reopen(action: Action, reason: Reason, as_person: As = None, as_json: AsJson = False) -> None:
    """It was done, and did not help. Example: firebell action reopen act_… -r "The same alert fired again." """
    _said("reopen", action, {"reason": reason}, as_person, as_json)


def _said(verb: str, action: str, body: dict[str, Any] | None, as_person: str | None, as_json: bool) -> None:
    one = call("POST", f"/api/v1/actions/{action}:{verb}", body, query={"as": as_person})
    if as_json:
        as_is(one)
    else:
        typer.echo(f"{one['text']}: {one['state']}.")
