"""What was chosen in a form is looked up in the unit that saves it: it may have gone since the form was drawn."""

from __future__ import annotations

from collections.abc import Iterable

from firebell.domain.escalation import queries as escalation
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.ids import PolicyId, TeamId
from firebell.kernel.work import Read

YEARS = range(2000, 2200)
"""Years in which a day typed into a form can lie: beyond them arithmetic with zones ends."""


def team(read: Read, chosen: str) -> TeamId | None:
    """The team of a select, or nobody's. Raises Invalid."""
    if chosen and people.team(read, chosen) is None:
        raise gone("team_id")
    return TeamId(chosen) if chosen else None


def policy(read: Read, chosen: str) -> PolicyId | None:
    """The policy of a select, or none. Raises Invalid."""
    if not chosen:
        return None
    try:
        return PolicyId(escalation.policy(read, chosen).id)
    except NotFound:
        raise gone("policy_id") from None


def persons(read: Read, chosen: Iterable[str], field: str) -> None:
    """Raises Invalid for a person who never was; one who has left may still stand in a rotation."""
    wanted = {one for one in chosen if one}
    if wanted - {str(known) for known in people.people(read, wanted)}:
        raise gone(field)


def targets(read: Read, chosen: Iterable[Target], field: str) -> None:
    """Raises Invalid for a person, schedule or team that is not there."""
    for one in chosen:
        if one.kind is TargetKind.USER:
            persons(read, [one.id], field)
        elif one.kind is TargetKind.TEAM and people.team(read, one.id) is None:
            raise gone(field)
        elif one.kind is TargetKind.SCHEDULE:
            try:
                oncall.schedule(read, one.id)
            except NotFound:
                raise gone(field) from None


def gone(field: str) -> Invalid:
    return Invalid("What was chosen is not there any more.", field=field, hint="Choose again.")
