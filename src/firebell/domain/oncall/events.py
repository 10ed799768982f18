"""Shifts as calendar events: what names an event for good, and which events an edit makes vanish."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from firebell.domain.oncall.model import Feed, OnCall, Schedule, Shift
from firebell.domain.oncall.rules import shifts
from firebell.kernel.clock import Instant, micros, plus

DAY_S = 86_400
FEED_PAST_S = 15 * DAY_S
FEED_AHEAD_S = 180 * DAY_S
# Looked at beyond the window, so that a shift over its edge keeps its true start, and with it its name.
MARGIN_S = 100 * DAY_S


@dataclass(frozen=True, slots=True)
class Event:
    """``uid`` stays the same for as long as this person's shift begins then in that schedule and layer."""

    uid: str
    starts_at: Instant
    ends_at: Instant
    on: OnCall


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event of a feed; ``sequence`` and ``changed_at`` are its schedule's."""

    event: Event
    schedule_name: str
    sequence: int
    changed_at: Instant
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What a feed shows: of ``schedule`` if it is one schedule's, else of ``user_id``."""

    feed: Feed
    schedule: Schedule | None
    events: tuple[FeedEvent, ...]


def event_of(shift: Shift) -> Event:
    on = shift.on
    # Not the layer's id: every version of a layer has another one, and an edit would cancel half a year of events.
    named = (on.schedule_id, on.user_id, on.role, on.layer_name, on.instead_of or "", str(micros(shift.starts_at)))
    digest = hashlib.sha256("\n".join(named).encode()).hexdigest()
    return Event(f"{digest[:32]}@firebell", shift.starts_at, shift.ends_at, on)


def events(found: Iterable[Shift], begin: Instant, end: Instant) -> list[Event]:
    """Events that touch ``[begin, end)``, uncut."""
    return [event_of(shift) for shift in found if shift.starts_at < end and shift.ends_at > begin]


def vanished(before: Schedule, after: Schedule, now: Instant) -> tuple[list[Event], set[str]]:
    """Events not over yet that an edit at ``now`` takes away, and the uids of all that stand after it."""
    begin, end = plus(now, -MARGIN_S), plus(now, FEED_AHEAD_S + MARGIN_S)
    stand = {event.uid for event in events(shifts(after, begin, end), now, end)}
    gone = [event for event in events(shifts(before, begin, end), now, end) if event.uid not in stand]
    return gone, stand
