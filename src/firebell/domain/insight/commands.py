"""What can be done about the digest: a person chooses; the workflow lays out rounds and writes letters."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.insight import digest, store
from firebell.domain.insight.model import DigestChosen, DigestLetter, DigestRound
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Forbidden
from firebell.kernel.work import Work


def choose(work: Work, scope: str, wanted: bool) -> None:
    """Whether the actor, a person, wants the digest of ``scope`` (``all``, or the id of a team; that it exists is known
    to whoever calls). Raises Forbidden for whoever has no mailbox."""
    work.needs(Permission.SELF_EDIT)
    if work.actor.kind != "user":
        raise Forbidden("Only a person gets letters.", hint="Sign in, and choose on the page “Insight”.")
    if store.choices_of(work, work.actor.id).get(scope) is wanted:
        return
    store.choose(work, work.actor.id, scope, wanted)
    work.record(work.actor.id, DigestChosen(scope=scope, wanted=wanted))


def begin_round(work: Work) -> None:
    """The month that is under way will be told of when it is over. Told by a workflow."""
    store.begin(work, digest.next_round(work.now))


def take_due(work: Work) -> list[DigestRound]:
    """Rounds that are due, locked. Told by a workflow."""
    return store.take_due(work)


def lay(work: Work, one: DigestRound, letters: Sequence[DigestLetter]) -> None:
    """This round's letters will be written at their time. Told by a workflow."""
    store.add_letters(work, letters)
    store.laid(work, one.period)


def write(work: Work, letter: DigestLetter) -> bool:
    """This letter is on its way, or need not be written any more. False: somebody else has done it. Told by a
    workflow."""
    return store.done(work, letter)
