"""One English sentence per kind of fact: timelines and the audit log are the journal, read aloud here.

A sentence follows the actor's name ("**Ada Park** acknowledged by link"); one with a capital letter stands alone.
``{field}`` puts a field of the fact in: ids as linked names, instants in the reader's zone, lists with commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from firebell.entrypoints.web import (
    chat_sentences,
    comms_sentences,
    incident_call_sentences,
    incident_response_sentences,
    incident_sentences,
    moments,
    outbox_sentences,
    postmortem_sentences,
    runbook_sentences,
    slo_sentences,
    status_sentences,
    tracker_sentences,
)
from firebell.entrypoints.web.names import ID, Names, ids_in, look_up
from firebell.entrypoints.web.sentence import Sentence
from firebell.kernel.clock import Instant
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_ACTOR = re.compile(r"(?:user|link|integration|token|system):\w+|(?:integration:)?api:\w+")
CHANNELS = {"sms": "SMS", "email": "e-mail", "voice": "call", "webpush": "push", "ntfy": "ntfy", "webhook": "webhook"}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of a timeline. ``who`` is empty when the sentence stands alone."""

    n: int
    at: Instant
    who: str
    text: Markup
    kind: str
    icon: str


def _step(fact: Mapping[str, Any]) -> str:
    words = "Step {step} told {people}." if not fact["loop"] else "Step {step}, round {loop}, told {people}."
    late = " {late_s} s late." if fact.get("late_s") else ""
    return words + (" Next at {next_at} unless somebody answers." if fact["next_at"] else "") + late


def _opened(fact: Mapping[str, Any]) -> str:
    again = " It was open before." if fact.get("previous_alert_id") else ""
    who = " ({actor})" if str(fact["integration_id"]).startswith("api:") else ""
    return "Opened as {severity} ({urgency} urgency) by {integration_id}" + who + "." + again


def _paged(fact: Mapping[str, Any]) -> str:
    return "Paged {user_id}: {why}." if not fact["shadow"] else "{user_id} learns along: {why}."


def _sent(fact: Mapping[str, Any]) -> str:
    again = " at attempt {attempt}" if fact["attempt"] > 1 else ""
    what = "" if fact["message"] == "page" else " ({message})"
    after = "{after_ms} ms" if fact["after_ms"] < 1000 else f"{fact['after_ms'] / 1000:.0f} s"
    return "{channel} to {user_id} was accepted" + again + " after " + after + what + "."


def _stopped(fact: Mapping[str, Any]) -> str:
    return "Escalation stopped: {why}." + (" Next: nobody." if fact["why"] == "acknowledged" else "")


def _began(fact: Mapping[str, Any]) -> str:
    return "{user_id} went on call" + (" instead of {instead_of}." if fact.get("instead_of") else " ({layer}).")


def _members(fact: Mapping[str, Any]) -> str:
    said = {"joined": "{joined} joined", "changed": "{changed} changed role", "left": "{left} left"}
    return "changed the members: " + "; ".join(words for name, words in said.items() if fact[name]) + "."


SENTENCES: Mapping[str, Sentence] = {
    # alerts
    "alert.opened": Sentence(_opened, "strong"),
    "alert.repeated": Sentence("The sender has said it {count} times.", "machine"),
    "alert.severity_changed": Sentence("Severity went from {before} to {after}.", "strong"),
    "alert.acknowledged": Sentence("acknowledged ({via}).", "held"),
    "alert.unacknowledged": Sentence("opened it again: {reason}.", "strong", "reopen"),
    "alert.resolved": Sentence("resolved it ({via}).", "ok"),
    "signal.ignored": Sentence("A signal changed nothing: {became}.", "machine"),
    # escalation
    "escalation.started": Sentence("Escalation started.", "machine"),
    "escalation.step_entered": Sentence(_step, "plain", "escalate"),
    "escalation.step_empty": Sentence("Step {step} reached nobody ({reasons}) and was skipped at once.", "broken"),
    "escalation.fallback_paged": Sentence("The fallback was told, {people}: {why}.", "broken"),
    "escalation.exhausted": Sentence("Nobody answered on any step.", "broken"),
    "escalation.stopped": Sentence(_stopped, "machine"),
    "escalation.ack_expired": Sentence("The acknowledgement of {acker_id} ran out; the ladder starts again.", "strong"),
    "escalation.coverage_gap": Sentence("The escalation policy {policy_id} reached nobody at all.", "broken"),
    "policy.changed": Sentence("{what} the escalation policy {name}, version {version}."),
    "installation.fallback_set": Sentence("named {people} as the installation's fallback."),
    # pages and deliveries
    "page.started": Sentence(_paged, "plain", "bell"),
    "delivery.sent": Sentence(_sent, "machine"),
    "delivery.failed": Sentence("{channel} to {user_id} failed: {reply}. Next: {next_step}.", "broken"),
    "delivery.held_back": Sentence("{channel} to {user_id} waits until {until}, so as not to flood.", "machine"),
    "delivery.quarantined": Sentence("A message to {user_id} was given up: it was never recorded as sent.", "broken"),
    "delivery.stale_record": Sentence("A late result ({outcome}) was noted and not counted.", "machine"),
    "channel.configured": Sentence("set up the channel {channel}."),
    # services
    "service.created": Sentence("made the service {name}."),
    "service.edited": Sentence("changed {changed} of the service."),
    "service.deleted": Sentence("deleted the service {name}."),
    "service.restored": Sentence("restored the service {name}."),
    "integration.created": Sentence("added the integration {name} ({source}) to {service_id}."),
    "integration.edited": Sentence("changed {changed} of an integration of {service_id}."),
    "integration.key_rotated": Sentence("made a new key for an integration of {service_id}."),
    "integration.disabled": Sentence("switched off an integration of {service_id}."),
    "integration.enabled": Sentence("switched on an integration of {service_id}."),
    "integration.deleted": Sentence("deleted the integration {name} of {service_id}."),
    # schedules
    "schedule.created": Sentence("made the schedule {name}."),
    "schedule.edited": Sentence("changed {changed} of the schedule."),
    "schedule.deleted": Sentence("deleted the schedule {name}."),
    "schedule.override_added": Sentence(
        lambda f: (
            "planned a change ({override_kind}) from {starts_at} to {ends_at}"
            + (" for {user_id}" if f["user_id"] else "")
            + (", taken over by {by_user_id}" if f["by_user_id"] else "")
            + (": {reason}." if f.get("reason") else ".")
        )
    ),
    "schedule.override_removed": Sentence("took a planned change back."),
    "oncall.began": Sentence(_began, "machine"),
    "oncall.ended": Sentence("{user_id} went off call.", "machine"),
    "calendar_feed.issued": Sentence("made a calendar address."),
    "calendar_feed.revoked": Sentence("withdrew a calendar address."),
    # people
    "user.created": Sentence("added this person as {role}."),
    "user.edited": Sentence("changed {changed}."),
    "user.role_changed": Sentence("changed the role from {before} to {after}."),
    "user.deactivated": Sentence("switched this person off."),
    "user.activated": Sentence("switched this person on again."),
    "user.deleted": Sentence("deleted this person."),
    "user.restored": Sentence("restored this person."),
    "user.detached": Sentence("took this person out of the hands of {managed_by}."),
    "user.password_changed": Sentence("Password changed ({by})."),
    "team.created": Sentence("made this team."),
    "team.edited": Sentence("changed {changed} of the team."),
    "team.deleted": Sentence("deleted the team."),
    "team.detached": Sentence("took the team out of the hands of {managed_by}."),
    "team.members_changed": Sentence(_members),
    "method.added": Sentence("added a contact method ({channel})."),
    "method.edited": Sentence("changed {changed} of a contact method."),
    "method.removed": Sentence("removed a contact method ({reason})."),
    "method.verified": Sentence("A contact method was verified by its code.", "ok"),
    "method.trusted": Sentence("vouched for a contact method without a code."),
    "method.disabled": Sentence("A contact method was switched off: {reason}.", "broken"),
    "method.enabled": Sentence("switched a contact method on."),
    "rules.set": Sentence("set {rules} notification rules for {urgency} urgency."),
    "session.signed_in": Sentence("Signed in from {ip}."),
    "session.sign_in_failed": Sentence("A sign-in from {ip} failed.", "broken"),
    "session.stepped_up": Sentence("Proved again who they are."),
    "session.ended": Sentence("Sessions ended: {reason}."),
    "token.created": Sentence("made an API token for {scopes}."),
    "token.revoked": Sentence("revoked an API token."),
    "link.issued": Sentence("made a one-time link ({purpose})."),
    "link.used": Sentence("A one-time link was used ({purpose})."),
    "journal.redacted": Sentence("destroyed entry {n}: {why}.", "broken"),
    # configuration
    "config.applied": Sentence("applied a configuration: {created} made, {changed} changed, {removed} removed."),
    **incident_sentences.INCIDENT,
    **incident_response_sentences.INCIDENT_RESPONSE,
    **incident_call_sentences.INCIDENT_CALL,
    **comms_sentences.COMMS,
    **status_sentences.STATUS,
    **runbook_sentences.RUNBOOK,
    **outbox_sentences.OUTBOX,
    **postmortem_sentences.POSTMORTEM,
    **chat_sentences.CHAT,
    **slo_sentences.SLO,
    **tracker_sentences.TRACKERS,
}


def lines(read: Read, entries: Sequence[Entry], zone: str) -> list[Line]:
    """The journal read aloud for a reader in ``zone``."""
    names = look_up(read, wanted(entries))
    return [line(entry, names, zone, read.now) for entry in entries]


def wanted(entries: Iterable[Entry]) -> set[str]:
    """Every id these entries mention."""
    return {found for e in entries for found in ids_in([e.subject, e.actor, dict(e.data)])}


def line(entry: Entry, names: Names, zone: str, now: Instant) -> Line:
    """One entry as a line. A fact of a later version, unknown here, is shown by its kind."""
    sentence = SENTENCES.get(entry.kind) or Sentence(entry.kind.replace(".", " ").replace("_", " ").capitalize() + ".")
    if entry.redacted:
        sentence = Sentence("What stood here has been redacted.", "machine")
    template = sentence.text if isinstance(sentence.text, str) else sentence.text(entry.data)
    said = {name: _say(name, value, names, zone, now) for name, value in entry.data.items()}
    said.setdefault("actor", escape(names.of(entry.actor)))
    text = Markup(template).format_map(said)  # noqa: S704 - ours; values are escaped
    who = "" if template[:1] in "{ABCDEFGHIJKLMNOPQRSTUVWXYZ" else names.of(entry.actor)
    if entry.actor.startswith("nobody:"):
        # Only the link of the first start lets somebody in whom nobody has added; a report comes from outside.
        who = ("Somebody outside" if entry.subject.startswith("inc_") else "Set-up") if who else ""
    if template.startswith("{channel}"):
        text = text[:1].upper() + text[1:]
    if template.startswith("{what}"):
        who = names.of(entry.actor)
    return Line(entry.n, entry.at, who, text, sentence.kind, sentence.icon)


def _say(name: str, value: Any, names: Names, zone: str, now: Instant) -> Markup:
    if name in ("step", "loop") and isinstance(value, int):
        return escape(value + 1)
    if name == "channel":
        return escape(CHANNELS.get(str(value), value))
    if isinstance(value, str):
        if ID.fullmatch(value) or value in names.known:
            return names.link(value)
        if _ACTOR.fullmatch(value):
            return escape(names.of(value))
        if _INSTANT.fullmatch(value):
            return escape(moments.clock(Instant.parse_iso(value), zone, now))
        return escape(value)
    if isinstance(value, Mapping):
        return _say(name, list(value), names, zone, now)
    if isinstance(value, list):
        if not value:
            return Markup("nobody") if name == "people" else Markup("nothing")
        return Markup(", ").join(_say("", inner, names, zone, now) for inner in value)
    return escape("nobody" if value is None else value)
