"""What was recorded wins over what is computed: the past is never rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from firebell.domain.oncall.model import (
    Calendar,
    EmptyReason,
    Gap,
    LayerRole,
    OnCall,
    OnCallAnswer,
    Recorded,
    Shift,
    ShiftRecord,
)
from firebell.domain.oncall.sweep import SEAM_S
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.ids import UserId


def answered(recorded: Recorded, at: Instant) -> OnCallAnswer | None:
    """Who was on call at ``at`` by the records, or ``None`` where there are none."""
    if not recorded.starts_at <= at < recorded.ends_at:
        return None
    on = [r.on for r in recorded.shifts if r.starts_at <= at < (r.ends_at or recorded.ends_at)]
    people = tuple(person for person in on if person.role is LayerRole.PRIMARY)
    shadows = tuple(person for person in on if person.role is LayerRole.SHADOW)
    return OnCallAnswer(at, people, shadows, None if people else EmptyReason.UNCOVERED)


def merged(computed: Calendar, recorded: Recorded) -> Calendar:
    """``computed`` with the recorded stretch in the records' words; a shift across the border stays one shift."""
    left, right = max(recorded.starts_at, computed.starts_at), min(recorded.ends_at, computed.ends_at)
    if left >= right:
        return computed
    told = [Shift(r.starts_at, r.ends_at or recorded.ends_at, r.on) for r in recorded.shifts]
    shifts = _joined(
        [
            *_within(computed.shifts, computed.starts_at, left),
            *_within(told, left, right),
            *_within(computed.shifts, right, computed.ends_at),
        ]
    )
    primary = [shift for shift in shifts if shift.on.role is LayerRole.PRIMARY]
    return replace(computed, shifts=tuple(shifts), gaps=tuple(_gaps(primary, computed)))


def _within(shifts: Iterable[Shift], begin: Instant, end: Instant) -> list[Shift]:
    cut = [Shift(max(s.starts_at, begin), min(s.ends_at, end), s.on) for s in shifts]
    return [shift for shift in cut if shift.starts_at < shift.ends_at]


def _joined(shifts: Iterable[Shift]) -> list[Shift]:
    last: dict[str, Shift] = {}
    done: list[Shift] = []
    for shift in sorted(shifts, key=lambda s: s.starts_at):
        before = last.get(shift.key)
        if before is not None and before.ends_at == shift.starts_at:
            last[shift.key] = Shift(before.starts_at, shift.ends_at, shift.on)
            continue
        if before is not None:
            done.append(before)
        last[shift.key] = shift
    return sorted([*done, *last.values()], key=lambda s: (s.starts_at, s.key))


def _gaps(primary: Sequence[Shift], computed: Calendar) -> Iterable[Gap]:
    """Holes between the shifts, with the computed reason where there is one."""
    covered_until = computed.starts_at
    for starts_at, ends_at in [*((s.starts_at, s.ends_at) for s in primary), (computed.ends_at, computed.ends_at)]:
        if seconds_between(covered_until, starts_at) > SEAM_S:
            yield from _reasoned(covered_until, starts_at, computed.gaps)
        covered_until = max(covered_until, ends_at)


def _reasoned(begin: Instant, end: Instant, known: Iterable[Gap]) -> Iterable[Gap]:
    at = begin
    for gap in known:
        if gap.ends_at > at and gap.starts_at < end:
            if gap.starts_at > at:
                yield Gap(at, gap.starts_at, EmptyReason.UNCOVERED)
            until = min(gap.ends_at, end)
            yield Gap(max(at, gap.starts_at), until, gap.reason)
            at = until
    if at < end:
        yield Gap(at, end, EmptyReason.UNCOVERED)


# --- keeping the record ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entries:
    """What to write: running records that ended (id, when), and shifts that began (``None``: still running)."""

    ended: tuple[tuple[str, Instant], ...]
    begun: tuple[tuple[Instant, Instant | None, OnCall], ...]
    on: tuple[OnCall, ...]
    off: tuple[tuple[UserId, LayerRole], ...]


def entries(running: Sequence[ShiftRecord], since: Calendar, answer: OnCallAnswer) -> Entries:
    """Bring the record from ``since.starts_at`` to ``since.ends_at``, which is the answer's instant.

    ``running`` are the records without an end. A worker that slept records every shift it slept through; who went
    on and off is the difference between then and now.
    """
    now = answer.at
    active = {person.key: person for person in (*answer.people, *answer.shadows)}
    open_ids = {record.on.key: record.id for record in running}
    ended: dict[str, Instant] = {}
    begun: list[tuple[Instant, Instant | None, OnCall]] = []
    told: set[str] = set()
    for shift in since.shifts:
        goes_on = shift.ends_at == now and shift.key in active
        if shift.starts_at == since.starts_at and shift.key in open_ids:
            if not goes_on:
                ended[open_ids[shift.key]] = shift.ends_at
        else:
            begun.append((shift.starts_at, None if goes_on else shift.ends_at, shift.on))
        if goes_on:
            told.add(shift.key)
    for record in running:
        if record.id not in ended and record.on.key not in active:
            ended[record.id] = since.starts_at
    begun += [(now, None, on) for key, on in active.items() if key not in told and open_ids.get(key) in {None, *ended}]
    before = {(record.on.user_id, record.on.role) for record in running}
    after = {(on.user_id, on.role): on for on in reversed(active.values())}
    return Entries(
        tuple(ended.items()),
        tuple(begun),
        tuple(on for who, on in sorted(after.items()) if who not in before),
        tuple(sorted(before - set(after))),
    )
