"""What was said about an incident, what was promised and what is due: the panel of its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import (
    PENDING,
    Audience,
    Clock,
    Promise,
    Update,
)
from firebell.domain.incidents.model import Incident
from firebell.entrypoints.web.drafts import Choices
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Browser
from firebell.kernel.actor import Permission
from firebell.kernel.clock import seconds_between
from firebell.kernel.work import Read
from firebell.workflows import update_posted

SHOWN = 30
AUDIENCES: Mapping[str, str] = {
    Audience.INTERNAL: "The team", Audience.PUBLIC: "Customers", Audience.EXECUTIVE: "Executives",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One update. ``promise``: what became of its "next update by"; ``release``: the reader may release it."""

    update: Update
    author: str
    promise: Promise | None
    release: bool
    pending: bool


@dataclass(frozen=True, slots=True)
class ClockRow:
    audience: str
    label: str
    clock: Clock
    late: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class UpdatesPanel:
    """``audiences``: those the reader may write to, as (audience, label)."""

    rows: Sequence[UpdateRow]
    clocks: Sequence[ClockRow]
    audiences: Choices
    more: int
    kept: int
    promised: int


def panel(here: Browser, read: Read, i: Incident) -> UpdatesPanel:
    """What the incident's page shows of its updates."""
    if not read.actor.may(Permission.INCIDENTS_VIEW, i.team_id):
        return UpdatesPanel((), (), (), 0, 0, 0)
    found = comms.updates(read, i.id, team=i.team_id)
    promised = {one.update_id: one for one in comms.promises(read, i.id, team=i.team_id)}
    names = look_up(read, {one.author_id for one in found})
    rows = [
        UpdateRow(
            one, names.of(one.author_id), promised.get(one.id),
            one.state in PENDING and update_posted.may_approve(read, one), one.state in PENDING,
        )
        for one in reversed(found[-SHOWN:])
    ]  # fmt: skip
    clocks = [
        ClockRow(
            name, AUDIENCES.get(name, name), clock, seconds_between(read.now, clock.due_at) < 0,
            seconds_between(read.now, clock.due_at) < 300,
        )
        for name, clock in comms.clocks(read, i.id, team=i.team_id).items()
        if clock.due_at is not None
    ]  # fmt: skip
    settled = [one for one in promised.values() if one.outcome != "open"]
    writes = here.may(Permission.INCIDENTS_RESPOND, i.team_id) or here.me.id in i.engaged_ids
    audiences = [(a.value, AUDIENCES[a]) for a in Audience if not (a is Audience.PUBLIC and i.private)]
    return UpdatesPanel(
        rows, sorted(clocks, key=lambda one: one.clock.id), audiences if writes else (), max(0, len(found) - SHOWN),
        sum(one.outcome == "kept" for one in settled), len(settled),
    )  # fmt: skip
