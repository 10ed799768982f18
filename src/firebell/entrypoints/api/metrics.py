"""``/metrics`` for Prometheus: what came in, what went out, what waits, and whether the laws hold. It names nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from firebell.domain.alerts import queries as alerts
from firebell.domain.paging import queries as paging
from firebell.entrypoints import callers
from firebell.entrypoints.site import Site, site_of
from firebell.kernel.clock import seconds_between
from firebell.kernel.work import Read
from firebell.workflows import laws

router = APIRouter(include_in_schema=False)
FRESH_S = 5.0


class House(Collector):
    """Reads the counters of this process and counts the tables; at most every five seconds."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._known: list[Metric] = []
        self._known_at: float | None = None

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            now = self._site.runner.clock.monotonic()
            if self._known_at is None or now - self._known_at >= FRESH_S:
                self._known = [*self._process(), *self._site.runner.read(self._tables)]
                self._known_at = now
            yield from self._known

    def _process(self) -> Iterator[Metric]:
        inbound, worker = self._site.inbound, self._site.worker
        yield CounterMetricFamily("firebell_signals_accepted", "Signals stored.", inbound.accepted)
        refused = CounterMetricFamily("firebell_requests_refused", "Signal requests refused.", labels=["reason"])
        for reason, count in sorted(inbound.refused.items()):
            refused.add_metric([reason], count)
        yield refused
        batch = inbound.batch
        yield CounterMetricFamily("firebell_intake_groups", "Group commits of the intake.", batch.groups)
        yield CounterMetricFamily("firebell_intake_turned_away", "Requests that found the queue full.", batch.refused)
        lag = self._site.runner.clock.monotonic() - worker.last_tick_monotonic
        yield GaugeMetricFamily("firebell_worker_last_look_seconds", "Since the worker last looked.", lag)
        jumped = self._site.runner.clock.wall_jump_s
        yield GaugeMetricFamily("firebell_wall_jump_seconds", "The machine's clock was set by that much.", jumped)
        held = GaugeMetricFamily("firebell_law_breaches", "Examples of broken laws.", labels=["law"])
        broken = {breach.law: len(breach.examples) for breach in worker.breaches}
        for law in laws.LAWS:
            held.add_metric([law.__name__], broken.get(law.__name__, 0))
        yield held

    def _tables(self, read: Read) -> list[Metric]:
        open_alerts = GaugeMetricFamily("firebell_alerts", "Unresolved alerts.", labels=["state"])
        for state, count in sorted({"open": 0, "acknowledged": 0, **alerts.counts(read)}.items()):
            open_alerts.add_metric([state], count)
        states = GaugeMetricFamily("firebell_deliveries", "Messages in the ledger.", labels=["channel", "state"])
        waiting = 0
        for channel, state, count in paging.tally(read):
            states.add_metric([channel, state], count)
            waiting += count if state in ("queued", "sending") else 0
        outcomes = CounterMetricFamily("firebell_attempts", "Attempts to send.", labels=["channel", "outcome"])
        for channel, outcome, count in paging.attempts_tally(read):
            outcomes.add_metric([channel, outcome], count)
        due = paging.next_delivery_due(read)
        late = max(0.0, seconds_between(due, read.now)) if due is not None else 0.0
        return [
            open_alerts,
            states,
            outcomes,
            GaugeMetricFamily("firebell_delivery_queue_depth", "Messages that have not gone yet.", waiting),
            GaugeMetricFamily("firebell_delivery_overdue_seconds", "How late the latest message is.", late),
        ]


def _from_this_machine(request: Request) -> bool:
    """Whether nobody else can be asking; a proxy on this machine passes on what others ask, and says so."""
    peer = request.client.host if request.client else ""
    passed_on = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    return peer in ("127.0.0.1", "::1") and not passed_on


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counters and gauges in Prometheus' text format: for this machine itself, and for whoever has a token."""
    if not _from_this_machine(request):
        callers.api_actor(request)
    registry: CollectorRegistry | None = getattr(request.app.state, "metrics", None)
    if registry is None:
        registry = request.app.state.metrics = CollectorRegistry()
        registry.register(House(site_of(request)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
