"""Tables of what was counted: a series for each indicator, its hours of buckets, and the sums of its days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Row, String, Table, Text, delete, select, update
from sqlalchemy.sql import ColumnElement

from firebell.domain.slo.hours import decode, encode, hour_of
from firebell.domain.slo.model import DAY_S, HOUR_S, Bucket
from firebell.domain.slo.records import SeriesInfo
from firebell.domain.slo.tally import Tally
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

series = Table(
    "slo_series",
    metadata,
    # A short number, because it stands in every hour's key.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("slo_id", String, nullable=False, index=True),
    Column("part", Integer, nullable=False),
    Column("atoms", BigInteger, nullable=False),
    Column("bucket_s", Integer, nullable=False),
    Column("first_start", BigInteger),
    Column("newest_end", BigInteger),
    Column("counter", Doc),
    Column("history", Integer, nullable=False),
    Column("rewritten_from", BigInteger),
    Column("ended_at", InstantType),
)

hours = Table(
    "slo_hours",
    metadata,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("counts", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

days = Table(
    "slo_days",
    metadata,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("objective", Integer, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    # Sums of a day can exceed 63 bits.
    Column("bad", Text, nullable=False),
    Column("total", Text, nullable=False),
    Column("covered", Integer, nullable=False),
)

_PUBLIC = [column for column in series.columns if column.name != "ended_at"]
_UPSERT_HOUR = (
    "INSERT INTO slo_hours (series,hour,counts) VALUES (?,?,?) "
    "ON CONFLICT (series,hour) DO UPDATE SET counts=excluded.counts"
)
_UPSERT_DAY = (
    "INSERT INTO slo_days (series,objective,day,bad,total,covered) VALUES (?,?,?,?,?,?) "
    "ON CONFLICT (series,objective,day) DO UPDATE SET bad=excluded.bad,total=excluded.total,covered=excluded.covered"
)


def _info(row: Row[Any]) -> SeriesInfo:
    values = dict(row._mapping)
    last = values.pop("counter")
    return SeriesInfo(**values, last=None if last is None else Bucket(*last))


def series_of(read: Read, slo_ids: Iterable[str]) -> dict[tuple[str, int], SeriesInfo]:
    """Those that run, by SLO and part."""
    wanted = sorted(set(slo_ids))
    if not wanted:
        return {}
    query = select(*_PUBLIC).where(series.c.slo_id.in_(wanted), series.c.ended_at.is_(None))
    return {(one.slo_id, one.part): one for one in map(_info, read.all(query))}


def take_series(work: Work, slo_ids: Iterable[str]) -> dict[tuple[str, int], SeriesInfo]:
    """The same, locked in order of their ids until the end of the unit."""
    wanted = sorted(set(slo_ids))
    if not wanted:
        return {}
    query = select(*_PUBLIC).where(series.c.slo_id.in_(wanted), series.c.ended_at.is_(None)).order_by(series.c.id)
    rows = work.all(query if work.is_sqlite else query.with_for_update())
    return {(one.slo_id, one.part): one for one in map(_info, rows)}


def add_series(work: Work, slo_id: str, part: int, atoms: int, bucket_s: int) -> None:
    row = {"slo_id": slo_id, "part": part, "atoms": atoms, "bucket_s": bucket_s, "history": 0}
    work.insert(series, [row])


def end_series(work: Work, series_id: int) -> None:
    """It counts no more; what it has counted stays where it is and is not read."""
    work.write(update(series).where(series.c.id == series_id).values(ended_at=work.now))


def save_series(work: Work, info: SeriesInfo) -> None:
    last = info.last
    work.write(
        update(series)
        .where(series.c.id == info.id)
        .values(
            first_start=info.first_start, newest_end=info.newest_end,
            counter=None if last is None else [last.start, last.good, last.total],
        )
    )  # fmt: skip


def save_ends(work: Work, found: Sequence[SeriesInfo]) -> None:
    """Only how far they reach, and whether their past was written: for many at once."""
    work.execute_many(
        "UPDATE slo_series SET first_start=?, newest_end=?, history=?, rewritten_from=? WHERE id=?",
        [(one.first_start, one.newest_end, one.history, one.rewritten_from, one.id) for one in found],
    )


# ------------------------------------------------------------------ hours


def load(read: Read, series_ids: Iterable[int], since: int, until: int) -> dict[tuple[int, int], bytes]:
    """The encoded hours that touch ``[since, until)``, by series and hour."""
    wanted = sorted(set(series_ids))
    if not wanted or until <= since:
        return {}
    query = select(hours.c.series, hours.c.hour, hours.c.counts).where(
        _among(wanted), hours.c.hour >= hour_of(since), hours.c.hour < until
    )
    return {(row.series, row.hour): bytes(row.counts) for row in read.all(query)}


def buckets(read: Read, info: SeriesInfo, since: int, until: int) -> list[Bucket]:
    """Those that start in ``[since, until)``, ascending."""
    if until <= since:
        return []
    query = (
        select(hours.c.hour, hours.c.counts)
        .where(hours.c.series == info.id, hours.c.hour >= hour_of(since), hours.c.hour < until)
        .order_by(hours.c.hour)
    )
    found: list[Bucket] = []
    for row in read.all(query):
        one = decode(bytes(row.counts), row.hour, info.bucket_s)
        found += one if since <= row.hour and row.hour + HOUR_S <= until else (
            bucket for bucket in one if since <= bucket.start < until
        )  # fmt: skip
    return found


def put_hours(work: Work, found: Iterable[tuple[SeriesInfo, int, Mapping[int, Bucket]]]) -> None:
    """Write whole hours."""
    rows = [(info.id, hour, encode(counts, hour, info.bucket_s)) for info, hour, counts in found]
    work.execute_many(_UPSERT_HOUR, rows)


def _among(wanted: Sequence[int]) -> ColumnElement[bool]:
    return hours.c.series == wanted[0] if len(wanted) == 1 else hours.c.series.in_(wanted)


# ------------------------------------------------------------------ days


@dataclass(frozen=True, slots=True)
class DayKey:
    """``day``: the start of a UTC day."""

    series: int
    objective: int
    day: int


def day_of(start: int) -> int:
    return start - start % DAY_S


def day_sums(
    read: Read, series_ids: Iterable[int], since: int, until: int, objective: int | None = None
) -> dict[DayKey, Tally]:
    """Of the days that begin in ``[since, until)``, those with data, ascending."""
    wanted = sorted(set(series_ids))
    if not wanted or until <= since:
        return {}
    query = select(days).where(days.c.series.in_(wanted), days.c.day >= since, days.c.day < until)
    if objective is not None:
        query = query.where(days.c.objective == objective)
    rows = read.all(query.order_by(days.c.series, days.c.objective, days.c.day))
    return {
        DayKey(row.series, row.objective, row.day): Tally(int(row.bad), int(row.total), row.covered) for row in rows
    }


def put_days(work: Work, found: Mapping[DayKey, Tally]) -> None:
    rows = [
        (key.series, key.objective, key.day, str(one.bad), str(one.total), one.covered) for key, one in found.items()
    ]
    work.execute_many(_UPSERT_DAY, rows)


def drop_days(work: Work, series_id: int) -> None:
    work.write(delete(days).where(days.c.series == series_id))
