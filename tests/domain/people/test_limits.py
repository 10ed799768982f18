"""Token buckets and the lives of sessions, as vectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.people import limits
from firebell.domain.people.limits import Bucket, SessionEnd
from firebell.domain.people.model import Session
from firebell.kernel.clock import Instant, plus
from firebell.kernel.ids import SessionId, UserId

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")
HOUR_S, DAY_S = 3600, 86400


def attempts(bucket: Bucket, at_s: list[float]) -> list[bool]:
    full_at, answers = None, []
    for offset in at_s:
        taken = limits.take(bucket, full_at, plus(NOW, offset))
        full_at = taken.full_at
        answers.append(taken.allowed)
    return answers


@pytest.mark.parametrize(
    ("bucket", "at_s", "allowed"),
    [
        (limits.PER_ACCOUNT, [0] * 12, [True] * 10 + [False] * 2),
        (limits.PER_ACCOUNT, [0] * 10 + [59.9, 60, 60.1, 120], [True] * 10 + [False, True, False, True]),
        (limits.PER_ACCOUNT, [0] * 10 + [600] * 11, [True] * 20 + [False]),
        (limits.PER_ACCOUNT, [0] * 10 + [86400] * 11, [True] * 20 + [False]),  # never more than the burst
        (limits.PER_ADDRESS, [0] * 31, [True] * 30 + [False]),
        (limits.PER_ADDRESS, [0] * 30 + [60] * 11, [True] * 40 + [False]),
    ],
)
def test_bucket_vectors(bucket: Bucket, at_s: list[float], allowed: list[bool]) -> None:
    assert attempts(bucket, at_s) == allowed


@given(st.lists(st.integers(0, 300), max_size=60))
def test_no_window_lets_through_more_than_the_burst_and_its_share(gaps_s: list[int]) -> None:
    at_s, now_s = [], 0
    for gap_s in gaps_s:
        now_s += gap_s
        at_s.append(float(now_s))
    passed = [at for at, allowed in zip(at_s, attempts(limits.PER_ACCOUNT, at_s), strict=True) if allowed]
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= 10 + (passed[last] - passed[first]) / 60


@given(st.integers(0, 3000))
def test_a_refusal_says_when_the_next_attempt_is_allowed(after_s: int) -> None:
    full_at = None
    for _ in range(10):
        full_at = limits.take(limits.PER_ACCOUNT, full_at, NOW).full_at
    taken = limits.take(limits.PER_ACCOUNT, full_at, plus(NOW, after_s))
    if not taken.allowed:
        wait_s = taken.retry_after_s
        assert limits.take(limits.PER_ACCOUNT, full_at, plus(NOW, after_s + wait_s)).allowed
        assert not limits.take(limits.PER_ACCOUNT, full_at, plus(NOW, after_s + wait_s - 1)).allowed


@pytest.mark.parametrize(
    ("age_s", "idle_s", "end"),
    [
        (0, 0, None),
        (72 * HOUR_S - 1, 72 * HOUR_S - 1, None),
        (72 * HOUR_S, 72 * HOUR_S, SessionEnd.IDLE),
        (30 * DAY_S - 1, 0, None),
        (30 * DAY_S, 0, SessionEnd.TOO_OLD),
        (30 * DAY_S, 72 * HOUR_S, SessionEnd.TOO_OLD),
    ],
)
def test_a_session_ends_after_72_idle_hours_or_30_days(age_s: int, idle_s: int, end: SessionEnd | None) -> None:
    created, seen = plus(NOW, -age_s), plus(NOW, -idle_s)
    session = Session(SessionId("ses_1"), UserId("usr_1"), created, seen, created, "::1", "")
    assert limits.session_end(session, NOW) is end


@pytest.mark.parametrize(("ago_s", "fresh"), [(0, True), (599, True), (600, False)])
def test_a_step_up_lasts_ten_minutes(ago_s: int, fresh: bool) -> None:
    session = Session(SessionId("ses_1"), UserId("usr_1"), plus(NOW, -DAY_S), NOW, plus(NOW, -ago_s), "::1", "")
    assert limits.stepped_up(session, NOW) is fresh


@pytest.mark.parametrize(("ago_s", "allowed"), [([], True), ([0, 1], True), ([0, 1, 599], False), ([0, 1, 600], True)])
def test_three_messages_fit_into_ten_minutes(ago_s: list[int], allowed: bool) -> None:
    assert limits.may_send([plus(NOW, -s) for s in ago_s], limits.SENDS_PER_METHOD, NOW) is allowed


def test_use_is_noted_at_most_once_a_minute() -> None:
    assert limits.worth_touching(None, NOW)
    assert limits.worth_touching(plus(NOW, -60), NOW)
    assert not limits.worth_touching(plus(NOW, -59), NOW)
