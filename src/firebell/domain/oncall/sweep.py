"""From layers, windows and overrides to who is on call.

:func:`settle` is the one place where the order of resolution lives. The live answer calls it for one instant, the
calendar for every stretch of time in which nothing changes, so the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from firebell.domain.oncall.model import (
    Calendar,
    EmptyReason,
    Gap,
    LayerRole,
    OnCall,
    OnCallAnswer,
    Override,
    OverrideKind,
    RotationLayer,
    Schedule,
    Shift,
    SkippedTurn,
    Window,
)
from firebell.domain.oncall.rotation import Stretch, Turn, stretches, turn_at
from firebell.kernel.clock import Instant, plus
from firebell.kernel.ids import LayerId

SEAM_S = 1.0
"""Seconds without anybody that are a seam between two shifts and not a gap."""


@dataclass(slots=True)
class Moment:
    """What is in force at one instant, before anything is resolved. ``turns`` of windows lie beside their window."""

    at: Instant
    turns: list[Turn] = field(default_factory=list)
    shadows: list[Turn] = field(default_factory=list)
    windows: list[tuple[Window, list[Turn]]] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)


def moment(schedule: Schedule, at: Instant) -> Moment:
    """What is in force at ``at``, each layer asked by itself."""
    found = Moment(at)
    for layer in schedule.layers:
        turn = turn_at(layer, at)
        if turn is not None:
            (found.turns if layer.role is LayerRole.PRIMARY else found.shadows).append(turn)
    for window in schedule.windows:
        if window.starts_at <= at < window.ends_at:
            asked = (turn_at(layer, at) for layer in window.layers)
            found.windows.append((window, [turn for turn in asked if turn is not None]))
    found.overrides = [o for o in schedule.overrides if o.starts_at <= at < o.ends_at]
    return found


def settle(schedule: Schedule, found: Moment) -> OnCallAnswer:
    """Layers, then windows, then overrides; shadows apart."""
    if schedule.deleted_at is not None and found.at >= schedule.deleted_at:
        return OnCallAnswer(found.at, (), (), EmptyReason.DELETED)
    if found.windows:
        asked = [turn for _, turns in found.windows for turn in turns]
        winners = _reigning(found.windows)
    else:
        asked = found.turns
        winners = top(found.turns)
    on = _people(schedule, winners)
    people = _override(schedule, on, _standing(found))
    reason = None
    if not people:
        empty = any(not turn.slot for turn in asked)
        reason = EmptyReason.REMOVED if on else EmptyReason.EMPTY_SLOT if empty else EmptyReason.UNCOVERED
    return OnCallAnswer(found.at, people, _people(schedule, top(found.shadows)), reason)


def top(turns: Iterable[Turn]) -> list[Turn]:
    """The turns of the highest priority that have somebody; a nobody slot does not shadow what lies below."""
    manned = [turn for turn in turns if turn.slot]
    highest = max((turn.layer.priority for turn in manned), default=0)
    return [turn for turn in manned if turn.layer.priority == highest]


def _reigning(windows: Sequence[tuple[Window, list[Turn]]]) -> list[Turn]:
    manned = [(window.rank, turns) for window, asked in windows if (turns := top(asked))]
    highest = max((rank for rank, _ in manned), default=0)
    return [turn for rank, turns in manned if rank == highest for turn in turns]


def _people(schedule: Schedule, turns: Iterable[Turn]) -> tuple[OnCall, ...]:
    return tuple(
        OnCall(user, schedule.id, turn.layer.role, turn.layer.id, turn.layer.name, turn.index)
        for turn in turns
        for user in turn.slot
    )


def _standing(found: Moment) -> list[Override]:
    """Overrides not replaced by a window saved after them, and not yielding to one made on the schedule itself."""
    kept = [o for o in found.overrides if not any((w.saved_at, w.id) > (o.saved_at, o.id) for w, _ in found.windows)]
    direct = {o.user_id for o in kept if not o.everywhere}
    return sorted((o for o in kept if not (o.everywhere and o.user_id in direct)), key=lambda o: o.id)


def _override(schedule: Schedule, on: tuple[OnCall, ...], overrides: Sequence[Override]) -> tuple[OnCall, ...]:
    """All overrides are judged against ``on`` at once, so they are not transitive."""
    if not overrides:
        return on
    acting = {o.user_id: o for o in overrides if o.kind is not OverrideKind.ADD}
    result: list[OnCall] = []
    for person in on:
        override = acting.get(person.user_id)
        if override is None:
            result.append(person)
        elif override.kind is OverrideKind.REPLACE and override.by_user_id is not None:
            result.append(
                OnCall(
                    override.by_user_id, schedule.id, person.role, person.layer_id, person.layer_name, person.turn,
                    override.id, person.user_id,
                )
            )  # fmt: skip
    result += [OnCall(o.user_id, schedule.id, override_id=o.id) for o in overrides if o.kind is OverrideKind.ADD]
    return tuple(result)


@dataclass(frozen=True, slots=True)
class _Piece:
    starts_at: Instant
    ends_at: Instant
    what: Turn | Override | Window
    window: Window | None = None


def _told_apart(schedule: Schedule) -> Schedule:
    """Layers of an unsaved draft have no ids yet; two of them must not pass for one, or a shift of one is lost."""
    if all(layer.id for layer in schedule.layers):
        return schedule
    named = (replace(layer, id=layer.id or LayerId(f"draft-{n}")) for n, layer in enumerate(schedule.layers))
    return replace(schedule, layers=tuple(named))


def calendar(schedule: Schedule, begin: Instant, end: Instant) -> Calendar:
    """Everything in ``[begin, end)``. A smaller window's calendar is the cut of a larger one's."""
    schedule = _told_apart(schedule)
    # Looked at a seam's length beyond both edges, so that a gap cut short by the window is not taken for a seam.
    left, right = plus(begin, -SEAM_S), plus(end, SEAM_S)
    pieces, skipped = _pieces(schedule, left, right)
    edges = {left, begin, end, right} | {p.starts_at for p in pieces} | {p.ends_at for p in pieces}
    if schedule.deleted_at is not None and left < schedule.deleted_at < right:
        edges.add(schedule.deleted_at)
    pieces.sort(key=lambda piece: piece.starts_at)
    shifts: list[Shift] = []
    holes: list[Gap] = []
    current: dict[str, tuple[Instant, OnCall]] = {}
    active: list[_Piece] = []
    upcoming = 0
    times = sorted(edges)
    for at, until in pairwise(times):
        while upcoming < len(pieces) and pieces[upcoming].starts_at <= at:
            active.append(pieces[upcoming])
            upcoming += 1
        active = [piece for piece in active if piece.ends_at > at]
        answer = settle(schedule, _moment_of(at, active))
        here = {person.key: person for person in (*answer.people, *answer.shadows)}
        for key in [key for key in current if key not in here]:
            since, person = current.pop(key)
            shifts.append(Shift(since, at, person))
        for key, person in here.items():
            current.setdefault(key, (at, person))
        if answer.reason is not None:
            if holes and holes[-1].ends_at == at and holes[-1].reason is answer.reason:
                holes[-1] = Gap(holes[-1].starts_at, until, answer.reason)
            else:
                holes.append(Gap(at, until, answer.reason))
    shifts += [Shift(since, right, person) for since, person in current.values()]
    cut = [Shift(max(s.starts_at, begin), min(s.ends_at, end), s.on) for s in shifts]
    return Calendar(
        begin,
        end,
        tuple(sorted((s for s in cut if s.starts_at < s.ends_at), key=lambda s: (s.starts_at, s.key))),
        tuple(_without_seams(holes, begin, end)),
        tuple(s for s in skipped if begin <= s.at < end),
    )


def _moment_of(at: Instant, active: Iterable[_Piece]) -> Moment:
    found = Moment(at)
    windows: dict[str, tuple[Window, list[Turn]]] = {}
    for piece in active:
        what = piece.what
        if isinstance(what, Override):
            found.overrides.append(what)
        elif isinstance(what, Window):
            windows.setdefault(what.id, (what, []))
        elif piece.window is not None:
            windows.setdefault(piece.window.id, (piece.window, []))[1].append(what)
        elif what.layer.role is LayerRole.PRIMARY:
            found.turns.append(what)
        else:
            found.shadows.append(what)
    found.windows = list(windows.values())
    return found


def _pieces(schedule: Schedule, begin: Instant, end: Instant) -> tuple[list[_Piece], list[SkippedTurn]]:
    pieces: list[_Piece] = []
    skipped: list[SkippedTurn] = []

    def gather(layer: RotationLayer, left: Instant, right: Instant, window: Window | None) -> None:
        for piece in stretches(layer, left, right):
            if piece.starts_at < piece.ends_at:
                pieces.append(_Piece(piece.starts_at, piece.ends_at, piece.turn, window))
            elif piece.turn.slot:
                skipped.append(_skipped(piece))

    for layer in schedule.layers:
        gather(layer, begin, end, None)
    for window in schedule.windows:
        left, right = max(window.starts_at, begin), min(window.ends_at, end)
        if left < right:
            pieces.append(_Piece(left, right, window))
            for layer in window.layers:
                gather(layer, left, right, window)
    for override in schedule.overrides:
        left, right = max(override.starts_at, begin), min(override.ends_at, end)
        if left < right:
            pieces.append(_Piece(left, right, override))
    skipped.sort(key=lambda s: (s.at, s.layer_id, s.turn))
    return pieces, skipped


def _skipped(piece: Stretch) -> SkippedTurn:
    return SkippedTurn(piece.starts_at, piece.turn.layer.id, piece.turn.index, piece.turn.slot)


def _without_seams(holes: Sequence[Gap], begin: Instant, end: Instant) -> Iterable[Gap]:
    run: list[Gap] = []
    runs: list[list[Gap]] = []
    for hole in holes:
        if not run or run[-1].ends_at != hole.starts_at:
            run = []
            runs.append(run)
        run.append(hole)
    for run in runs:
        if run[-1].ends_at > plus(run[0].starts_at, SEAM_S):
            for hole in run:
                left, right = max(hole.starts_at, begin), min(hole.ends_at, end)
                if left < right:
                    yield Gap(left, right, hole.reason)
