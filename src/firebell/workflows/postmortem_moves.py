"""Somebody asks something of a postmortem: the one entry for page, API, terminal and clock, and what follows.

``domain/postmortems`` decides; here people are told, the incident goes on together with its postmortem, and what the
incident is like is computed again. A private incident's postmortem is not there for those outside it.
"""

from __future__ import annotations

from firebell.domain.incidents.visibility import person_of
from firebell.domain.postmortems import commands, verbs
from firebell.domain.postmortems.commands import Acted
from firebell.kernel.work import Work
from firebell.workflows import postmortem_surroundings, postmortems_seen


def act(work: Work, key: str, verb: verbs.Verb, *, person_id: str | None = None, expected: int | None = None) -> Acted:
    """Do what ``verb`` says to the postmortem (``pmt_…``, or its incident by id, number or ``INC-12``).

    ``person_id``: whom a client speaks for; ``expected``: the version the caller has seen. Raises what
    ``commands.act`` raises; then nothing has happened.
    """
    one = postmortems_seen.one(work, key)
    who = person_id or person_of(work.actor) or work.actor.id
    asking = postmortem_surroundings.asking(work, one, verb, user_id=who)
    return commands.act(work, one.id, verb, asking, expected=expected)


def act_on_action(work: Work, action_id: str, verb: verbs.Verb, *, person_id: str | None = None) -> Acted:
    """The same of an action item, known by its id alone."""
    found = postmortems_seen.action(work, action_id)
    return act(work, found.postmortem.id, verb, person_id=person_id)


def note_read(work: Work, key: str) -> None:
    """The reader has opened it."""
    commands.note_read(work, postmortems_seen.one(work, key).id)


def say_useful(work: Work, key: str, useful: bool) -> None:
    """What the reader thinks of it."""
    commands.say_useful(work, postmortems_seen.one(work, key).id, useful)
