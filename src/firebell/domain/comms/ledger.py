"""The promise ledger: every "next update by" is kept, late, missed or released, and counted (incidents.md 8.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from firebell.domain.comms.model import Kept, Promise, Record
from firebell.kernel.clock import Instant, micros, seconds_between

GRACE_S = 300
"""Up to this late a promise counts as kept in statistics. The clock itself has no grace."""


def _late_s(promise: Promise, now: Instant) -> int:
    return max(0, math.ceil(seconds_between(promise.due_at, now)))


def fulfil(promise: Promise, now: Instant, update_id: str) -> Promise:
    """The audience has been told at ``now``."""
    if promise.outcome != Kept.OPEN:
        return promise
    late = micros(now) - micros(promise.due_at) > GRACE_S * 1_000_000
    return replace(
        promise, fulfilled_by=update_id, settled_at=now, outcome=Kept.LATE if late else Kept.KEPT,
        late_s=_late_s(promise, now),
    )  # fmt: skip


def miss(promise: Promise, now: Instant) -> Promise:
    """The incident is closed, and nothing was said any more."""
    if promise.outcome != Kept.OPEN:
        return promise
    return replace(promise, settled_at=now, outcome=Kept.MISSED, late_s=_late_s(promise, now))


def release(promise: Promise, now: Instant) -> Promise:
    """Declined, merged or a duplicate: what was promised is said elsewhere, or there is nothing to say."""
    if promise.outcome != Kept.OPEN:
        return promise
    return replace(promise, settled_at=now, outcome=Kept.RELEASED)


def percentile(values: Sequence[int], share: float) -> int | None:
    """The nearest-rank percentile; ``None`` of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def records(promises: Iterable[Promise]) -> list[Record]:
    """How promises were kept, by audience and severity. Open and released ones do not count."""
    groups: dict[tuple[str, str], list[Promise]] = {}
    for one in promises:
        if one.counted and one.outcome in (Kept.KEPT, Kept.LATE, Kept.MISSED):
            groups.setdefault((one.audience, one.severity), []).append(one)
    return [_record(audience, severity, found) for (audience, severity), found in sorted(groups.items())]


def _record(audience: str, severity: str, found: list[Promise]) -> Record:
    kept = sum(one.outcome == Kept.KEPT for one in found)
    late = [one.late_s for one in found if one.fulfilled_by is not None]
    return Record(
        audience=audience, severity=severity, n=len(found), kept=kept, kept_pct=round(100 * kept / len(found), 2),
        late_p50_s=percentile(late, 0.5), late_p90_s=percentile(late, 0.9),
    )  # fmt: skip
