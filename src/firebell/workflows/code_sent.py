"""A code goes out to prove that a contact method reaches its owner, through the queue every page goes through."""

from __future__ import annotations

from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging.model import Delivery, DeliveryKind
from firebell.domain.people import limits, verification
from firebell.domain.people import queries as people
from firebell.kernel.errors import TooMany
from firebell.kernel.work import Work


def send_code(work: Work, method_id: str, user_id: str) -> Delivery:
    """Queue a fresh code to one of ``user_id``'s methods. Raises NotFound, Conflict (verified), TooMany."""
    code = verification.start_verification(work, method_id)
    method = next(m for m in people.methods(work, user_id) if m.id == method_id)
    return paging.send_text(
        work, kind=DeliveryKind.VERIFICATION, user_id=user_id, method_id=method_id, channel=method.channel,
        title=f"Your Firebell code: {code}",
        body=f"Your Firebell code is {code}. It is good for 15 minutes. If you did not ask for it, ignore this.",
        reason="to prove that this reaches you",
    )  # fmt: skip


def send_test(work: Work, method_id: str, user_id: str) -> Delivery:
    """Queue a test message to one of ``user_id``'s methods; its ledger line will hold the provider's real reply.

    Raises TooMany beyond three to the same method in ten minutes: a destination may be somebody else's.
    """
    method = next(m for m in people.methods(work, user_id) if m.id == method_id)
    sent_at = [
        line.delivery.created_at
        for line in paging_queries.proofs_of_method(work, user_id, limit=50)
        if line.delivery.method_id == method_id and line.delivery.kind == DeliveryKind.TEST
    ]
    if not limits.may_send(sent_at, limits.SENDS_PER_METHOD, work.now):
        raise TooMany("Three tests were sent there.", hint="Wait ten minutes, and see what came of them.")
    return paging.send_text(
        work, kind=DeliveryKind.TEST, user_id=user_id, method_id=method_id, channel=method.channel,
        title="Test from Firebell", body="This is a test. If you can read it, this contact method works.",
        reason="test by hand",
    )  # fmt: skip
