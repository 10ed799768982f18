"""The first page: what is wrong, who is on call, and what of it is mine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertState
from firebell.domain.incidents import queries as incidents
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import setup
from firebell.domain.services import queries as services
from firebell.entrypoints.web import alert_rows, incident_rows, slo_rows
from firebell.entrypoints.web.alert_rows import AlertRow
from firebell.entrypoints.web.incident_rows import IncidentRow
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Anyone, Browser
from firebell.kernel.actor import NOBODY, Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Unauthenticated
from firebell.kernel.work import Read

router = APIRouter()
SHOWN = 25
AHEAD_S = 60 * 86_400


@dataclass(frozen=True, slots=True)
class OnCallNow:
    """``people`` are (name, link, is_me); empty: nobody. ``until`` is when that next changes."""

    schedule: str
    href: str
    people: Sequence[tuple[str, str, bool]]
    until: Instant | None
    why_nobody: str


@dataclass(frozen=True, slots=True)
class MyShift:
    schedule: str
    href: str
    starts_at: Instant
    ends_at: Instant
    now: bool


@dataclass(frozen=True, slots=True)
class NowPage:
    """``open`` in order of severity, then age; ``mine`` are those the viewer has acknowledged. ``incidents``: active
    ones, the worst first. ``exhausted``: objectives without budget, as (name, where, what is left)."""

    incidents: Sequence[IncidentRow]
    open: Sequence[AlertRow]
    more: int
    mine: Sequence[AlertRow]
    held: int
    on_call: Sequence[OnCallNow]
    shift: MyShift | None
    last_resolved_at: Instant | None
    may_act: bool
    may_declare: bool
    has_services: bool
    exhausted: Sequence[tuple[str, str, str]]


@router.get("/")
def show(here: Anyone) -> Response:
    if here.user is None:
        if here.site.runner.read(setup.needs_first_admin, NOBODY):
            return here.go("/sign-in")
        raise Unauthenticated("Sign in first.")
    return here.page("now/now.html", here.read(lambda read: _now(here, read)), title="Now", nav="now", block="now")


def _now(here: Browser, read: Read) -> NowPage:
    unresolved = alerts.alert_list(read, limit=500)
    waiting = sorted(
        (a for a in unresolved if a.state == AlertState.OPEN), key=lambda a: (a.severity, a.opened_at, a.id)
    )
    held = [a for a in unresolved if a.state == AlertState.ACKNOWLEDGED]
    mine = [a for a in held if (a.acknowledged_by or "").endswith(f":{here.me.id}")]
    last = alerts.alert_list(read, states=[AlertState.RESOLVED], limit=1)
    active = incidents.active(read) if here.may(Permission.INCIDENTS_VIEW) else []
    return NowPage(
        incidents=incident_rows.rows(read, active, here.zone, here.me.id),
        open=alert_rows.rows(read, waiting[:SHOWN], here.zone),
        more=max(0, len(waiting) - SHOWN),
        mine=alert_rows.rows(read, mine, here.zone),
        held=len(held) - len(mine),
        on_call=_on_call(here, read),
        shift=_shift(here, read),
        last_resolved_at=last[0].resolved_at if last else None,
        may_act=here.may(Permission.ALERTS_ACKNOWLEDGE),
        may_declare=here.may(Permission.INCIDENTS_DECLARE),
        has_services=bool(services.services(read)),
        exhausted=[(one.name, one.href, one.left) for one in slo_rows.exhausted(read, here.zone)]
        if here.may(Permission.SLOS_VIEW)
        else [],
    )


def _on_call(here: Browser, read: Read) -> list[OnCallNow]:
    found = oncall.on_call_everywhere(read)
    names = look_up(read, {user for _, answer, _ in found for user in answer.user_ids})
    return [
        OnCallNow(
            schedule.name, f"/on-call/{schedule.id}",
            [(names.of(user), f"/people/{user}", user == here.me.id) for user in answer.user_ids],
            until, (answer.reason or "").replace("_", " "),
        )
        for schedule, answer, until in found
    ]  # fmt: skip


def _shift(here: Browser, read: Read) -> MyShift | None:
    shifts = oncall.shifts_of_user(read, here.me.id, read.now, plus(read.now, AHEAD_S))
    if not shifts:
        return None
    schedule, shift = shifts[0]
    running = shift.starts_at <= read.now
    return MyShift(schedule.name, f"/on-call/{schedule.id}", shift.starts_at, shift.ends_at, running)
