"""``/api/v1/alerts``: what is wrong, who was told, and the answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from firebell.domain.alerts import queries
from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.escalation import queries as escalation
from firebell.domain.paging import queries as paging
from firebell.entrypoints.api.frame import Body, Cursor, Limit, Page, Shown, iso, page
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read
from firebell.workflows import alert_resolved, alerts_seen, journal_read, page_answered

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=ApiRoute)


class AlertShown(Shown):
    """An alert. ``as_of`` is the escalation's movement: send it with ``:escalate`` so that two clicks escalate once."""

    id: str
    service_id: str
    team_id: str | None
    integration_id: str
    dedup_key: str
    kind: str
    state: str
    severity: str
    urgency: str
    summary: str
    details: str
    source: str
    labels: dict[str, str]
    links: list[dict[str, str]]
    count: int
    opened_at: str
    starts_at: str | None
    last_seen_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    resolved_at: str | None
    resolved_by: str | None
    previous_alert_id: str | None
    run_id: str | None
    signal_id: str | None
    html_url: str


class AlertAnswered(Shown):
    """``outcome``: done, already_acknowledged, already_resolved, already_open, already_moved or ended."""

    outcome: str
    alert: AlertShown


class Escalation(Body):
    as_of: int | None = None


class Reason(Body):
    reason: str = "by hand"


def shown(request: Request, alert: Alert) -> AlertShown:
    """An alert as the API shows it."""
    values = {name: getattr(alert, name) for name in AlertShown.model_fields if name != "html_url"}
    for name in ("opened_at", "starts_at", "last_seen_at", "acknowledged_at", "resolved_at"):
        values[name] = iso(values[name])
    return AlertShown(**values, html_url=f"{site_of(request).base_url}/alerts/{alert.id}")


def _alert(r: Read, alert_id: str) -> Alert:
    alerts_seen.check(r, alert_id)
    return queries.alert(r, alert_id)


@router.get("")
def list_alerts(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    state: Annotated[list[AlertState] | None, Query()] = None, service_id: str | None = None,
    severity: str | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[AlertShown]:  # fmt: skip
    """Alerts, newest first; without ``state`` the unresolved ones."""
    found = read(
        request,
        lambda r: queries.alert_list(
            r, states=[str(s) for s in state] if state else ("open", "acknowledged"), service_id=service_id,
            severity=severity, text=q, before_id=cursor, limit=limit + 1,
        ),
        caller,
    )  # fmt: skip
    return page([shown(request, alert) for alert in found], limit, "id")


@router.get("/{alert_id}")
def get_alert(request: Request, alert_id: str, caller: Caller) -> AlertShown:
    """One alert."""
    return shown(request, read(request, lambda r: _alert(r, alert_id), caller))


@router.post("/{alert_id}:acknowledge")
def acknowledge(request: Request, alert_id: str, caller: Caller) -> AlertAnswered:
    """Somebody has it: the climb stops and nothing more is sent."""
    user_id = caller.id if caller.kind == "user" else None
    done = run(
        request, lambda w: page_answered.acknowledge(w, alert_id, "API", user_id=user_id, name=caller.name), caller
    )
    return AlertAnswered(outcome=done.outcome, alert=shown(request, done.alert))


@router.post("/{alert_id}:unacknowledge")
def unacknowledge(request: Request, alert_id: str, caller: Caller, body: Reason | None = None) -> AlertAnswered:
    """Open again, from the first step."""
    done = run(request, lambda w: page_answered.unacknowledge(w, alert_id, (body or Reason()).reason), caller)
    return AlertAnswered(outcome=done.outcome, alert=shown(request, done.alert))


@router.post("/{alert_id}:escalate")
def escalate(request: Request, alert_id: str, caller: Caller, body: Escalation | None = None) -> AlertAnswered:
    """The next step, now."""
    as_of = body.as_of if body else None
    done = run(request, lambda w: page_answered.escalate(w, alert_id, as_of, "by API"), caller)
    return AlertAnswered(outcome=done.outcome, alert=shown(request, done.alert))


@router.post("/{alert_id}:resolve")
def resolve(request: Request, alert_id: str, caller: Caller) -> AlertAnswered:
    """It is over."""
    outcome, alert = run(request, lambda w: alert_resolved.resolve(w, alert_id, "API"), caller)
    return AlertAnswered(outcome=outcome, alert=shown(request, alert))


class TimelineEntry(Shown):
    """One fact from the journal. ``kind`` is stable; ``data`` are its fields."""

    n: int
    at: str
    actor: str
    kind: str
    data: dict[str, Any]
    hash: str


@router.get("/{alert_id}/timeline")
def timeline(request: Request, alert_id: str, caller: Caller) -> list[TimelineEntry]:
    """Everything that happened to this alert, oldest first."""

    def look(r: Read) -> list[TimelineEntry]:
        _alert(r, alert_id)
        return [
            TimelineEntry(n=e.n, at=e.at.format_iso(), actor=e.actor, kind=e.kind, data=dict(e.data), hash=e.hash.hex())
            for e in journal_read.open_to(r, r.history(alert_id))
        ]

    return read(request, look, caller)


class PageShown(Shown):
    """One person told: when, why, and every message with every attempt."""

    id: str
    user_id: str
    why: str
    step: int
    loop: int
    state: str
    started_at: str
    shadow: bool
    deliveries: list[dict[str, Any]]


@router.get("/{alert_id}/pages")
def pages(request: Request, alert_id: str, caller: Caller) -> list[PageShown]:
    """Who was told, when, by what, and whether it arrived."""

    def look(r: Read) -> list[PageShown]:
        team = _alert(r, alert_id).team_id
        ledger = paging.ledger_of_alert(r, alert_id, team)
        return [
            PageShown(
                id=p.id, user_id=p.user_id, why=p.why, step=p.step, loop=p.loop, state=p.state, shadow=p.shadow,
                started_at=p.started_at.format_iso(),
                deliveries=[delivery_shown(line) for line in ledger if line.delivery.page_id == p.id],
            )
            for p in paging.pages_of_alert(r, alert_id, team)
        ]  # fmt: skip

    return read(request, look, caller)


def delivery_shown(line: paging.LedgerLine) -> dict[str, Any]:
    """A ledger line as the API shows it."""
    d = line.delivery
    return {
        "id": d.id, "kind": d.kind, "method_id": d.method_id, "channel": d.channel, "state": d.state,
        "reason": d.reason, "attempt": d.attempt,
        "created_at": iso(d.created_at), "due_at": iso(d.due_at), "sent_at": iso(d.sent_at),
        "provider_id": d.provider_id, "reply": d.reply, "next_step": d.next_step, "bundled_in": d.bundle_id,
        "attempts": [
            {"n": a.n, "ended_at": iso(a.ended_at), "outcome": a.outcome, "unknown": a.unknown, "reply": a.reply,
             "took_ms": a.took_ms}
            for a in line.attempts
        ],
    }  # fmt: skip


@router.get("/{alert_id}/run")
def run_of(request: Request, alert_id: str, caller: Caller) -> dict[str, Any]:
    """Where the escalation stands."""

    def look(r: Read) -> dict[str, Any]:
        alert = _alert(r, alert_id)
        found = escalation.run(r, alert.run_id) if alert.run_id else None
        if found is None:
            return {}
        return {
            "id": found.id, "state": found.state, "step": found.step, "loop": found.loop, "as_of": found.movement,
            "due_at": iso(found.due_at), "policy_id": found.policy_id, "policy_version": found.policy_version,
        }  # fmt: skip

    return read(request, look, caller)
