"""Counts come in, and what is kept of them is exact, small and quick to read."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.slo import commands, counting, day_sums, evaluation_queries, hours, queries
from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.model import DAY_S, EVENT, TIME, Bucket
from firebell.domain.slo.records import SloRecord
from firebell.domain.slo.series import Mode
from firebell.domain.slo.tally import slots, tally
from firebell.kernel.actor import Role
from firebell.kernel.clock import from_micros, micros
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid
from tests.slo_documents import parsed
from tests.story import Story

HOUR = 1_767_603_600
COUNT = st.integers(0, 2**62)


@given(
    st.dictionaries(st.integers(0, 59), st.tuples(COUNT, COUNT), max_size=60),
    st.sampled_from([1, EVENT, TIME // 10**6]),
)
@settings(max_examples=60, deadline=None)
def test_an_hour_reads_as_it_was_written(counts: dict[int, tuple[int, int]], unit: int) -> None:
    found = {
        HOUR + 60 * place: Bucket(HOUR + 60 * place, min(a, b) // unit * unit, max(a, b) // unit * unit)
        for place, (a, b) in counts.items()
    }
    data = hours.encode(found, HOUR, 60)
    assert hours.decode(data, HOUR, 60) == [found[start] for start in sorted(found)]


def test_an_hour_is_small() -> None:
    def hour(one: Any) -> bytes:
        return hours.encode({HOUR + 60 * m: one(HOUR + 60 * m, m) for m in range(60)}, HOUR, 60)

    assert len(hour(lambda at, m: Bucket(at, TIME, TIME))) < 50
    assert (
        len(hour(lambda at, m: Bucket(at, (1000 + m * 7 % 90) * EVENT - m % 3 * EVENT, (1000 + m * 7 % 90) * EVENT)))
        < 220
    )
    # What Prometheus extrapolates has no common unit.
    assert len(hour(lambda at, m: Bucket(at, 10**9 + m * 777_777 % 10**6, 10**9 + m * 777_777))) < 600


def stamp(start: int) -> str:
    return from_micros(start * 1_000_000).format_iso()


def points(*counts: tuple[int, Any, Any]) -> list[dict[str, Any]]:
    return [{"start": stamp(start), "good": good, "total": total} for start, good, total in counts]


def made(story: Story, **document: Any) -> SloRecord:
    found: SloRecord = story.run(
        lambda w: commands.create(w, parsed(**document), service_id="svc_x", team_id=story.team_ids.get("payments"))
    )
    return found


def test_pushed_counts_are_replaced_added_and_read_as_counters(story: Story) -> None:
    story.person("ann")
    story.person("guest", role=Role.VIEWER)
    slo = made(story)
    now = micros(story.clock.now()) // 1_000_000
    minute = now - now % 60

    def push(*counts: tuple[int, Any, Any], who: str = "ann", mode: Mode = Mode.REPLACE, of: str = slo.id) -> Any:
        return story.run(lambda w: counting.push(w, of, points(*counts), mode=mode), story.actor(who))

    def kept(since: int, until: int) -> list[tuple[int, int]]:
        found = story.house.runner.read(lambda r: queries.buckets(r, slo, 0, since, until))
        return [(one.good // EVENT, one.total // EVENT) for one in found]

    with pytest.raises(Forbidden):
        push((minute, 1, 1), who="guest")
    first = push((minute - 120, 993, 1000), (minute - 60, 10, 10))
    assert (first.stored, first.replaced, first.refused) == (2, 0, ())
    again = push((minute - 120, 993, 1000), (minute - 60, 9, 10))
    assert (again.stored, again.replaced) == (1, 1), "what is the same already is not written"
    push((minute - 60, 1, 2), mode=Mode.ADD)
    assert kept(minute - 120, minute) == [(993, 1000), (10, 12)]
    # A clock that is ahead loses its points, not the others; a mistake refuses the whole push by its index.
    ahead = push((minute, 5, 5), (minute + 600, 1, 1))
    assert (ahead.stored, [one.index for one in ahead.refused]) == (1, [1])
    for bad, field in (
        (((minute, 6, 5),), "points[0].good"),
        (((minute, 1, 1), (minute + 7, 1, 1)), "points[1].start"),
        (((minute, -1, 5),), "points[0].good"),
        (((-60, 1, 1),), "points[0].start"),
    ):
        with pytest.raises(Invalid) as refused:
            push(*bad)
        assert refused.value.field == field
    # History that is replaced is flagged and said; a week later it is no longer shown.
    push((minute - 7200, 1, 1))
    late = push((minute - 7200, 0, 1))
    assert late.anomalies == {Anomaly.REPLACED_HISTORY}
    history = story.house.runner.read(lambda r: [(e.kind, e.data.get("buckets")) for e in r.history(slo.id)])
    assert history == [("slo.created", None), ("slo.history_replaced", 1)]
    clock = story.house.runner.read(lambda r: queries.clock(r, slo.id))
    assert clock.suspicious(story.clock.now()) == {Anomaly.REPLACED_HISTORY}
    story.clock.advance(8 * DAY_S)
    assert not clock.suspicious(story.clock.now())

    # Counters: the first reading gives nothing, a decrease is a restart.
    counter = made(story, name="counter")
    later = micros(story.clock.now()) // 1_000_000
    at = later - later % 60 - 600
    assert push((at, 500, 510), mode=Mode.COUNTER, of=counter.id).stored == 0
    grown = push((at + 60, 600, 612), (at + 120, 3, 4), mode=Mode.COUNTER, of=counter.id)
    assert (grown.stored, grown.anomalies) == (2, {Anomaly.COUNTER_RESET})
    found = story.house.runner.read(lambda r: queries.buckets(r, counter, 0, at, at + 300))
    assert [(one.good // EVENT, one.total // EVENT) for one in found] == [(100, 102), (3, 4)]
    assert [one.index for one in push((at, 1, 1), mode=Mode.COUNTER, of=counter.id).refused] == [0]
    # Only what is pushed can be pushed.
    asked = made(story, name="asked", source="prometheus")
    with pytest.raises(Conflict):
        push((at, 1, 1), of=asked.id)


def test_sums_of_days_are_what_the_minutes_add_up_to(story: Story) -> None:
    """Whatever the method, whatever comes late, and however the document is edited meanwhile."""
    story.clock.advance(5 * DAY_S)
    sliced = {"method": "Timeslices", "objectives": [
        {"target": 0.99, "timeSliceTarget": 0.95, "timeSliceWindow": "7m"},
        {"target": 0.9, "timeSliceTarget": 0.5, "timeSliceWindow": "1h"},
    ]}  # fmt: skip
    plain, odd = made(story), made(story, name="odd", **sliced)
    end = micros(story.clock.now()) // 1_000_000
    end -= end % 420
    start = end - 3 * DAY_S + 840
    start -= start % 420
    everything = [
        Bucket(at, (100 - at // 60 % 13) * EVENT, 100 * EVENT) for at in range(start, end, 60) if at // 60 % 37
    ]
    late = [Bucket(start + 60 * 1500, 0, 7 * EVENT), Bucket(start + 60 * 37 * 40, 0, 0)]

    def store(buckets: list[Bucket]) -> Any:
        return story.run(lambda w: counting.store_counts(w, [(plain, 0, buckets), (odd, 0, buckets)]))

    stored = store(everything[:3000])[plain.id, 0]
    assert (stored.stored, stored.replaced, len(stored.changed)) == (3000, 0, 3000)
    store(everything[2990:])
    late_too = store(late)[odd.id, 0]
    assert late_too.stored + late_too.replaced == 2

    def check(slo: SloRecord) -> None:
        def look(r: Any) -> None:
            held = queries.buckets(r, slo, 0, start, end)
            for index, one in enumerate(slo.slo.objectives):
                expected = tally(slots(slo.slo.method, one, held, origin=0))
                length = day_sums.slot_length(slo, index)
                since = start + (-start % length)
                until = end - end % length
                whole = tally(s for s in slots(slo.slo.method, one, held, origin=0) if since <= s.start < until)
                assert queries.tally(r, slo, index, since, until) == whole
                days = queries.days(r, slo, index, start, end)
                assert sum((d.tally for d in days), start=type(expected)()) == expected

        story.house.runner.read(look)

    check(plain)
    check(odd)
    assert story.house.runner.read(lambda r: queries.series(r, odd.id))[0].newest_end == end
    # Edited to another method: the same minutes, other slots.
    ratio = parsed(name="odd", method="RatioTimeslices", objectives=[{"target": 0.99, "timeSliceWindow": "13m"}])
    with pytest.raises(Changed):
        story.run(lambda w: commands.edit(w, odd.id, ratio, 7, service_id=None, team_id=None))
    check(story.run(lambda w: commands.edit(w, odd.id, ratio, service_id=None, team_id=None)))
    points_found = story.house.runner.read(
        lambda r: queries.burn_down(r, plain, 0, since=start, until=end, period_s=30 * DAY_S)
    )
    assert points_found[0].at == start
    assert points_found[-1].remaining is not None
    # Counted by time now: another unit, so it begins anew instead of mixing.
    declared = parsed(name="odd", source="incidents")
    after = story.run(lambda w: commands.edit(w, odd.id, declared, service_id=None, team_id=None))
    assert story.house.runner.read(lambda r: queries.buckets(r, after, 0, start, end)) == []
    assert story.house.runner.read(lambda r: queries.series(r, odd.id))[0].atoms == TIME


def test_many_objectives_take_their_minute_together(story: Story) -> None:
    records = [made(story, name=f"slo-{n}") for n in range(100)]
    now = micros(story.clock.now()) // 1_000_000
    hour = now - now % 3600
    story.run(
        lambda w: counting.store_counts(
            w, [(one, 0, [Bucket(hour + 60 * m, 999 * EVENT, 1000 * EVENT) for m in range(30)]) for one in records]
        )
    )
    began = time.process_time()
    minute = hour + 1800
    story.run(lambda w: counting.store_counts(w, [(one, 0, [Bucket(minute, 1, 2)]) for one in records]))
    assert time.process_time() - began < 1
    found = story.house.runner.read(
        lambda r: evaluation_queries.counted(
            r, queries.series_of(r, [*(one.id for one in records), "slo_none"]), minute - 60, minute + 60
        )
    )
    assert {len(one) for one in found.values()} == {2}
    assert len(found) == 100
