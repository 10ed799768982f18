"""When posts go again, when they are given up, and whose turn it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.outbox import rules
from firebell.domain.outbox.model import Lane, Outcome, OutcomeKind, Post
from firebell.domain.outbox.rules import Waiting
from firebell.kernel.clock import Instant, plus, seconds_between

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
DAYS_4 = 4 * 86_400


def post(attempt: int = 1, **more: object) -> Post:
    return Post(
        id="pst_1", outlet="webhook", target_id="whk_1", lane="webhook:whk_1", payload={}, created_at=NOW, due_at=NOW,
        attempt=attempt, **more,
    )  # fmt: skip


def outcome(kind: OutcomeKind, **more: object) -> Outcome:
    return Outcome(kind, "words", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attempt", "wait_s"), enumerate([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400], 1)
)
def test_the_schedule_of_standard_webhooks(attempt: int, wait_s: int) -> None:
    sequel = rules.after_attempt(post(attempt), outcome(OutcomeKind.RETRY), NOW, patience_s=DAYS_4, jitter=0)
    assert sequel.due_at == plus(NOW, wait_s)
    late = rules.after_attempt(post(attempt), outcome(OutcomeKind.RETRY), NOW, patience_s=DAYS_4, jitter=0.999)
    assert late.due_at is not None
    assert wait_s < seconds_between(NOW, late.due_at) <= wait_s * 1.2


@pytest.mark.parametrize(
    ("kind", "state"),
    [(OutcomeKind.SENT, "sent"), (OutcomeKind.DEAD, "failed"), (OutcomeKind.GONE, "failed")],
)
def test_what_is_settled_at_once(kind: OutcomeKind, state: str) -> None:
    sequel = rules.after_attempt(post(), outcome(kind), NOW, patience_s=DAYS_4, jitter=0)
    assert (sequel.state, sequel.due_at) == (state, None)


def test_the_tenth_failure_is_the_last() -> None:
    sequel = rules.after_attempt(post(10), outcome(OutcomeKind.RETRY), NOW, patience_s=DAYS_4, jitter=0)
    assert sequel.state == "failed"


@pytest.mark.parametrize(("asked_s", "wait_s"), [(None, 5), (2, 5), (900, 900)])
def test_a_receiver_may_lengthen_the_wait_and_not_shorten_it(asked_s: int | None, wait_s: int) -> None:
    failed = outcome(OutcomeKind.RETRY, retry_after_s=asked_s)
    sequel = rules.after_attempt(post(1), failed, NOW, patience_s=DAYS_4, jitter=0)
    assert sequel.due_at == plus(NOW, wait_s)


def test_a_lane_forgets_its_failures_with_the_first_success() -> None:
    sick = Lane(lane="webhook:whk_1", failures=7, wait_until=NOW)
    assert rules.lane_after(sick, post(), outcome(OutcomeKind.SENT), NOW, jitter=0) is None


def test_a_refused_message_says_nothing_about_the_lane() -> None:
    well, sick = Lane(lane="webhook:whk_1"), Lane(lane="webhook:whk_1", failures=2)
    assert rules.lane_after(well, post(), outcome(OutcomeKind.DEAD), NOW, jitter=0) is None
    assert rules.lane_after(sick, post(), outcome(OutcomeKind.DEAD), NOW, jitter=0) is sick


@given(failures=st.integers(0, 40), attempt=st.integers(1, 10), jitter=st.floats(0, 0.999))
def test_a_shared_lane_never_waits_longer_than_a_minute(failures: int, attempt: int, jitter: float) -> None:
    one = post(
        attempt,
    )
    lane = Lane(lane="mail:spg_1", failures=failures)
    after = rules.lane_after(lane, one, outcome(OutcomeKind.RETRY), NOW, jitter=jitter)
    assert after is not None
    assert after.wait_until is not None
    assert after.failures == failures + 1
    assert seconds_between(NOW, after.wait_until) <= rules.SHARED_WAIT_MAX_S


@given(
    lanes=st.lists(st.sampled_from("abcdef"), max_size=60), slots=st.integers(0, 30), lane_max=st.integers(1, 8),
    broken=st.sets(st.sampled_from("abcdef")), sending=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9)),
)  # fmt: skip
def test_nobody_takes_more_than_their_turn(
    lanes: list[str], slots: int, lane_max: int, broken: set[str], sending: dict[str, int]
) -> None:
    waiting = [Waiting(str(n), lane) for n, lane in enumerate(lanes)]
    chosen = rules.choose(waiting, sending, broken, slots=slots, lane_max=lane_max)
    assert len(chosen) <= slots
    assert len(set(chosen)) == len(chosen)
    many = Counter(lanes[int(one)] for one in chosen)
    for lane, count in many.items():
        assert count + sending.get(lane, 0) <= (1 if lane in broken else lane_max)
    left = [one for one in waiting if one.id not in chosen]
    if len(chosen) < slots:
        full = {lane: many[lane] + sending.get(lane, 0) >= (1 if lane in broken else lane_max) for lane in "abcdef"}
        assert all(full[one.lane] for one in left), "what could go has gone"
