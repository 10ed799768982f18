"""``firebell schedule``: who is on call when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from whenever import Instant, PlainDateTime, TimeZoneNotFoundError

from firebell.entrypoints.cli.calling import call, items, names
from firebell.entrypoints.cli.showing import AsJson, Limit, as_is, table

app = typer.Typer(name="schedule", help="Who is on call when.", no_args_is_help=True)
NOBODY = "—"


@app.command("list")
def list_schedules(
    team: Annotated[str | None, typer.Option("--team", help="Only this team's.")] = None,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """All schedules. Example: firebell schedule list --team payments"""
    found = items("/api/v1/schedules", {"team": team}, limit=limit)
    if as_json:
        as_is(found)
        return
    rows = [(one["name"], one["team"], one["time_zone"], len(one["layers"]), one["description"]) for one in found]
    table(("schedule", "team", "time zone", "layers", "description"), rows, empty="No schedules.")


@app.command("show")
def show(
    schedule: Annotated[str, typer.Argument(help="Name or id.")],
    begins: Annotated[str | None, typer.Option("--from", help="An instant; left out: now.")] = None,
    ends: Annotated[str | None, typer.Option("--to", help="An instant; left out: two weeks on.")] = None,
    as_json: AsJson = False,
) -> None:
    """A calendar, a line per day, in the schedule's own time zone. Example: firebell schedule show payments-primary"""
    query = {"from": begins, "to": ends}
    known = call("GET", f"/api/v1/schedules/{schedule}")
    shifts = call("GET", f"/api/v1/schedules/{schedule}/shifts", query=query)
    gaps = call("GET", f"/api/v1/schedules/{schedule}/gaps", query=query)
    if as_json:
        as_is({**known, "shifts": shifts, "gaps": gaps})
        return
    if any(one["instead_of"] for one in shifts):
        people = names("/api/v1/users")
        shifts = [{**one, "instead_of": people.get(one["instead_of"], one["instead_of"])} for one in shifts]
    typer.echo(f"{known['name']}  (times in {known['time_zone']})")
    for line in calendar(shifts, gaps, known["time_zone"]):
        typer.echo(line)


@app.command("cover")
def cover(
    schedule: Annotated[str, typer.Argument(help="Name or id.")],
    user: Annotated[str, typer.Argument(help="Who takes over.")],
    until: Annotated[str, typer.Option("--until", help="An instant, 2026-01-05T17:00:00Z.")],
    since: Annotated[str | None, typer.Option("--from", help="An instant; left out: now.")] = None,
    instead_of: Annotated[
        str | None, typer.Option("--for", help="Whom they replace; left out: they are added.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Stands beside it in the calendar.")] = "",
    as_json: AsJson = False,
) -> None:
    """Somebody is on call for a while.

    Example: firebell schedule cover payments-primary bruno --for alice --until 2026-01-05T17:00:00Z
    """
    # The server makes of a start in the past its own now: this machine's clock may be wrong.
    begins = since or "2000-01-01T00:00:00Z"
    who = {"kind": "replace", "user": instead_of, "by": user} if instead_of else {"kind": "add", "user": user}
    body = {**who, "starts_at": begins, "ends_at": until, "reason": reason}
    made = call("POST", f"/api/v1/schedules/{schedule}/overrides", body)
    if as_json:
        as_is(made)
    else:
        typer.echo(f"{made['id']}: {user} is on call from {made['starts_at']} to {made['ends_at']}.")


@app.command("uncover")
def uncover(
    schedule: Annotated[str, typer.Argument(help="Name or id.")],
    override_id: Annotated[str, typer.Argument(help="The id that `schedule cover` printed.")],
    as_json: AsJson = False,
) -> None:
    """Take a cover back; what has passed stays as it was.

    Example: firebell schedule uncover payments-primary ovr_06e1x0k3v9q2m7s8t4
    """
    call("DELETE", f"/api/v1/schedules/{schedule}/overrides/{override_id}")
    if as_json:
        as_is({"id": override_id, "removed": True})
    else:
        typer.echo("Taken back.")


def calendar(shifts: Sequence[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]], zone: str) -> list[str]:
    """One line per local day: who is on call from which time on, and where nobody is.

    A stretch that goes on over midnight is repeated at the beginning of the next day.
    """
    spans = [
        (_local(one["starts_at"], zone), _local(one["ends_at"], zone), _name(one))
        for one in shifts
        if one["role"] != "shadow"
    ]
    spans += [(_local(one["starts_at"], zone), _local(one["ends_at"], zone), NOBODY) for one in gaps]
    if not spans:
        return ["  (nothing)"]
    spans.sort(key=lambda one: (str(one[0]), str(one[1])))
    first, last = min(one[0] for one in spans).date(), max(one[1] for one in spans).date()
    lines, day = [], first
    while day <= last:
        begins, ends = day.at(_MIDNIGHT), day.add(days=1).at(_MIDNIGHT)
        today = [one for one in spans if one[0] < ends and one[1] > begins]
        if today:
            cells = [f"{max(one[0], begins).time().format_iso()[:5]} {one[2]}" for one in today]
            weekday = day.day_of_week().name.title()[:3]
            lines.append(f"  {weekday} {day.format_iso()}  " + "  ".join(cells))
        day = day.add(days=1)
    return lines


_MIDNIGHT = PlainDateTime(2026, 1, 1).time()


def _local(moment: str, zone: str) -> PlainDateTime:
    instant = Instant.parse_iso(moment)
    try:
        return instant.to_tz(zone).to_plain()
    except TimeZoneNotFoundError:
        return instant.to_tz("UTC").to_plain()


def _name(shift: Mapping[str, Any]) -> str:
    cover = f" (for {shift['instead_of']})" if shift.get("instead_of") else ""
    return f"{shift['user']}{cover}"
