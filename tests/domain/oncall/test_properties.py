"""What holds for every schedule: random layers, windows and overrides in zones that change their clocks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from whenever import PlainDateTime

from firebell.domain.oncall.model import (
    Advance,
    Calendar,
    Gap,
    LayerRole,
    OnCall,
    OverrideKind,
    Restriction,
    RotationLayer,
    Schedule,
    Shift,
    Unit,
    Weekday,
)
from firebell.domain.oncall.rotation import plan_of, stretches
from firebell.domain.oncall.rules import agenda, next_change, who
from firebell.kernel.clock import Instant
from firebell.kernel.ids import LayerId, UserId
from tests.domain.oncall.roster import override, schedule, window
from tests.effort import examples

# Each window of time below holds a clock change of most of these zones.
ZONES = ["UTC", "Europe/Berlin", "America/Chicago", "America/Havana", "Antarctica/Troll", "Australia/Lord_Howe"]
SEASONS = [Instant.from_utc(2026, 3, 27), Instant.from_utc(2026, 10, 24), Instant.from_utc(2026, 11, 1)]
SPAN_S = 9 * 86400
PEOPLE = [UserId(name) for name in "ABCDE"]

minutes = st.sampled_from([0, 30, 60, 90, 120, 150, 180, 360, 540, 1020, 1320, 1439])
slots = st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True).map(tuple)


@st.composite
def restrictions(draw: st.DrawFn) -> Restriction:
    days = tuple(sorted(draw(st.sets(st.sampled_from(list(Weekday)), min_size=1))))
    end_day = draw(st.sampled_from([None, None, *Weekday]))
    return Restriction(days if end_day is None else days[:1], draw(minutes), draw(minutes), end_day)


@st.composite
def layers(draw: st.DrawFn, begin: Instant, n: int, role: LayerRole | None = None) -> RotationLayer:
    unit = draw(st.sampled_from(list(Unit)))
    day, minute = draw(st.integers(1, 31)), draw(minutes)
    bounds = sorted(draw(st.lists(instants(begin), min_size=2, max_size=2)))
    return RotationLayer(
        id=LayerId(f"lay_{n}"),
        name=f"layer {n}",
        zone=draw(st.sampled_from(ZONES)),
        anchor=PlainDateTime(2026, draw(st.sampled_from([1, 3, 7, 12])), day, minute // 60, minute % 60),
        unit=unit,
        every=draw(st.sampled_from([1, 1, 2, 3, 5, 12, 24])),
        slots=tuple(draw(st.lists(slots, min_size=1, max_size=4))),
        restrictions=tuple(draw(st.lists(restrictions(), max_size=2))),
        priority=draw(st.integers(0, 2)),
        role=role or draw(st.sampled_from([LayerRole.PRIMARY, LayerRole.PRIMARY, LayerRole.SHADOW])),
        advance=draw(st.sampled_from(list(Advance))),
        starts_at=draw(st.sampled_from([None, None, bounds[0]])),
        in_force_to=draw(st.sampled_from([None, None, bounds[1]])),
    )


def instants(begin: Instant) -> st.SearchStrategy[Instant]:
    """Instants of the season, mostly on minutes where something may happen."""
    on_grid = st.integers(0, SPAN_S // 1800).map(lambda half: begin.timestamp() + half * 1800)
    anywhere = st.integers(0, SPAN_S - 1).map(lambda second: begin.timestamp() + second)
    return st.one_of(on_grid, anywhere).map(Instant.from_timestamp)


@st.composite
def schedules(draw: st.DrawFn, begin: Instant) -> Schedule:
    def span() -> tuple[Instant, Instant]:
        one, other = sorted(draw(st.lists(instants(begin), min_size=2, max_size=2, unique=True)))
        return one, other

    chosen = draw(st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True))
    overrides = []
    for n, user in enumerate(chosen):
        kind = draw(st.sampled_from(list(OverrideKind)))
        by = draw(st.sampled_from([p for p in PEOPLE if p != user])) if kind is OverrideKind.REPLACE else None
        saved_at = Instant.from_timestamp(draw(st.integers(0, 9)))
        overrides.append(override(kind, user, *span(), by=by, n=n, saved_at=saved_at, everywhere=draw(st.booleans())))
    windows = [
        window(
            *span(),
            *(draw(layers(begin, 100 + 10 * n + m, LayerRole.PRIMARY)) for m in range(draw(st.integers(1, 2)))),
            rank=draw(st.integers(0, 1)),
            saved_at=Instant.from_timestamp(draw(st.integers(0, 9))),
            n=n,
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    own = [draw(layers(begin, n)) for n in range(draw(st.integers(0, 3)))]
    return schedule(*own, overrides=tuple(overrides), windows=tuple(windows))


@st.composite
def seasons(draw: st.DrawFn) -> tuple[Schedule, Instant, Instant]:
    begin = draw(st.sampled_from(SEASONS))
    return draw(schedules(begin)), begin, Instant.from_timestamp(begin.timestamp() + SPAN_S)


def on_at(calendar: Calendar, at: Instant) -> set[OnCall]:
    return {shift.on for shift in calendar.shifts if shift.starts_at <= at < shift.ends_at}


def cut(calendar: Calendar, begin: Instant, end: Instant) -> Calendar:
    shifts = [Shift(max(s.starts_at, begin), min(s.ends_at, end), s.on) for s in calendar.shifts]
    gaps = [Gap(max(g.starts_at, begin), min(g.ends_at, end), g.reason) for g in calendar.gaps]
    return Calendar(
        begin,
        end,
        tuple(sorted((s for s in shifts if s.starts_at < s.ends_at), key=lambda s: (s.starts_at, s.key))),
        tuple(g for g in gaps if g.starts_at < g.ends_at),
        tuple(s for s in calendar.skipped if begin <= s.at < end),
    )


def edges_of(calendar: Calendar) -> list[Instant]:
    found = {edge for item in (*calendar.shifts, *calendar.gaps) for edge in (item.starts_at, item.ends_at)}
    return sorted(found | {calendar.starts_at, calendar.ends_at})


@settings(max_examples=examples(80, soak=3000), deadline=None)
@given(st.data())
def test_the_live_answer_is_the_calendar_at_every_edge_and_anywhere_between(data: st.DataObject) -> None:
    people, begin, end = data.draw(seasons())
    calendar = agenda(people, begin, end)
    edges = edges_of(calendar)
    between = [Instant.from_timestamp((a.timestamp() + b.timestamp()) // 2) for a, b in pairwise(edges)]
    just_before = [Instant.from_timestamp(edge.timestamp() - 1) for edge in edges[1:]]
    for at in (*edges[:-1], *between, *just_before, *data.draw(st.lists(instants(begin), max_size=5))):
        if begin <= at < end:
            answer = who(people, at)
            assert on_at(calendar, at) == {*answer.people, *answer.shadows}, at


@settings(max_examples=examples(60, soak=2000), deadline=None)
@given(st.data())
def test_a_question_about_less_is_the_cut_of_one_about_more(data: st.DataObject) -> None:
    people, begin, end = data.draw(seasons())
    left, right = sorted(data.draw(st.lists(instants(begin), min_size=2, max_size=2, unique=True)))
    assert agenda(people, left, right) == cut(agenda(people, begin, end), left, right)


@settings(max_examples=examples(60, soak=2000), deadline=None)
@given(seasons())
def test_shifts_and_gaps_tile_the_time_and_no_shift_overlaps_itself(season: tuple[Schedule, Instant, Instant]) -> None:
    people, begin, end = season
    calendar = agenda(people, begin, end)
    primary = [s for s in calendar.shifts if s.on.role is LayerRole.PRIMARY]
    for a, b in pairwise(edges_of(calendar)):
        covered = any(s.starts_at <= a and b <= s.ends_at for s in primary)
        hole = any(g.starts_at <= a and b <= g.ends_at for g in calendar.gaps)
        seam = b.timestamp() - a.timestamp() <= 1
        assert covered != hole or (seam and not covered)
    by_key: dict[str, list[Shift]] = {}
    for shift in calendar.shifts:
        assert begin <= shift.starts_at < shift.ends_at <= end
        by_key.setdefault(shift.key, []).append(shift)
    assert all(one.ends_at < other.starts_at for mine in by_key.values() for one, other in pairwise(mine))
    assert list(calendar.shifts) == sorted(calendar.shifts, key=lambda s: (s.starts_at, s.key))


@settings(max_examples=examples(60, soak=2000), deadline=None)
@given(st.data())
def test_nothing_changes_before_the_next_change_and_something_does_then(data: st.DataObject) -> None:
    people, begin, end = data.draw(seasons())
    at = data.draw(instants(begin))
    change = next_change(people, at)
    until = end if change is None else min(change, end)

    def essence(moment: Instant) -> set[tuple[object, ...]]:
        answer = who(people, moment)
        return {(p.user_id, p.layer_id, p.override_id, p.instead_of, p.role) for p in (*answer.people, *answer.shadows)}

    if change is not None:
        assert change > at
        assert essence(change) != essence(at)
    for edge in edges_of(agenda(people, at, until)) if at < until else []:
        assert edge >= until or essence(edge) == essence(at)


@settings(max_examples=examples(60, soak=2000), deadline=None)
@given(st.data())
def test_a_handoff_ends_one_turn_and_begins_the_next(data: st.DataObject) -> None:
    begin = data.draw(st.sampled_from(SEASONS))
    one = data.draw(layers(begin, 1))
    plan = plan_of(one)
    k = plan.index_at(data.draw(instants(begin)))
    for step in range(k - 3, k + 4):
        assert plan.handoff(step) <= plan.handoff(step + 1)
        if plan.handoff(step) < plan.handoff(step + 1):
            assert plan.index_at(plan.handoff(step)) == step
    pieces = list(stretches(one, begin, Instant.from_timestamp(begin.timestamp() + SPAN_S)))
    assert all(a.ends_at <= b.starts_at and a.turn.index <= b.turn.index for a, b in pairwise(pieces))
