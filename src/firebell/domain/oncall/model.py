"""On-call: who is to be woken, when, and why.

Intervals are half-open ``[starts_at, ends_at)``. Instants are UTC; a layer's ``anchor`` and its restrictions are
wall-clock times in the layer's ``zone``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from whenever import PlainDateTime

from firebell.kernel.clock import Instant
from firebell.kernel.ids import LayerId, OverrideId, ScheduleId, TeamId, UserId

Slot = tuple[UserId, ...]
"""One place in a rotation: the people of one turn. The empty slot is explicitly nobody."""


class Unit(StrEnum):
    """What a turn is counted in; a turn lasts ``every`` of these on the wall clock."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Advance(StrEnum):
    """What spends a turn: only periods with at least one restricted minute, or every period."""

    COVERED = "covered"
    CALENDAR = "calendar"


class LayerRole(StrEnum):
    """A shadow learns: same notifications, no acknowledgement, never coverage."""

    PRIMARY = "primary"
    SHADOW = "shadow"


class Weekday(IntEnum):
    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


@dataclass(frozen=True, slots=True)
class Restriction:
    """Hours of the week in which a layer is active.

    ``start_minute`` / ``end_minute`` are minutes of the day, 0..1439. With ``end_day`` unset the hours recur on each
    of ``days``: an end at or before the start belongs to the next day, and start == end is 24 h. With ``end_day``
    set it is one weekly stretch from the only day in ``days`` to ``end_day`` (Fri 20:00 to Mon 08:00).
    """

    days: tuple[Weekday, ...]
    start_minute: int = 0
    end_minute: int = 0
    end_day: Weekday | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationLayer:
    """People taking turns.

    Turn *k* begins when the wall clock of ``zone`` first reaches ``anchor + k * every * unit`` (months clamp to the
    month's end). ``starts_at`` / ``ends_at`` are the chosen bounds; ``in_force_from`` / ``in_force_to`` bound this
    *version* of the layer: an edit ends it and a new one with ``follows`` begins. ``turn_offset`` is what an edit
    adds to ``start_index`` so that whoever is on stays on.
    """

    id: LayerId
    name: str
    zone: str
    anchor: PlainDateTime
    unit: Unit
    every: int
    slots: tuple[Slot, ...]
    start_index: int = 0
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    restrictions: tuple[Restriction, ...] = ()
    priority: int = 1
    role: LayerRole = LayerRole.PRIMARY
    advance: Advance = Advance.COVERED
    turn_offset: int = 0
    in_force_from: Instant | None = None
    in_force_to: Instant | None = None
    follows: LayerId | None = None


class OverrideKind(StrEnum):
    """``remove`` and ``replace`` act only where the named user is on call; ``add`` always adds."""

    REMOVE = "remove"
    REPLACE = "replace"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A change for a while. ``user_id`` is the named user; ``by_user_id`` takes over (``replace`` only).

    ``everywhere`` marks one of the overrides made by "cover me everywhere": it yields to one made on the schedule.
    """

    id: OverrideId
    kind: OverrideKind
    user_id: UserId
    starts_at: Instant
    ends_at: Instant
    saved_at: Instant
    by_user_id: UserId | None = None
    everywhere: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A replacement window: its own layers instead of the schedule's, and instead of every override saved before it.

    A higher ``rank`` (0..9) wins; equal ranks coexist.
    """

    id: OverrideId
    starts_at: Instant
    ends_at: Instant
    saved_at: Instant
    layers: tuple[RotationLayer, ...]
    rank: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Layers (every version that was ever in force), windows and overrides of one schedule.

    ``zone`` is for display and for new layers; each layer keeps its own. After ``deleted_at`` nobody is on call.
    """

    id: ScheduleId
    name: str
    zone: str
    team_id: TeamId | None = None
    description: str = ""
    layers: tuple[RotationLayer, ...] = ()
    windows: tuple[Window, ...] = ()
    overrides: tuple[Override, ...] = ()
    managed_by: str | None = None
    deleted_at: Instant | None = None
    version: int = 1


class EmptyReason(StrEnum):
    """Why nobody is on call."""

    UNCOVERED = "uncovered"
    EMPTY_SLOT = "empty_slot"
    REMOVED = "removed"
    DELETED = "deleted"


class SkipReason(StrEnum):
    CLOCK_CHANGE = "clock_change"


@dataclass(frozen=True, slots=True)
class OnCall:
    """One person on call, and why. ``turn`` is the index of the turn in the layer; an ``add`` override has neither."""

    user_id: UserId
    schedule_id: ScheduleId
    role: LayerRole = LayerRole.PRIMARY
    layer_id: LayerId | None = None
    layer_name: str = ""
    turn: int | None = None
    override_id: OverrideId | None = None
    instead_of: UserId | None = None

    @property
    def key(self) -> str:
        """Names the shift this belongs to; the same at every instant of it and for every query window."""
        parts = [self.layer_id or "", "" if self.turn is None else str(self.turn), self.user_id]
        if self.override_id is not None:
            parts += [self.override_id, self.instead_of or ""]
        return ".".join(parts)


@dataclass(frozen=True, slots=True)
class OnCallAnswer:
    """Who is on call at one instant. Several people may be; ``reason`` says why nobody is."""

    at: Instant
    people: tuple[OnCall, ...]
    shadows: tuple[OnCall, ...] = ()
    reason: EmptyReason | None = None

    @property
    def user_ids(self) -> tuple[UserId, ...]:
        """The primary people, each once, in the order of their layers."""
        return tuple(dict.fromkeys(person.user_id for person in self.people))


@dataclass(frozen=True, slots=True)
class Shift:
    """One person, one uninterrupted stretch of one turn. Ordered by (``starts_at``, ``key``)."""

    starts_at: Instant
    ends_at: Instant
    on: OnCall

    @property
    def key(self) -> str:
        return self.on.key

    @property
    def user_id(self) -> UserId:
        return self.on.user_id


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on call for more than a second."""

    starts_at: Instant
    ends_at: Instant
    reason: EmptyReason


@dataclass(frozen=True, slots=True)
class SkippedTurn:
    """A turn of zero length, because the clock jumped over it. It is given to nobody, and still spent."""

    at: Instant
    layer_id: LayerId
    turn: int
    slot: Slot
    reason: SkipReason = SkipReason.CLOCK_CHANGE


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything a schedule holds in ``[starts_at, ends_at)``; shifts at the edges are cut to it."""

    starts_at: Instant
    ends_at: Instant
    shifts: tuple[Shift, ...]
    gaps: tuple[Gap, ...]
    skipped: tuple[SkippedTurn, ...]


@dataclass(frozen=True, slots=True)
class ShiftRecord:
    """A shift as it was recorded when it began and ended; ``ends_at`` is ``None`` while it runs."""

    id: str
    starts_at: Instant
    ends_at: Instant | None
    on: OnCall


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where records, not computation, say who was on call: ``[starts_at, ends_at)``."""

    starts_at: Instant
    ends_at: Instant
    shifts: tuple[ShiftRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Turnover:
    """Who went on and off call in one schedule, as ``(user, role)``."""

    schedule_id: ScheduleId
    on: tuple[OnCall, ...]
    off: tuple[tuple[UserId, LayerRole], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A secret calendar address of one schedule or of one user. The token itself is not kept."""

    id: str
    schedule_id: ScheduleId | None
    user_id: UserId | None
    created_at: Instant


class NewFeed(NamedTuple):
    """``token`` is shown once: it stands in the address."""

    id: str
    token: str
