"""The offline state file: one page of plain text from which command can go on when Firebell is gone (incidents.md 16).

80 columns, UTC, no links needed. The HTML is the same text in a page that needs nothing but itself.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from firebell.domain.incidents.brief import LastWord, Running, engaged, running
from firebell.domain.incidents.decisions import in_force
from firebell.domain.incidents.integrity import is_live
from firebell.domain.incidents.model import DecisionState, Incident, Kind, OfferState, RoleName
from firebell.domain.incidents.outcome import Asking
from firebell.domain.incidents.scale import role_definition
from firebell.domain.incidents.severity import minutes_in_each
from firebell.domain.incidents.verification import remaining
from firebell.kernel.clock import Instant
from firebell.kernel.text import printable

WIDTH = 80
TIMELINE_MAX = 200
STALE_AFTER_S = 300
"""While an incident is active, a file older than this is a fault."""


@dataclass(frozen=True, slots=True)
class Promised:
    """``outcome``: open, kept, late, missed or released."""

    audience: str
    due_at: Instant
    outcome: str = "open"


@dataclass(frozen=True, slots=True)
class Around:
    """What the file says beyond the incident itself. ``names``: people by id. ``timeline``: lines newest first,
    with their times in UTC. ``phones``: of those engaged whose number may be shown. ``runbook``: steps as lines."""

    names: Mapping[str, str] = field(default_factory=dict)
    timeline: Sequence[str] = ()
    updates: Sequence[LastWord] = ()
    promises: Sequence[Promised] = ()
    phones: Mapping[str, str] = field(default_factory=dict)
    runbook: Sequence[str] = ()
    channels: Sequence[str] = ()


def text(incident: Incident, asking: Asking, around: Around) -> str:
    """The file as plain text; every line is at most 80 characters long."""
    lines = [line for part in _parts(incident, asking, around) for line in part]
    return "\n".join(lines) + "\n"


def page(incident: Incident, asking: Asking, around: Around) -> str:
    """The file as a page by itself: no script, no style sheet, nothing fetched. Reloads each minute."""
    title = html.escape(f"{_mark(incident)}{incident.reference} {printable(incident.name, one_line=True)}")
    body = html.escape(text(incident, asking, around))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="60">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title></head>\n'
        f"<body><main><h1>{title}</h1>\n<pre>{body}</pre></main></body></html>\n"
    )


def _parts(incident: Incident, asking: Asking, around: Around) -> Iterator[list[str]]:
    said = _Saying(asking.now, around)
    yield _head(incident, asking, said)
    yield said.part("Summary", [incident.summary or "(none yet)", *_labelled(incident)])
    yield said.part("Roles", _roles(incident, asking, said))
    yield said.part("Size-up", _size_up(incident, said))
    yield said.part("Hypotheses", _hypotheses(incident))
    yield said.part("Tasks", [_task(one, said) for one in running(incident, asking.now)] or ["(none open)"])
    yield said.part("Decisions", _decisions(incident, said))
    yield said.part("Exit criteria", _criteria(incident, asking, said))
    yield said.part("Overrides", _overrides(incident, asking, said), hide_empty=True)
    yield said.part("Last updates", [_word(one, said) for one in around.updates] or ["(none yet)"])
    yield said.part(
        "Promises", [f"{one.audience}: by {clock(one.due_at)} ({one.outcome})" for one in around.promises] or ["(none)"]
    )
    yield said.part("Engaged", _engaged(incident, asking, around, said))
    yield said.part("Runbook", list(around.runbook), hide_empty=True)
    yield said.part("Timeline, newest first (UTC)", list(around.timeline[:TIMELINE_MAX]) or ["(empty)"])


class _Saying:
    """Names and lines, wrapped."""

    def __init__(self, now: Instant, around: Around) -> None:
        self.now = now
        self.around = around

    def who(self, user_id: str | None) -> str:
        return self.around.names.get(user_id, user_id) if user_id else "nobody"

    def part(self, title: str, lines: Sequence[str], *, hide_empty: bool = False) -> list[str]:
        if hide_empty and not lines:
            return []
        wrapped = [out for line in lines for out in _wrapped(line)]
        return ["", title.upper(), "-" * len(title), *wrapped]


def _wrapped(line: str) -> list[str]:
    """One entry as lines of at most 80 characters; what follows the first is indented."""
    flat = printable(line, one_line=True)
    return textwrap.wrap(flat, WIDTH, subsequent_indent="    ", break_on_hyphens=False) or [""]


def clock(at: Instant) -> str:
    """``2026-03-02 10:12 UTC``."""
    return at.format_iso()[:16].replace("T", " ") + " UTC"


def span(seconds: int) -> str:
    """``1 h 5 min`` or ``12 min``."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _mark(incident: Incident) -> str:
    return {Kind.DRILL: "DRILL ", Kind.TEST: "TEST "}.get(incident.kind, "")


def _head(incident: Incident, asking: Asking, said: _Saying) -> list[str]:
    level = incident.severity or "severity unset (counts as SEV2)"
    minutes = ", ".join(
        f"{severity or 'unset'} {count} min" for severity, count in minutes_in_each(incident, asking.now).items()
    )
    return [
        *_wrapped(f"{_mark(incident)}{incident.reference} {incident.name}"),
        "=" * WIDTH,
        *_wrapped(f"{level} | {incident.phase.replace('_', ' ')} | {incident.kind} | worst {incident.peak or 'unset'}"),
        *_wrapped(f"Declared {clock(incident.declared_at)}. In each severity: {minutes or 'nothing yet'}."),
        *_wrapped(f"Command post: {incident.command_post or '(none named)'}"),
        *[out for one in said.around.channels for out in _wrapped(f"Channel: {one}")],
        f"Written {clock(asking.now)}",
    ]


def _labelled(incident: Incident) -> list[str]:
    lines = [f"Impact: {incident.impact or '(not written down)'} (customers: {incident.customer_impact})"]
    lines.append(f"ETA: {incident.eta or 'unknown'}")
    if incident.cause:
        lines.append(f"Cause: {incident.cause}")
    if incident.all_clear:
        lines.append(f"All clear: {incident.all_clear}")
    return lines


def _roles(incident: Incident, asking: Asking, said: _Saying) -> list[str]:
    names = [RoleName.COMMANDER, RoleName.DEPUTY, RoleName.COMMS, RoleName.LIAISON, RoleName.SCRIBE]
    own = [one.name for one in asking.roles if one.name not in frozenset(RoleName)]
    lines = []
    for name in (*names, *own):
        definition = role_definition(list(asking.roles), name)
        shown = definition.display_name if definition is not None else name
        holders = ", ".join(said.who(one) for one in incident.holders(name))
        if holders or name in (RoleName.COMMANDER, RoleName.COMMS):
            lines.append(f"{shown}: {holders or 'NOBODY'}")
    offered = next((one for one in incident.offers if one.state is OfferState.OPEN), None)
    if offered is not None:
        lines.append(f"Next commander: {said.who(offered.to_id)}, offered until {clock(offered.expires_at)}")
    if incident.commandless_since is not None:
        lines.append(f"Without a commander since {clock(incident.commandless_since)}")
    return lines


def _size_up(incident: Incident, said: _Saying) -> list[str]:
    if not incident.size_ups:
        return ["(none yet)"]
    last = incident.size_ups[-1]
    scope = f" Scope: {last.scope}." if last.scope else ""
    by = f"{said.who(last.by)}, {clock(last.at)}"
    return [f"{last.wrong}.{scope} Trend: {last.trend}, confidence {last.confidence} ({by})"]


def _hypotheses(incident: Incident) -> list[str]:
    return [
        f"{'ruled out' if one.eliminated_at else 'open'}: {one.text}" + (f" ({one.against})" if one.against else "")
        for one in incident.hypotheses
    ] or ["(none)"]


def _task(one: Running, said: _Saying) -> str:
    box = f"OVERDUE by {span(one.left_s)}" if one.overdue else f"{span(one.left_s)} left"
    acked = "" if one.task.acked_at is not None else ", not acknowledged"
    return f"{said.who(one.task.assignee_id)}: {one.task.text} (due {clock(one.task.due_at)}, {box}{acked})"


def _decisions(incident: Incident, said: _Saying) -> list[str]:
    decided = [
        f"{one.proposal} (by {said.who(one.executor_id)}, {str(one.state).replace('_', ' ')}"
        + (f" {clock(one.decided_at)})" if one.decided_at is not None else ")")
        for one in in_force(incident)
    ]
    proposed = [
        f"PROPOSED: {one.proposal} ({len(one.objections)} objections)"
        for one in incident.decisions
        if one.state is DecisionState.PROPOSED
    ]
    return [*decided, *proposed] or ["(none)"]


def _criteria(incident: Incident, asking: Asking, said: _Saying) -> list[str]:
    lines = [
        f"[x] {one.text} ({said.who(one.ticked_by)}: {one.value})" if one.ticked_at is not None else f"[ ] {one.text}"
        for one in incident.criteria
    ]
    found = remaining(incident, asking)
    if found.window_ends_at is not None and incident.stable_since is not None:
        lines.append(f"[ ] stable until {clock(found.window_ends_at)}")
    lines += [f"[ ] alert {alert_id} resolved" for alert_id in found.open_alert_ids]
    return lines or ["(none named)"]


def _overrides(incident: Incident, asking: Asking, said: _Saying) -> list[str]:
    return [
        f"{one.rule.replace('_', ' ')}: {said.who(one.user_id)} until {clock(one.expires_at)}: {one.reason}"
        for one in incident.overrides
        if is_live(one, asking.now)
    ]


def _word(one: LastWord, said: _Saying) -> str:
    return f"{one.audience}, {clock(one.sent_at)}, {said.who(one.by)}: {one.text}"


def _engaged(incident: Incident, asking: Asking, around: Around, said: _Saying) -> list[str]:
    return [
        f"{said.who(one.user_id)} ({', '.join(one.roles)}) for {span(one.engaged_s)}"
        + (f", {around.phones[one.user_id]}" if one.user_id in around.phones else "")
        for one in engaged(incident, asking.now)
    ] or ["(nobody)"]
