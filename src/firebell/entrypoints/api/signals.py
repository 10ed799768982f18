"""``/api/v1/signals``: what arrived and what became of it; and one more, sent by a program with a token."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import Field

from firebell.domain.alerts.model import Link, Raw, Signal, Status
from firebell.domain.alerts.queries import SignalSeen
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, Limit, Page, Shown, moment, page
from firebell.entrypoints.api.integrations import SignalSent, sent
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Work
from firebell.workflows import signal_sent, signals_seen

router = APIRouter(prefix="/signals", tags=["signals"], route_class=ApiRoute)

Word = Annotated[str, Field(max_length=1024)]


class Outcome(Shown):
    """What became of one signal in the body."""

    became: str
    alert_id: str | None


class SignalListed(Shown):
    """A request that arrived. ``cut``: only the first part of the body was kept. ``size`` is in bytes."""

    id: str
    integration_id: str
    source: str
    received_at: str
    method: str
    path: str
    content_type: str
    size: int
    cut: bool
    kind: str
    note: str
    outcomes: list[Outcome]
    html_url: str


class SignalShown(SignalListed):
    """With the body as it came: ``body_base64``, and ``body`` where it is text."""

    body: str | None
    body_base64: str


class LinkGiven(Body):
    href: str = Field(max_length=2000, pattern="^https?://")
    text: Word = ""


class Event(Body):
    """One event. Exactly one of ``service`` and ``integration_id`` says where to.

    The same ``dedup_key`` speaks of the same problem; without one it is made from the labels, or else from the text.
    """

    service: Reference | None = None
    integration_id: Reference | None = None
    summary: str = Field(min_length=1, max_length=1024)
    status: Status = Status.FIRING
    severity: Literal["critical", "high", "warning", "info"] | None = None
    dedup_key: str | None = Field(None, max_length=2000)
    details: str = Field("", max_length=20_000)
    source: Word = ""
    labels: Annotated[dict[Annotated[str, Field(max_length=200)], Word], Field(max_length=100)] = Field(
        default_factory=dict
    )
    links: list[LinkGiven] = Field(default_factory=list, max_length=20)
    starts_at: str | None = Field(None, max_length=50)


def _listed(request: Request, one: SignalSeen) -> dict[str, Any]:
    plain = ("id", "integration_id", "source", "method", "path", "content_type", "size", "cut", "kind", "note")
    return {
        **{name: getattr(one, name) for name in plain},
        "received_at": one.received_at.format_iso(),
        "outcomes": [Outcome(became=became, alert_id=alert_id) for became, alert_id in one.outcomes],
        "html_url": f"{site_of(request).base_url}/signals/{one.id}",
    }


@router.get("")
def list_signals(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    integration_id: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[SignalListed]:  # fmt: skip
    """What arrived, newest first."""
    found = read(
        request,
        lambda r: signals_seen.signals(r, integration_id=integration_id, before_id=cursor, limit=limit + 1),
        caller,
    )
    return page([SignalListed(**_listed(request, one)) for one in found], limit, "id")


@router.get("/{signal_id}")
def get_signal(request: Request, signal_id: str, caller: Caller) -> SignalShown:
    """One request with its body, byte for byte."""
    one = read(request, lambda r: signals_seen.signal(r, signal_id), caller)
    try:
        text = one.body.decode()
    except UnicodeDecodeError:
        text = None
    return SignalShown(**_listed(request, one), body=text, body_base64=base64.b64encode(one.body).decode())


@router.post("", status_code=202)
def send_signal(request: Request, caller: Caller, body: Event) -> SignalSent:
    """Send an event. Answered once it is stored together with everything it sets off."""
    site = site_of(request)
    if (body.service is None) == (body.integration_id is None):
        raise Invalid(
            "Name a service or an integration.", field="service", hint="Send one of service and integration_id."
        )
    signal = Signal(
        status=body.status, summary=body.summary, dedup_key=body.dedup_key or None, severity=body.severity,
        details=body.details, source=body.source, labels=body.labels,
        links=tuple(Link(link.href, link.text) for link in body.links),
        starts_at=moment(body.starts_at, "starts_at") if body.starts_at is not None else None,
    )  # fmt: skip
    kept = msgspec.json.encode(body.model_dump(mode="json", exclude_unset=True))
    raw = Raw("api", "POST", "/api/v1/signals", "application/json", kept, len(kept))

    def send(w: Work) -> SignalSent:
        if body.integration_id is not None:
            return sent(site, signal_sent.to_integration(w, body.integration_id, signal, raw))
        return sent(site, signal_sent.to_service(w, references.service(w, body.service or "").id, signal, raw))

    return run(request, send, caller)
