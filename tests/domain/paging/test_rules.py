"""What follows an attempt: when it is tried again, when another destination is used, what a receipt may change."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.paging import rules
from firebell.domain.paging.model import Delivery, DeliveryState, Page
from firebell.domain.paging.rules import Next, after_attempt
from firebell.kernel.clock import Instant, plus, seconds_between

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")
PAGE = Delivery(
    id="dlv_1", kind="page", user_id="usr_1", method_id="mth_1", channel="ntfy", created_at=NOW, due_at=NOW, attempt=1,
    first_attempt_at=NOW, claimed_at=NOW, state=DeliveryState.SENDING,
)  # fmt: skip


def attempt(n: int, at_s: float, **more: object) -> Delivery:
    return replace(PAGE, attempt=n, claimed_at=plus(NOW, at_s), **more)


def timeline(*, took_s: float, others_left: bool, outcome: str = "retry", tries: int = 12) -> list[tuple[float, str]]:
    """Start of every attempt, and what followed it, until it is over."""
    found: list[tuple[float, str]] = []
    at = 0.0
    for n in range(1, tries + 1):
        one = attempt(n, at)
        sequel = after_attempt(one, outcome, None, plus(NOW, at + took_s), others_left=others_left)
        found.append((at, sequel.next.value))
        if sequel.at is None:
            break
        at = seconds_between(NOW, sequel.at)
    return found


@pytest.mark.parametrize("took_s", [0, 0.5, 5])
def test_four_attempts_a_quarter_minute_apart_from_start_to_start_then_another_way(took_s: float) -> None:
    expected = [(0, "retry"), (15, "retry"), (30, "retry"), (45, "fail_over")]
    found = timeline(took_s=took_s, others_left=True)
    assert found == expected
    assert found[-1][0] + took_s <= 60, "the next way begins within a minute of the first attempt"


def test_with_no_other_way_it_goes_on_for_ever_a_minute_apart_at_most() -> None:
    found = timeline(took_s=0, others_left=False)
    assert [at for at, _ in found] == [0, 15, 30, 45, 46, 48, 52, 60, 76, 108, 168, 228]
    assert {what for _, what in found} == {"retry"}


def test_a_dead_destination_is_left_at_once_if_there_is_another() -> None:
    assert timeline(took_s=0, others_left=True, outcome="dead") == [(0, "fail_over")]


def test_a_dead_destination_is_tried_on_if_there_is_no_other_unless_it_is_gone() -> None:
    assert {what for _, what in timeline(took_s=0, others_left=False, outcome="dead")} == {"retry"}
    gone = after_attempt(PAGE, "dead", None, NOW, others_left=False, gone=True)
    assert (gone.next, gone.at) == (Next.GIVE_UP, None)
    assert after_attempt(PAGE, "dead", None, NOW, others_left=True, gone=True).next is Next.FAIL_OVER


def test_what_has_failed_over_once_does_not_do_so_again() -> None:
    again = after_attempt(attempt(9, 0, failed_over=True), "retry", None, NOW, others_left=True)
    assert again.next is Next.RETRY


@pytest.mark.parametrize(
    ("wish_s", "others_left", "what", "wait_s"),
    [(5, True, Next.RETRY, 15), (40, True, Next.RETRY, 40), (61, True, Next.FAIL_OVER, None),
     (40, False, Next.RETRY, 40), (3600, False, Next.RETRY, 60)],
)  # fmt: skip
def test_a_providers_wish_is_obeyed_within_reason(
    wish_s: int, others_left: bool, what: Next, wait_s: int | None
) -> None:
    sequel = after_attempt(PAGE, "retry", wish_s, NOW, others_left=others_left)
    assert sequel.next is what
    assert sequel.at == (None if wait_s is None else plus(NOW, wait_s))


@pytest.mark.parametrize("kind", ["status", "notice", "test", "verification"])
def test_other_messages_are_tried_four_times_and_given_up(kind: str) -> None:
    ways = [after_attempt(attempt(n, 0, kind=kind), "retry", None, NOW, others_left=False).next for n in (1, 2, 3, 4)]
    assert ways == [Next.RETRY, Next.RETRY, Next.RETRY, Next.GIVE_UP]
    assert after_attempt(replace(PAGE, kind=kind), "dead", None, NOW, others_left=False).next is Next.GIVE_UP


@given(
    st.integers(1, 200), st.sampled_from(["retry", "dead"]), st.none() | st.integers(0, 10_000), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_a_page_is_never_simply_forgotten(n: int, outcome: str, wish_s: int | None, others: bool, over: bool) -> None:
    sequel = after_attempt(attempt(n, 0, failed_over=over), outcome, wish_s, NOW, others_left=others)
    assert sequel.next in (Next.RETRY, Next.FAIL_OVER)
    if sequel.next is Next.RETRY:
        assert sequel.at is not None
        assert 0 <= seconds_between(NOW, sequel.at) <= 60


def test_sent_is_the_end() -> None:
    assert after_attempt(PAGE, "sent", None, NOW, others_left=True).next is Next.DONE


@pytest.mark.parametrize(("waited_s", "may"), [(0, True), (2, True), (2.001, False)])
def test_a_send_begins_within_two_seconds_of_its_claim(waited_s: float, may: bool) -> None:
    assert rules.may_start(100, 100 + waited_s) is may


@pytest.mark.parametrize(
    ("state", "lease_s", "unrecorded", "is_lost"),
    [("sending", -1, 3, True), ("sending", -1, 2, False), ("sending", 1, 3, False), ("queued", -1, 3, False)],
)
def test_three_lost_senders_make_a_quarantine(state: str, lease_s: int, unrecorded: int, is_lost: bool) -> None:
    one = replace(PAGE, state=state, lease_until=plus(NOW, lease_s), unrecorded=unrecorded)
    assert rules.quarantined(one, NOW) is is_lost


RANKED = [s for s in DeliveryState if s not in (DeliveryState.BUNDLED, DeliveryState.CANCELLED)]


@pytest.mark.parametrize(("before", "after"), list(product(RANKED, RANKED)))
def test_receipts_only_rise(before: DeliveryState, after: DeliveryState) -> None:
    rising = [DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.FAILED,
              DeliveryState.DELIVERED, DeliveryState.READ]  # fmt: skip
    assert rules.may_overwrite(before, after) is (rising.index(after) > rising.index(before))


@pytest.mark.parametrize("before", [DeliveryState.BUNDLED, DeliveryState.CANCELLED])
def test_no_receipt_changes_what_was_bundled_or_cancelled(before: DeliveryState) -> None:
    assert not any(rules.may_overwrite(before, after) for after in RANKED)


def test_a_page_is_answered_or_ended_once() -> None:
    ringing = Page(
        id="pag_1", alert_id="alr_1", run_id="run_1", movement=1, loop=0, step=0, user_id="usr_1", service_id="svc_1",
        severity="SEV1", urgency="high", why="", started_at=NOW, due_at=NOW,
    )  # fmt: skip
    answered = rules.answered(ringing, NOW)
    assert (answered.state, answered.due_at, answered.ended_at) == ("answered", None, NOW)
    assert rules.ended(answered, plus(NOW, 1)) is answered
    assert rules.ended(ringing, NOW).state == "ended"


@pytest.mark.parametrize(("used_s", "may"), [(None, False), (0, True), (60, True), (61, False)])
def test_what_a_link_did_can_be_taken_back_for_a_minute(used_s: int | None, may: bool) -> None:
    assert rules.may_undo(None if used_s is None else plus(NOW, -used_s), NOW) is may


@pytest.mark.parametrize(
    ("kind", "first", "rank"),
    [("page", True, 0), ("page", False, 4), ("verification", True, 1), ("test", False, 2), ("notice", True, 3),
     ("status", True, 5)],
)  # fmt: skip
def test_the_order_of_kinds(kind: str, first: bool, rank: int) -> None:
    assert rules.priority(kind, first_of_service=first) == rank
