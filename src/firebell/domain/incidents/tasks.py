"""Tasks: one thing, one person, a time box. "Someone should look at it" is no task (incidents.md 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement, integrity
from firebell.domain.incidents.asked import maybe, needs_lead, needs_no_observer, nudge, watcher, words
from firebell.domain.incidents.guards import needs_person, needs_reason
from firebell.domain.incidents.model import Incident, Kind, RoleName, Task, TaskState
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.response_facts import (
    TaskAcknowledged,
    TaskAssigned,
    TaskDropped,
    TaskExtended,
    TaskFinished,
    TaskMissed,
    TaskReassigned,
)
from firebell.domain.incidents.verbs import (
    AcknowledgeTask,
    AssignTask,
    DropTask,
    ExtendTask,
    FinishTask,
    ReassignTask,
    Verb,
)
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound

ACK_S = 120
"""An assignment is acknowledged within two minutes."""
MINUTES_MAX = 480


def assign(incident: Incident, verb: AssignTask, asking: Asking, saying: Saying) -> Incident:
    """AssignTask. Whoever takes one themselves has acknowledged it."""
    needs_no_observer(incident, asking)
    user_id = _one_person(verb.assignee_id, asking)
    task = Task(
        id=asking.new_id("tsk"), text=words(verb.text, "text", what="A task"), assignee_id=user_id, kind=verb.kind,
        minutes=_box(verb.minutes), at=asking.now, by=asking.by, ack_due_at=plus(asking.now, ACK_S),
        acked_at=asking.now if user_id == asking.user_id else None, due_at=plus(asking.now, verb.minutes * 60),
    )  # fmt: skip
    after = _joined(replace(incident, tasks=(*incident.tasks, task)), user_id, asking)
    saying.record(
        TaskAssigned(
            task_id=task.id, text=task.text, user_id=user_id, nature=task.kind, minutes=task.minutes,
            due_at=task.due_at.format_iso(),
        )
    )  # fmt: skip
    saying.made = task.id
    nudge(saying, (user_id,), f"Your task, {task.minutes} min: {task.text}. Acknowledge it within 2 min.", asking)
    return integrity.admit(incident, after, asking, saying)


def acknowledge(incident: Incident, verb: AcknowledgeTask, asking: Asking, saying: Saying) -> Incident:
    """AcknowledgeTask. Twice is once."""
    task = _named_or_own(incident, verb.task, asking, lambda one: one.acked_at is None)
    if asking.user_id and task.assignee_id != asking.user_id:
        raise Forbidden(
            f"This task is {task.assignee_id}'s." if task.assignee_id else "Nobody has this task.", field="task",
            hint="Have it reassigned first (reassign_task).",
        )  # fmt: skip
    if task.acked_at is not None:
        return incident
    saying.record(TaskAcknowledged(task_id=task.id, text=task.text))
    return _with(incident, task, acked_at=asking.now)


def extend(incident: Incident, verb: ExtendTask, asking: Asking, saying: Saying) -> Incident:
    """ExtendTask: more time, from the end of the box, or from now when it is over."""
    task = _open(incident, verb.task)
    needs_lead(incident, asking, "extend another's task", task.assignee_id)
    due_at = plus(max(task.due_at, asking.now), _box(verb.minutes) * 60)
    saying.record(TaskExtended(task_id=task.id, text=task.text, minutes=verb.minutes, due_at=due_at.format_iso()))
    if asking.user_id == task.assignee_id:
        nudge(saying, watcher(incident, but=asking.user_id), f"{verb.minutes} min more for: {task.text}", asking)
    acked_at = task.acked_at or (asking.now if asking.user_id == task.assignee_id else None)
    return _with(
        incident, task, due_at=due_at, minutes=task.minutes + verb.minutes, nudged_due=False, acked_at=acked_at
    )


def finish(incident: Incident, verb: FinishTask, asking: Asking, saying: Saying) -> Incident:
    """FinishTask. Finishing what is finished changes nothing."""
    task = _named_or_own(incident, verb.task, asking, lambda one: True)
    if task.state is TaskState.DONE:
        return incident
    _check_open(task)
    needs_lead(incident, asking, "finish another's task", task.assignee_id, *incident.holders(RoleName.SCRIBE))
    outcome = maybe(verb.outcome, "outcome")
    saying.record(TaskFinished(task_id=task.id, text=task.text, outcome=outcome))
    nudge(saying, engagement.present([incident.commander_id]), f"Done: {task.text}. {outcome}".strip(), asking)
    return _with(
        incident, task, state=TaskState.DONE, outcome=outcome, ended_at=asking.now, acked_at=task.acked_at or asking.now
    )


def drop(incident: Incident, verb: DropTask, asking: Asking, saying: Saying) -> Incident:
    """DropTask: not to be done after all."""
    task = _open(incident, verb.task)
    needs_lead(incident, asking, "drop another's task", task.by, task.assignee_id)
    reason = needs_reason(verb.reason, least=1, what="Dropping a task")
    saying.record(TaskDropped(task_id=task.id, text=task.text, reason=reason))
    nudge(saying, engagement.present([task.assignee_id]), f"No longer needed: {task.text}. {reason}", asking)
    return _with(incident, task, state=TaskState.DROPPED, outcome=reason, ended_at=asking.now)


def reassign(incident: Incident, verb: ReassignTask, asking: Asking, saying: Saying) -> Incident:
    """ReassignTask: the next one has the whole box again, and two minutes to acknowledge it."""
    needs_no_observer(incident, asking)
    task = _open(incident, verb.task)
    user_id = _one_person(verb.assignee_id, asking)
    if user_id == task.assignee_id:
        return incident
    saying.record(TaskReassigned(task_id=task.id, text=task.text, before=task.assignee_id, after=user_id))
    if task.assignee_id is not None:
        nudge(saying, (task.assignee_id,), f"Somebody else does: {task.text}", asking)
    nudge(saying, (user_id,), f"Your task, {task.minutes} min: {task.text}. Acknowledge it within 2 min.", asking)
    after = _with(
        incident, task, assignee_id=user_id, ack_due_at=plus(asking.now, ACK_S),
        acked_at=asking.now if user_id == asking.user_id else None, due_at=plus(asking.now, task.minutes * 60),
        nudged_ack=False, nudged_due=False,
    )  # fmt: skip
    return integrity.admit(incident, _joined(after, user_id, asking), asking, saying)


# ---- clocks


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Boxes that nobody acknowledged or that have run out go to whoever watches the clocks, once each."""
    if not _ticking(incident):
        return incident
    for task in incident.tasks:
        ack_due, box_due = _deadlines(task)
        if ack_due is not None and ack_due <= asking.now:
            _missed(incident, task, "unacknowledged", asking, saying)
            incident = _with(incident, task, nudged_ack=True)
        if box_due is not None and box_due <= asking.now:
            now_task = next(one for one in incident.tasks if one.id == task.id)
            _missed(incident, task, "expired", asking, saying)
            incident = _with(incident, now_task, nudged_due=True, nudged_ack=True)
    return incident


def due_at(incident: Incident) -> Instant | None:
    """The earliest deadline of a task."""
    if not _ticking(incident):
        return None
    return min((at for task in incident.tasks for at in _deadlines(task) if at is not None), default=None)


def _ticking(incident: Incident) -> bool:
    return incident.active and incident.kind is not Kind.BACKFILLED


def _deadlines(task: Task) -> tuple[Instant | None, Instant | None]:
    """When its acknowledgement and its box are overdue; ``None``: no longer of interest."""
    if task.state is not TaskState.OPEN:
        return None, None
    waits = task.acked_at is None and task.assignee_id is not None and not task.nudged_ack
    return (task.ack_due_at if waits else None), (None if task.nudged_due else task.due_at)


def _missed(incident: Incident, task: Task, what: str, asking: Asking, saying: Saying) -> None:
    told = watcher(incident, but=task.assignee_id)
    saying.record(TaskMissed(task_id=task.id, text=task.text, user_id=task.assignee_id, what=what, told=list(told)))
    said = "Not acknowledged for 2 min" if what == "unacknowledged" else f"Its {task.minutes} min are over"
    nudge(saying, told, f"{said} ({task.assignee_id or 'nobody has it'}): {task.text}", asking)


# ---- finding and changing


def _one_person(user_id: str, asking: Asking) -> str:
    user_id = needs_person(user_id, asking, "assignee_id")
    if not user_id.strip() or user_id.startswith(("team_", "sch_")):
        raise Invalid("A task has one person.", field="assignee_id", hint="Name who does it, not a team.")
    return user_id


def _box(minutes: int) -> int:
    if not 1 <= minutes <= MINUTES_MAX:
        raise Invalid(f"A time box is 1 to {MINUTES_MAX} minutes.", field="minutes")
    return minutes


def _joined(incident: Incident, user_id: str, asking: Asking) -> Incident:
    if user_id in engagement.responders(incident):
        return incident
    return engagement.joined(incident, RoleName.RESPONDER, user_id, asking)


def _find(incident: Incident, task_id: str) -> Task:
    found = next((one for one in incident.tasks if one.id == task_id), None)
    if found is None:
        raise NotFound("There is no such task.", field="task")
    return found


def _check_open(task: Task) -> None:
    if task.state is not TaskState.OPEN:
        raise Conflict(f"This task is {task.state}.", field="task", hint="Assign a new one.")


def _open(incident: Incident, task_id: str) -> Task:
    task = _find(incident, task_id)
    _check_open(task)
    return task


def _named_or_own(incident: Incident, task_id: str, asking: Asking, wanted: Callable[[Task], bool]) -> Task:
    """The task of that id; without one the newest open one of whoever asks."""
    if task_id:
        return _find(incident, task_id)
    own = [one for one in incident.tasks if one.state is TaskState.OPEN and one.assignee_id == asking.user_id]
    found = next((one for one in reversed(own) if wanted(one)), None)
    if found is None:
        raise NotFound("You have no such task here.", field="task", hint="Name the task.")
    return found


def _with(incident: Incident, task: Task, **changed: Any) -> Incident:
    return replace(
        incident, tasks=tuple(replace(one, **changed) if one.id == task.id else one for one in incident.tasks)
    )


HANDLERS: Mapping[type[Verb], Any] = {
    AssignTask: assign,
    AcknowledgeTask: acknowledge,
    ExtendTask: extend,
    FinishTask: finish,
    DropTask: drop,
    ReassignTask: reassign,
}
