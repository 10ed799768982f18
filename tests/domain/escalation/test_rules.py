"""How a run climbs: every function over every state, the limits of a policy, and that every ladder ends."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.escalation import rules
from firebell.domain.escalation.model import Climb, Run, RunState, Step, Target, TargetKind, Wait
from firebell.domain.escalation.rules import ByHand, Moved
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")
ANN = Target(TargetKind.USER, "usr_ann")
STATES = tuple(RunState)


def step(default_s: int = 300, **by: int) -> Step:
    return Step((ANN,), Wait(default_s, by))


def ladder(*steps: Step, repeat: int = 1, ack_timeout_s: int | None = 1800) -> Climb:
    return Climb(steps or (step(), step(600), step(900)), (ANN,), repeat, ack_timeout_s)


def run(state: str = RunState.CLIMBING, **more: object) -> Run:
    fields: dict[str, object] = {
        "id": "run_1", "alert_id": "alr_1", "service_id": "svc_1", "team_id": None, "policy_id": "pol_1",
        "severity": "SEV1", "urgency": "high", "started_at": NOW, "state": state, "movement": 7,
    }  # fmt: skip
    return Run(**(fields | more))  # type: ignore[arg-type]


# ---------------------------------------------------------------- climb

LAST = 2


@pytest.mark.parametrize(
    ("at", "loop", "moved", "step_after", "loop_after"),
    [
        (-1, 0, Moved.STEP, 0, 0),
        (0, 0, Moved.STEP, 1, 0),
        (1, 1, Moved.STEP, 2, 1),
        (LAST, 0, Moved.NEW_PASS, 0, 1),
        (LAST, 1, Moved.EXHAUSTED, LAST, 1),
    ],
)
def test_a_climbing_run_takes_the_next_rung(at: int, loop: int, moved: Moved, step_after: int, loop_after: int) -> None:
    what, after = rules.climb(run(step=at, loop=loop, reached=True), ladder())
    assert (what, after.step, after.loop) == (moved, step_after, loop_after)
    assert after.movement == (7 if moved is Moved.EXHAUSTED else 8)
    assert after.reached is (step_after > 0), "a new pass has told nobody yet"


@pytest.mark.parametrize(("state", "at"), list(product(STATES, (-1, 0, LAST))))
def test_only_a_run_that_climbs_or_rests_moves(state: RunState, at: int) -> None:
    before = run(state, step=at, loop=1)
    what, after = rules.climb(before, ladder())
    if state in (RunState.CLIMBING, RunState.RESTING):
        assert what is not Moved.NOTHING
    else:
        assert (what, after) == (Moved.NOTHING, before)


def test_a_ladder_without_steps_is_exhausted_at_once() -> None:
    assert rules.climb(run(), Climb((), (ANN,), 5))[0] is Moved.EXHAUSTED


# ---------------------------------------------------------------- settle, waits, due


@pytest.mark.parametrize(("severity", "wait_s"), [("SEV1", 120), ("SEV2", 300), ("SEV3", 900)])
def test_a_step_that_told_somebody_waits_by_severity(severity: str, wait_s: int) -> None:
    after = rules.settle(run(step=0, severity=severity, failures=2), step(900, SEV1=120, SEV2=300), NOW)
    assert (after.due_at, after.entered_at, after.reached) == (plus(NOW, wait_s), NOW, True)
    assert (after.state, after.failures) == ("climbing", 0)


def test_low_urgency_rests_once_somebody_was_told() -> None:
    after = rules.settle(run(step=0, urgency="low"), step(), NOW)
    assert (after.state, after.due_at, after.entered_at, after.reached) == ("resting", None, NOW, True)


@pytest.mark.parametrize(("offset", "due"), [(-1, False), (0, True), (1, True), (None, False)])
def test_a_run_is_due_from_its_deadline_on(offset: int | None, due: bool) -> None:
    at = None if offset is None else plus(NOW, -offset)
    assert rules.is_due(run(due_at=at), NOW) is due


def test_an_empty_pass_waits_below_the_first_rung_of_the_next() -> None:
    after = rules.wait_after_empty_pass(run(step=LAST, loop=0), ladder(), NOW)
    assert (after.step, after.loop, after.movement, after.due_at) == (-1, 1, 8, plus(NOW, 900))
    assert rules.climb(after, ladder())[1].step == 0


def test_an_empty_pass_with_none_left_is_the_end() -> None:
    after = rules.wait_after_empty_pass(run(step=LAST, loop=1), ladder(), NOW)
    assert (after.state, after.due_at, after.movement) == ("exhausted", None, 8)
    assert rules.wait_after_empty_pass(run(), Climb((), (ANN,)), NOW).state == "exhausted"


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(("state", "urgency", "timeout_s"), list(product(STATES, ("high", "low"), (1800, None))))
def test_an_acknowledgement_stops_the_climb_and_expires_for_high_urgency(
    state: RunState, urgency: str, timeout_s: int | None
) -> None:
    before = run(state, urgency=urgency, due_at=NOW)
    after = rules.acknowledged(before, ladder(ack_timeout_s=timeout_s), NOW, "usr_ann")
    if state is RunState.ENDED:
        assert after is before
        return
    expires = plus(NOW, 1800) if urgency == "high" and timeout_s else None
    assert (after.state, after.due_at, after.acker_id, after.movement) == ("acknowledged", expires, "usr_ann", 8)
    assert rules.climb(after, ladder())[0] is Moved.NOTHING


@pytest.mark.parametrize("state", STATES)
def test_an_ended_run_has_no_deadline_and_stays_as_it_ended(state: RunState) -> None:
    after = rules.ended(run(state, due_at=NOW), NOW, "resolved")
    if state is not RunState.ENDED:
        assert (after.state, after.due_at, after.ended_at, after.ended_why) == ("ended", None, NOW, "resolved")
    assert rules.ended(after, plus(NOW, 9), "again") is after


@pytest.mark.parametrize("state", STATES)
def test_a_restart_begins_below_the_first_rung_now(state: RunState) -> None:
    after = rules.restart(run(state, step=2, loop=1, reached=True, acker_id="usr_ann", entered_at=NOW), NOW)
    assert (after.state, after.step, after.loop, after.reached) == ("climbing", -1, 0, False)
    assert (after.due_at, after.acker_id, after.entered_at, after.movement) == (NOW, None, None, 8)


@pytest.mark.parametrize("state", STATES)
def test_an_alert_that_joins_an_answered_or_exhausted_run_is_told_in_five_minutes(state: RunState) -> None:
    before = run(state, step=1, due_at=plus(NOW, 60))
    after = rules.joined(before, NOW, "alr_2")
    if state in (RunState.ACKNOWLEDGED, RunState.EXHAUSTED):
        assert (after.state, after.due_at, after.alert_id, after.step) == ("climbing", plus(NOW, 300), "alr_2", -1)
    else:
        assert after is before


# ---------------------------------------------------------------- severity in the middle

BY = ladder(step(900, SEV1=120, SEV2=300), step())


@pytest.mark.parametrize(
    ("before", "after", "due_s"),
    [("SEV3", "SEV1", 120), ("SEV3", "SEV2", 300), ("SEV2", "SEV1", 120), ("SEV1", "SEV3", 120), ("SEV2", "SEV4", 300)],
)
def test_a_rise_brings_the_next_step_nearer_and_a_fall_delays_nothing(before: str, after: str, due_s: int) -> None:
    one = rules.settle(run(step=0, severity=before), BY.steps[0], NOW)
    changed = rules.raised(one, BY, after, "high", plus(NOW, 30))
    assert changed.due_at == plus(NOW, due_s)
    assert changed.severity == min(before, after)


def test_a_step_already_due_by_the_new_severity_is_due_at_once() -> None:
    one = rules.settle(run(step=0, severity="SEV3"), BY.steps[0], NOW)
    assert rules.is_due(rules.raised(one, BY, "SEV1", "high", plus(NOW, 500)), plus(NOW, 500))


def test_a_rise_to_high_urgency_wakes_a_resting_run() -> None:
    resting = rules.settle(run(step=0, severity="SEV4", urgency="low"), BY.steps[0], NOW)
    awake = rules.raised(resting, BY, "SEV2", "high", plus(NOW, 9))
    assert (awake.state, awake.urgency, awake.due_at) == ("climbing", "high", plus(NOW, 300))
    assert rules.raised(resting, BY, "SEV3", "low", plus(NOW, 9)).state == "resting"


def test_the_milder_alert_of_a_shared_run_does_not_calm_it() -> None:
    one = rules.settle(run(step=0, severity="SEV2"), BY.steps[0], NOW)
    assert rules.raised(one, BY, "SEV3", "low", NOW) is one


def test_a_rise_restarts_the_clock_of_an_acknowledgement() -> None:
    taken = rules.acknowledged(run(severity="SEV3", urgency="low"), BY, NOW, "usr_ann")
    assert taken.due_at is None
    grave = rules.raised(taken, BY, "SEV1", "high", plus(NOW, 60))
    assert (grave.state, grave.due_at) == ("acknowledged", plus(NOW, 1860))


@pytest.mark.parametrize("state", [RunState.EXHAUSTED, RunState.ENDED])
def test_a_rise_moves_no_run_that_is_over(state: RunState) -> None:
    after = rules.raised(run(state, severity="SEV3", step=0, entered_at=NOW), BY, "SEV1", "high", NOW)
    assert (after.state, after.due_at) == (state, None)


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(("state", "as_of"), list(product(STATES, (None, 7, 6))))
def test_escalating_by_hand_in_every_state(state: RunState, as_of: int | None) -> None:
    before = run(state, step=1, acker_id="usr_ann")
    what, after = rules.escalate(before, NOW, as_of)
    if state is RunState.ENDED:
        assert (what, after) == (ByHand.ENDED, before)
    elif as_of == 6:
        assert (what, after) == (ByHand.ALREADY_MOVED, before)
    else:
        assert (what, after.state, after.due_at, after.acker_id) == (ByHand.DONE, "climbing", NOW, None)
        assert after.step == (-1 if state is RunState.EXHAUSTED else 1)


def test_two_clicks_on_the_same_page_escalate_once() -> None:
    one = rules.settle(rules.climb(run(), ladder())[1], step(), NOW)
    seen = one.movement
    _, clicked = rules.escalate(one, NOW, seen)
    climbed = rules.settle(rules.climb(clicked, ladder())[1], step(), NOW)
    assert climbed.step == 1
    assert rules.escalate(climbed, NOW, seen) == (ByHand.ALREADY_MOVED, climbed)


@pytest.mark.parametrize(("at", "loop", "step_after"), [(0, 0, 0), (LAST, 0, LAST), (LAST, 1, -1), (1, 1, 1)])
def test_past_the_last_step_of_the_last_pass_it_wraps_to_the_first(at: int, loop: int, step_after: int) -> None:
    after = rules.wrap(run(step=at, loop=loop, reached=True), ladder())
    assert after.step == step_after
    assert rules.climb(after, ladder())[0] is not Moved.EXHAUSTED


# ---------------------------------------------------------------- what a policy may hold

GOOD = ladder()


@pytest.mark.parametrize(
    ("climb", "field"),
    [
        (replace(GOOD, steps=()), "steps"),
        (replace(GOOD, steps=(step(),) * 21), "steps"),
        (replace(GOOD, repeat=-1), "repeat"),
        (replace(GOOD, repeat=21), "repeat"),
        (replace(GOOD, fallback=()), "fallback"),
        (replace(GOOD, steps=(step(), Step(()))), "steps.1.notify"),
        (replace(GOOD, steps=(step(59),)), "steps.0.wait.default"),
        (replace(GOOD, steps=(step(), step(540_001))), "steps.1.wait.default"),
        (replace(GOOD, steps=(step(300, SEV1=59),)), "steps.0.wait.SEV1"),
        (replace(GOOD, ack_timeout_s=59), "ackTimeout"),
        (replace(GOOD, ack_timeout_s=540_001), "ackTimeout"),
    ],
)
def test_a_policy_that_could_not_work_is_refused_by_field_with_a_hint(climb: Climb, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check(climb)
    assert refused.value.field == field
    assert refused.value.hint


@pytest.mark.parametrize(
    "climb",
    [replace(GOOD, steps=(step(60),) * 20, repeat=20), replace(GOOD, repeat=0, ack_timeout_s=None),
     replace(GOOD, steps=(step(540_000, SEV1=60),), ack_timeout_s=60)],
)  # fmt: skip
def test_the_limits_themselves_are_allowed(climb: Climb) -> None:
    assert rules.check(climb) is climb


# ---------------------------------------------------------------- every ladder ends

ladders = st.builds(
    lambda waits, repeat: ladder(*(step(w) for w in waits), repeat=repeat),
    st.lists(st.integers(60, 900), min_size=1, max_size=5), st.integers(0, 4),
)  # fmt: skip


@settings(deadline=None)
@given(ladders, st.data())
def test_whoever_is_on_call_the_ladder_ends_and_the_fallback_is_told_for_every_pass_that_reached_nobody(
    climb: Climb, data: st.DataObject
) -> None:
    """The climb as the workflow drives it, with a step reaching somebody or not as chance will have it."""
    one, now = run(due_at=NOW, movement=0), NOW
    told: Counter[int] = Counter()
    movements: list[int] = []
    for _ in range(len(climb.steps) * (climb.repeat + 1) + climb.repeat + 2):
        if one.state == RunState.EXHAUSTED:
            break
        assert one.due_at is not None
        now = one.due_at
        for _ in range(len(climb.steps) + 1):
            before = one
            moved, after = rules.climb(one, climb)
            if moved is not Moved.STEP and not before.reached:
                told[before.loop] += 1
                one = rules.wait_after_empty_pass(one, climb, now)
                break
            if moved is Moved.EXHAUSTED:
                told[before.loop] += 1
                one = rules.exhaust(one)
                break
            one = after
            movements.append(one.movement)
            if data.draw(st.booleans()):
                one = rules.settle(one, climb.steps[one.step], now)
                break
        else:
            told[one.loop] += 1
            one = rules.wait_after_empty_pass(one, climb, now)
    assert one.state == RunState.EXHAUSTED, "every ladder ends"
    assert max(told.values()) == 1, "the fallback is told at most once per pass"
    assert told[one.loop] == 1, "and exactly once at the end"
    assert movements == sorted(set(movements)), "no movement is used twice"
