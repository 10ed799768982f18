"""What an evaluation found is written down: states, streams, clocks, and how sources answer. Told by workflows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from firebell.domain.slo import source_store, state_store, store
from firebell.domain.slo.burn import Standing, StreamState
from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.exact import kept
from firebell.domain.slo.facts import StateChanged, StreamChanged
from firebell.domain.slo.model import Source, Stream
from firebell.domain.slo.records import ObjectiveState, SloClock, SloRecord
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.work import Work

TOPIC = "slos"
_WORDS_MAX, _WARNINGS_MAX = 500, 10


def note_evaluated(
    work: Work, found: Sequence[ObjectiveState], standing: Mapping[tuple[str, int], ObjectiveState] | None = None
) -> list[ObjectiveState]:
    """Write the states of any number of objectives; each transition of a state or a stream is a fact.

    ``state_since`` is filled in here. ``standing``: how they stood, where the caller has read that in this unit, under
    the lock of their clocks. Returns what was written.
    """
    work.needs(Permission.SLOS_EDIT)
    if not found:
        return []
    wanted = {one.slo_id for one in found}
    if standing is None:
        standing = state_store.states_of(work, wanted)
    names = {one.id: one.name for one in store.those(work, wanted)}
    written: list[ObjectiveState] = []
    for one in found:
        name = names.get(one.slo_id)  # type: ignore[call-overload]
        if name is None:
            # Deleted while it was being evaluated.
            continue
        before = standing.get((one.slo_id, one.objective))
        now = _since(one, before, work.now)
        written.append(now)
        _say(work, name, before or ObjectiveState(one.slo_id, one.objective), now)
    state_store.put(work, written)
    work.publish(TOPIC, *(one.slo_id for one in written))
    return written


def note_clocks(work: Work, found: Sequence[SloClock]) -> None:
    """What the evaluation knows of clocks: up to where, when next, anomalies, presence. The rest stays as it is."""
    work.needs(Permission.SLOS_EDIT)
    store.put_evaluated(work, found)


def claim_polls(work: Work, limit: int = 50, lease_s: float = 60) -> list[SloRecord]:
    """Objectives whose Prometheus is to be asked now. Each is nobody else's for ``lease_s``: should the asking never
    be noted, it is due again then."""
    work.needs(Permission.SLOS_EDIT)
    due = store.polls_due(work, work.now, limit)
    clocks = store.clocks_of(work, due)
    until = plus(work.now, lease_s)
    store.put_fetched(work, [replace(clocks[one], poll_at=until) for one in due])
    return store.those(work, due)


def note_polled(
    work: Work, slo_id: str, *, next_at: Instant | None, error: str = "", warnings: Sequence[str] = (),
    anomalies: Iterable[Anomaly] = (),
) -> SloClock:  # fmt: skip
    """What came of asking: ``error`` in words, or empty. Returns the clock, whose ``failures`` are in a row."""
    work.needs(Permission.SLOS_EDIT)
    before = store.clocks_of(work, [slo_id]).get(slo_id, SloClock(slo_id))
    at = micros(work.now) // 1_000_000
    after = replace(
        before, poll_at=next_at, failures=before.failures + 1 if error else 0, error=error[:_WORDS_MAX],
        error_at=(before.error_at if before.error == error[:_WORDS_MAX] and before.error else work.now) if error
        else None,
        warnings=tuple(one[:_WORDS_MAX] for one in warnings[:_WARNINGS_MAX]),
        flags={**before.flags, **dict.fromkeys(anomalies, at)},
    )  # fmt: skip
    store.put_fetched(work, [after])
    if (before.error, before.warnings) != (after.error, after.warnings):
        work.publish(TOPIC, slo_id)
    return after


def note_source(work: Work, source_id: str, *, error: str = "", warnings: Sequence[str] = ()) -> None:
    """How a data source answered last."""
    work.needs(Permission.SLOS_EDIT)
    before = source_store.get(work, source_id)
    if before is None:
        return
    values = {
        "checked_at": work.now, "error": error[:_WORDS_MAX],
        "error_at": (before.error_at or work.now) if error else None,
        "warnings": [one[:_WORDS_MAX] for one in warnings[:_WARNINGS_MAX]],
    }  # fmt: skip
    source_store.note(work, before.id, values)


def first_poll(record: SloRecord, now: Instant) -> Instant | None:
    """When its source is asked first: at once, if there is one to ask."""
    return now if any(one.indicator.source is Source.PROMETHEUS for one in record.parts) else None


def begin_anew(work: Work, record: SloRecord) -> None:
    """The document was changed: look at it at once, and forget what its source said to the old queries."""
    clock = store.clocks_of(work, [record.id]).get(record.id, SloClock(record.id))
    clock = replace(
        clock, due_at=work.now, poll_at=first_poll(record, work.now), failures=0, error="", error_at=None, warnings=()
    )
    store.put_evaluated(work, [clock])
    store.put_fetched(work, [clock])


def _since(one: ObjectiveState, before: ObjectiveState | None, now: Instant) -> ObjectiveState:
    if before is None or before.state is not one.state or before.state_since is None:
        return replace(one, state_since=now)
    return replace(one, state_since=before.state_since)


def _say(work: Work, name: str, before: ObjectiveState, after: ObjectiveState) -> None:
    if before.state is not after.state:
        work.record(
            after.slo_id,
            StateChanged(
                name=name, objective=after.objective, before=str(before.state), after=str(after.state),
                remaining=kept(after.remaining) or "",
            ),
        )  # fmt: skip
    for stream in Stream:
        was, now = (one.streams.get(stream, StreamState()) for one in (before, after))
        if was.standing is now.standing and (was.frozen == now.frozen or now.standing is Standing.QUIET):
            continue
        work.record(
            after.slo_id,
            StreamChanged(
                name=name, objective=after.objective, stream=str(stream), before=str(was.standing),
                after=str(now.standing), frozen=now.frozen,
            ),
        )  # fmt: skip
