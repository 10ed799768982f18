"""Somebody asks something of a postmortem: the one entry for page, API, terminal and clock, and what follows.

``domain/postmortems`` decides; here people are told, the incident goes on together with its postmortem, and what the
incident is compared by is kept up to date. A private incident's postmortem is not there for those outside it.
"""

from __future__ import annotations

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents import verbs as incident_verbs
from firebell.domain.incidents.learning import NamePostmortemOwner, NoteLearned
from firebell.domain.incidents.model import Incident, MilestoneName, Phase
from firebell.domain.incidents.visibility import person_of
from firebell.domain.postmortems import commands, deciding, verbs
from firebell.domain.postmortems.commands import Acted
from firebell.domain.postmortems.model import Postmortem, State
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Refused
from firebell.kernel.work import Work
from firebell.workflows import (
    incident_moves,
    incident_words,
    postmortem_likeness,
    postmortem_opens,
    postmortem_surroundings,
    postmortem_told,
    postmortem_verdicts,
    postmortems_seen,
)

_VERDICT = (verbs.OverrideVerdict, verbs.ComputeVerdict, verbs.ConfirmAction)
_DRAFTING = (verbs.Refresh, verbs.TakeOffers)


def act(work: Work, key: str, verb: verbs.Verb, *, person_id: str | None = None, expected: int | None = None) -> Acted:
    """Do what ``verb`` says to the postmortem (``pmt_…``, or its incident by id, number or ``INC-12``).

    ``person_id``: whom a client speaks for; ``expected``: the version the caller has seen. Raises what
    ``commands.act`` raises; then nothing has happened.
    """
    one = postmortems_seen.one(work, key)
    # The incident's row first, as everywhere: whoever moves both in the other order would wait for us, and we for them.
    incident = incident_rows.take(work, one.incident_id)
    who = person_id or person_of(work.actor) or work.actor.id
    if isinstance(verb, _VERDICT):
        return _about_verdict(work, one, verb, who, expected)
    asking = postmortem_surroundings.asking(work, one, verb, user_id=who)
    if isinstance(verb, _DRAFTING):
        asking = postmortem_opens.prepared(work, one, asking)
    try:
        acted = commands.act(work, one.id, verb, asking, expected=expected)
    except Refused as refused:
        raise incident_words.named(work, refused) from None
    postmortem_told.tell(work, acted.postmortem, acted.tells)
    if acted.changed and incident is not None:
        follow(work, incident, one, acted.postmortem)
    return acted


def act_on_action(work: Work, action_id: str, verb: verbs.Verb, *, person_id: str | None = None) -> Acted:
    """The same of an action item, known by its id alone."""
    found = postmortems_seen.action(work, action_id)
    return act(work, found.postmortem.id, verb, person_id=person_id)


def _about_verdict(work: Work, one: Postmortem, verb: verbs.Verb, who: str, expected: int | None) -> Acted:
    if not commands.may_edit(work.actor, one):
        work.needs(Permission.POSTMORTEMS_EDIT, one.team_id)
    if expected is not None and expected != one.version:
        raise Changed("This postmortem has moved on meanwhile.", hint="Look at it again and repeat your change.")
    postmortem_verdicts.act(work, one, verb, who)
    return Acted(one, changed=True)


def follow(work: Work, incident: Incident, before: Postmortem, after: Postmortem) -> None:
    """What a change of the postmortem means for its incident."""
    if after.owner_id is not None and after.owner_id != before.owner_id:
        _owned(work, incident, after.owner_id)
    if after.state is not before.state:
        _stated(work, incident, after)
    if deciding.promises_open(before) and not deciding.promises_open(after) and after.state is not State.DRAFT:
        _learned(work, incident.id, MilestoneName.ACTIONS_CLOSED)
    if after.document != before.document:
        fresh = incidents.find(work, incident.id)
        if fresh is not None and postmortem_likeness.remember(work, fresh, after):
            postmortem_verdicts.ask(work, [incident.id])


def _owned(work: Work, incident: Incident, owner_id: str) -> None:
    if incident.phase is Phase.RESOLVED:
        incident_moves.tell(work, incident.id, incident_verbs.StartPostmortem(owner_id=owner_id))
    else:
        incident_moves.tell(work, incident.id, NamePostmortemOwner(owner_id=owner_id))


def _stated(work: Work, incident: Incident, after: Postmortem) -> None:
    match after.state:
        case State.REVIEWED if incident.phase is Phase.POSTMORTEM:
            incident_moves.tell(work, incident.id, incident_verbs.CompletePostmortem())
        case State.PUBLISHED:
            _learned(work, incident.id, MilestoneName.POSTMORTEM_PUBLISHED)
            if not deciding.promises_open(after):
                _learned(work, incident.id, MilestoneName.ACTIONS_CLOSED)
        case State.CLOSED if incident.phase is Phase.FOLLOW_UP:
            incident_moves.tell(work, incident.id, incident_verbs.Close())


def _learned(work: Work, incident_id: str, name: MilestoneName) -> None:
    incident_moves.tell(work, incident_id, NoteLearned(name=name))


# ---------------------------------------------------------------- readers


def note_read(work: Work, key: str) -> None:
    """The reader has opened it."""
    commands.note_read(work, postmortems_seen.one(work, key).id)


def say_useful(work: Work, key: str, useful: bool) -> None:
    """What the reader thinks of it."""
    commands.say_useful(work, postmortems_seen.one(work, key).id, useful)
