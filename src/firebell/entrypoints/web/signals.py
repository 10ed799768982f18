"""Every request a sender made, as it came, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries
from firebell.domain.alerts.queries import SignalSeen
from firebell.domain.services import queries as services
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Here
from firebell.kernel import text
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read

router = APIRouter(prefix="/signals")
PER_PAGE = 50
SHOWN_BYTES = 64 * 1024
BECAME = {
    "opened": "opened an alert", "repeated": "repeated an alert", "acknowledged": "acknowledged an alert",
    "already_acknowledged": "was acknowledged already", "resolved": "resolved an alert",
    "nothing_open": "nothing was open to resolve", "stale_trigger": "older than its resolution, ignored",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """``became`` sums up what the request did."""

    id: str
    source: str
    integration: str
    received_at: Instant
    size: int
    became: str
    odd: bool


@dataclass(frozen=True, slots=True)
class SignalsPage:
    rows: Sequence[Row]
    integration: str
    integrations: Sequence[tuple[str, str]]
    older: str
    newest: str
    here: str


@dataclass(frozen=True, slots=True)
class SignalPage:
    """``body`` is the request's body, indented when it is JSON; ``outcomes`` are (words, alert id, its title)."""

    signal: SignalSeen
    integration: str
    body: str
    is_json: bool
    shortened: bool
    outcomes: Sequence[tuple[str, str, str]]


@router.get("")
def show_list(here: Here, integration: str = "", before: str = "") -> Response:
    def look(read: Read) -> SignalsPage:
        found = queries.signal_list(
            read, integration_id=integration or None, before_id=before or None, limit=PER_PAGE + 1
        )
        names = look_up(read, {s.integration_id for s in found})
        own = f"integration={integration}&" if integration else ""
        more = len(found) > PER_PAGE
        return SignalsPage(
            rows=[_row(signal, names.of(signal.integration_id)) for signal in found[:PER_PAGE]],
            integration=integration,
            integrations=[(i.id, f"{i.name} ({i.source})") for i in services.integrations(read)],
            older=f"/signals?{own}before={found[PER_PAGE - 1].id}" if more else "",
            newest=f"/signals?{own}".rstrip("&?") if before else "",
            here=here.path,
        )

    return here.page("signals/list.html", here.read(look), title="Signals", nav="signals", block="list")


def _row(signal: SignalSeen, integration: str) -> Row:
    counts: dict[str, int] = {}
    for became, _ in signal.outcomes:
        counts[became] = counts.get(became, 0) + 1
    words = ", ".join(BECAME.get(b, b) + (f" ×{n}" if n > 1 else "") for b, n in counts.items())
    odd = signal.kind == "unreadable"
    became = words or signal.note or "said nothing to act on"
    return Row(signal.id, signal.source, integration, signal.received_at, signal.size, became, odd)


@router.get("/{signal_id}")
def show(here: Here, signal_id: str) -> Response:
    view = here.read(lambda read: _signal_page(read, signal_id))
    return here.page("signals/signal.html", view, title="Signal", nav="signals")


def _signal_page(read: Read, signal_id: str) -> SignalPage:
    signal = queries.signal(read, signal_id)
    alerts = queries.by_ids(read, {alert_id for _, alert_id in signal.outcomes if alert_id})
    body, is_json = _pretty(signal.body)
    return SignalPage(
        signal=signal,
        integration=look_up(read, {signal.integration_id}).of(signal.integration_id),
        body=text.printable(body[:SHOWN_BYTES]),
        is_json=is_json,
        shortened=signal.cut or len(body) > SHOWN_BYTES,
        outcomes=[
            (BECAME.get(became, became), alert_id or "", alerts[alert_id].summary if alert_id in alerts else "")
            for became, alert_id in signal.outcomes
        ],
    )


def _pretty(body: bytes) -> tuple[str, bool]:
    plain = body.decode("utf-8", errors="replace")
    if len(plain) > 4 * SHOWN_BYTES:
        return plain, False
    try:
        return json.dumps(json.loads(plain), indent=2, ensure_ascii=False), True
    except (ValueError, RecursionError):
        return plain, False
