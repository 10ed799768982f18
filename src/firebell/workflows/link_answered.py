"""A page is answered by the link in its message: no sign-in, one use, and a minute to take it back."""

from __future__ import annotations

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts import rules as alert_rules
from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging.model import AckToken
from firebell.domain.people import queries as people
from firebell.kernel.actor import Actor, Permission
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Read, Work
from firebell.workflows import page_answered

_GRANTS = frozenset({Permission.ALERTS_VIEW, Permission.ALERTS_ACKNOWLEDGE, Permission.ALERTS_ESCALATE})


def actor(token: AckToken) -> Actor:
    """Who acts by a link: the person it was sent to, with nothing but what a link may do (it never resolves)."""
    return Actor("link", token.user_id, grants=_GRANTS)


def acknowledge(work: Work, plain: str) -> alert_rules.Answer:
    """The person has every alert of this link; it is used up. Raises NotFound, Forbidden, Conflict.

    A link whose alerts somebody else has answered is left unused.
    """
    token = paging_queries.link(work, plain)
    _may(token, "acknowledge")
    waiting = [alert for alert in alerts(work, token) if alert.state == AlertState.OPEN]
    if not waiting:
        return alert_rules.Answer.ALREADY_ACKNOWLEDGED
    paging.use_link(work, plain)
    person = people.person(work, token.user_id)
    name = person.user.display_name if person else ""
    for alert in waiting:
        page_answered.acknowledge(work, alert.id, "link", user_id=token.user_id, name=name)
    return alert_rules.Answer.DONE


def undo(work: Work, plain: str) -> None:
    """Give back what this link acknowledged: open again from the first step. Raises Conflict after a minute."""
    token = paging.undo_link(work, plain)
    for alert in alerts(work, token):
        if alert.acknowledged_by in (f"link:{token.user_id}", f"user:{token.user_id}"):
            page_answered.unacknowledge(work, alert.id, "taken back within a minute")


def escalate(work: Work, plain: str, as_of: int | None) -> str:
    """The next step of the (first open) alert now; the link stays good. Returns the named outcome."""
    token = paging_queries.link(work, plain)
    _may(token, "escalate")
    if token.used_at is not None:
        raise Conflict("This link has been used.", hint="Sign in and open the alert from there.")
    waiting = [alert for alert in alerts(work, token) if alert.state == AlertState.OPEN]
    if not waiting:
        return alert_rules.Answer.ALREADY_ACKNOWLEDGED
    return page_answered.escalate(work, waiting[0].id, as_of, "by link").outcome


def alerts(read: Read, token: AckToken) -> list[Alert]:
    """What the link is about, the gravest first."""
    found = alert_queries.by_ids(read, token.alert_ids).values()
    return sorted(found, key=lambda alert: (alert.severity, alert.id))


def _may(token: AckToken, verb: str) -> None:
    if verb not in token.verbs:
        raise Conflict(f"This link cannot {verb}.", hint="Sign in and open the alert from there.")
