"""``/api/v1/oncall``: who is on call, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from firebell.domain.escalation import queries as escalation
from firebell.domain.escalation.model import TargetKind
from firebell.domain.oncall import queries
from firebell.domain.oncall.model import EmptyReason, OnCall, OnCallAnswer, Schedule
from firebell.domain.oncall.rules import next_change
from firebell.domain.people import names
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Shown, iso, moment
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.schedules import Moment
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read

router = APIRouter(prefix="/oncall", tags=["oncall"], route_class=ApiRoute)

Reference = Annotated[str | None, Query(max_length=100, description="A name or an id.")]


class OnCallPerson(Shown):
    """One person. ``role``: primary or shadow. ``override_id``: not by their turn, but by a change for a while."""

    user_id: str
    user: str
    role: str
    layer: str
    override_id: str | None
    instead_of: str | None


class OnCallShown(Shown):
    """Who is on call in one schedule. ``reason`` says why nobody is; ``until`` when that changes."""

    schedule_id: str
    schedule: str
    at: str
    people: list[OnCallPerson]
    shadows: list[OnCallPerson]
    reason: EmptyReason | None
    until: str | None


@router.get("")
def who_is_on_call(
    request: Request, caller: Caller, at: Moment = None, service: Reference = None, schedule: Reference = None,
    team: Reference = None,
) -> list[OnCallShown]:  # fmt: skip
    """Everywhere, or in the schedules of one team, in those a service's policy tells, or in one schedule."""

    def look(r: Read) -> list[OnCallShown]:
        when = moment(at, "at") if at else r.now
        if schedule is not None:
            chosen = [references.schedule(r, schedule)]
        elif service is not None:
            chosen = _of_service(r, service)
        else:
            team_id = references.team_id(r, team) if team else None
            found = queries.on_call_everywhere(r, when, team_id)
            return [_shown(r, one, answer, until) for one, answer, until in found]
        return [_shown(r, one, queries.who_is_on(r, one.id, when), next_change(one, when)) for one in chosen]

    return read(request, look, caller)


def _of_service(r: Read, service: str) -> list[Schedule]:
    """The schedules that the service's policy tells, in the order of its steps."""
    found = references.service(r, service)
    if found.policy_id is None:
        return []
    policy = escalation.policy(Read(r.connection, r.now, SYSTEM), found.policy_id)
    targets = [target for step in policy.climb.steps for target in step.notify]
    wanted = dict.fromkeys(target.id for target in targets if target.kind is TargetKind.SCHEDULE)
    visible = {one.id: one for one in queries.schedules(r)}
    return [visible[each] for each in wanted if each in visible]  # type: ignore[index]


def _shown(r: Read, one: Schedule, answer: OnCallAnswer, until: Instant | None) -> OnCallShown:
    known = names.of_users(r, [person.user_id for person in (*answer.people, *answer.shadows)])

    def person(on: OnCall) -> OnCallPerson:
        return OnCallPerson(
            user_id=on.user_id, user=known.get(on.user_id, ""), role=on.role.value, layer=on.layer_name,
            override_id=on.override_id, instead_of=on.instead_of,
        )  # fmt: skip

    return OnCallShown(
        schedule_id=one.id, schedule=one.name, at=answer.at.format_iso(), people=[person(on) for on in answer.people],
        shadows=[person(on) for on in answer.shadows], reason=answer.reason, until=iso(until),
    )  # fmt: skip
