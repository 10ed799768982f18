"""What can be done to incidents. Workflows call these; ``act`` is how every verb of ``rules`` reaches the database.

The row is locked first, then the rules decide on what it says: of two who take command at once the second finds the
first in command, and is told who.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from firebell.domain.incidents import engagement, queries, rules, store, verbs
from firebell.domain.incidents.codenames import codename
from firebell.domain.incidents.configured import detach_roles, detach_scale, set_roles, set_scale, set_settings
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.document import is_house
from firebell.domain.incidents.model import Incident, RoleName, Severity
from firebell.domain.incidents.outcome import Asking, Effect, Outcome
from firebell.domain.incidents.redaction import redact
from firebell.domain.incidents.visibility import missing, person_of, seen, visible
from firebell.kernel import ids, journal
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Changed, Conflict, Forbidden, NotFound
from firebell.kernel.work import Work

__all__ = [
    "Acted", "act", "begin", "declare", "detach_roles", "detach_scale", "redact", "set_roles", "set_scale",
    "set_settings", "tick_all",
]  # fmt: skip

_BY_ANYONE = (verbs.RequestInfo, verbs.Object, verbs.AddNote)
_BY_A_PERSON = (verbs.TakeCommand, verbs.AcceptCommand, verbs.SeizeCommand, verbs.AnswerCommandCheck, verbs.Engage)


@dataclass(frozen=True, slots=True)
class Acted:
    """The incident as it is now, and what the workflow has to do about it. ``warnings`` are for whoever asked;
    ``made`` is the id of the part the verb made. ``changed``: whether anything did."""

    incident: Incident
    effects: tuple[Effect, ...] = ()
    warnings: tuple[str, ...] = ()
    made: str = ""
    changed: bool = False


def declare(work: Work, new: Declaration, *, told: bool = False, person_id: str | None = None) -> Incident:
    """A new incident in triage. See :func:`begin`, which also says what is to be done about it."""
    return begin(work, new, told=told, person_id=person_id).incident


def begin(work: Work, new: Declaration, *, told: bool = False, person_id: str | None = None) -> Acted:
    """Declare an incident. ``told``: a rule or a form did, through a workflow that has looked whether it may.

    Raises Forbidden, Invalid (a field of the declaration), Conflict (an alert that belongs to another incident).
    """
    if not told:
        work.needs(Permission.INCIDENTS_DECLARE, new.team_id)
    asking = queries.asking(work, person_id=person_id)
    incident_id = ids.new("inc", work.now)
    outcome = rules.declare(new, asking, id=incident_id, number=store.next_number(work))
    for alert in outcome.incident.alerts:
        _check_alert(work, incident_id, alert.alert_id)
    # Whoever reports something in confidence goes on seeing what they reported.
    incident = _closed_circle(_named(work, outcome.incident), person_of(work.actor) or person_id)
    incident = replace(incident, due_at=rules.due_at(incident, asking))
    store.add(work, incident)
    for recorded in outcome.facts:
        work.record(incident_id, recorded.fact, fresh=True, event_at=recorded.event_at)
    _told(work, None, incident)
    return Acted(incident, outcome.effects, outcome.warnings, outcome.made, True)


def act(
    work: Work, incident_id: str, verb: verbs.Verb, *, primary_ids: frozenset[str] = frozenset(),
    active_ids: frozenset[str] | None = None, person_id: str | None = None, told: bool = False,
    expected: int | None = None,
) -> Acted:  # fmt: skip
    """Do what ``verb`` says to the incident (an id, a number or ``INC-12``).

    ``primary_ids``: who is primary on call for its services; ``active_ids``: accounts that are active; ``person_id``:
    whom a client speaks for; ``told``: a workflow says it on behalf of the house, which needs no permission.
    ``expected``: the version the caller has seen. Raises NotFound (also when it is not to be seen), Forbidden,
    Changed, Conflict (naming what is legal), Invalid.
    """
    named = incident_id if incident_id.startswith("inc_") else _id_of(work, incident_id)
    incident = store.take(work, named)
    if not (told or is_house(verb)):
        incident = seen(work, incident)
        _check_may(work, incident, verb, person_id)
    if incident is None:
        raise missing()
    if expected is not None and expected != incident.version:
        raise Changed("This incident has moved on meanwhile.", hint="Look at it again and repeat your change.")
    verb = _resolved(work, verb)
    if isinstance(verb, verbs.LinkAlert):
        _check_alert(work, incident.id, verb.alert_id)
    if isinstance(verb, verbs.CorrectEntry | verbs.Star):
        verb = _about_entry(work, incident.id, verb)
    asking = queries.asking(
        work, incident, verb=verb, primary_ids=primary_ids, active_ids=active_ids, person_id=person_id
    )
    return _settle(work, incident, asking, rules.apply(incident, verb, asking))


def tell_all(work: Work, incident: Incident, several: Iterable[verbs.Verb]) -> Acted:
    """Several things the house says of one incident (which was taken), in order, kept as one change: for a storm's
    many alerts. Not for verbs that name another incident. Raises what :func:`act` raises; then nothing has happened.
    """
    asking = queries.asking(work, incident)
    told = Outcome(incident)
    for verb in several:
        one = rules.apply(told.incident, verb, asking)
        told = Outcome(
            one.incident, (*told.facts, *one.facts), (*told.effects, *one.effects), (*told.warnings, *one.warnings)
        )
    return _settle(work, incident, asking, told)


def tick_all(work: Work, incident_ids: Iterable[str]) -> list[Acted]:
    """Let time pass for these: whatever of their clocks has run out happens. Those that are gone are left out."""
    done = []
    for incident_id in sorted(set(incident_ids)):
        incident = store.take(work, incident_id)
        if incident is not None:
            asking = queries.asking(work, incident)
            done.append(_settle(work, incident, asking, rules.apply(incident, verbs.Tick(), asking)))
    return done


def _settle(work: Work, before: Incident, asking: Asking, outcome: Outcome) -> Acted:
    after = _closed_circle(_named(work, outcome.incident))
    due_at = rules.due_at(after, asking)
    if after == before and due_at == before.due_at and not outcome.facts:
        return Acted(before, outcome.effects, outcome.warnings, outcome.made)
    after = replace(after, due_at=due_at, version=before.version + 1)
    store.save(work, before, after)
    for recorded in outcome.facts:
        work.record(after.id, recorded.fact, event_at=recorded.event_at)
    _told(work, before.due_at, after)
    return Acted(after, outcome.effects, outcome.warnings, outcome.made, True)


def _told(work: Work, was_due: Instant | None, after: Incident) -> None:
    work.publish("incidents", after.id)
    if after.due_at is not None and after.due_at != was_due:
        work.wake()


def _id_of(work: Work, key: str) -> str:
    found = queries.find(work, key)
    return found.id if found is not None else key


def _resolved(work: Work, verb: verbs.Verb) -> verbs.Verb:
    """The verb with the other incident it names by its id, however it was named."""
    other = queries.other_of(verb)
    if other is None or other.startswith("inc_"):
        return verb
    found = queries.find(work, other)
    if found is None or not visible(work.actor, found):
        return verb
    match verb:
        case verbs.MarkDuplicate():
            return replace(verb, of=found.id)
        case verbs.Merge():
            return replace(verb, into=found.id)
        case verbs.Relate() | verbs.Unrelate():
            return replace(verb, other=found.id)
        case _:
            return verb


def _check_may(work: Work, incident: Incident, verb: verbs.Verb, person_id: str | None) -> None:
    if isinstance(verb, _BY_ANYONE) or (isinstance(verb, verbs.SetSeverity) and _raises(incident, verb.to)):
        return
    own = person_of(work.actor)
    at_work = {e.user_id for e in incident.engagements if e.until_at is None and e.role != RoleName.OBSERVER}
    # Whoever was asked to help may. A key is bound to what it was given, whosever it is.
    if own not in at_work:
        work.needs(Permission.INCIDENTS_RESPOND, incident.team_id)
    person = person_id or own
    if not person and work.actor.kind != "system" and isinstance(verb, _BY_A_PERSON):
        raise Forbidden("Only a person can do this.", hint="Sign in, or use a token that is somebody's own.")


def _raises(incident: Incident, to: Severity) -> bool:
    # The same again changes nothing: of two who raise it at once, neither is refused.
    return incident.severity is None or to <= incident.severity


def _check_alert(work: Work, incident_id: str, alert_id: str) -> None:
    """An alert belongs to one active incident; one that may not be seen is no reason to refuse."""
    other = queries.of_alert(work, alert_id)
    if other is not None and other.id != incident_id and other.active:
        raise Conflict(
            f"This alert belongs to {other.reference}.", field="alert_id", hint="Unlink it there, or merge the two."
        )


def _about_entry(work: Work, incident_id: str, verb: verbs.CorrectEntry | verbs.Star) -> verbs.Verb:
    """The entry is there; a correction stands where what it corrects does, unless it says another time."""
    entry = journal.entry(work.connection, incident_id, verb.n)
    if entry is None:
        raise NotFound("There is no such entry on this timeline.", field="n")
    if isinstance(verb, verbs.CorrectEntry) and verb.at is None:
        return replace(verb, at=entry.event_at)
    return verb


def _closed_circle(incident: Incident, *also: str | None) -> Incident:
    """Who has worked in a private incident goes on seeing it when their part is over, until they are put out."""
    if not incident.private:
        return incident
    members = engagement.present((*incident.member_ids, *incident.engaged_ids, *also))
    return incident if members == incident.member_ids else replace(incident, member_ids=members)


def _named(work: Work, incident: Incident) -> Incident:
    """A private incident has a codename, another has none."""
    if incident.private:
        taken = store.codenames(work, but=incident.id)
        if not incident.codename:
            return replace(incident, codename=codename(incident.id, taken))
        if incident.codename in taken:
            raise Conflict(
                "Another incident has this codename.", field="codename", hint="Leave it out to be given one."
            )
    if not incident.private and incident.codename:
        return replace(incident, codename="")
    return incident
