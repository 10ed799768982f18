"""Who is told when: deadlines of a postmortem, and the reminders and the ladder of an action item, in office hours.

A rung is due at its moment moved into office hours. What has been told is a count the caller keeps beside the thing;
asking for what is due next never repeats a rung, and a worker that slept for a week tells the newest one only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import count, pairwise

import msgspec

from firebell.domain.postmortems.actions import DAY_S, ActionItem, ActionState
from firebell.domain.postmortems.model import Postmortem, State
from firebell.domain.postmortems.office import Calendar
from firebell.domain.postmortems.rules import Deadlines
from firebell.kernel.clock import Instant, plus


class Told(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    TEAM_LEAD = "team_lead"


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """``day`` relative to the due date (negative: before). ``review``: it goes into the monthly review as well."""

    number: int
    day: int
    to: Told
    at: Instant
    review: bool = False


_BEFORE = (-7, -1, 0)
_MANAGER, _LEAD = 7, 14


def ladder(due_at: Instant, calendar: Calendar) -> Iterator[Rung]:
    """7 days and 1 day before, on the day, then weekly without end; after 7 days the manager hears of it, after 14 the
    team's lead."""
    for number, day in enumerate(_days(), 1):
        to = Told.TEAM_LEAD if day >= _LEAD else Told.MANAGER if day >= _MANAGER else Told.OWNER
        at = calendar.opening(plus(due_at, day * DAY_S))
        yield Rung(number=number, day=day, to=to, at=at, review=day >= _LEAD)


def _days() -> Iterator[int]:
    yield from _BEFORE
    yield from count(7, 7)


def due_rung(item: ActionItem, told: int, now: Instant, calendar: Calendar) -> Rung | None:
    """The newest rung that is due and higher than ``told``; ``None`` when there is none or it is no open promise."""
    if item.state is not ActionState.COMMITTED or item.due_at is None:
        return None
    newest = None
    for rung in ladder(item.due_at, calendar):
        if rung.at > now:
            break
        newest = rung
    return newest if newest is not None and newest.number > told else None


def next_at(item: ActionItem, told: int, now: Instant, calendar: Calendar) -> Instant | None:
    """When something is next due of this item: the value of its ``due_at`` column."""
    if item.state is not ActionState.COMMITTED or item.due_at is None:
        return None
    unsaid = (rung for rung in ladder(item.due_at, calendar) if rung.number > told)
    return next(rung.at for rung, following in pairwise(unsaid) if following.at > now)


class Nag(StrEnum):
    """What is late of a postmortem."""

    NO_OWNER = "no_owner"
    NO_MEETING = "no_meeting"
    DRAFT = "draft"
    READABLE = "readable"
    PUBLISHED = "published"


def late(one: Postmortem, until: Deadlines, now: Instant) -> tuple[Nag, ...]:
    """What is late now, in the order of the deadlines. Said only in office hours, which the caller sees to."""
    found: list[Nag] = []
    before_review = one.state is State.DRAFT
    if one.owner_id is None and before_review:
        found.append(Nag.NO_OWNER)
    if before_review and now > until.draft_at:
        found.append(Nag.DRAFT)
    if one.review_at is None and one.state in (State.DRAFT, State.IN_REVIEW) and now > until.draft_at:
        found.append(Nag.NO_MEETING)
    if before_review and until.readable_at is not None and now > until.readable_at:
        found.append(Nag.READABLE)
    if one.published_at is None and now > until.published_at:
        found.append(Nag.PUBLISHED)
    return tuple(found)


AGAIN_DAYS = 2
"""Business days between two reminders of the same thing: often enough to be done, rarely enough to be read."""


def fresh(late_now: Iterable[Nag], told_at: Mapping[str, Instant], now: Instant, calendar: Calendar) -> tuple[Nag, ...]:
    """Of what is late, what is to be said now: what was not yet, and what was said two business days ago."""
    return tuple(
        nag for nag in late_now if nag not in told_at or calendar.after_business_days(told_at[nag], AGAIN_DAYS) <= now
    )


def next_nag(one: Postmortem, until: Deadlines, calendar: Calendar) -> Instant | None:
    """When something is next to be said of it: the earliest moment, in office hours, at which anything is late, or is
    to be said again. ``None``: nothing can be late any more."""
    found = []
    for nag, late_at in _moments(one, until):
        told = one.told_at.get(nag)
        at = plus(late_at, 1) if told is None else calendar.after_business_days(told, AGAIN_DAYS)
        found.append(calendar.opening(at))
    return min(found, default=None)


def _moments(one: Postmortem, until: Deadlines) -> Iterator[tuple[Nag, Instant]]:
    """What may become late as it stands, and when."""
    before_review = one.state is State.DRAFT
    if before_review and one.owner_id is None:
        yield Nag.NO_OWNER, one.resolved_at
    if before_review:
        yield Nag.DRAFT, until.draft_at
    if one.review_at is None and one.state in (State.DRAFT, State.IN_REVIEW):
        yield Nag.NO_MEETING, until.draft_at
    if before_review and until.readable_at is not None:
        yield Nag.READABLE, until.readable_at
    if one.published_at is None:
        yield Nag.PUBLISHED, until.published_at
