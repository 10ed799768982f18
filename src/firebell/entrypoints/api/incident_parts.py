"""``/api/v1/incidents/{incident}/…``: roles, hand-offs, tasks, decisions, criteria, timeline, alerts, state file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field

from firebell.domain.incidents import metrics, queries, verbs
from firebell.domain.incidents.document import verb_of
from firebell.domain.incidents.model import Remedy, TaskKind, Trend
from firebell.entrypoints import state_lines
from firebell.entrypoints.api.frame import Body, Limit, Shown, moment
from firebell.entrypoints.api.incidents import (
    AsPerson,
    IncidentActed,
    Line,
    Moment,
    Parts,
    Reference,
    Text,
    part_of,
    plain,
    say,
    user_named,
)
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read
from firebell.kernel.work import Read
from firebell.workflows import incident_state, journal_read

router = APIRouter(prefix="/incidents/{incident}", tags=["incidents"], route_class=ApiRoute)

Id = Annotated[str, Field(max_length=40)]


class NewTask(Body):
    text: Line
    assignee: Reference
    minutes: int = Field(10, ge=1, le=1440)
    kind: TaskKind = TaskKind.HANDS_ON


class TaskChange(Body):
    """``outcome`` for finish, ``minutes`` for extend, ``reason`` for drop, ``assignee`` for reassign."""

    outcome: Text = ""
    minutes: int = Field(10, ge=1, le=1440)
    reason: Text = ""
    assignee: Reference | None = None


class NewDecision(Body):
    proposal: Line
    risk: Text = ""
    executor: Reference | None = None
    window_s: int = Field(30, ge=10, le=120)
    remedy: Remedy | None = None


class NewObjection(Body):
    text: Text


class NewSizeUp(Body):
    wrong: Text
    scope: Text = ""
    trend: Trend = Trend.UNKNOWN
    confidence: Annotated[str, Field(pattern="^(low|medium|high)$")] = "medium"


class NewNote(Body):
    """``at``: when it happened, if not now."""

    text: Text
    at: Moment | None = None
    link: Annotated[str, Field(max_length=500)] = ""


class NewCriterion(Body):
    text: Line


class Tick(Body):
    """``value``: a link or a reading."""

    value: Text


class LinkedAlertBody(Body):
    alert_id: Id


class MilestoneChange(Body):
    """``at`` null takes it back; a correction needs a reason."""

    at: Moment | None
    reason: Text = ""


class TimelineEntry(Shown):
    """``event_at`` is when it happened, ``recorded_at`` when it was learned; ``hash`` chains it to the one before."""

    n: int
    event_at: str
    recorded_at: str
    actor: str
    kind: str
    data: dict[str, Any]
    redacted: bool
    starred: bool
    hash: str


@router.get("/tasks")
def list_tasks(request: Request, incident: str, caller: Caller) -> Parts:
    """Tasks in the order they were given."""
    found: Parts = part_of(request, incident, caller, "tasks")
    return found


@router.post("/tasks")
def assign_task(
    request: Request, response: Response, incident: str, caller: Caller, body: NewTask, as_person: AsPerson = None
) -> IncidentActed:
    """One thing for one person in a time box. ``made`` is the task's id."""
    assignee = user_named(request, body.assignee, caller, "assignee") or ""
    verb = verbs.AssignTask(text=body.text, assignee_id=assignee, minutes=body.minutes, kind=body.kind)
    return say(request, response, caller, incident, verb, as_person=as_person)


def _task_verb(move: str, task: str, body: TaskChange, assignee: str | None) -> verbs.Verb:
    match move:
        case "ack":
            return verbs.AcknowledgeTask(task=task)
        case "finish":
            return verbs.FinishTask(task=task, outcome=body.outcome)
        case "extend":
            return verbs.ExtendTask(task=task, minutes=body.minutes)
        case "drop":
            return verbs.DropTask(task=task, reason=body.reason)
        case _:
            return verbs.ReassignTask(task=task, assignee_id=assignee or "")


def _task_route(move: str, words: str) -> None:
    def change(
        request: Request, response: Response, incident: str, task: str, caller: Caller, body: TaskChange | None = None,
        as_person: AsPerson = None,
    ) -> IncidentActed:  # fmt: skip
        given = body or TaskChange.model_validate({})
        verb = _task_verb(move, task, given, user_named(request, given.assignee, caller, "assignee"))
        return say(request, response, caller, incident, verb, as_person=as_person)

    change.__name__ = f"{move}_task"
    change.__doc__ = words
    router.post(f"/tasks/{{task}}:{move}")(change)


for _move, _words in {
    "ack": "The assignee has it.", "finish": "Done, with an outcome.", "extend": "More minutes.",
    "drop": "No longer needed, with a reason.", "reassign": "For somebody else.",
}.items():  # fmt: skip
    _task_route(_move, _words)


@router.get("/decisions")
def list_decisions(request: Request, incident: str, caller: Caller) -> Parts:
    """Proposals with their objections and what was decided."""
    found: Parts = part_of(request, incident, caller, "decisions")
    return found


@router.post("/decisions")
def propose(
    request: Request, response: Response, incident: str, caller: Caller, body: NewDecision, as_person: AsPerson = None
) -> IncidentActed:
    """Any strong objections? ``made`` is the decision's id."""
    verb = verbs.ProposeDecision(
        proposal=body.proposal, risk=body.risk, window_s=body.window_s, remedy=body.remedy,
        executor_id=user_named(request, body.executor, caller, "executor"),
    )  # fmt: skip
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.post("/decisions/{decision}:object")
def object_to(
    request: Request, response: Response, incident: str, decision: str, caller: Caller, body: NewObjection,
    as_person: AsPerson = None,
) -> IncidentActed:  # fmt: skip
    """A strong objection, on record."""
    verb = verbs.Object(decision=decision, text=body.text)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.post("/decisions/{decision}:adopt")
def adopt(
    request: Request, response: Response, incident: str, decision: str, caller: Caller, as_person: AsPerson = None
) -> IncidentActed:
    """The Incident Commander decides: it is done."""
    return say(request, response, caller, incident, verbs.Adopt(decision=decision), as_person=as_person)


@router.post("/decisions/{decision}:withdraw")
def withdraw_decision(
    request: Request, response: Response, incident: str, decision: str, caller: Caller, as_person: AsPerson = None
) -> IncidentActed:
    """It is not done."""
    return say(request, response, caller, incident, verbs.WithdrawDecision(decision=decision), as_person=as_person)


@router.post("/size-ups")
def size_up(
    request: Request, response: Response, incident: str, caller: Caller, body: NewSizeUp, as_person: AsPerson = None
) -> IncidentActed:
    """What is wrong, how far it reaches, where it is going."""
    verb = verbs.AddSizeUp(wrong=body.wrong, scope=body.scope, trend=body.trend, confidence=body.confidence)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.get("/criteria")
def list_criteria(request: Request, incident: str, caller: Caller) -> Parts:
    """Exit criteria."""
    found: Parts = part_of(request, incident, caller, "criteria")
    return found


@router.post("/criteria")
def add_criterion(
    request: Request, response: Response, incident: str, caller: Caller, body: NewCriterion, as_person: AsPerson = None
) -> IncidentActed:
    """What must hold before it is resolved."""
    return say(request, response, caller, incident, verbs.AddCriterion(text=body.text), as_person=as_person)


@router.post("/criteria/{criterion}:tick")
def tick(
    request: Request, response: Response, incident: str, criterion: str, caller: Caller, body: Tick,
    as_person: AsPerson = None,
) -> IncidentActed:  # fmt: skip
    """It holds, and here is the proof."""
    verb = verbs.TickCriterion(criterion=criterion, value=body.value)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.put("/milestones/{name}")
def set_milestone(
    request: Request, response: Response, incident: str, name: str, caller: Caller, body: MilestoneChange,
    as_person: AsPerson = None,
) -> IncidentActed:  # fmt: skip
    """When something happened; the value before stays readable."""
    at = moment(body.at, "at").format_iso() if body.at else None
    verb = verb_of({"verb": "set_milestone", "name": name, "at": at, "reason": body.reason})
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.get("/metrics")
def show_metrics(request: Request, incident: str, caller: Caller) -> Parts:
    """Durations between milestones by both conventions, each recorded, pending, not applicable or invalid."""

    def look(r: Read) -> Parts:
        one = queries.incident(r, incident)
        return [{"metric": name, **plain(one_measure)} for name, one_measure in metrics.measures(one).items()]

    return read(request, look, caller)


@router.get("/timeline")
def timeline(
    request: Request, incident: str, caller: Caller, limit: Limit = 100,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> list[TimelineEntry]:  # fmt: skip
    """Everything that happened, by when it happened; ``before``: entries before this number."""

    def look(r: Read) -> list[TimelineEntry]:
        one = queries.incident(r, incident)
        return [
            TimelineEntry(
                n=e.n, event_at=e.event_at.format_iso(), recorded_at=e.at.format_iso(), actor=e.actor, kind=e.kind,
                data=dict(e.data), redacted=e.redacted, starred=e.n in one.stars, hash=e.hash.hex(),
            )
            for e in journal_read.open_to(r, queries.timeline(r, one.id, limit=limit, before=before))
        ]  # fmt: skip

    return read(request, look, caller)


@router.post("/timeline")
def add_note(
    request: Request, response: Response, incident: str, caller: Caller, body: NewNote, as_person: AsPerson = None
) -> IncidentActed:
    """Something for the timeline."""
    verb = verbs.AddNote(text=body.text, at=moment(body.at, "at") if body.at else None, link=body.link)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.get("/alerts")
def list_alerts(request: Request, incident: str, caller: Caller) -> Parts:
    """Alerts it is about."""
    found: Parts = part_of(request, incident, caller, "alerts")
    return found


@router.post("/alerts")
def link_alert(
    request: Request, response: Response, incident: str, caller: Caller, body: LinkedAlertBody
) -> IncidentActed:
    """It is about this alert, too."""
    return say(request, response, caller, incident, verbs.LinkAlert(alert_id=body.alert_id))


@router.delete("/alerts/{alert_id}")
def unlink_alert(request: Request, response: Response, incident: str, alert_id: str, caller: Caller) -> IncidentActed:
    """It is not about this alert."""
    return say(request, response, caller, incident, verbs.UnlinkAlert(alert_id=alert_id))


@router.get("/state.txt", response_class=PlainTextResponse)
def state_file(request: Request, incident: str, caller: Caller) -> PlainTextResponse:
    """One page of plain text from which command could go on without Firebell."""

    def look(r: Read) -> str:
        return incident_state.state(r, queries.incident(r, incident), state_lines.said).text

    return PlainTextResponse(read(request, look, caller))
