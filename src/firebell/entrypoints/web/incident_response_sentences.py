"""The sentences of incidents: tasks, decisions, what is known, what is written down, who may read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.domain.incidents.model import MilestoneName
from firebell.entrypoints.web.incident_words import MILESTONES
from firebell.entrypoints.web.sentence import Sentence

_LEARNED = (MilestoneName.POSTMORTEM_PUBLISHED, MilestoneName.ACTIONS_CLOSED)


def _plus(template: str, field: str, lead: str = ": ") -> Any:
    """``template`` and, where ``field`` says something, that too."""

    def said(fact: Mapping[str, Any]) -> str:
        return template + (f"{lead}{{{field}}}." if fact.get(field) else ".")

    return said


def _missed(fact: Mapping[str, Any]) -> str:
    what = "was not acknowledged" if fact["what"] == "unacknowledged" else "has run out of time"
    return "“{text}” ({user_id}) " + what + "; {told} told."


def _reassigned(fact: Mapping[str, Any]) -> str:
    return "gave “{text}” to {after}" + (" instead of {before}." if fact["before"] else ".")


def _proposed(fact: Mapping[str, Any]) -> str:
    risk = " Risk: {risk}." if fact["risk"] else ""
    executor = " By {executor_id}." if fact["executor_id"] else ""
    return "proposed: {proposal}." + risk + executor + " Objections are heard for {window_s} s."


def _adopted(fact: Mapping[str, Any]) -> str:
    over = ", over {objections} objections" if fact["objections"] else ""
    executor = ", for {executor_id} to do" if fact["executor_id"] else ""
    return "decided" + over + executor + ": {proposal}."


def _milestone(fact: Mapping[str, Any]) -> str:
    name = f"“{MILESTONES[fact['name']]}”" if fact["name"] in MILESTONES else "{name}"
    if fact["at"] is None:
        said = f"took back the time of {name}"
    elif fact["before"] is None:
        said = f"Milestone {name}: {{at}}" if fact["name"] in _LEARNED else f"noted the time of {name}: {{at}}"
    else:
        said = f"corrected the time of {name}, from {{before}} to {{at}}"
    return said + (" ({reason})." if fact["reason"] else ".")


def _starred(fact: Mapping[str, Any]) -> str:
    return "starred entry {n}." if fact["on"] else "took the star from entry {n}."


def _alert(fact: Mapping[str, Any]) -> str:
    said = "{alert_id} fires again" if fact["open"] else "{alert_id} no longer fires"
    return said + ("; the stability window begins anew." if fact["restarted"] else ".")


def _unticked(fact: Mapping[str, Any]) -> str:
    why = " ({reason})" if fact["reason"] else ""
    return (
        "said this no longer holds: {text}"
        + why
        + ("; the stability window begins anew." if fact["restarted"] else ".")
    )


def _answered(fact: Mapping[str, Any]) -> str:
    word = {"answered": "answered", "later": "put off", "declined": "declined"}.get(str(fact["state"]), "answered")
    return word + " “{question}”" + (": {answer}." if fact["answer"] else ".")


def _private(fact: Mapping[str, Any]) -> str:
    return "made it private, as a security incident." if fact["security"] else "made it private."


def _told(fact: Mapping[str, Any]) -> str:
    return "Customers know the cause is found." if fact["identified"] else "Customers have been told."


INCIDENT_RESPONSE: Mapping[str, Sentence] = {
    # tasks
    "task.assigned": Sentence("gave {user_id} {minutes} min for: {text}."),
    "task.acknowledged": Sentence("has begun: {text}.", "held"),
    "task.extended": Sentence("took {minutes} min more, until {due_at}, for: {text}."),
    "task.finished": Sentence(_plus("finished “{text}”", "outcome"), "ok"),
    "task.dropped": Sentence("dropped “{text}”: {reason}."),
    "task.reassigned": Sentence(_reassigned),
    "task.missed": Sentence(_missed, "broken"),
    # decisions
    "decision.proposed": Sentence(_proposed),
    "decision.objected": Sentence("objected: {text}.", "strong"),
    "decision.adopted": Sentence(_adopted, "strong"),
    "decision.withdrawn": Sentence("withdrew: {proposal}."),
    # what is known
    "size_up.given": Sentence(
        lambda f: "sized it up: {wrong}." + (" Scope: {scope}." if f["scope"] else "") + " Trend: {trend}."
    ),
    "size_up.missed": Sentence("No size-up for {minutes} min; {told} told.", "machine"),
    "hypothesis.suggested": Sentence(_plus("suggested: {text}", "evidence", "; ")),
    "hypothesis.eliminated": Sentence("ruled out “{text}”: {evidence}."),
    "criterion.added": Sentence("set an exit criterion: {text}."),
    "criterion.ticked": Sentence("ticked “{text}”: {value}.", "ok"),
    "criterion.unticked": Sentence(_unticked, "strong"),
    "criterion.removed": Sentence("removed the exit criterion “{text}”: {reason}."),
    # questions and the end
    "request.asked": Sentence("asked: {question}."),
    "request.answered": Sentence(_answered),
    "responders.released": Sentence(lambda f: "released {people}." + (" Staying: {stay}." if f["stay"] else "")),
    "incident.signed_off": Sentence("signed off: {text}.", "ok"),
    # what is written down
    "incident.edited": Sentence("changed {changed}."),
    "milestone.set": Sentence(_milestone),
    "note.added": Sentence(_plus("noted: {text}", "link", " · ")),
    "entry.corrected": Sentence("corrected entry {supersedes}: {text} ({reason}).", "strong"),
    "entry.starred": Sentence(_starred, "machine"),
    "incident.acknowledged": Sentence("{user_id} is the first to respond.", "held"),
    "incident.customers_told": Sentence(_told, "strong"),
    # who may read it, and what it is tied to
    "incident.made_private": Sentence(_private, "strong"),
    "incident.made_public": Sentence("made it public: {reason}.", "strong"),
    "incident.person_admitted": Sentence("let {user_id} in."),
    "incident.person_expelled": Sentence("put {user_id} out."),
    "incident.access_asked": Sentence("asked to be let in: {why}."),
    "incident.alert_linked": Sentence("linked {alert_id}."),
    "incident.alert_unlinked": Sentence("unlinked {alert_id}."),
    "incident.alert_changed": Sentence(_alert, "machine"),
    "incident.related": Sentence("related it to {other}."),
    "incident.unrelated": Sentence("unrelated it from {other}."),
    # how this installation runs incidents
    "severity_scale.set": Sentence(_plus("set the severity scale, version {version}", "changed")),
    "incident_roles.set": Sentence("changed the incident roles {changed}."),
    "incident_settings.set": Sentence("changed {changed} of the incident settings."),
}
