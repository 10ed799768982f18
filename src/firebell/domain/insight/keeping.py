"""Whether what was promised was done by the day it was promised for: action items, and postmortems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from firebell.domain.insight.periods import Period
from firebell.domain.insight.shares import Share
from firebell.kernel.clock import Instant, micros


class Outcome(StrEnum):
    """``open``: not due yet. ``dropped``: declined or waived, with a reason; it is in no share."""

    IN_TIME = "in_time"
    LATE = "late"
    OVERDUE = "overdue"
    OPEN = "open"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that was due at ``due_at`` and done at ``done_at`` (``None``: not yet)."""

    id: str
    due_at: Instant
    done_at: Instant | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """What fell due in a period. ``in_time`` is of all that were to be done: in time, late and overdue."""

    counts: dict[Outcome, int] = field(default_factory=dict)
    overdue_ids: tuple[str, ...] = ()

    @property
    def in_time(self) -> Share:
        of = (Outcome.IN_TIME, Outcome.LATE, Outcome.OVERDUE)
        return Share(self.counts.get(Outcome.IN_TIME, 0), sum(self.counts.get(one, 0) for one in of))

    def of(self, outcome: str) -> int:
        return self.counts.get(Outcome(outcome), 0)


def outcome(one: Due, now: Instant) -> Outcome:
    """By the day it is due now: the reason for a later day stands with the item itself."""
    if one.dropped:
        return Outcome.DROPPED
    if one.done_at is not None:
        return Outcome.IN_TIME if micros(one.done_at) <= micros(one.due_at) else Outcome.LATE
    return Outcome.OVERDUE if micros(now) > micros(one.due_at) else Outcome.OPEN


def keeping(found: Iterable[Due], period: Period, now: Instant) -> Keeping:
    """Of those due within ``period``."""
    judged = [(one, outcome(one, now)) for one in found if period.holds(one.due_at)]
    counts = Counter(each for _, each in judged)
    overdue = tuple(sorted(one.id for one, each in judged if each is Outcome.OVERDUE))
    return Keeping({each: counts.get(each, 0) for each in Outcome}, overdue)
