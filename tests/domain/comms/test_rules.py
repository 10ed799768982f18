"""When the next update is due, and who is reminded of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.comms import rules
from firebell.domain.comms.model import Audience, Ceilings, Clock, Situation, Stage
from firebell.domain.comms.rules import Rung
from firebell.kernel.clock import Instant, micros, plus, seconds_between
from firebell.kernel.errors import Conflict, Forbidden, Invalid

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
MIN = 60
HOUR = 3600
SCALE = {
    "SEV1": Ceilings(internal_s=15 * MIN, executive_s=30 * MIN, first_s=5 * MIN, scope_s=10 * MIN, public_s=15 * MIN),
    "SEV2": Ceilings(internal_s=30 * MIN, executive_s=60 * MIN, first_s=5 * MIN, scope_s=15 * MIN, public_s=30 * MIN),
    "SEV3": Ceilings(internal_s=2 * HOUR, first_s=HOUR, public_s=4 * HOUR, business=True),
    "SEV4": Ceilings(internal_s=24 * HOUR, business=True),
}
AUDIENCES = [Audience.INTERNAL, Audience.PUBLIC, Audience.EXECUTIVE]


def situation(severity: str = "SEV1", **other: object) -> Situation:
    known = {
        "incident_id": "inc_1", "reference": "INC-1", "name": "Checkout", "title": "Checkout", "phase": "responding",
        "severity": severity, "declared_at": NOW, "ceilings": SCALE[severity], "commander_id": "ic",
        "deputy_id": "dep", "comms_ids": ("cl",), "liaison_ids": ("lia",), "engaged_ids": ("ic", "cl", "dep", "lia"),
    }  # fmt: skip
    return Situation(**(known | other))  # type: ignore[arg-type]


def started(audience: str = Audience.PUBLIC, severity: str = "SEV1", **other: object) -> Clock:
    return rules.start(situation(severity, **other), audience, NOW, "UTC")


def due_s(clock: Clock, since: Instant = NOW) -> float | None:
    return None if clock.due_at is None else seconds_between(since, clock.due_at)


def post(clock: Clock, after_s: float, *, promise_s: float | None = None, scope: bool = True, final: bool = False,
         at: Situation | None = None) -> Clock:  # fmt: skip
    now = plus(NOW, after_s)
    return rules.posted(
        clock, at or situation(clock.severity), now, "UTC", update_id="upd_1",
        next_update_by=None if promise_s is None else plus(now, promise_s), states_scope=scope, final=final,
    )  # fmt: skip


# ---------------------------------------------------------------- the table of ceilings


@pytest.mark.parametrize(
    ("severity", "first", "scope", "public", "internal", "executive"),
    [
        ("SEV1", 5 * MIN, 10 * MIN, 15 * MIN, 15 * MIN, 30 * MIN),
        ("SEV2", 5 * MIN, 15 * MIN, 30 * MIN, 30 * MIN, 60 * MIN),
        ("SEV3", 60 * MIN, None, 4 * HOUR, 2 * HOUR, None),
        ("SEV4", None, None, None, 24 * HOUR, None),
    ],
)
def test_the_maximum_wait_of_every_audience_and_severity(
    severity: str, first: int | None, scope: int | None, public: int | None, internal: int, executive: int | None
) -> None:
    at = situation(severity)
    assert rules.wait_s(at, Audience.PUBLIC, Stage.FIRST) == first
    assert at.ceilings.scope_s == scope
    assert rules.wait_s(at, Audience.PUBLIC, Stage.REGULAR) == public
    assert rules.wait_s(at, Audience.INTERNAL, Stage.REGULAR) == internal
    assert rules.wait_s(at, Audience.EXECUTIVE, Stage.REGULAR) == executive


def test_minor_internal_waits_count_support_hours_and_major_ones_do_not() -> None:
    saturday = Instant.parse_iso("2026-03-07T10:00:00Z")
    minor = rules.start(situation("SEV3"), Audience.INTERNAL, saturday, "UTC")
    assert minor.due_at == Instant.parse_iso("2026-03-09T11:00:00Z")
    low = rules.start(situation("SEV4"), Audience.INTERNAL, NOW, "UTC")
    assert low.due_at == Instant.parse_iso("2026-03-03T10:00:00Z")
    major = rules.start(situation("SEV1"), Audience.INTERNAL, saturday, "UTC")
    assert due_s(major, saturday) == 15 * MIN


# ---------------------------------------------------------------- which clocks run

PHASES = ["triage", "responding", "mitigated", "resolved", "postmortem", "follow_up", "closed", "declined", "duplicate"]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("impact", ["yes", "unknown", "no"])
@pytest.mark.parametrize("severity", list(SCALE))
def test_the_public_clock_runs_once_people_respond_and_customers_may_feel_it(
    phase: str, impact: str, severity: str
) -> None:
    runs = rules.wanted(situation(severity, phase=phase, customer_impact=impact), Audience.PUBLIC)
    felt = impact in ("yes", "unknown") if severity in ("SEV1", "SEV2") else impact == "yes" and severity == "SEV3"
    assert runs == (phase in ("responding", "mitigated") and felt)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("severity", list(SCALE))
def test_the_internal_clock_runs_while_people_are_at_work(phase: str, severity: str) -> None:
    active = phase in ("triage", "responding", "mitigated")
    assert rules.wanted(situation(severity, phase=phase), Audience.INTERNAL) == active
    assert rules.wanted(situation(severity, phase=phase), Audience.EXECUTIVE) == (
        active and severity in ("SEV1", "SEV2")
    )


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_entered_afterwards_or_only_tried_keeps_no_time(audience: Audience) -> None:
    assert not rules.wanted(situation(kind="backfilled"), audience)
    assert not rules.wanted(situation(kind="test"), audience)


def test_a_private_incident_has_no_public_clock_and_a_drill_none_for_executives() -> None:
    assert not rules.wanted(situation(private=True), Audience.PUBLIC)
    assert rules.wanted(situation(private=True), Audience.INTERNAL)
    assert not rules.wanted(situation(kind="drill"), Audience.EXECUTIVE)


def test_a_minor_incident_is_public_once_it_was_posted_or_has_components() -> None:
    assert not rules.wanted(situation("SEV3"), Audience.PUBLIC)
    assert rules.wanted(situation("SEV3"), Audience.PUBLIC, posted=True)
    assert rules.wanted(situation("SEV3", component_ids=("cmp_1",)), Audience.PUBLIC)


def test_without_anybody_to_be_told_there_is_no_clock() -> None:
    assert not rules.wanted(situation(), Audience.PUBLIC, listeners=False)


# ---------------------------------------------------------------- from post to post


def test_first_post_then_scope_then_one_after_another() -> None:
    clock = started()
    assert (clock.stage, due_s(clock)) == (Stage.FIRST, 5 * MIN)
    clock = post(clock, 3 * MIN, scope=False, promise_s=15 * MIN)
    assert (clock.stage, due_s(clock)) == (Stage.SCOPE, 10 * MIN)
    clock = post(clock, 9 * MIN, promise_s=15 * MIN)
    assert (clock.stage, due_s(clock)) == (Stage.REGULAR, 24 * MIN)


def test_a_first_post_that_states_the_scope_owes_none() -> None:
    clock = post(started(), 3 * MIN, promise_s=15 * MIN)
    assert (clock.stage, due_s(clock)) == (Stage.REGULAR, 18 * MIN)


def test_a_late_first_post_leaves_as_long_for_the_scope() -> None:
    clock = post(started(), 20 * MIN, scope=False)
    assert due_s(clock) == 25 * MIN


def test_another_post_without_scope_does_not_push_the_scope_away() -> None:
    clock = post(post(started(), MIN, scope=False), 2 * MIN, scope=False)
    assert (clock.stage, due_s(clock)) == (Stage.SCOPE, 10 * MIN)


def test_the_promise_is_the_due_time_when_it_is_sooner() -> None:
    clock = post(started(Audience.INTERNAL), 0, promise_s=7 * MIN)
    assert due_s(clock) == 7 * MIN


def test_a_final_update_stops_the_clock() -> None:
    clock = post(started(Audience.INTERNAL), 0, final=True)
    assert not clock.running
    assert clock.ring_at is None


@given(st.sampled_from(list(SCALE)), st.sampled_from(AUDIENCES), st.integers(0, 7200), st.integers(1, 20_000))
def test_by_not_at_whatever_is_promised_the_clock_is_never_later_than_promise_or_ceiling(
    severity: str, audience: Audience, after_s: int, promise_s: int
) -> None:
    at = situation(severity)
    clock = rules.start(at, audience, NOW, "UTC")
    now = plus(NOW, after_s)
    after = rules.posted(
        clock, at, now, "UTC", update_id="u", next_update_by=plus(now, promise_s), states_scope=True, final=False
    )
    assert after.due_at is not None
    assert micros(after.due_at) <= micros(plus(now, promise_s))
    ceiling = rules.latest(at, audience, now, "UTC", after)
    assert ceiling is None or micros(after.due_at) <= micros(ceiling)
    assert micros(after.due_at) > micros(now)
    assert after.ring_at is not None
    assert micros(now) <= micros(after.ring_at) <= micros(after.due_at)


# ---------------------------------------------------------------- severity


def test_a_worse_severity_brings_the_time_nearer_and_ends_a_slower_rhythm() -> None:
    clock = replace(started(Audience.INTERNAL, "SEV2"), slowed_s=3600)
    at = plus(NOW, 4 * MIN)
    after = rules.judged_anew(clock, situation("SEV1"), at, "UTC")
    assert (due_s(after), after.slowed_s, after.severity) == (19 * MIN, None, "SEV1")


def test_a_worse_severity_never_pushes_the_time_away() -> None:
    clock = started(Audience.INTERNAL, "SEV2")
    after = rules.judged_anew(clock, situation("SEV1"), plus(NOW, 29 * MIN), "UTC")
    assert due_s(after) == 30 * MIN


def test_a_better_severity_gives_more_time_but_what_was_promised_is_owed() -> None:
    clock = started(Audience.INTERNAL, "SEV1")
    at = plus(NOW, MIN)
    assert due_s(rules.judged_anew(clock, situation("SEV2"), at, "UTC")) == 30 * MIN
    promised = rules.judged_anew(clock, situation("SEV2"), at, "UTC", plus(NOW, 15 * MIN))
    assert due_s(promised) == 15 * MIN


def test_the_same_severity_changes_nothing() -> None:
    clock = started()
    assert rules.judged_anew(clock, situation("SEV1"), plus(NOW, 60), "UTC") is clock


def test_no_ceiling_any_more_stops_the_clock() -> None:
    assert not rules.judged_anew(started(Audience.PUBLIC, "SEV1"), situation("SEV4"), NOW, "UTC").running


# ---------------------------------------------------------------- slower


LATER = plus(NOW, 2 * HOUR)


def test_from_two_hours_on_the_commander_may_slow_down_to_an_hour() -> None:
    clock = rules.slow(started(Audience.INTERNAL), situation(), LATER, 3600, "ic")
    assert clock.slowed_s == 3600
    after = rules.posted(
        clock, situation(), LATER, "UTC", update_id="u", next_update_by=plus(LATER, 3600), states_scope=True,
        final=False,
    )  # fmt: skip
    assert due_s(after, LATER) == 3600


@pytest.mark.parametrize(
    ("now", "every_s", "by", "error"),
    [
        (plus(LATER, -1), 3600, "ic", Conflict),
        (plus(NOW, 1800), 3600, "ic", Conflict),
        (LATER, 3600, "cl", Forbidden),
        (LATER, 3601, "ic", Invalid),
        (LATER, 60, "ic", Invalid),
    ],
)
def test_but_not_sooner_not_slower_and_nobody_else(now: Instant, every_s: int, by: str, error: type) -> None:
    with pytest.raises(error):
        rules.slow(started(Audience.INTERNAL), situation(), now, every_s, by)


def test_the_usual_rhythm_is_no_slow_down() -> None:
    slowed = replace(started(Audience.INTERNAL), slowed_s=3600)
    assert rules.slow(slowed, situation(), LATER, 15 * MIN, "ic").slowed_s is None


# ---------------------------------------------------------------- the ladder


def test_the_ladder_comms_then_commander_then_deputy_then_the_automatic_update_then_again() -> None:
    clock = started(Audience.INTERNAL)
    rungs = []
    for _ in range(7):
        assert clock.ring_at is not None
        at = clock.ring_at
        rung, clock = rules.climb(clock, at)
        rungs.append((seconds_between(plus(NOW, 15 * MIN), at) / MIN, rung))
    assert rungs == [
        (-5, Rung.COMMS), (0, Rung.COMMANDER), (5, Rung.DEPUTY), (10, Rung.AUTOMATIC), (20, Rung.STILL),
        (30, Rung.STILL), (40, Rung.STILL),
    ]  # fmt: skip


def test_a_first_post_in_five_minutes_reminds_at_once() -> None:
    assert started().ring_at == NOW


def test_whoever_promises_three_minutes_is_reminded_when_they_are_over() -> None:
    clock = post(started(Audience.INTERNAL), 0, promise_s=180)
    assert clock.ring_at == plus(NOW, 180)
    assert rules.climb(clock, plus(NOW, 180))[0] is Rung.COMMANDER


def test_before_its_time_nothing_rings() -> None:
    clock = started(Audience.INTERNAL)
    assert rules.climb(clock, plus(NOW, 10 * MIN - 1)) == (None, clock)
    stopped = rules.stop(clock)
    assert rules.climb(stopped, plus(NOW, HOUR)) == (None, stopped)


@given(st.integers(0, 4 * HOUR))
def test_after_a_pause_only_the_highest_rung_is_given(after_s: int) -> None:
    clock = started(Audience.INTERNAL)
    now = plus(NOW, after_s)
    rung, after = rules.climb(clock, now)
    past_s = after_s - 15 * MIN
    expected = [name for offset, name in rules.LADDER if offset <= past_s]
    assert rung == (expected[-1] if expected else None)
    if rung is not None:
        assert after.ring_at is not None
        assert micros(after.ring_at) > micros(now)
        assert rules.climb(after, now) == (None, after)


@pytest.mark.parametrize(
    ("rung", "people"),
    [
        (Rung.COMMS, ("cl",)),
        (Rung.COMMANDER, ("cl", "ic")),
        (Rung.DEPUTY, ("dep", "lia")),
        (Rung.AUTOMATIC, ("cl", "ic", "dep", "lia")),
        (Rung.STILL, ("cl", "ic", "dep", "lia")),
    ],
)
def test_who_is_reminded(rung: Rung, people: tuple[str, ...]) -> None:
    assert rules.to_remind(rung, situation()) == people


def test_updates_to_executives_are_the_liaisons() -> None:
    assert rules.to_remind(Rung.COMMS, situation(), Audience.EXECUTIVE) == ("lia",)
    assert rules.to_remind(Rung.COMMANDER, situation(), Audience.EXECUTIVE) == ("lia", "ic")
    assert rules.to_remind(Rung.COMMS, situation(liaison_ids=()), Audience.EXECUTIVE) == ("cl",)


@pytest.mark.parametrize("rung", list(Rung))
def test_an_empty_role_is_heard_by_somebody_else(rung: Rung) -> None:
    assert rules.to_remind(rung, situation(comms_ids=(), deputy_id=None, liaison_ids=())) == ("ic",)
    alone = situation(comms_ids=(), deputy_id=None, liaison_ids=(), commander_id=None, engaged_ids=("r1", "r2"))
    assert rules.to_remind(rung, alone) == ("r1", "r2")


def test_a_snooze_rests_the_reminder_and_not_the_due_time() -> None:
    clock = started(Audience.INTERNAL)
    at = plus(NOW, 14 * MIN)
    after = rules.snooze(clock, at, 5)
    assert (after.due_at, after.ring_at) == (clock.due_at, plus(NOW, 19 * MIN))
    assert rules.climb(after, plus(NOW, 18 * MIN))[0] is None
    assert rules.climb(after, plus(NOW, 19 * MIN))[0] is Rung.COMMANDER


@pytest.mark.parametrize("minutes", [0, -1, 16])
def test_a_snooze_is_one_to_fifteen_minutes(minutes: int) -> None:
    with pytest.raises(Invalid):
        rules.snooze(started(), NOW, minutes)


def test_what_does_not_run_cannot_be_snoozed() -> None:
    with pytest.raises(Conflict):
        rules.snooze(rules.stop(started()), NOW, 5)


def test_stopping_twice_is_stopping_once() -> None:
    stopped = rules.stop(started())
    assert rules.stop(stopped) is stopped


# ---------------------------------------------------------------- any order of events

STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 3000)),
    st.tuples(st.just("post"), st.integers(60, 20_000)),
    st.tuples(st.just("severity"), st.sampled_from(list(SCALE))),
    st.tuples(st.just("snooze"), st.integers(1, 15)),
    st.tuples(st.just("slow"), st.integers(900, 3600)),
)


@given(st.sampled_from(AUDIENCES), st.lists(STEPS, max_size=25))
def test_whatever_happens_a_running_clock_rings_and_is_never_due_later_than_the_scale_allows(
    audience: Audience, steps: list[tuple[str, object]]
) -> None:
    severity, now = "SEV1", NOW
    clock = rules.start(situation(severity), audience, now, "UTC")
    for what, how in steps:
        at = situation(severity)
        if what == "wait":
            assert isinstance(how, int)
            now = plus(now, how)
            while (climbed := rules.climb(clock, now))[0] is not None:
                clock = climbed[1]
        elif what == "post" and clock.running:
            assert isinstance(how, int)
            clock = rules.posted(
                clock, at, now, "UTC", update_id="u", next_update_by=plus(now, how), states_scope=True, final=False
            )
            ceiling = rules.latest(at, audience, now, "UTC", clock)
            assert ceiling is None or (clock.due_at is not None and micros(clock.due_at) <= micros(ceiling))
        elif what == "severity":
            severity = str(how)
            before = clock
            clock = rules.judged_anew(clock, situation(severity), now, "UTC")
            if severity < before.severity and before.due_at is not None and clock.due_at is not None:
                assert micros(clock.due_at) <= micros(before.due_at)
        elif what == "snooze" and clock.running:
            assert isinstance(how, int)
            due_at = clock.due_at
            clock = rules.snooze(clock, now, how)
            assert clock.due_at == due_at
        elif what == "slow" and clock.running:
            assert isinstance(how, int)
            try:
                clock = rules.slow(clock, at, now, how, "ic")
            except (Conflict, Invalid):
                pass
            else:
                assert seconds_between(NOW, now) >= rules.SLOW_AFTER_S
        assert (clock.due_at is None) == (clock.ring_at is None)
