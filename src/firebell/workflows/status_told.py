"""Being paged subscribes you to that alert: whoever was told hears that it was acknowledged or is over."""

from __future__ import annotations

from firebell.domain.alerts.model import Alert
from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging.model import MessageKind
from firebell.kernel.work import Work


def tell(work: Work, alert: Alert, words: str, *, exclude: str) -> int:
    """One status message per destination that carried a page, never to the one who acted. Returns how many."""
    told = 0
    for delivery in paging_queries.told_by(work, alert.id):
        if delivery.user_id == exclude:
            continue
        paging.send_text(
            work, kind=MessageKind.STATUS, user_id=delivery.user_id, method_id=delivery.method_id,
            channel=delivery.channel, title=words[:200], body=words, alert_id=alert.id, service_id=alert.service_id,
            reason="you were paged about this alert",
        )  # fmt: skip
        told += 1
    return told
