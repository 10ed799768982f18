"""How many messages a destination gets, to the second, and that waiting is all that ever happens to them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.paging import throttles
from firebell.domain.paging.throttles import Limit
from firebell.kernel.clock import Instant, plus, seconds_between

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")

SMS = [0, 1, 2, 3, 4, 15, 22.5, 30, 37.5, 45, 52.5, 60, 72, 84, 96, 108, 120, 132, 144, 156, 168, 180]
VOICE = [0, 1, 2, 15, 26.25, 37.5, 48.75, 60, 75, 90, 105, 120, 135, 150, 165, 180]


def backlog(limits: tuple[Limit, ...], n: int) -> list[float]:
    """When the first ``n`` of an endless backlog go, in minutes; each at the very instant it may."""
    sent: list[Instant] = []
    now = NOW
    while len(sent) < n:
        until = throttles.next_free(limits, sent, now)
        if until is None:
            sent.append(now)
        else:
            assert until > now, "a message is never told to wait for the past"
            now = until
    return [seconds_between(NOW, at) / 60 for at in sent]


@pytest.mark.parametrize(("channel", "minutes"), [("sms", SMS), ("voice", VOICE)])
def test_an_endless_backlog_of_pages_goes_by_the_table(channel: str, minutes: list[float]) -> None:
    assert backlog(throttles.of_method("page", channel), len(minutes)) == minutes


def test_an_endless_backlog_of_status_updates_and_notices() -> None:
    status = backlog(throttles.of_method("status", "sms"), 9)
    assert status[:4] == [0, 3, 6, 20]
    assert status[8] == 120
    assert status == sorted(status)
    notice = backlog(throttles.of_method("notice", "ntfy"), 21)
    assert notice[:3] == [0, 0, 0]
    assert notice[20] == 60


@pytest.mark.parametrize(
    ("kind", "channel", "limits"),
    [
        ("page", "sms", throttles.ANY_MESSAGE + throttles.PAGE_BY_SMS),
        ("page", "voice", throttles.ANY_MESSAGE + throttles.PAGE_BY_VOICE),
        ("page", "email", throttles.ANY_MESSAGE),
        ("page", "ntfy", ()),
        ("status", "sms", throttles.ANY_MESSAGE + throttles.STATUS),
        ("status", "ntfy", ()),
        ("notice", "email", throttles.ANY_MESSAGE + throttles.NOTICE),
        ("notice", "ntfy", throttles.NOTICE),
        ("test", "sms", throttles.ANY_MESSAGE),
        ("verification", "ntfy", ()),
    ],
)
def test_which_limits_hold_where(kind: str, channel: str, limits: tuple[Limit, ...]) -> None:
    assert throttles.of_method(kind, channel) == limits


def test_the_table_is_the_specs() -> None:
    numbers = {
        name: [(x.n, x.window_s, x.smoothed) for x in getattr(throttles, name)]
        for name in ("PERSON_AND_CHANNEL", "ANY_MESSAGE", "NOTICE", "STATUS", "PAGE_BY_VOICE", "PAGE_BY_SMS")
    }
    assert numbers == {
        "PERSON_AND_CHANNEL": [(5, 5, False)],
        "ANY_MESSAGE": [(1, 60, False)],
        "NOTICE": [(3, 60, False), (20, 3600, True)],
        "STATUS": [(1, 180, False), (3, 1200, False), (8, 7200, True)],
        "PAGE_BY_VOICE": [(3, 900, False), (7, 3600, True), (15, 10_800, True)],
        "PAGE_BY_SMS": [(5, 900, False), (11, 3600, True), (21, 10_800, True)],
    }
    assert throttles.LONGEST_S == 10_800


@pytest.mark.parametrize(("age_s", "free"), [(59.999999, False), (60, True)])
def test_a_message_counts_while_it_is_younger_than_the_window(age_s: float, free: bool) -> None:
    assert (throttles.next_free(throttles.ANY_MESSAGE, [plus(NOW, -age_s)], NOW) is None) is free


every = st.sampled_from([
    throttles.PERSON_AND_CHANNEL, throttles.of_method("page", "sms"), throttles.of_method("page", "voice"),
    throttles.of_method("status", "sms"), throttles.of_method("notice", "email"),
])  # fmt: skip


@settings(deadline=None)
@given(every, st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_whenever_messages_come_no_window_holds_more_than_its_limit_and_waiting_ends(
    limits: tuple[Limit, ...], pauses_min: list[int]
) -> None:
    sent: list[Instant] = []
    now = NOW
    for pause in pauses_min:
        now = plus(now, pause * 60)
        for _ in range(8):
            until = throttles.next_free(limits, sent, now)
            if until is None:
                break
            now = until
        else:
            pytest.fail("a message that waits as it is told must go in the end")
        sent.append(now)
    for limit in limits:
        for at in sent:
            assert sum(0 <= seconds_between(other, at) < limit.window_s for other in sent) <= limit.n
