"""A story about schedules, in a few verbs: make, edit, cover, and turn the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from firebell.domain.oncall import commands, queries, store
from firebell.domain.oncall.model import RotationLayer
from firebell.kernel.actor import GRANTS, MANAGER, Actor, Role
from firebell.kernel.clock import Instant, SetClock
from firebell.kernel.ids import ScheduleId, TeamId, UserId
from firebell.kernel.work import Runner, Work
from tests.domain.oncall.roster import hours, layer

T = TypeVar("T")
VIEWER = Actor("user", "usr_viewer", grants=GRANTS[Role.VIEWER])
RESPONDER = Actor("user", "A", grants=GRANTS[Role.RESPONDER])
LEAD = Actor("user", "usr_lead", grants=GRANTS[Role.VIEWER], teams={"tea_pay": MANAGER})
PAY = TeamId("tea_pay")
A, B, C = UserId("A"), UserId("B"), UserId("C")
HOUR, DAY = 3600, 86400

DAILY = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C")
DAYTIME = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C", restrictions=(hours("10:00", "18:00"),))


def make(runner: Runner, *layers: RotationLayer, name: str = "payments-primary", **fields: Any) -> ScheduleId:
    return runner.run(lambda work: commands.create_schedule(work, name=name, layers=layers, **fields))


def edit(runner: Runner, schedule_id: str, *layers: RotationLayer, **more: Any) -> Any:
    return runner.run(lambda work: commands.edit_schedule(work, schedule_id, layers=layers, **more))


def cover(runner: Runner, of: str, begin: Instant, end: Instant, kind: str = "replace", **more: Any) -> str:
    more.setdefault("by_user_id", B if kind == "replace" else None)
    return runner.run(lambda work: commands.add_override(work, of, kind, more.pop("user", A), begin, end, **more))


def on_call(runner: Runner, of: str, at: Instant | None = None) -> tuple[UserId, ...]:
    return runner.read(lambda read: queries.who_is_on(read, of, at)).user_ids


def turn(runner: Runner, clock: SetClock, seconds: float) -> list[Any]:
    clock.advance(seconds)
    return runner.run(commands.record_turnovers)


def kinds(runner: Runner, subject: str) -> list[str]:
    return [entry.kind for entry in runner.read(lambda read: read.history(subject))]


def shown(runner: Runner, of: str, begin: Instant, end: Instant) -> list[str]:
    found = runner.read(lambda read: queries.final(read, of, begin, end))
    return [f"{s.user_id} {str(s.starts_at)[5:16]} {str(s.ends_at)[5:16]}" for s in found.shifts]


def refused(runner: Runner, error: type[Exception], job: Callable[[Work], object], actor: Actor | None = None) -> Any:
    with pytest.raises(error) as caught:
        runner.run(job, actor) if actor else runner.run(job)
    return caught.value


def recorded(runner: Runner) -> list[tuple[str, Instant, Instant | None]]:
    rows = runner.read(lambda read: read.all(store.shifts.select().order_by(store.shifts.c.starts_at)))
    return [(row.user_id, row.starts_at, row.ends_at) for row in rows]
