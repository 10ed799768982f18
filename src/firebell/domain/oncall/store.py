"""Tables of schedules, overrides and recorded shifts, and their rows as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    or_,
    select,
    text,
    update,
)

from firebell.domain.oncall.documents import layers_from_doc, layers_to_doc
from firebell.domain.oncall.model import (
    LayerRole,
    OnCall,
    Override,
    OverrideKind,
    Recorded,
    Schedule,
    ShiftRecord,
    Window,
)
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.ids import ScheduleId
from firebell.kernel.work import Read, Work

schedules = Table(
    "schedules",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("team_id", String, index=True),
    Column("zone", String, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("layers", Doc, nullable=False),  # every version that was ever in force
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("changed_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
    # Shifts are recorded up to here; the worker looks again when turns_at has come (NULL: nothing ever changes).
    Column("recorded_until", InstantType, nullable=False),
    Column("turns_at", InstantType, index=True),
)
_alive: dict[str, Any] = {"sqlite_where": text("deleted_at IS NULL"), "postgresql_where": text("deleted_at IS NULL")}
Index("uq_schedules_name", schedules.c.name, unique=True, **_alive)

overrides = Table(
    "overrides",
    metadata,
    Column("id", String, primary_key=True),
    Column("schedule_id", String, ForeignKey("schedules.id"), nullable=False),
    Column("kind", String, nullable=False),  # remove, replace, add or window
    Column("user_id", String),
    Column("by_user_id", String),
    Column("everywhere", Boolean, nullable=False, default=False),
    Column("rank", Integer),
    Column("layers", Doc),
    Column("starts_at", InstantType, nullable=False),
    Column("ends_at", InstantType, nullable=False),
    Column("saved_at", InstantType, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("removed_at", InstantType),
)
Index("ix_overrides_schedule_id_ends_at", overrides.c.schedule_id, overrides.c.ends_at)

shifts = Table(
    "shifts",
    metadata,
    Column("id", String, primary_key=True),
    Column("schedule_id", String, ForeignKey("schedules.id"), nullable=False),
    Column("user_id", String, nullable=False),
    Column("role", String, nullable=False),
    Column("layer_id", String),
    Column("layer_name", String, nullable=False),
    Column("turn", Integer),
    Column("override_id", String),
    Column("instead_of", String),
    Column("starts_at", InstantType, nullable=False),
    Column("ends_at", InstantType),
)
Index("ix_shifts_schedule_id_starts_at", shifts.c.schedule_id, shifts.c.starts_at)
Index("ix_shifts_user_id_starts_at", shifts.c.user_id, shifts.c.starts_at)

# Built once: paging asks these for every step it climbs.
_SCHEDULE = select(schedules).where(schedules.c.id == bindparam("id"))
_CHANGES = (
    select(overrides)
    .where(
        overrides.c.schedule_id.in_(bindparam("ids", expanding=True)),
        # One that was in force and was then removed ended when it was removed; one that never was is left out.
        or_(overrides.c.removed_at.is_(None), overrides.c.starts_at < overrides.c.ends_at),
        overrides.c.ends_at > bindparam("begin"),
        overrides.c.starts_at < bindparam("end"),
    )
    .order_by(overrides.c.starts_at, overrides.c.id)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A schedule as stored, with what the house notes beside it."""

    schedule: Schedule
    created_at: Instant
    changed_at: Instant
    recorded_until: Instant
    turns_at: Instant | None


def kept(read: Read, schedule_id: str, begin: Instant | None = None, end: Instant | None = None) -> Kept | None:
    """One schedule, deleted or not, with the overrides that touch ``[begin, end)`` (all without bounds)."""
    row = read.one(_SCHEDULE, {"id": schedule_id})
    return _kept(read, [row], begin, end)[0] if row else None


def take(work: Work, schedule_id: str, begin: Instant | None = None) -> Kept | None:
    """Like :func:`kept` of a living schedule, locked."""
    row = work.take(select(schedules).where(schedules.c.id == schedule_id, schedules.c.deleted_at.is_(None)))
    return _kept(work, [row], begin, None)[0] if row else None


def by_name(read: Read, name: str) -> Kept | None:
    row = read.one(select(schedules).where(schedules.c.name == name, schedules.c.deleted_at.is_(None)))
    return _kept(read, [row], None, None)[0] if row else None


def every(
    read: Read, *, team_id: str | None = None, begin: Instant | None = None, end: Instant | None = None
) -> list[Kept]:
    """Living schedules by name."""
    query = select(schedules).where(schedules.c.deleted_at.is_(None)).order_by(schedules.c.name, schedules.c.id)
    rows = read.all(query if team_id is None else query.where(schedules.c.team_id == team_id))
    return _kept(read, rows, begin, end)


def due(work: Work, now: Instant, limit: int = 200) -> list[str]:
    """Ids of living schedules whose people may change at or before ``now``, the longest due first."""
    query = select(schedules.c.id).where(schedules.c.deleted_at.is_(None), schedules.c.turns_at <= now)
    return [row.id for row in work.all(query.order_by(schedules.c.turns_at, schedules.c.id).limit(limit))]


def next_due_at(read: Read) -> Instant | None:
    """When the worker has to look again."""
    query = select(schedules.c.turns_at).where(schedules.c.deleted_at.is_(None), schedules.c.turns_at.is_not(None))
    found: Instant | None = read.scalar(query.order_by(schedules.c.turns_at).limit(1))
    return found


def _kept(read: Read, rows: Sequence[Row[Any]], begin: Instant | None, end: Instant | None) -> list[Kept]:
    changes = _changes(read, [row.id for row in rows], begin, end)
    return [_kept_row(row, changes.get(row.id, [])) for row in rows]


def _kept_row(row: Row[Any], changes: Sequence[Override | Window]) -> Kept:
    schedule = Schedule(
        id=row.id,
        name=row.name,
        zone=row.zone,
        team_id=row.team_id,
        description=row.description,
        layers=layers_from_doc(row.layers),
        windows=tuple(change for change in changes if isinstance(change, Window)),
        overrides=tuple(change for change in changes if isinstance(change, Override)),
        managed_by=row.managed_by,
        deleted_at=row.deleted_at,
        version=row.version,
    )
    return Kept(schedule, row.created_at, row.changed_at, row.recorded_until, row.turns_at)


def _changes(
    read: Read, schedule_ids: Collection[str], begin: Instant | None, end: Instant | None
) -> dict[str, list[Override | Window]]:
    if not schedule_ids:
        return {}
    bounds = {"ids": list(schedule_ids), "begin": begin or Instant.MIN, "end": end or Instant.MAX}
    found: dict[str, list[Override | Window]] = {}
    for row in read.all(_CHANGES, bounds):
        found.setdefault(row.schedule_id, []).append(change_row(row))
    return found


def change_row(row: Row[Any]) -> Override | Window:
    if row.kind == "window":
        layers = layers_from_doc(row.layers)
        return Window(
            id=row.id, starts_at=row.starts_at, ends_at=row.ends_at, saved_at=row.saved_at, layers=layers,
            rank=row.rank, reason=row.reason,
        )  # fmt: skip
    return Override(
        id=row.id, kind=OverrideKind(row.kind), user_id=row.user_id, by_user_id=row.by_user_id,
        starts_at=row.starts_at, ends_at=row.ends_at, saved_at=row.saved_at, everywhere=bool(row.everywhere),
        reason=row.reason,
    )  # fmt: skip


def change(read: Read, override_id: str) -> tuple[ScheduleId, Override | Window] | None:
    """A standing override or window, and its schedule's id."""
    row = read.one(select(overrides).where(overrides.c.id == override_id, overrides.c.removed_at.is_(None)))
    return (row.schedule_id, change_row(row)) if row else None


def add_schedule(work: Work, schedule: Schedule) -> None:
    work.insert(
        schedules,
        [
            {
                "id": schedule.id, "name": schedule.name, "team_id": schedule.team_id, "zone": schedule.zone,
                "description": schedule.description, "layers": layers_to_doc(schedule.layers),
                "managed_by": schedule.managed_by, "created_at": work.now, "changed_at": work.now,
                "deleted_at": None, "version": schedule.version, "recorded_until": work.now, "turns_at": work.now,
            }
        ],
    )  # fmt: skip


def save(work: Work, before: Schedule, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    written = dict(values)
    if "layers" in written:
        written["layers"] = layers_to_doc(written["layers"])
    change = update(schedules).where(schedules.c.id == before.id, schedules.c.version == before.version)
    if work.write(change.values(**written, version=before.version + 1, changed_at=work.now)) != 1:
        raise Stale("Somebody else changed this schedule at the same moment.")


def save_recorded(work: Work, before: Kept, until: Instant, turns_at: Instant | None) -> None:
    """Note how far shifts are recorded. Not an edit: the version stays."""
    change = update(schedules).where(
        schedules.c.id == before.schedule.id, schedules.c.recorded_until == before.recorded_until
    )
    if work.write(change.values(recorded_until=until, turns_at=turns_at)) != 1:
        raise Stale("Another worker recorded these shifts at the same moment.")


def add_change(work: Work, schedule_id: ScheduleId, value: Override | Window) -> None:
    row: dict[str, Any] = {
        "id": value.id, "schedule_id": schedule_id, "starts_at": value.starts_at, "ends_at": value.ends_at,
        "saved_at": value.saved_at, "reason": value.reason, "everywhere": False, "removed_at": None,
    }  # fmt: skip
    if isinstance(value, Window):
        row |= {"kind": "window", "rank": value.rank, "layers": layers_to_doc(value.layers)}
    else:
        row |= {"kind": value.kind.value, "user_id": value.user_id, "by_user_id": value.by_user_id}
        row["everywhere"] = value.everywhere
    work.insert(overrides, [row])


def end_change(work: Work, value: Override | Window) -> None:
    """Remove: what has begun ends now, what is ahead gets no length."""
    ends_at = min(value.ends_at, max(work.now, value.starts_at))
    query = update(overrides).where(overrides.c.id == value.id, overrides.c.removed_at.is_(None))
    if work.write(query.values(ends_at=ends_at, removed_at=work.now)) != 1:
        raise Stale("Somebody else removed this override at the same moment.")


def running(read: Read, schedule_id: str) -> list[ShiftRecord]:
    query = select(shifts).where(shifts.c.schedule_id == schedule_id, shifts.c.ends_at.is_(None))
    return [_shift_row(row) for row in read.all(query.order_by(shifts.c.starts_at, shifts.c.id))]


def recorded(read: Read, of: Kept, begin: Instant, end: Instant) -> Recorded:
    """The records of ``of`` that touch ``[begin, end)``."""
    query = select(shifts).where(
        shifts.c.schedule_id == of.schedule.id,
        shifts.c.starts_at < end,
        or_(shifts.c.ends_at.is_(None), shifts.c.ends_at > begin),
    )
    rows = read.all(query.order_by(shifts.c.starts_at, shifts.c.id))
    return Recorded(of.created_at, of.recorded_until, tuple(_shift_row(row) for row in rows))


def _shift_row(row: Row[Any]) -> ShiftRecord:
    on = OnCall(
        row.user_id, row.schedule_id, LayerRole(row.role), row.layer_id, row.layer_name, row.turn, row.override_id,
        row.instead_of,
    )  # fmt: skip
    return ShiftRecord(row.id, row.starts_at, row.ends_at, on)


def add_shifts(work: Work, rows: Sequence[tuple[str, Instant, Instant | None, OnCall]]) -> None:
    work.insert(
        shifts,
        [
            {
                "id": new, "schedule_id": on.schedule_id, "user_id": on.user_id, "role": on.role.value,
                "layer_id": on.layer_id, "layer_name": on.layer_name, "turn": on.turn, "override_id": on.override_id,
                "instead_of": on.instead_of, "starts_at": starts_at, "ends_at": ends_at,
            }
            for new, starts_at, ends_at, on in rows
        ],
    )  # fmt: skip


def end_shift(work: Work, shift_id: str, ends_at: Instant) -> None:
    work.write(update(shifts).where(shifts.c.id == shift_id).values(ends_at=ends_at))
