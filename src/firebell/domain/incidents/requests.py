"""Questions of those who watch, and the end: who may go, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import engagement, integrity
from firebell.domain.incidents.asked import announce, maybe, needs_lead, needs_no_observer, nudge, watcher, words
from firebell.domain.incidents.guards import commands, needs_commander
from firebell.domain.incidents.model import Incident, Phase, Request, RoleName, TaskState
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.response_facts import (
    IncidentSignedOff,
    RequestAnswered,
    RequestAsked,
    RespondersReleased,
)
from firebell.domain.incidents.verbs import AnswerRequest, ReleaseResponders, RequestInfo, SignOff, Verb
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound

STATES = ("answered", "later", "declined")
_AFTER_RESOLVE = frozenset({Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP, Phase.CLOSED})


def ask(incident: Incident, verb: RequestInfo, asking: Asking, saying: Saying) -> Incident:
    """RequestInfo: into the liaison's queue, so that nobody at work is interrupted."""
    new = Request(
        id=asking.new_id("req"), question=words(verb.question, "question", what="A question"), by=asking.by,
        at=asking.now,
    )  # fmt: skip
    saying.record(RequestAsked(request_id=new.id, question=new.question))
    saying.made = new.id
    told = incident.holders(RoleName.LIAISON) or watcher(incident)
    nudge(saying, told, f"{incident.reference}, a question: {new.question}", asking)
    return replace(incident, requests=(*incident.requests, new))


def answer(incident: Incident, verb: AnswerRequest, asking: Asking, saying: Saying) -> Incident:
    """AnswerRequest: answered, later or declined. What was put off may be answered still."""
    needs_no_observer(incident, asking)
    found = next((one for one in incident.requests if one.id == verb.request), None)
    if found is None:
        raise NotFound("There is no such question.", field="request")
    if verb.state not in STATES:
        raise Invalid("A question is answered, put off (later) or declined.", field="state")
    text = words(verb.answer, "answer", what="An answer") if verb.state == "answered" else maybe(verb.answer, "answer")
    if (found.state, found.answer) == (verb.state, text):
        return incident
    if found.state in ("answered", "declined"):
        raise Conflict(f"This question is {found.state} already.", field="request", hint="Write a note.")
    saying.record(RequestAnswered(request_id=found.id, question=found.question, state=verb.state, answer=text))
    if found.by.startswith("usr_") or found.by in incident.engaged_ids:
        said = text or {"later": "Later.", "declined": "Not now."}[verb.state]
        nudge(saying, (found.by,), f"“{found.question}”: {said}", asking)
    done = replace(found, state=verb.state, answer=text)
    return replace(incident, requests=tuple(done if one.id == found.id else one for one in incident.requests))


def release(incident: Incident, verb: ReleaseResponders, asking: Asking, saying: Saying) -> Incident:
    """ReleaseResponders: all but ``stay`` may go. Whoever still has a task stays, and the commander is told so."""
    needs_lead(incident, asking, "release responders")
    working = {one.assignee_id for one in incident.tasks if one.state is TaskState.OPEN}
    others = [one for one in incident.holders(RoleName.RESPONDER) if one not in verb.stay]
    busy = [one for one in others if one in working]
    go = [one for one in others if one not in working]
    if busy:
        saying.warn(f"Still with a task, so they stay: {', '.join(busy)}.")
    if not go:
        return incident
    after = incident
    for user_id in go:
        after = engagement.left(after, RoleName.RESPONDER, user_id, asking)
    saying.record(RespondersReleased(people=go, stay=[*after.holders(RoleName.RESPONDER)]))
    nudge(saying, tuple(go), f"{incident.reference}: you may go. Thank you.", asking)
    return integrity.admit(incident, after, asking, saying)


def sign_off(incident: Incident, verb: SignOff, asking: Asking, saying: Saying) -> Incident:
    """SignOff: it has ended, where the follow-up goes, thanks. Once, after the resolution."""
    if incident.phase not in _AFTER_RESOLVE:
        raise Conflict("One signs off after the resolution.", field="verb", hint="Resolve it first.")
    if incident.commander_id is not None:
        needs_commander(incident, asking, "sign off")
    elif not (commands(incident, asking) or asking.user_id):
        raise Forbidden("A person signs off.", field="verb")
    text = words(verb.text, "text", what="A sign-off")
    if text == incident.signed_off:
        return incident
    saying.record(IncidentSignedOff(text=text))
    announce(saying, f"{incident.reference} has ended. {text}")
    return replace(incident, signed_off=text)


HANDLERS: Mapping[type[Verb], Any] = {
    RequestInfo: ask,
    AnswerRequest: answer,
    ReleaseResponders: release,
    SignOff: sign_off,
}
