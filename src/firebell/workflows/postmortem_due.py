"""A postmortem is late: its people are told, in office hours, and told again two business days later.

Without an owner whoever commanded hears of it, and whoever answers for the team.
"""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.incidents import store as incident_rows
from firebell.domain.people import queries as people
from firebell.domain.postmortems import commands, nagging, queries, store
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.postmortems.nagging import Nag
from firebell.domain.postmortems.outcome import Tell
from firebell.domain.postmortems.rules import Deadlines
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortem_told

GROUP = 50
_LONG_S = 7 * 86_400
"""So late after its day that whoever answers for the team hears of it as well."""


def next_due(read: Read) -> Instant | None:
    return store.next_due(read)


def tick(work: Work) -> bool:
    """Say what is late. True when anything was looked at."""
    due = store.due(work, work.now, GROUP)
    for postmortem_id in due:
        _look(work, postmortem_id)
    return bool(due)


def _look(work: Work, postmortem_id: str) -> None:
    known = store.get(work, postmortem_id)
    if known is None:
        return
    incident_rows.take(work, known.incident_id)
    one = store.take(work, postmortem_id)
    if one is None or one.due_at is None or one.due_at > work.now:
        return
    calendar = queries.settings(work).calendar
    until = queries.deadlines_of(work, one)
    late = nagging.late(one, until, work.now)
    new = nagging.fresh(late, one.told_at, work.now, calendar)
    if not new or not calendar.open_at(work.now):
        commands.timed(work, one)
        return
    users = _whom(work, one, late, until)
    told = postmortem_told.tell(work, one, [Tell(users, " It ".join(_words(nag, one, until) for nag in late))])
    commands.reminded(work, one, new, told)


def _whom(work: Work, one: Postmortem, late: Sequence[Nag], until: Deadlines) -> tuple[str, ...]:
    owner = one.owner_id if one.owner_id and _is_active(work, one.owner_id) else None
    if owner is None:
        named_by = postmortem_told.commander_of(work, one)
        if named_by and Nag.DRAFT not in late:
            return named_by
        return tuple(dict.fromkeys((*named_by, *postmortem_told.managers(work, one))))
    long = Nag.PUBLISHED in late and work.now >= plus(until.published_at, _LONG_S)
    return (owner, *(postmortem_told.managers(work, one) if long else ()))


def _is_active(read: Read, user_id: str) -> bool:
    found = people.person(read, user_id)
    return found is not None and found.user.active and found.user.deleted_at is None


def _words(nag: Nag, one: Postmortem, until: Deadlines) -> str:
    match nag:
        case Nag.NO_OWNER:
            return "has no owner. Name one person."
        case Nag.DRAFT:
            return f"was to be ready for review by {_day(until.draft_at)}."
        case Nag.NO_MEETING:
            return "has no review meeting booked."
        case Nag.READABLE:
            return f"is discussed on {_day(one.review_at)}: people need a day to read it."
        case Nag.PUBLISHED:
            return f"was to be published by {_day(until.published_at)}."


def _day(at: Instant | None) -> str:
    return at.format_iso()[:10] if at is not None else ""
