"""What an HTTP answer, or the lack of one, means for a post: sent, again later, never, or the place is gone.

Reply bodies are not repeated anywhere: the address was typed by a user, and a page of an internal system must not
appear in a delivery log.
"""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.integrations.channels import http_outcome
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import FailureKind, Fetch, Fetched, FetchFailed

__all__ = ["DEADLINE_S", "post"]

DEADLINE_S = 15.0
_GONE = 410
_LATER = frozenset({408, 425, 429})


def post(
    fetch: Fetch,
    url: str,
    body: bytes,
    now_s: int,
    *,
    headers: Mapping[str, str] | None = None,
    patient: bool = True,
    gone: frozenset[int] = frozenset({_GONE}),
    deadline_s: float = DEADLINE_S,
) -> Outcome:
    """POST ``body`` as JSON. 2xx is sent, ``gone`` ends the place; a refused address is dead.

    ``patient``: every other answer is a failure that is tried again (Standard Webhooks). Otherwise a 4xx is a message
    that will never be taken.
    """
    try:
        answer = fetch.request(
            "POST", url, headers={"content-type": "application/json", **(headers or {})}, content=body,
            deadline_s=deadline_s,
        )  # fmt: skip
    except Invalid as refused:
        return Outcome(OutcomeKind.DEAD, refused.message)
    except FetchFailed as failed:
        if failed.status is not None and 200 <= failed.status < 300:
            return Outcome(OutcomeKind.SENT, f"{failed.status}, and a reply that was not read to its end")
        if failed.kind is FailureKind.REFUSED_ADDRESS:
            return Outcome(OutcomeKind.DEAD, failed.message)
        return Outcome(OutcomeKind.RETRY, failed.message, unknown=failed.sent)
    return _read(answer, now_s, patient=patient, gone=gone)


def _read(answer: Fetched, now_s: int, *, patient: bool, gone: frozenset[int]) -> Outcome:
    read = http_outcome.of_answer(answer, now_s)
    if 200 <= answer.status < 300:
        return Outcome(OutcomeKind.SENT, read.reply)
    if answer.status in gone:
        return Outcome(OutcomeKind.GONE, read.reply)
    if patient or answer.status in _LATER or answer.status >= 500:
        return Outcome(OutcomeKind.RETRY, read.reply, retry_after_s=read.retry_after_s, unknown=read.unknown)
    return Outcome(OutcomeKind.DEAD, read.reply)
