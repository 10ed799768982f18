"""The page a woken person opens from a message: no sign-in, no script, one screen. Looking never acts; buttons do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.escalation import queries as escalation
from firebell.domain.paging import queries as paging
from firebell.domain.paging import rules as paging_rules
from firebell.domain.people import queries as people
from firebell.entrypoints.web import alert_rows
from firebell.entrypoints.web.alert_rows import Next
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Browser, Form, Linked
from firebell.kernel.actor import NOBODY, SYSTEM, Actor
from firebell.kernel.clock import plus
from firebell.kernel.errors import Forbidden, NotFound
from firebell.kernel.work import Read
from firebell.workflows import link_answered

router = APIRouter(prefix="/a")
NOTHING = Next("")


@dataclass(frozen=True, slots=True)
class AckPage:
    """``state``: ask | mine | taken | over | used | expired | unknown. ``undo_s``: seconds left to take it back."""

    state: str
    href: str
    alert: Alert | None = None
    others: Sequence[Alert] = ()
    service: str = ""
    why: str = ""
    holder: str = ""
    as_of: int | None = None
    next: Next = NOTHING
    undo_s: int = 0
    zone: str = "UTC"


@router.get("/{token}")
def show(here: Linked, token: str) -> Response:
    view = look(here, token)
    here.link_zone = view.zone
    status = {"unknown": 404, "expired": 410}.get(view.state, 200)
    title = f"{view.alert.severity} {view.alert.summary}" if view.alert else "This link is no longer good"
    return here.page("ack/ack.html", view, title=title, status=status)


def look(here: Browser, token: str) -> AckPage:
    """What this link shows now. The link is the permission, so the house looks on its holder's behalf."""
    return here.site.runner.read(lambda read: _look(read, token), SYSTEM)


def _look(read: Read, token: str) -> AckPage:
    href = f"/a/{token}"
    try:
        link = paging.link(read, token)
    except NotFound:
        return AckPage("unknown", href)
    except Forbidden:
        return AckPage("expired", href)
    found = link_answered.alerts(read, link)
    if not found:
        return AckPage("unknown", href)
    person = people.person(read, link.user_id)
    zone = person.user.time_zone if person else "UTC"
    alert = next((a for a in found if a.state == AlertState.OPEN), found[0])
    names = look_up(read, {alert.service_id, alert.acknowledged_by, alert.resolved_by})
    page = paging.tried_page(read, link.page_id)
    run = escalation.run(read, alert.run_id) if alert.run_id else None
    view = AckPage(
        "ask", href, alert, [a for a in found if a is not alert], names.of(alert.service_id) or "Firebell itself",
        page.why if page else "", as_of=run.movement if run else None, zone=zone,
        next=alert_rows.next_step(read, alert, zone),
    )  # fmt: skip
    if alert.state == AlertState.RESOLVED:
        return replace(view, state="over", holder=names.of(alert.resolved_by))
    if alert.state == AlertState.ACKNOWLEDGED:
        mine = alert.acknowledged_by in (f"link:{link.user_id}", f"user:{link.user_id}")
        undo_s = 0
        if mine and link.used_at is not None and paging_rules.may_undo(link.used_at, read.now):
            undo_s = max(1, int(plus(link.used_at, paging_rules.UNDO_S).timestamp() - read.now.timestamp()))
        return replace(view, state="mine" if mine else "taken", holder=names.of(alert.acknowledged_by), undo_s=undo_s)
    return view if link.used_at is None else replace(view, state="used")


@router.post("/{token}/acknowledge")
def acknowledge(here: Linked, token: str) -> Response:
    if look(here, token).state == "ask":
        here.site.runner.run(lambda work: link_answered.acknowledge(work, token), _actor(here, token))
    return here.go(f"/a/{token}")


@router.post("/{token}/undo")
def undo(here: Linked, token: str) -> Response:
    here.site.runner.run(lambda work: link_answered.undo(work, token), _actor(here, token))
    return here.go(f"/a/{token}", Flash("Taken back. It is open again, and the first step is told now.", "note"))


@router.post("/{token}/escalate")
def escalate(here: Linked, token: str, form: Form) -> Response:
    as_of = int(form["as_of"]) if form.get("as_of", "").isdigit() else None
    outcome = here.site.runner.run(lambda work: link_answered.escalate(work, token, as_of), _actor(here, token))
    done = Flash("Escalated. The next step is told now; it can still be yours.")
    moved = Flash("Somebody escalated a moment before you. Nothing changed.", "note")
    return here.go(f"/a/{token}", done if outcome == "done" else moved)


def _actor(here: Browser, token: str) -> Actor:
    return link_answered.actor(here.site.runner.read(lambda read: paging.link(read, token), NOBODY))
