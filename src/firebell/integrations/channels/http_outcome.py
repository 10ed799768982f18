"""What an HTTP answer, or the lack of one, means for a delivery: sent, again later, or never.

Reply bodies are not repeated anywhere: the address was typed by a user, and a page of an internal system must not
appear in a ledger. People see the status and what it means.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus

from firebell.integrations.channels.contract import Message, Outcome, OutcomeKind
from firebell.kernel.clock import SystemClock
from firebell.kernel.fetch import FailureKind, Fetched, FetchFailed

__all__ = ["RETRY_AFTER_MAX_S", "attempt_s", "of_answer", "of_failure"]

RETRY_AFTER_MAX_S = 3600
_CLOCK = SystemClock()
# A gateway that lost its upstream cannot say whether the request was acted upon.
_MAY_HAVE_ACTED = frozenset({502, 504})
_AGAIN_LATER = frozenset({408, 425, 429})


def attempt_s(message: Message) -> int:
    """Epoch seconds of this attempt: the message's own, or now when it carries none."""
    return message.sent_at_s or _CLOCK.now().timestamp()


def of_answer(answer: Fetched, now_s: int) -> Outcome:
    """2xx sent · 401/403 dead, settings broken · 408/425/429/5xx retry, honouring Retry-After · the rest dead."""
    status = answer.status
    reply = _words(status)
    if 200 <= status < 300:
        return Outcome(OutcomeKind.SENT, reply)
    if 300 <= status < 400:
        return Outcome(OutcomeKind.DEAD, f"{reply}: redirects are not followed, enter the final address")
    if status in (401, 403):
        return Outcome(OutcomeKind.DEAD, f"{reply}: the credentials are refused", broken_settings=True)
    if status == 410:
        return Outcome(OutcomeKind.DEAD, f"{reply}: the receiver asks not to be called again")
    if status in _AGAIN_LATER or status >= 500:
        wait_s = _retry_after_s(answer.headers.get("retry-after", ""), now_s)
        return Outcome(OutcomeKind.RETRY, reply, retry_after_s=wait_s, unknown=status in _MAY_HAVE_ACTED)
    return Outcome(OutcomeKind.DEAD, f"{reply}: the receiver will not take this request")


def of_failure(failed: FetchFailed) -> Outcome:
    """A refused address is dead; every other failure is retried, ``unknown`` once request bytes have left."""
    if failed.kind is FailureKind.REFUSED_ADDRESS:
        return Outcome(OutcomeKind.DEAD, failed.message)
    return Outcome(OutcomeKind.RETRY, failed.message, unknown=failed.sent)


def _words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _retry_after_s(value: str, now_s: int) -> int | None:
    """Seconds to wait, from a number or an HTTP date (RFC 9110 §10.2.3), at most an hour; ``None`` if unreadable."""
    if value.isascii() and value.isdigit():
        wait_s = int(value[:9])
    else:
        try:
            wait_s = int(parsedate_to_datetime(value).timestamp()) - now_s
        except (ValueError, OverflowError):
            return None
    return min(max(wait_s, 0), RETRY_AFTER_MAX_S)
