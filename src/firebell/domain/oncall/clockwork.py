"""From the wall clock to instants and back.

A wall-clock time is a whole number of **minutes** since 1970-01-01T00:00 as a clock on the wall shows it: a naive
timeline without offsets, on which turns are plain arithmetic. It is mapped to an instant last.
"""

from __future__ import annotations

from whenever import PlainDateTime, ZonedDateTime

from firebell.kernel.clock import Instant

DAY = 1440
WEEK = 7 * DAY
FIRST_MONDAY = 4 * DAY  # 1970-01-05T00:00, the origin of minutes of the week
JUMP_MAX = DAY + 120  # no zone's clock ever jumped further (the date line moved by 24 h)

# One day inside what an Instant can hold, so that every offset still fits.
_EARLIEST = Instant.from_utc(1, 1, 3).timestamp() // 60
_LATEST = Instant.from_utc(9999, 12, 29).timestamp() // 60


def wall(zone: str, at: Instant) -> int:
    """What the clock of ``zone`` shows at ``at``, in whole minutes (seconds are dropped)."""
    return at.to_tz(zone).to_plain().assume_utc().timestamp() // 60


def minutes_of(local: PlainDateTime) -> int:
    """A naive date and time as minutes of the naive timeline."""
    return local.assume_utc().timestamp() // 60


def local_of(minutes: int) -> PlainDateTime:
    """The inverse of :func:`minutes_of`."""
    return Instant.from_timestamp(minutes * 60).to_fixed_offset().to_plain()


def first(zone: str, minutes: int) -> Instant:
    """The first instant at which the clock has reached ``minutes``.

    Ambiguous: the first occurrence. Nonexistent: the first instant after the gap (not the time shifted by the
    gap's length, which is what libraries call "compatible").
    """
    return _reach(zone, minutes, last=False)


def last(zone: str, minutes: int) -> Instant:
    """The instant from which on the clock never again shows less than ``minutes``.

    Ambiguous: the last occurrence. Nonexistent: the first instant after the gap.
    """
    return _reach(zone, minutes, last=True)


def _reach(zone: str, minutes: int, *, last: bool) -> Instant:
    if not _EARLIEST <= minutes <= _LATEST:
        return Instant.MIN if minutes < _EARLIEST else Instant.MAX
    local = local_of(minutes)
    mapped = local.assume_tz(zone, disambiguation="later" if last else "earlier")
    if mapped.to_plain() == local:
        return mapped.to_instant()
    return _after_gap(local.assume_tz(zone, disambiguation="earlier"), local)


def _after_gap(before: ZonedDateTime, local: PlainDateTime) -> Instant:
    """The transition that jumps over ``local``. Transitions that only rename the zone are passed over."""
    seen = before.next_transition()
    while seen is not None and seen.to_plain() <= local:
        seen = seen.next_transition()
    if seen is None:  # pragma: no cover - a gap without a transition would be a broken zone file
        raise ValueError(f"no transition after {before}")
    return seen.to_instant()
