"""What goes next, when to try again, and when to use another destination. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from firebell.domain.paging.model import Delivery, DeliveryKind, DeliveryState, Page, PageState
from firebell.kernel.clock import Instant, plus, seconds_between

LEASE_S = 8
START_WITHIN_S = 2
DEADLINE_S = 5.0
ATTEMPTS_BEFORE_FAILOVER = 4
BETWEEN_ATTEMPTS_S = 15
FAILOVER_AFTER_S = 60
BACKOFF_CAP_S = 60
RETRY_AFTER_CAP_S = 3600
UNRECORDED_MAX = 3
ACK_LINK_S = 86_400
UNDO_S = 60
QUARANTINED = "quarantined"

FIRST_OF_SERVICE = 0
VERIFICATION = 1
TEST = 2
NOTICE = 3
OTHER_PAGE = 4
STATUS = 5

RANK = {
    DeliveryState.QUEUED: 0,
    DeliveryState.SENDING: 1,
    DeliveryState.SENT: 3,
    DeliveryState.FAILED: 4,
    DeliveryState.DELIVERED: 5,
    DeliveryState.READ: 6,
}
_PRIORITY = {
    DeliveryKind.VERIFICATION: VERIFICATION,
    DeliveryKind.TEST: TEST,
    DeliveryKind.NOTICE: NOTICE,
    DeliveryKind.PAGE: OTHER_PAGE,
    DeliveryKind.STATUS: STATUS,
}


def priority(kind: str, *, first_of_service: bool) -> int:
    """Lowest goes first. The first page of a service on a channel kind in 15 minutes precedes everything."""
    if kind == DeliveryKind.PAGE and first_of_service:
        return FIRST_OF_SERVICE
    return _PRIORITY[DeliveryKind(kind)]


class Next(StrEnum):
    """What follows an attempt."""

    DONE = "done"
    RETRY = "retry"
    FAIL_OVER = "fail_over"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Sequel:
    """What follows: ``at`` is when to try this destination again (RETRY, and FAIL_OVER when it is kept on trying)."""

    next: Next
    at: Instant | None
    words: str


def after_attempt(
    delivery: Delivery,
    outcome: str,
    retry_after_s: int | None,
    now: Instant,
    *,
    others_left: bool,
    gone: bool = False,
) -> Sequel:
    """What follows an attempt that ended in ``outcome`` (``sent | retry | dead``).

    Four attempts, 15 s from start to start, then the person's next destination; a dead one fails over at once. With
    no other destination left, a page is tried on and on (1, 2, 4 … 60 s apart) until somebody answers, unless its
    destination is ``gone``; other messages give up. A provider's wish to be left alone for over 60 s counts as dead
    for now, and where there is no other way a page waits no longer than that.
    """
    if outcome == "sent":
        return Sequel(Next.DONE, None, "sent")
    first = delivery.first_attempt_at or now
    page = delivery.kind == DeliveryKind.PAGE
    if outcome == "retry" and delivery.attempt < ATTEMPTS_BEFORE_FAILOVER:
        # A slow failure has used up part of its 15 s: waiting them out anew would make the fourth attempt too late.
        spent_s = seconds_between(delivery.claimed_at or now, now)
        wait_s = max(float(retry_after_s or 0), BETWEEN_ATTEMPTS_S - spent_s, 0.0)
        if seconds_between(first, now) + wait_s <= FAILOVER_AFTER_S or not (page and others_left):
            wait_s = min(wait_s, BACKOFF_CAP_S if page else RETRY_AFTER_CAP_S)
            return Sequel(Next.RETRY, plus(now, wait_s), f"again in {round(wait_s)} s")
    if page and others_left and not delivery.failed_over:
        return Sequel(Next.FAIL_OVER, None, "the next contact method, now")
    if page and not gone:
        exponent = min(max(delivery.attempt - ATTEMPTS_BEFORE_FAILOVER, 0), 6)
        wait_s = min(max(2**exponent, retry_after_s or 0), BACKOFF_CAP_S)
        return Sequel(Next.RETRY, plus(now, wait_s), f"again in {wait_s} s")
    return Sequel(Next.GIVE_UP, None, "no further attempt")


def may_start(claimed_monotonic: float, monotonic: float) -> bool:
    """A send must begin within two seconds of its claim, or the row is handed back: the lease may have passed on."""
    return monotonic - claimed_monotonic <= START_WITHIN_S


def quarantined(delivery: Delivery, now: Instant) -> bool:
    """Claimed three times and never recorded: it takes the process down with it. The rest must flow."""
    abandoned = delivery.lease_until is not None and delivery.lease_until < now
    return delivery.state == DeliveryState.SENDING and abandoned and delivery.unrecorded >= UNRECORDED_MAX


def may_overwrite(before: str, after: str) -> bool:
    """Receipts only rise: ``delivered`` after ``failed`` counts, ``failed`` after ``delivered`` does not."""
    return RANK.get(DeliveryState(after), 9) > RANK.get(DeliveryState(before), 9)


def answered(page: Page, now: Instant) -> Page:
    if page.state != PageState.RINGING:
        return page
    return replace(page, state=PageState.ANSWERED, due_at=None, ended_at=now)


def ended(page: Page, now: Instant) -> Page:
    if page.state != PageState.RINGING:
        return page
    return replace(page, state=PageState.ENDED, due_at=None, ended_at=now)


def may_undo(used_at: Instant | None, now: Instant) -> bool:
    """Whether what a link did can still be taken back: for 60 s after its use."""
    return used_at is not None and seconds_between(used_at, now) <= UNDO_S
