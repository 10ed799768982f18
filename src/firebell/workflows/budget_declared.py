"""Objectives that nothing measures are filled from what people declared: every minute is good that no incident says
was bad.

A change of an incident's times rewrites the minutes it is about; otherwise only the newest minute is added.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from firebell.domain.incidents import service_queries
from firebell.domain.slo import counting, declared, queries
from firebell.domain.slo.declared import Affecting
from firebell.domain.slo.model import MINUTE_S, Bucket, Source
from firebell.domain.slo.records import Part, SloRecord
from firebell.kernel.clock import micros
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_impact
from firebell.workflows.budget_attributed import period_of

log = structlog.get_logger()
Counts = tuple[SloRecord, int, Sequence[Bucket]]
LIMIT = 2000
_Segments = frozenset[tuple[str, int, int | None, str]]


class Declared:
    """Remembers what has been written, so that an incident that did not change costs nothing."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], _Segments] = {}

    def due(self, read: Read) -> list[Counts]:
        """The minutes to be written for objectives whose evaluation is due."""
        due = set(queries.due(read, read.now, LIMIT))
        records = [
            one for one in queries.every(read)
            if one.id in due and any(part.indicator.source is Source.INCIDENTS for part in one.parts)
        ]  # fmt: skip
        if not records:
            return []
        infos = queries.series_of(read, [one.id for one in records])
        end = micros(read.now) // 1_000_000 // MINUTE_S * MINUTE_S
        found: list[Counts] = []
        for record in records:
            since, _ = period_of(record, read.now)
            incidents = [
                incident_impact.affecting(one)
                for one in (service_queries.of_service(read, record.service_id, since) if record.service_id else ())
            ]
            for part in record.parts:
                info = infos.get((record.id, part.number))
                if part.indicator.source is not Source.INCIDENTS or info is None:
                    continue
                counted = [one for one in incidents if declared.counts(one, part.indicator.severities)]
                start = self._start(record, part, counted, info.newest_end, micros(since) // 1_000_000)
                # Windows are settled a minute late, so the newest minute may still be corrected.
                if start < end:
                    buckets = list(declared.buckets(counted, part.indicator.severities, start, end, read.now))
                    found.append((record, part.number, buckets))
        return found

    def _start(
        self, record: SloRecord, part: Part, counted: Sequence[Affecting], newest_end: int | None, period: int
    ) -> int:
        """From which minute on there is something to write."""
        key = (str(record.id), part.number)
        now = frozenset(_segments(counted))
        before = self._known.get(key)
        self._known[key] = now
        made = micros(record.created_at) // 1_000_000
        if newest_end is None or before is None:
            # What is known begins with the objective, or with the first incident that says something before.
            starts = [since for _, since, _, _ in now]
            return _minute(max(period, min([made, *starts])))
        changed = [since for _, since, _, _ in now ^ before]
        return _minute(max(period, min([newest_end, *changed])))


def store(work: Work, counts: Sequence[Counts]) -> None:
    """Write the minutes."""
    known = queries.series_of(work, [record.id for record, _, _ in counts])
    counting.store_counts(work, [one for one in counts if (one[0].id, one[1]) in known])


def _segments(counted: Sequence[Affecting]) -> list[tuple[str, int, int | None, str]]:
    return [
        (
            one.incident_id, micros(impact.since) // 1_000_000,
            None if impact.until is None else micros(impact.until) // 1_000_000, str(impact.fraction),
        )
        for one in counted
        for impact in one.impacts
    ]  # fmt: skip


def _minute(at: int) -> int:
    return at - at % MINUTE_S
