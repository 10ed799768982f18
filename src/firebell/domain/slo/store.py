"""Tables of objectives and of when each was last looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Row, String, Table, Text, func, select, text, update
from sqlalchemy.sql import ColumnElement

from firebell.domain.slo import openslo, openslo_write
from firebell.domain.slo.coverage import Anomaly, Presence
from firebell.domain.slo.model import Slo
from firebell.domain.slo.records import SloClock, SloRecord
from firebell.kernel.clock import Instant, micros
from firebell.kernel.db import Doc, InstantType, doc, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.ids import SloId
from firebell.kernel.work import Read, Work

slos = Table(
    "slos",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("service_id", String),
    Column("team_id", String),
    Column("source", String, nullable=False),
    Column("document", Text, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
    Index(
        "uq_slos_name", "name", unique=True,
        sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL"),
    ),
)  # fmt: skip

clocks = Table(
    "slo_clocks",
    metadata,
    Column("slo_id", String, primary_key=True),
    Column("settled_end", BigInteger),
    Column("due_at", InstantType, index=True),
    Column("anomalies", Doc, nullable=False),
    Column("presence", String, nullable=False),
    Column("quiet_since", InstantType),
    Column("nodata_open", Boolean, nullable=False),
    Column("poll_at", InstantType, index=True),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_at", InstantType),
    Column("warnings", Doc, nullable=False),
    Column("flags", Doc, nullable=False),
)


def written(slo: Slo) -> str:
    """The document as it is stored."""
    return json.dumps(openslo_write.write(slo), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=4096)
def parsed(document: str) -> Slo:
    """A stored document. It was checked when it was written, so a fault in it is one of ours."""
    found = openslo.read([json.loads(document)])
    if not found.slos:
        raise ValueError(f"a stored objective cannot be read: {'; '.join(map(str, found.problems))}")
    return found.slos[0]


_COLUMNS = [
    slos.c.id, slos.c.document, slos.c.service_id, slos.c.team_id, slos.c.managed_by, slos.c.created_at,
    slos.c.updated_at, slos.c.version,
]  # fmt: skip


def _record(row: Row[Any]) -> SloRecord:
    return SloRecord(
        id=SloId(row.id), slo=parsed(row.document), service_id=row.service_id, team_id=row.team_id,
        managed_by=row.managed_by, created_at=row.created_at, updated_at=row.updated_at, version=row.version,
    )  # fmt: skip


def get(read: Read, slo_id: str) -> SloRecord | None:
    row = read.one(select(*_COLUMNS).where(slos.c.id == slo_id, slos.c.deleted_at.is_(None)))
    return _record(row) if row else None


def named(read: Read, name: str) -> SloRecord | None:
    row = read.one(select(*_COLUMNS).where(slos.c.name == name, slos.c.deleted_at.is_(None)))
    return _record(row) if row else None


def take(work: Work, slo_id: str) -> SloRecord | None:
    row = work.take(select(*_COLUMNS).where(slos.c.id == slo_id, slos.c.deleted_at.is_(None)))
    return _record(row) if row else None


def listed(read: Read, *where: ColumnElement[bool]) -> list[SloRecord]:
    """By name."""
    query = select(*_COLUMNS).where(slos.c.deleted_at.is_(None), *where).order_by(slos.c.name)
    return [_record(row) for row in read.all(query)]


def those(read: Read, slo_ids: Iterable[str]) -> list[SloRecord]:
    wanted = sorted(set(slo_ids))
    return listed(read, slos.c.id.in_(wanted)) if wanted else []


def add(work: Work, values: Mapping[str, Any]) -> None:
    work.insert(slos, [values])


def save(work: Work, slo_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = (
        update(slos)
        .where(slos.c.id == slo_id, slos.c.version == version)
        .values(**values, version=version + 1, updated_at=work.now)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


# ------------------------------------------------------------------ clocks


def _clock(row: Row[Any]) -> SloClock:
    values = dict(row._mapping)
    values["warnings"] = tuple(values["warnings"])
    values["anomalies"] = frozenset(Anomaly(one) for one in values["anomalies"])
    values["presence"] = Presence(values["presence"])
    values["flags"] = {Anomaly(one): at for one, at in values["flags"].items()}
    return SloClock(**values)


def clocks_of(read: Read, slo_ids: Iterable[str]) -> dict[str, SloClock]:
    """Those that there are, by SLO."""
    wanted = sorted(set(slo_ids))
    rows = read.all(select(clocks).where(clocks.c.slo_id.in_(wanted))) if wanted else []
    return {row.slo_id: _clock(row) for row in rows}


_EVALUATED = ("settled_end", "due_at", "anomalies", "presence", "quiet_since", "nodata_open")
_FETCHED = ("poll_at", "failures", "error", "error_at", "warnings", "flags")


def _upsert(names: Sequence[str]) -> str:
    columns = ("slo_id", *_EVALUATED, *_FETCHED)
    sets = ",".join(f"{name}=excluded.{name}" for name in names)
    marks = ",".join("?" * len(columns))
    return f"INSERT INTO slo_clocks ({','.join(columns)}) VALUES ({marks}) ON CONFLICT (slo_id) DO UPDATE SET {sets}"  # noqa: S608 - ours


_PUT_EVALUATED, _PUT_FETCHED = _upsert(_EVALUATED), _upsert(_FETCHED)


def put_evaluated(work: Work, found: Sequence[SloClock]) -> None:
    """What the evaluation knows of clocks, whether or not they are there; what is fetched stays as it is."""
    work.execute_many(_PUT_EVALUATED, [_values(one) for one in found])


def put_fetched(work: Work, found: Sequence[SloClock]) -> None:
    """What whoever fetches counts knows of clocks; the rest stays as it is."""
    work.execute_many(_PUT_FETCHED, [_values(one) for one in found])


def _values(one: SloClock) -> tuple[Any, ...]:
    return (
        one.slo_id, one.settled_end, _us(one.due_at), doc(sorted(one.anomalies)), str(one.presence),
        _us(one.quiet_since), one.nodata_open, _us(one.poll_at), one.failures, one.error, _us(one.error_at),
        doc(list(one.warnings)), doc({str(flag): at for flag, at in one.flags.items()}),
    )  # fmt: skip


def due(read: Read, now: Instant, limit: int) -> list[str]:
    """Whose evaluation is due, the longest due first."""
    query = (
        select(clocks.c.slo_id)
        .join(slos, slos.c.id == clocks.c.slo_id)
        .where(slos.c.deleted_at.is_(None), clocks.c.due_at <= now)
        .order_by(clocks.c.due_at, clocks.c.slo_id)
        .limit(limit)
    )
    return [row.slo_id for row in read.all(query)]


def polls_due(work: Work, now: Instant, limit: int) -> list[str]:
    """Whose source is to be asked, the longest due first; locked, and without those that another node has locked."""
    query = (
        select(clocks.c.slo_id)
        .join(slos, slos.c.id == clocks.c.slo_id)
        .where(slos.c.deleted_at.is_(None), clocks.c.poll_at <= now)
        .order_by(clocks.c.poll_at, clocks.c.slo_id)
        .limit(limit)
    )
    locked = query if work.is_sqlite else query.with_for_update(of=clocks, skip_locked=True)
    return [row.slo_id for row in work.all(locked)]


def next_times(read: Read) -> tuple[Instant | None, Instant | None]:
    """When the next evaluation and the next poll are due."""
    query = (
        select(func.min(clocks.c.due_at).label("due_at"), func.min(clocks.c.poll_at).label("poll_at"))
        .join(slos, slos.c.id == clocks.c.slo_id)
        .where(slos.c.deleted_at.is_(None))
    )
    row = read.one(query)
    return (None, None) if row is None else (row.due_at, row.poll_at)


def _us(at: Instant | None) -> int | None:
    return None if at is None else micros(at)
