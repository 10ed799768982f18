"""Asking to be let into a private incident: the answer is the same whether there is one or not (incidents.md 10)."""

from __future__ import annotations

from dataclasses import dataclass

from firebell.domain.incidents import queries, store
from firebell.domain.incidents.asked import watcher, words
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.record_facts import AccessAsked
from firebell.domain.incidents.visibility import person_of, visible
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus
from firebell.kernel.errors import Forbidden, TooMany
from firebell.kernel.work import Work

EVERY_S = 15 * 60
WHY_MAX = 500


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody is at the door of ``incident``; ``tell`` is who runs it. For the workflow alone, never for who asked."""

    incident: Incident
    tell: tuple[str, ...]
    who: str
    why: str


def ask_access(work: Work, key: str, why: str) -> Knock | None:
    """Ask to be let into whatever goes by ``key`` (an id, a number, ``INC-12``), once in 15 minutes per person.

    ``None``: there is nobody to tell. Whoever asked must not learn which of the two it was. Raises TooMany whether the
    incident exists or not, Forbidden to one who is no person, Invalid without a reason.
    """
    work.needs(Permission.INCIDENTS_VIEW, next(iter(work.actor.teams), None))
    person = person_of(work.actor)
    if not person:
        raise Forbidden("Only a person can ask to be let in.")
    why = words(why[:WHY_MAX], "why", what="A reason")
    last = store.take_access_ask(work, person)
    if last is not None and work.now < plus(last, EVERY_S):
        raise TooMany("You have asked a moment ago.", hint="Ask again in a quarter of an hour.")
    store.set_access_ask(work, person)
    found = queries.find(work, key)
    if found is None or not found.private or visible(work.actor, found):
        return None
    work.record(found.id, AccessAsked(user_id=person, why=why))
    work.publish(found.id)
    return Knock(found, watcher(found) or found.member_ids, person, why)
