"""What a change does to the coming shifts agrees with who is on call before and after."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.oncall import rules
from firebell.domain.oncall.model import Schedule
from firebell.kernel.clock import Instant, plus
from firebell.kernel.ids import ScheduleId
from firebell.workflows.config.differing import HORIZON_S, coming
from firebell.workflows.config.schedules import stored_layers
from firebell.workflows.config.specs import ScheduleSpec
from tests.workflows.config.worlds import layers

NOW = Instant.parse_iso("2026-03-10T12:00:00Z")
PEOPLE = ["ann", "ben", "carl"]


@st.composite
def schedules(draw: st.DrawFn) -> Schedule | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    spec = ScheduleSpec("Europe/Berlin", "", draw(layers(PEOPLE, "Europe/Berlin")))
    stored = stored_layers(spec, {name: f"id-of-{name}" for name in PEOPLE})
    return Schedule(id=ScheduleId("sch_1"), name="primary", zone="Europe/Berlin", layers=stored)


def on(schedule: Schedule | None, at: Instant) -> set[str]:
    return set() if schedule is None else {user.removeprefix("id-of-") for user in rules.who(schedule, at).user_ids}


@given(schedules(), schedules(), st.lists(st.integers(0, HORIZON_S - 1), min_size=5, max_size=20))
@settings(max_examples=60, deadline=None)
def test_at_every_instant_a_stretch_tells_who_was_and_who_will_be_on(
    before: Any, after: Any, seconds: list[int]
) -> None:
    found = coming("primary", before, after, NOW, {f"id-of-{name}": name for name in PEOPLE})
    for instant in [plus(NOW, s) for s in seconds]:
        inside = [s for s in found.stretches if s.starts_at <= instant < s.ends_at]
        told = [(set(s.before), set(s.after)) for s in inside]
        was, will = on(before, instant), on(after, instant)
        assert told == ([] if was == will else [(was, will)])
    assert found.stretches == tuple(sorted(found.stretches, key=lambda s: s.starts_at))


def test_hours_are_gained_and_lost_by_name() -> None:
    def schedule(*slots: list[str]) -> Schedule:
        rotation = {"every": "1d", "handoff": "12:00", "start": "2026-03-01", "participants": list(slots)}
        spec = ScheduleSpec("UTC", "", ({"name": "base", "rotation": rotation},))
        stored = stored_layers(spec, {name: name for name in PEOPLE})
        return Schedule(id=ScheduleId("sch_1"), name="primary", zone="UTC", layers=stored)

    found = coming("primary", schedule(["ann"], ["ben"]), schedule(["ann"], ["carl"]), NOW, {})
    assert found.seconds == {"ben": -14 * 86_400, "carl": 14 * 86_400}
    assert found.uncovered_s == 0
    assert len(found.stretches) == 14
    gone = coming("primary", schedule(["ann"]), None, NOW, {})
    assert [(s.before, s.after) for s in gone.stretches] == [(("ann",), ())]
    assert gone.uncovered_s == HORIZON_S
