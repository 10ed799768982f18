"""``firebell incident``: declare one, and run it from a terminal."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call, items, names, text
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, facts, table, when

app = typer.Typer(name="incident", help="Declare an incident, and run it.", no_args_is_help=True)
Incident = Annotated[str, typer.Argument(help="INC-12, 12 or inc_….")]
As = Annotated[str | None, typer.Option("--as", help="For an installation's token: the person it speaks for.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Stands in the timeline.")]
PHASES = ("engage", "decline", "mitigate", "resolve", "start_postmortem", "skip_postmortem", "close", "reopen")


@app.command("declare")
def declare(
    title: Annotated[str, typer.Argument(help="What is wrong, in one line.")],
    severity: Annotated[str | None, typer.Option("--severity", help="SEV1 to SEV4; may be left open.")] = None,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="May be repeated.")] = None,
    team: Annotated[str | None, typer.Option("--team")] = None,
    alert: Annotated[list[str] | None, typer.Option("--alert", help="alr_… it is about; may be repeated.")] = None,
    impact: Annotated[str, typer.Option("--impact", help="What customers notice.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Only for those let in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Declare an incident. Example: firebell incident declare "Checkout fails" --severity SEV1 -s checkout"""
    body: dict[str, Any] = {"title": title, "services": service or [], "alert_ids": alert or [], "impact": impact}
    body |= {"private": private, "team": team}
    if severity is not None:
        body["severity"] = severity.upper()
    made = call("POST", "/api/v1/incidents", body)
    if as_json:
        as_is(made)
    else:
        typer.echo(f"{made['reference']} declared  {made['html_url']}")


@app.command("list")
def list_incidents(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    severity: Annotated[str | None, typer.Option("--severity", help="SEV1 to SEV4.")] = None,
    words: Annotated[str | None, typer.Option("--text", help="Words in title, summary or impact.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Incidents, newest first; without --all those in which people are at work. Example: firebell incident list"""
    query: dict[str, Any] = {"active": "" if everything else "true", "severity": severity, "q": words}
    found = items("/api/v1/incidents", {name: value for name, value in query.items() if value}, limit=limit)
    if as_json:
        as_is(found)
        return
    people = names("/api/v1/users") if found else {}
    rows = [
        (one["reference"], one["severity"] or "unset", one["phase"].replace("_", " "),
         people.get(one["commander_id"], one["commander_id"] or "nobody"), one["title"], when(one["declared_at"]))
        for one in found
    ]  # fmt: skip
    table(("incident", "severity", "phase", "commander", "title", "declared"), rows, empty="No incidents.")


@app.command("show")
def show(incident: Incident, as_json: AsJson = False) -> None:
    """One incident: who does what, what is promised, what can be done now. Example: firebell incident show INC-12"""
    one = call("GET", f"/api/v1/incidents/{incident}")
    tasks = call("GET", f"/api/v1/incidents/{incident}/tasks")
    if as_json:
        as_is({**one, "tasks": tasks})
        return
    people = names("/api/v1/users")
    facts(
        {
            "incident": f"{one['reference']} {one['title']}", "severity": one["severity"] or "unset (counts as SEV2)",
            "peak": one["peak"], "phase": one["phase"].replace("_", " "), "impact": one["impact"],
            "commander": people.get(one["commander_id"], one["commander_id"] or "nobody"), "eta": one["eta"],
            "declared": when(one["declared_at"]), "summary": one["summary"], "can be done": ", ".join(one["legal"]),
            "page": one["html_url"],
        }
    )  # fmt: skip
    typer.echo("")
    rows = [
        (role["role"], people.get(role["user_id"], role["user_id"]), when(role["since_at"])) for role in one["roles"]
    ]
    table(("role", "who", "since"), rows, empty="Nobody is engaged.")
    open_tasks = [task for task in tasks if task["state"] == "open"]
    if open_tasks:
        typer.echo("")
        told = [(t["id"], people.get(t["assignee_id"], "nobody"), t["text"], when(t["due_at"])) for t in open_tasks]
        table(("task", "who", "what", "due"), told, empty="")


@app.command("state")
def state(incident: Incident, as_json: AsJson = False) -> None:
    """The plain page from which command could go on without Firebell. Example: firebell incident state INC-12"""
    page = text(f"/api/v1/incidents/{incident}/state.txt")
    if as_json:
        as_is({"incident": incident, "text": page})
    else:
        typer.echo(page)


@app.command("timeline")
def timeline(incident: Incident, limit: Limit = 50, as_json: AsJson = False) -> None:
    """What happened, by when it happened. Example: firebell incident timeline INC-12"""
    found = call("GET", f"/api/v1/incidents/{incident}/timeline", query={"limit": min(limit, 200)})
    if as_json:
        as_is(found)
        return
    people = names("/api/v1/users") if found else {}
    rows = [
        (e["n"], when(e["event_at"]), people.get(e["actor"].partition(":")[2], e["actor"].partition(":")[0]), e["kind"],
         e["data"].get("text") or e["data"].get("title") or "")
        for e in found
    ]  # fmt: skip
    table(("n", "at", "who", "what", "words"), rows, empty="Nothing has happened.")


@app.command("update")
def update(
    incident: Incident,
    words: Annotated[str, typer.Argument(help="What is said; empty: the template's text.")] = "",
    audience: Annotated[str, typer.Option("--audience", "-a", help="internal, public or executive.")] = "internal",
    next_by: Annotated[str | None, typer.Option("--next", help="When the next one comes, RFC 3339.")] = None,
    show_only: Annotated[bool, typer.Option("--show", help="Show the composed text and send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send an update, or hand it in for release. Example: firebell incident update INC-12 "We are failing over."

    Without --next the latest time that may be promised is.
    """
    draft = call("GET", f"/api/v1/incidents/{incident}/updates:compose", query={"audience": audience})
    if show_only:
        if as_json:
            as_is(draft)
            return
        typer.echo(draft["update"]["body"])
        for one in draft["findings"]:
            typer.echo(f"{one['level']}: {one['message']}", err=True)
        return
    new = draft["update"]
    body = {name: new[name] for name in ("components", "status", "impact", "eta", "final") if new.get(name)}
    body |= {"audience": audience, "body": words, "next_update_by": next_by or new.get("next_update_by")}
    made = call("POST", f"/api/v1/incidents/{incident}/updates", body)
    if as_json:
        as_is(made)
    else:
        typer.echo("Sent." if made["state"] == "sent" else "It waits for the Incident Commander's release.")


@app.command("role")
def role(
    incident: Incident,
    name: Annotated[str, typer.Argument(help="comms, deputy, liaison, scribe, responder, observer or one of yours.")],
    person: Annotated[str, typer.Argument(help="Name of the person.")],
    leave: Annotated[bool, typer.Option("--leave", help="Take the role back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give somebody a role. Example: firebell incident role INC-12 comms ann"""
    if leave:
        _done(call("DELETE", f"/api/v1/incidents/{incident}/roles/{name}/{person}"), as_json)
    else:
        _done(call("POST", f"/api/v1/incidents/{incident}/roles", {"role": name, "user": person}), as_json)


@app.command("take")
def take(incident: Incident, as_person: As = None, as_json: AsJson = False) -> None:
    """Take command, while nobody has it. Example: firebell incident take INC-12"""
    body = {"verb": "take_command"}
    _done(call("POST", f"/api/v1/incidents/{incident}:act", body, query={"as": as_person}), as_json)


@app.command("severity")
def severity(
    incident: Incident,
    to: Annotated[str, typer.Argument(help="SEV1 to SEV4.")],
    reason: Reason = "",
    as_person: As = None,
    as_json: AsJson = False,
) -> None:
    """Raise it, or (the commander, with a reason) lower it. Example: firebell incident severity INC-12 SEV1"""
    body = {"to": to.upper(), "reason": reason}
    _done(call("POST", f"/api/v1/incidents/{incident}:severity", body, query={"as": as_person}), as_json)


@app.command("phase")
def phase(
    incident: Incident,
    verb: Annotated[str, typer.Argument(help=", ".join(PHASES))],
    reason: Reason = "",
    all_clear: Annotated[str, typer.Option("--all-clear", help="For resolve: the commander's sentence.")] = "",
    skip: Annotated[str, typer.Option("--skip", help="For resolve: why a part of the verification is skipped.")] = "",
    remedy: Annotated[str, typer.Option("--remedy", help="For mitigate: rollback, fix, workaround, …")] = "",
    owner: Annotated[str, typer.Option("--owner", help="For start_postmortem: usr_….")] = "",
    as_person: As = None,
    as_json: AsJson = False,
) -> None:
    """Move to another phase. Example: firebell incident phase INC-12 mitigate --remedy rollback"""
    body = {"verb": verb}
    given = {"reason": reason, "all_clear": all_clear, "skip": skip, "remedy": remedy, "owner_id": owner}
    body |= {name: value for name, value in given.items() if value}
    _done(call("POST", f"/api/v1/incidents/{incident}:phase", body, query={"as": as_person}), as_json)


@app.command("note")
def note(
    incident: Incident,
    words: Annotated[str, typer.Argument(help="What happened.")],
    at: Annotated[str | None, typer.Option("--at", help="When, RFC 3339; now if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put something on the timeline. Example: firebell incident note INC-12 "Restarted db-1" """
    _done(call("POST", f"/api/v1/incidents/{incident}/timeline", {"text": words, "at": at}), as_json)


def _done(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        as_is(answer)
        return
    one = answer["incident"]
    words = "Done" if answer["changed"] else "Nothing changed: it was so already"
    typer.echo(
        f"{words}: {one['reference']} is {one['phase'].replace('_', ' ')}, {one['severity'] or 'severity unset'}."
    )
    for warning in answer["warnings"]:
        typer.echo(f"note: {warning}", err=True)
