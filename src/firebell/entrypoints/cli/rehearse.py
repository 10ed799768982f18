"""``firebell rehearse``: who would be paged, without paging anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from firebell.entrypoints.cli.calling import call
from firebell.entrypoints.cli.showing import AsJson, as_is, table

_UNITS = {"s": 1, "m": 60, "h": 3600}


def rehearse(
    service: Annotated[str, typer.Argument(help="Name of the service that would break.")],
    severity: Annotated[str, typer.Option("--severity", help="SEV1 to SEV4.")] = "SEV1",
    at: Annotated[str | None, typer.Option("--at", help="An instant, 2026-01-05T03:00:00Z; left out: now.")] = None,
    within: Annotated[str, typer.Option("--within", help="A person must be reached this soon: 90s, 5m, 1h.")] = "5m",
    as_json: AsJson = False,
) -> None:
    """Climb the ladder on paper; exit code 1 when nobody is reached. Example: firebell rehearse checkout --within 5m"""
    within_s = seconds(within)
    answer = call("POST", "/api/v1/rehearsals", {"service": service, "severity": severity, "at": at})
    reached = [one for one in answer["lines"] if one["user"] and one["channel"] and not one["shadow"]]
    soon = [one for one in reached if one["offset_s"] <= within_s]
    if as_json:
        as_is({**answer, "reached_within_s": within_s, "reached": bool(soon)})
    else:
        rows = [
            (
                f"+{_span(one['offset_s'])}", one["step"] or "fallback", one["loop"] + 1, one["user"] or "nobody",
                one["channel"], _why(one),
            )
            for one in answer["lines"]
        ]  # fmt: skip
        table(("after", "step", "round", "who", "by", "why"), rows, empty="Nobody would be told.")
        if answer["urgency"] == "low":
            typer.echo("\nLow urgency: it stops after the first step that reaches somebody.")
        names = ", ".join(dict.fromkeys(one["user"] for one in soon))
        typer.echo(f"\nReached within {within}: {names or 'nobody'}.")
    raise typer.Exit(0 if soon else 1)


def _why(line: Mapping[str, Any]) -> str:
    """``no verified method: cleo``: the reason in words, the name as it is."""
    if not line["reason"]:
        return str(line["why"])
    reason, colon, whom = str(line["reason"]).partition(":")
    return reason.replace("_", " ") + colon + whom


def seconds(text: str) -> int:
    """``90s``, ``5m`` or ``1h`` in seconds; ends the program with 1 when it is none of them."""
    match = re.fullmatch(r"(\d{1,6})\s*([smh])", text.strip())
    if match is None:
        typer.echo(f"--within: {text} is no length of time; write 90s, 5m or 1h.", err=True)
        raise typer.Exit(1)
    return int(match[1]) * _UNITS[match[2]]


def _span(offset_s: int) -> str:
    hours, rest = divmod(offset_s, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
