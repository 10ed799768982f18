"""What the evaluation asks for many objectives at once. For the house itself: no permission is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from firebell.domain.slo import counts_store, store
from firebell.domain.slo.hours import decode
from firebell.domain.slo.model import HOUR_S, Bucket
from firebell.domain.slo.records import SeriesInfo, SloClock
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read, Work

CHUNK = 500
Key = tuple[str, int]


def counted(read: Read, infos: Mapping[Key, SeriesInfo], start: int, end: int) -> dict[Key, list[Bucket]]:
    """The buckets of many series that start in ``[start, end)``, ascending; one query for 500 of them."""
    by_id = {one.id: key for key, one in infos.items()}
    found: dict[Key, list[Bucket]] = {key: [] for key in infos}
    ids = sorted(by_id)
    for at in range(0, len(ids), CHUNK):
        encoded = counts_store.load(read, ids[at : at + CHUNK], start, end)
        for (series_id, hour), data in sorted(encoded.items()):
            key = by_id[series_id]
            buckets = decode(data, hour, infos[key].bucket_s)
            whole = start <= hour and hour + HOUR_S <= end
            found[key] += buckets if whole else (one for one in buckets if start <= one.start < end)
    return found


def take_clocks(work: Work, slo_ids: Iterable[str]) -> dict[str, SloClock]:
    """The clocks of those that still are there, locked in order of their ids until the end of the unit.

    So of two nodes that evaluate the same minute the second one sees that it has been judged.
    """
    wanted = sorted(set(slo_ids))
    if not wanted:
        return {}
    living = select(store.slos.c.id).where(store.slos.c.id.in_(wanted), store.slos.c.deleted_at.is_(None))
    if not work.is_sqlite:
        locked = select(store.clocks.c.slo_id).where(store.clocks.c.slo_id.in_(wanted)).order_by(store.clocks.c.slo_id)
        work.all(locked.with_for_update())
    return store.clocks_of(work, [row.id for row in work.all(living)])


def next_evaluation(read: Read) -> Instant | None:
    """When the next evaluation is due."""
    return store.next_times(read)[0]


def next_poll(read: Read) -> Instant | None:
    """When the next source is to be asked."""
    return store.next_times(read)[1]
