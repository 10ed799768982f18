"""A message whose senders keep disappearing is given up, and the fallback is told instead, by a message of its own."""

from __future__ import annotations

from msgspec.structs import replace

from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import AlertState
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import store as escalation_rows
from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging.model import Delivery, MessageKind
from firebell.kernel.work import Work
from firebell.workflows import page_due
from firebell.workflows.escalation_due import page_fallback

PER_ALERT_MAX = 3
"""Beyond this it is the alert itself that kills whoever speaks of it, and every other alert comes first."""


def isolate(work: Work, abandoned: Delivery) -> bool:
    """Quarantine one message. False when somebody else already has, or it is not lost after all."""
    alert = alert_rows.take(work, abandoned.alert_id) if abandoned.alert_id else None
    run = escalation_rows.take(work, alert.run_id) if alert is not None and alert.run_id else None
    if not paging.quarantine(work, abandoned.id):
        return False
    if abandoned.kind != MessageKind.PAGE or alert is None or run is None or alert.state != AlertState.OPEN:
        return True
    if paging_queries.quarantines(work, alert.id) > PER_ALERT_MAX:
        return True
    # A movement of its own, or a fallback who is also the person just given up on would count as told.
    moved = replace(run, movement=run.movement + 1)
    escalation_rows.save(work, moved)
    why = "a message about this alert could not be sent: its sender stopped three times"
    page_due.begin(work, page_fallback(work, moved, alert, escalation.ladder_of(work, moved), why))
    return True
