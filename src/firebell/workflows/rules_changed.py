"""Somebody sets how they want to be reached while they are being paged: what is still ahead holds for that page too."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.paging import store as paging_rows
from firebell.domain.people import methods
from firebell.domain.people.methods import NewRule
from firebell.domain.people.model import NotificationRule
from firebell.kernel.work import Work
from firebell.workflows import page_due


def set_rules(
    work: Work, user_id: str, urgency: str, new: Sequence[NewRule], *, managed_by: str | None = None
) -> tuple[NotificationRule, ...]:
    """``people.methods.set_rules``, also for pages under way: a rule whose moment has passed is skipped for them.

    Raises what that one raises.
    """
    ringing = paging_rows.ringing_of_user(work, user_id)
    for page in ringing:
        page_due.tick(work, page.id, page.alert_id)
    made = methods.set_rules(work, user_id, urgency, new, managed_by=managed_by)
    for page in ringing:
        page_due.look_ahead(work, page.id)
    return made
