"""Somebody asks something of an incident: the one entry for page, API, terminal, chat and clock, and what follows.

``domain/incidents`` decides; here people are told and paged, updates and announcements are set in motion. All of it is
written down in the unit of the change and sent afterwards, so no channel that is away holds up a change of phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from firebell.domain.alerts.model import Alert
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import commands, engagement, store, verbs
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.commands import Acted
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.outcome import Effect, EffectKind
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.errors import Conflict, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import (
    audience,
    incident_announced,
    incident_calls,
    incident_merged,
    incident_surroundings,
    incident_tied,
    incident_words,
    nudged,
    postmortem_follows,
    response_missed,
    update_posted,
)

UNCONFIRMED_MAX = 10


def act(
    work: Work, incident_id: str, verb: verbs.Verb, *, person_id: str | None = None, expected: int | None = None
) -> Acted:
    """Do what ``verb`` says to the incident (an id, a number or ``INC-12``), and all that follows from it.

    ``person_id``: whom a client speaks for; ``expected``: the version the caller has seen. Raises what
    ``commands.act`` raises; then nothing has happened.
    """
    if not incident_id.startswith("inc_"):
        found = incidents.find(work, incident_id)
        incident_id = found.id if found is not None else incident_id
    before = store.take(work, incident_id)
    around = incident_surroundings.of(work, before, verb)
    if before is not None and incidents.visible(work.actor, before):
        verb = incident_tied.looked_up(work, before, verb)
        postmortem_follows.check(work, before, verb)
    try:
        acted = commands.act(
            work, incident_id, verb, primary_ids=around.primary_ids,
            active_ids=around.active_ids, person_id=person_id, expected=expected,
        )  # fmt: skip
    except Refused as refused:
        raise incident_words.named(work, refused) from None
    if before is not None:
        follow(work, before, acted, verb)
    return replace(acted, warnings=tuple(incident_words.with_names(work, one) for one in acted.warnings))


def tell(work: Work, incident_id: str, verb: verbs.Verb, *, person_id: str = "") -> Acted:
    """The same on behalf of the house, which needs no permission; ``person_id``: who answers by it (a page, a link)."""
    with as_house(work):
        before = store.take(work, incident_id)
        around = incident_surroundings.of(work, before, verb)
        acted = commands.act(
            work, incident_id, verb, primary_ids=around.primary_ids, active_ids=around.active_ids,
            person_id=person_id or None, told=True,
        )  # fmt: skip
        if before is not None:
            follow(work, before, acted, verb)
    return acted


def tell_all(work: Work, incident_id: str, several: Sequence[verbs.Verb]) -> Acted | None:
    """Several things the house says at once (``None``: there are none, or no such incident), kept as one change."""
    before = store.take(work, incident_id) if several else None
    if before is None:
        return None
    with as_house(work):
        acted = commands.tell_all(work, before, several)
        follow(work, before, acted)
    return acted


def tell_if_it_can(work: Work, incident_id: str, verb: verbs.Verb, *, person_id: str = "") -> str:
    """:func:`tell`, where a refusal must not undo what led to it. Returns why it was refused, or nothing."""
    try:
        tell(work, incident_id, verb, person_id=person_id)
    except Refused as refused:
        return str(refused)
    return ""


def follow(work: Work, before: Incident | None, acted: Acted, verb: verbs.Verb | None = None) -> None:
    """What a change sets in motion. ``before`` ``None``: the incident has just been declared."""
    after = acted.incident
    if acted.changed:
        # Calls that are answered stop ringing before anybody new is called for.
        if before is not None:
            incident_calls.settle(work, before, after)
        update_posted.phase_changed(work, before, after)
        incident_announced.followed(work, before, after)
        postmortem_follows.followed(work, before, after, verb)
    for effect in acted.effects:
        if effect.kind is EffectKind.MERGED:
            # As it was: those at work have left it by now.
            for other, told in incident_merged.verbs_for(before or after, effect.after):
                tell_if_it_can(work, other, told)
        else:
            _perform(work, after, effect)


def _perform(work: Work, incident: Incident, effect: Effect) -> None:
    text = incident_words.with_names(work, effect.text)
    match effect.kind:
        case EffectKind.NUDGE:
            nudge(work, incident, effect.users, text)
        case EffectKind.PAGE_PEOPLE:
            targets = [Target(TargetKind.USER, user_id) for user_id in effect.users]
            incident_calls.asked(work, incident, targets, "", words=text)
        case EffectKind.PAGE_ROLE:
            incident_calls.role(work, incident, effect.role, text)
        case EffectKind.PAGE_COMMANDER:
            incident_calls.commander(work, incident, text)
        case EffectKind.RESPONSE_MISSED:
            response_missed.escalate(work, incident, effect.after)
        case EffectKind.ANNOUNCE:
            incident_announced.announce(work, incident, text)
        case EffectKind.PHASE_CHANGED | EffectKind.SEVERITY_CHANGED | EffectKind.COMMANDER_CHANGED:
            pass  # whoever lives by these compares before and after


def nudge(work: Work, incident: Incident, user_ids: Sequence[str], text: str) -> None:
    """A notice about ``incident`` to these people; in a drill to those who take part in it."""
    within = incident_calls.enrolled(incident) if incident.kind == "drill" else None
    told = [one for one in user_ids if within is None or one in within]
    nudged.nudge(work, told, title=incident_words.title(incident), body=text, incident_id=incident.id)


def page_people(
    work: Work, incident_id: str, targets: Sequence[Target], why: str, *, confirmed: bool = False
) -> list[Alert]:
    """Ask people, teams or whoever is on call to come, each by a page of their own. Returns the calls.

    Raises NotFound, Forbidden; Conflict when it is over, or would ring for more than ten people unconfirmed.
    """
    incident = incidents.incident(work, incident_id)
    if work.actor.id not in engagement.responders(incident):
        work.needs(Permission.INCIDENTS_RESPOND, incident.team_id)
    if not incident.active:
        raise Conflict(f"{incident.reference} is {incident.phase}.", hint="Reopen it first.")
    reached = audience.resolve(Read(work.connection, work.now, SYSTEM), targets).reached
    if not reached:
        raise Conflict("Nobody of those can be paged now.", field="who", hint="Name somebody else.")
    if len(reached) > UNCONFIRMED_MAX and not confirmed:
        raise Conflict(f"This rings for {len(reached)} people.", field="who", hint="Confirm it, or name fewer.")
    store.take(work, incident.id)
    return incident_calls.asked(work, incident, targets, why.strip())


def page_role(work: Work, incident_id: str, role: str) -> Alert | None:
    """Ask whoever stands behind a role to take it. ``None``: somebody holds it, or nobody stands behind it."""
    incident = incidents.incident(work, incident_id)
    work.needs(Permission.INCIDENTS_RESPOND, incident.team_id)
    store.take(work, incident.id)
    return incident_calls.role(work, incident, role)


@contextmanager
def as_house(work: Work) -> Iterator[None]:
    """Rules take the house for who asks; the journal still names whoever is at work."""
    actor, work.actor = work.actor, SYSTEM
    try:
        yield
    finally:
        work.actor = actor
